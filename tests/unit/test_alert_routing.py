"""Who is told of an alert: the first route that fits, the default, or nobody and why."""

from datetime import timedelta

import pytest

from functions.alert_manager.routing import OWNER, maintenance_at, muted_by, parents_of, plan_for, plan_named
from shared.models.finding import Audience, Severity
from tests.unit.alert_paper import AT, CHAINS, HOUR, opened, settings_of

DESK = {**CHAINS, "desk": {"steps": [{"tell": ["robin"]}]}}


def plan(alert, *, office_open=True, **changes):
    settings = settings_of(**{"chains": DESK, "default_chain": "managers", **changes})
    return plan_for(alert, settings, AT, lambda _name, _at: office_open)


@pytest.mark.parametrize(
    ("route", "alert"),
    [
        ({"severities": ["critical"]}, opened()),
        ({"kinds": ["client_in_silence"]}, opened()),
        ({"clients": ["lakeside clinic "]}, opened()),
        ({"clients": ["77"]}, opened(company_id="77")),
        ({"teams": ["SERVICE"]}, opened(team="Service")),
        ({"severities": ["critical"], "teams": ["Service"]}, opened(team="Service")),
        ({}, opened()),
    ],
)
def test_a_route_fits_if_all_that_it_names_does(route, alert):
    assert plan(alert, routes=[{**route, "chain": "desk"}]).name == "desk"


@pytest.mark.parametrize(
    ("route", "alert"),
    [
        ({"severities": ["warning"]}, opened()),
        ({"kinds": ["update_overdue"]}, opened()),
        ({"clients": ["Lakeside"]}, opened()),
        ({"clients": ["77"]}, opened(company=None)),
        ({"teams": ["Service"]}, opened(team=None)),
        ({"severities": ["critical"], "teams": ["Service"]}, opened(team="Projects")),
    ],
)
def test_a_route_that_names_something_else_is_passed_over(route, alert):
    assert plan(alert, routes=[{**route, "chain": "desk"}]).name == "managers"


@pytest.mark.parametrize(
    ("hours", "office_open", "chain"),
    [
        ("open", True, "desk"),
        ("open", False, "managers"),
        ("closed", True, "managers"),
        ("closed", False, "desk"),
    ],
)
def test_a_route_may_hold_only_within_or_outside_of_the_offices_hours(hours, office_open, chain):
    route = {"hours": hours, "calendar": "office", "chain": "desk"}

    assert plan(opened(), office_open=office_open, routes=[route]).name == chain


def test_the_first_route_that_fits_decides():
    routes = [{"chain": "desk"}, {"severities": ["critical"], "chain": "managers"}]

    assert plan(opened(), routes=routes).name == "desk"


def test_a_route_may_say_that_nobody_is_told_and_why():
    result = plan(opened(), routes=[{"kinds": ["client_in_silence"], "suppress": "we know"}])

    assert result.chain is None
    assert result.why == "suppressed by route 1: we know"


def test_without_a_default_the_first_chain_is_it():
    assert plan(opened(), default_chain=None).name == "managers"


def test_without_people_or_chains_nobody_is_told_and_the_reason_is_named():
    assert "people" in plan(opened(), people={}, chains={}, default_chain=None).why
    assert "chain" in plan(opened(), chains={}, default_chain=None).why


@pytest.mark.parametrize("owner", ["dortiz", " DORTIZ", "Dana Ortiz"])
def test_what_is_for_the_technician_goes_to_the_tickets_owner_by_any_of_their_names(owner):
    result = plan(opened(audience=Audience.TECHNICIAN, owner=owner))

    assert result.name == OWNER
    assert [step.tell for step in result.chain.steps] == [(OWNER,)]


@pytest.mark.parametrize(("owner", "why"), [("Nobody Known", "Nobody Known is not among"), (None, "nobody owns")])
def test_a_nudge_without_a_known_owner_says_why_nobody_is_told(owner, why):
    result = plan(opened(audience=Audience.TECHNICIAN, owner=owner))

    assert result.chain is None
    assert why in result.why


def test_a_plan_that_the_settings_do_not_have_any_more_is_made_anew():
    assert plan_named("gone", opened(), settings_of()) is None
    assert plan_named("managers", opened(), settings_of()).name == "managers"


# ── planned work ───────────────────────────────────────────────────────────────────────────────────────────────────


def window(begin, end, **fits):
    return {"reason": "firewall", "start": AT + begin * HOUR, "end": AT + end * HOUR, **fits}


def kept_back(alert, at, *windows):
    found = maintenance_at(alert, settings_of(maintenance=list(windows)), at)
    return None if found is None else (found.end - AT) / HOUR


def test_planned_work_keeps_back_from_its_first_moment_until_just_before_its_end():
    work = window(0, 2)

    assert kept_back(opened(), AT, work) == 2
    assert kept_back(opened(), AT + 2 * HOUR - timedelta(microseconds=1), work) == 2
    assert kept_back(opened(), AT + 2 * HOUR, work) is None
    assert kept_back(opened(), AT - timedelta(microseconds=1), work) is None


def test_of_several_works_the_one_that_ends_last_counts():
    assert kept_back(opened(), AT, window(0, 1), window(0, 3), window(0, 2)) == 3


@pytest.mark.parametrize("fits", [{"clients": ["Other"]}, {"kinds": ["stuck"]}, {"teams": ["Projects"]}])
def test_planned_work_elsewhere_keeps_nothing_back(fits):
    assert kept_back(opened(team="Service"), AT, window(0, 1, **fits)) is None


# ── what explains what ─────────────────────────────────────────────────────────────────────────────────────────────


def mutes(alert, parent, **rule):
    settings = settings_of(inhibitions=[{"parent": "sweep_blind", "mutes": ["client_in_silence"], **rule}])
    return muted_by(alert, settings, [parent]) is parent


@pytest.mark.parametrize(
    ("same", "alert", "parent", "muted"),
    [
        ("everything", {}, {}, True),
        ("psa", {"psa": "main"}, {"psa": "main"}, True),
        ("psa", {"psa": "main"}, {"psa": "other"}, False),
        ("psa", {"psa": None}, {"psa": None}, False),
        ("client", {"company": "A"}, {"company": "a "}, True),
        ("client", {"company": "A", "company_id": "7"}, {"company": "B", "company_id": "7"}, True),
        ("client", {"company": "A"}, {"company": "B"}, False),
        ("client", {"company": None}, {"company": None}, False),
        ("team", {"team": "x"}, {"team": "X"}, True),
        ("team", {"team": None}, {"team": None}, False),
    ],
)
def test_a_parent_explains_what_is_of_the_same(same, alert, parent, muted):
    child, above = opened(**alert), opened(key="blind", kind="sweep_blind", **parent)

    assert mutes(child, above, same=same) is muted


def test_only_the_kinds_that_a_rule_names_are_explained_and_no_kind_explains_itself():
    settings = settings_of(inhibitions=[{"parent": "sweep_blind", "mutes": ["sweep_blind", "stuck"]}])

    assert parents_of("client_in_silence", settings) == ()
    assert parents_of("sweep_blind", settings) == ()
    assert [rule.parent for rule in parents_of("stuck", settings)] == ["sweep_blind"]
    assert Severity.CRITICAL.weight > Severity.WARNING.weight > Severity.INFO.weight
