"""Whose turn it is: steps and rounds, sleepers, and the next way or person when somebody was not reached."""

from datetime import timedelta

import pytest

from functions.alert_manager.chain import all_unreached, unreached
from shared.alerts.standing import Actor, Deed, perform
from shared.models.alert import Way
from shared.models.finding import Audience, Severity
from tests.unit.alert_paper import AT, HOUR, MINUTE, PEOPLE, SECOND, Paper, asleep, opened


def minutes(paper):
    return [(person, after // MINUTE) for person, after in paper.turns]


def test_the_chain_goes_from_step_to_step_and_begins_again_as_often_as_the_settings_say():
    paper = Paper(opened()).passes(8 * HOUR)

    assert minutes(paper) == [("dana", 0), ("robin", 15), ("kim", 30), ("dana", 90), ("robin", 105), ("kim", 120)]
    assert "last step of the last round" in paper.ledger[-1]


def test_what_is_only_for_information_is_told_once():
    assert minutes(Paper(opened(severity=Severity.INFO)).passes(8 * HOUR)) == [("dana", 0)]


def test_news_that_nobody_has_to_act_on_is_told_once():
    paper = Paper(opened(kind="promise_broken")).passes(20 * HOUR)

    assert minutes(paper) == [("dana", 0)]
    assert paper.alert.is_open
    assert not paper.passes(5 * HOUR).alert.is_open


def test_a_nudge_goes_to_the_owner_alone():
    nudge = opened(kind="update_due_soon", severity=Severity.INFO, audience=Audience.TECHNICIAN, owner="dortiz")

    assert minutes(Paper(nudge).passes(8 * HOUR)) == [("dana", 0)]


def test_a_step_that_reaches_nobody_does_not_cost_its_delay():
    people = {**PEOPLE, "dana": {"name": "Dana Ortiz"}}

    assert minutes(Paper(opened(), people=people).passes(20 * MINUTE)) == [("robin", 0), ("kim", 15)]


def test_the_first_step_may_wait():
    chain = {"late": {"steps": [{"tell": ["dana"], "after_minutes": 10}], "rounds": 1}}

    assert minutes(Paper(opened(), chains=chain).passes(HOUR)) == [("dana", 10)]


def test_several_in_one_step_are_told_together():
    chain = {"all": {"steps": [{"tell": ["dana", "robin", "dana"]}], "rounds": 1}}

    assert minutes(Paper(opened(), chains=chain).passes(HOUR)) == [("dana", 0), ("robin", 0)]


def test_who_sleeps_is_told_of_a_warning_when_they_wake():
    paper = Paper(opened(severity=Severity.WARNING), people=asleep("dana", "13:00", "16:00"))
    paper.passes(3 * HOUR)

    assert ("dana", 120) in minutes(paper)
    assert any("dana sleeps" in line for line in paper.ledger)


def test_what_is_critical_waits_for_nobodys_morning():
    assert minutes(Paper(opened(), people=asleep("dana", "13:00", "16:00")).passes(MINUTE)) == [("dana", 0)]


def test_who_takes_it_while_another_sleeps_lets_them_sleep_on():
    paper = Paper(opened(severity=Severity.WARNING), people=asleep("dana", "13:00", "16:00")).passes(MINUTE)
    taken = perform(paper.alert, Deed.ACKNOWLEDGE, Actor("robin", "Robin"), paper.now, lease=8 * HOUR, snooze=HOUR)
    paper.becomes(taken.alert).passes(3 * HOUR)

    assert all(person != "dana" for person, _ in paper.turns)


def test_in_the_first_round_a_message_is_ready_after_the_first_wait():
    alert = Paper(opened()).passes(SECOND).alert

    assert {telling.ready_at - AT for telling in alert.tellings} == {timedelta(seconds=30)}


# ── not reached ────────────────────────────────────────────────────────────────────────────────────────────────────


def lost(paper, person, way):
    telling = next(t for t in paper.alert.tellings if (t.person, t.way) == (person, way))
    return paper.becomes(unreached(paper.alert, telling, "no such number", paper.settings, paper.now))


def ways(paper, person):
    return [telling.way for telling in paper.alert.tellings if telling.person == person]


def test_whoever_was_not_reached_is_told_by_the_next_way_at_once():
    paper = lost(Paper(opened(), ways={"critical": ["sms"]}).passes(MINUTE), "dana", Way.SMS)

    assert ways(paper, "dana") == [Way.SMS, Way.EMAIL]
    assert paper.alert.tellings[-1].ready_at == paper.now
    assert any("dana was not reached by sms: no such number" in line for line in paper.ledger)


def test_a_way_that_still_stands_needs_no_other_person():
    paper = lost(Paper(opened()).passes(MINUTE), "dana", Way.SMS)

    assert minutes(paper.passes(MINUTE)) == [("dana", 0)]


def test_when_nobody_of_a_step_was_reached_the_next_step_comes_now():
    paper = Paper(opened()).passes(MINUTE)
    lost(lost(paper, "dana", Way.SMS), "dana", Way.EMAIL).passes(MINUTE)

    assert minutes(paper) == [("dana", 0), ("robin", 1)]


def test_nobody_goes_on_for_what_somebody_has():
    paper = Paper(opened(), ways={"critical": ["sms"]}).passes(MINUTE)
    taken = perform(paper.alert, Deed.ACKNOWLEDGE, Actor("robin", "Robin"), paper.now, lease=HOUR, snooze=HOUR)

    assert ways(lost(paper.becomes(taken.alert), "dana", Way.SMS), "dana") == [Way.SMS]


@pytest.mark.parametrize("times", [1, 2])
def test_a_notice_that_did_not_arrive_moves_each_of_its_alerts_once(times):
    paper = Paper(opened(), ways={"critical": ["sms"]}).passes(MINUTE)
    notice = paper.alert.tellings[0].notice
    for _ in range(times):
        paper.becomes(all_unreached(paper.alert, notice, "refused", paper.settings, paper.now))

    assert ways(paper, "dana") == [Way.SMS, Way.EMAIL]
