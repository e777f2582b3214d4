"""How an alert changes hands, for how long, and who hears that it is over."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.alerts.standing import LONGEST_SNOOZE, MAX_ENTRIES, Actor, Deed, noted, perform, resolved, span_words
from shared.models.alert import Errand, Standing
from shared.models.finding import Severity
from tests.unit.alert_paper import AT, HOUR, MINUTE, Paper, asleep, finding, opened

ROBIN, DANA = Actor("robin", "Robin Vega"), Actor("dana", "Dana Ortiz")


def after(alert, deed, actor=ROBIN, at=AT + MINUTE, lease=HOUR, snooze=2 * HOUR):
    return perform(alert, deed, actor, at, lease=lease, snooze=snooze)


@pytest.mark.parametrize(
    ("deed", "standing", "until"),
    [
        (Deed.ACKNOWLEDGE, Standing.ACKNOWLEDGED, HOUR),
        (Deed.TAKE_OVER, Standing.ACKNOWLEDGED, HOUR),
        (Deed.SNOOZE, Standing.SNOOZED, 2 * HOUR),
    ],
)
def test_who_takes_it_or_puts_it_off_has_it_until_its_time_runs_out(deed, standing, until):
    answer = after(opened(), deed)

    assert answer.done
    assert (answer.alert.standing, answer.alert.by) == (standing, "robin")
    assert answer.alert.until == answer.alert.alarm_at == AT + MINUTE + until
    assert answer.alert.ledger[-1].what.startswith("Robin Vega")


def test_the_same_answer_again_changes_nothing_and_is_answered_well():
    mine = after(opened(), Deed.ACKNOWLEDGE).alert

    assert after(mine, Deed.ACKNOWLEDGE, at=AT + 2 * MINUTE).alert is mine
    assert after(mine, Deed.ACKNOWLEDGE, at=AT + 2 * MINUTE).done


def test_what_another_has_is_theirs_until_it_is_taken_over():
    theirs = after(opened(), Deed.ACKNOWLEDGE).alert

    assert not after(theirs, Deed.ACKNOWLEDGE, DANA).done
    assert after(theirs, Deed.ACKNOWLEDGE, DANA).alert is theirs
    assert after(theirs, Deed.TAKE_OVER, DANA).alert.by == "dana"


def test_what_was_put_off_may_be_taken_by_anybody():
    assert after(after(opened(), Deed.SNOOZE).alert, Deed.ACKNOWLEDGE, DANA).alert.by == "dana"


def test_nothing_is_put_off_for_longer_than_a_week():
    assert after(opened(), Deed.SNOOZE, snooze=timedelta(days=30)).alert.until == AT + MINUTE + LONGEST_SNOOZE


@pytest.mark.parametrize("deed", list(Deed))
def test_what_is_over_stays_over_whatever_is_answered(deed):
    over = after(opened(), Deed.RESOLVE, DANA).alert
    answer = after(over, deed)

    assert answer.alert is over
    assert answer.done is (deed is Deed.RESOLVE)
    assert "Dana Ortiz says it is resolved" in answer.words


@pytest.mark.parametrize(("deed", "span"), [(Deed.ACKNOWLEDGE, HOUR), (Deed.SNOOZE, 2 * HOUR)])
def test_when_its_time_has_run_out_everybody_is_told_anew_from_the_first_step(deed, span):
    paper = Paper(opened()).passes(20 * MINUTE)
    paper.becomes(after(paper.alert, deed, at=paper.now).alert)
    paper.passes(span - MINUTE)
    assert [person for person, _ in paper.turns] == ["dana", "robin"]

    paper.passes(2 * MINUTE)
    assert [person for person, _ in paper.turns] == ["dana", "robin", "dana"]
    assert paper.alert.tellings[-1].round == 1


# ── who hears the end ──────────────────────────────────────────────────────────────────────────────────────────────


def ended(paper, by="robin"):
    return paper.becomes(resolved(paper.alert, by, paper.now, "over"))


def told_of_the_end(paper):
    return {telling.person for telling in paper.alert.tellings if telling.errand is Errand.RESOLVED}


def test_whoever_was_told_hears_the_end_but_not_who_ended_it():
    assert told_of_the_end(ended(Paper(opened()).passes(35 * MINUTE))) == {"dana", "kim"}


def test_who_was_not_told_hears_nothing_of_the_end():
    assert told_of_the_end(ended(Paper(opened()).passes(MINUTE), by="kim")) == {"dana"}
    assert told_of_the_end(Paper(resolved(opened(), "kim", AT, "over")).passes(MINUTE)) == set()


def test_the_end_of_mere_news_is_told_to_nobody():
    assert told_of_the_end(ended(Paper(opened(kind="promise_broken")).passes(MINUTE))) == set()


def test_the_end_waits_for_the_morning_of_who_sleeps():
    paper = ended(Paper(opened(), people=asleep("dana", "13:00", "16:00")).passes(MINUTE))

    ends = [telling for telling in paper.alert.tellings if telling.errand is Errand.RESOLVED]
    assert {telling.ready_at for telling in ends} == {AT + 2 * HOUR}


def test_each_way_hears_the_end_once_in_a_cycle():
    paper = ended(Paper(opened()).passes(3 * HOUR), by="the system").passes(HOUR)

    ends = [(t.person, t.way) for t in paper.alert.tellings if t.errand is Errand.RESOLVED]
    assert len(ends) == len(set(ends)) == 6
    assert paper.alert.alarm_at is None


def test_an_alert_that_nobody_closes_is_given_up():
    paper = Paper(opened(), give_up_days=2).passes(timedelta(days=3))

    assert paper.alert.standing is Standing.RESOLVED
    assert any("given up after 2 days" in line for line in paper.ledger)


# ── the ledger ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_line_that_repeats_the_last_one_is_left_out():
    alert = opened()

    assert noted(alert, AT, alert.ledger[-1].what) is alert
    assert len(noted(alert, AT, "a", "a", "b").ledger) == len(alert.ledger) + 2
    assert len(noted(alert, AT, *(str(n) for n in range(500))).ledger) == MAX_ENTRIES


@given(st.timedeltas(min_value=timedelta(), max_value=timedelta(days=400)))
def test_a_span_is_said_in_two_units_at_most_and_never_as_nothing(span):
    words = span_words(span)

    assert 1 <= words.count(" ") <= 3
    assert words[0] in "123456789"


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(), "1 min"),
        (45 * MINUTE, "45 min"),
        (3 * HOUR, "3 h"),
        (190 * MINUTE, "3 h 10 min"),
        (timedelta(days=1), "1 day"),
        (timedelta(days=2, hours=4, minutes=59), "2 days 4 h"),
    ],
)
def test_a_span_in_words(span, words):
    assert span_words(span) == words


@given(
    st.lists(st.tuples(st.sampled_from(list(Deed)), st.sampled_from([ROBIN, DANA]), st.integers(0, 90)), max_size=12)
)
def test_whatever_is_answered_the_alert_is_in_one_hand_or_in_none(deeds):
    alert, at = opened(severity=Severity.WARNING), AT
    for deed, actor, gap in deeds:
        at += gap * MINUTE
        answer = after(alert, deed, actor, at)
        assert answer.words
        assert answer.done or answer.alert is alert
        alert = answer.alert
        assert (alert.by == "") is (alert.standing is Standing.OPEN)
        assert (alert.until is not None) is (alert.standing in (Standing.ACKNOWLEDGED, Standing.SNOOZED))
    assert finding().id
