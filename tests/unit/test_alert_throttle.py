"""The throttle ladder against counting every stretch of time by hand."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.alerts.throttle import free_at, remembered
from shared.config.alerts import AlertSettings, Rung
from tests.unit.alert_paper import AT

LADDER = AlertSettings().throttle
gaps = st.lists(st.integers(0, 1200), max_size=40)
ladders = st.lists(st.builds(Rung, messages=st.integers(1, 6), minutes=st.integers(1, 60)), max_size=3)


def keeps_within(times, ladder):
    """Count the messages in each half-open stretch that begins with one."""
    return all(
        sum(first <= at < first + timedelta(minutes=rung.minutes) for at in times) <= rung.messages
        for rung in ladder
        for first in times
    )


def sent_as_soon_as_allowed(seconds, ladder, *, forgetting):
    sent, everything, now = (), [], AT
    for gap in seconds:
        now = free_at(sent, ladder, now + timedelta(seconds=gap))
        sent = (*(remembered(sent, ladder, now) if forgetting else sent), now)
        everything.append(now)
    return everything


@given(gaps, ladders)
def test_whatever_waits_for_its_turn_keeps_within_every_rung(seconds, ladder):
    assert keeps_within(sent_as_soon_as_allowed(seconds, ladder, forgetting=True), ladder)


@given(gaps, ladders)
def test_forgetting_what_no_rung_counts_changes_nothing(seconds, ladder):
    assert sent_as_soon_as_allowed(seconds, ladder, forgetting=True) == sent_as_soon_as_allowed(
        seconds, ladder, forgetting=False
    )


@given(gaps, ladders, st.integers(0, 3600))
def test_a_message_leaves_at_the_first_moment_at_which_it_may(seconds, ladder, wait):
    sent = sent_as_soon_as_allowed(seconds, ladder, forgetting=False)
    at = (sent[-1] if sent else AT) + timedelta(seconds=wait)
    free = free_at(sent, ladder, at)

    assert free >= at
    assert keeps_within([*sent, free], ladder)
    assert free == at or not keeps_within([*sent, free - timedelta(seconds=1)], ladder)


def test_the_usual_ladder_lets_out_twenty_one_messages_in_three_hours():
    sent = sent_as_soon_as_allowed([0] * 60, LADDER, forgetting=True)

    assert sum(at < AT + timedelta(hours=3) for at in sent) == 21
