"""What a finding makes of its alert: one more time, graver, back again, or over."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.alert_manager.intake import taken_in
from shared.alerts.standing import Actor, Deed, perform
from shared.models.alert import Standing
from shared.models.finding import Severity
from tests.unit.alert_paper import AT, HOUR, MINUTE, Paper, finding, opened

LATER = AT + 10 * MINUTE
ROBIN = Actor("robin", "Robin Vega")


def again(alert, severity=Severity.CRITICAL, at=LATER, **facts):
    return taken_in(alert, finding(at=at, severity=severity, **facts), at)


def in_hands(alert, deed):
    return perform(alert, deed, ROBIN, AT + MINUTE, lease=8 * HOUR, snooze=HOUR).alert


def test_the_same_finding_again_changes_nothing():
    alert = opened()

    assert taken_in(alert, finding(), LATER) is alert


def test_what_is_found_again_is_counted_and_told_to_nobody_anew():
    alert = again(opened(), text="still so")

    assert (alert.times, alert.cycle, alert.round, alert.text) == (2, 1, 0, "still so")
    assert "merged into this alert" in alert.ledger[-1].what


@pytest.mark.parametrize("deed", [Deed.ACKNOWLEDGE, Deed.SNOOZE])
def test_what_somebody_has_stays_with_them_when_it_is_found_again(deed):
    held = in_hands(opened(), deed)
    after = again(held)

    assert (after.standing, after.by, after.until) == (held.standing, "robin", held.until)


@pytest.mark.parametrize("deed", [Deed.ACKNOWLEDGE, Deed.SNOOZE])
def test_what_became_graver_is_told_from_the_first_step_on_whoever_has_it(deed):
    after = again(in_hands(opened(severity=Severity.WARNING), deed))

    assert (after.standing, after.by, after.until) == (Standing.OPEN, "", None)
    assert (after.step, after.step_at) == (0, LATER)
    assert after.severity is Severity.CRITICAL


def test_what_became_milder_stays_as_grave_as_it_was():
    after = again(opened(), Severity.INFO)

    assert (after.severity, after.round) == (Severity.CRITICAL, 0)


def test_what_was_over_and_is_found_again_begins_a_new_cycle():
    over = in_hands(opened(), Deed.RESOLVE)
    after = again(over, Severity.WARNING)

    assert (after.cycle, after.round, after.step, after.opened_at) == (2, 0, 0, LATER)
    assert (after.standing, after.by, after.severity) == (Standing.OPEN, "", Severity.WARNING)


def test_in_a_new_cycle_everybody_is_told_anew():
    paper = Paper(opened()).passes(MINUTE)
    paper.becomes(in_hands(paper.alert, Deed.RESOLVE)).becomes(again(paper.alert)).passes(15 * MINUTE)

    assert [person for person, _ in paper.turns] == ["dana"]
    assert {telling.cycle for telling in paper.alert.tellings} == {1, 2}


def test_an_end_ends_it_whoever_has_it():
    for alert in (opened(), in_hands(opened(), Deed.ACKNOWLEDGE), in_hands(opened(), Deed.SNOOZE)):
        after = again(alert, over=True, text="it answers again")
        assert (after.standing, after.by) == (Standing.RESOLVED, "the system")
        assert after.alarm_at >= LATER
        assert after.ledger[-1].what == "over: it answers again"


def test_an_end_that_comes_first_ends_what_comes_after_it():
    over = taken_in(None, finding(at=LATER, over=True), LATER)

    assert (over.standing, over.alarm_at) == (Standing.RESOLVED, None)
    assert taken_in(over, finding(), LATER + MINUTE) is over


def test_an_end_that_comes_late_does_not_end_what_was_found_since():
    alert = again(opened(), at=LATER + MINUTE)

    assert again(alert, at=LATER, over=True) is alert


def test_an_end_twice_is_one_end():
    over = again(opened(), over=True)

    assert len(again(over, over=True, at=LATER + MINUTE).ledger) == len(over.ledger)


@given(st.lists(st.tuples(st.sampled_from(list(Severity)), st.booleans()), max_size=40))
def test_an_alert_is_as_grave_as_what_was_found_since_its_last_end_and_keeps_within_its_size(steps):
    alert, grave, at = None, None, AT
    for severity, over in steps:
        at += timedelta(seconds=30)
        alert = taken_in(alert, finding(at=at, severity=severity, over=over), at)
        grave = None if over else max(filter(None, (grave, severity)), key=lambda each: each.weight)
    if alert is not None:
        assert (alert.standing is Standing.RESOLVED) is (grave is None)
        assert grave is None or alert.severity is grave
        assert len(alert.findings) <= 20
        assert len(alert.ledger) <= 120


def test_however_often_it_is_found_the_ledger_keeps_who_was_told():
    paper = Paper(opened()).passes(MINUTE)
    for n in range(300):
        paper.becomes(again(paper.alert, at=AT + n * MINUTE, text=f"again {n}"))

    assert any("dana by sms" in line for line in paper.ledger)
