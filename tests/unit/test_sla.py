"""An SLA clock is replayed from what happened: in whatever order it was heard, with the same verdict."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.calendar import BusinessCalendar, CalendarSpec
from shared.sla import Happening, SlaEvent, Target, crossing, cycles, read

HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
OFFICE = BusinessCalendar(
    CalendarSpec(tz="UTC", weekly={day: [("09:00", "17:00")] for day in ("mon", "tue", "wed", "thu", "fri")})
)
ALWAYS = BusinessCalendar(
    CalendarSpec(tz="UTC", weekly={d: [("00:00", "24:00")] for d in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")})
)
STARTED, ACK, UPDATED = Happening.STARTED, Happening.ACKNOWLEDGED, Happening.UPDATED
PAUSED, RESUMED, STOPPED = Happening.PAUSED, Happening.RESUMED, Happening.STOPPED
REOPENED, WITHDRAWN = Happening.REOPENED, Happening.WITHDRAWN


def at(day: int, hour: float) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour)


def story(*events: tuple[Happening, datetime]) -> list[SlaEvent]:
    return [SlaEvent(at=when, kind=kind) for kind, when in events]


def test_time_outside_the_calendar_does_not_count():
    (cycle,) = cycles(story((STARTED, at(0, 15))), Target.RESOLVE)

    reading = read(cycle, Target.RESOLVE, 4 * HOUR, OFFICE, at(1, 10))
    assert (reading.elapsed, reading.left, reading.due_at) == (3 * HOUR, HOUR, at(1, 11))
    assert not reading.breached


def test_a_pause_over_a_weekend_moves_the_due_time_by_open_time_alone():
    """Friday 15:00, 4 h, paused from Friday 16:00 to Monday 10:00: due on Monday at 13:00."""
    events = story((STARTED, at(4, 15)), (PAUSED, at(4, 16)), (RESUMED, at(7, 10)))
    (cycle,) = cycles(events, Target.RESOLVE)

    assert read(cycle, Target.RESOLVE, 4 * HOUR, OFFICE, at(7, 10)).due_at == at(7, 13)


def test_exactly_the_target_is_in_time_and_a_microsecond_more_is_not():
    for late, breached in ((timedelta(), False), (timedelta(microseconds=1), True)):
        (cycle,) = cycles(story((STARTED, at(0, 9)), (STOPPED, at(0, 13) + late)), Target.RESOLVE)
        assert read(cycle, Target.RESOLVE, 4 * HOUR, OFFICE, at(9, 0)).breached is breached


def test_a_clock_that_pauses_is_due_nobody_knows_when():
    (cycle,) = cycles(story((STARTED, at(0, 9)), (PAUSED, at(0, 10))), Target.RESOLVE)

    reading = read(cycle, Target.RESOLVE, 4 * HOUR, OFFICE, at(3, 0))
    assert (reading.due_at, reading.elapsed) == (None, HOUR)
    assert "paused since 2026-03-02 10:00 UTC" in reading.why
    assert crossing(cycle, 4 * HOUR, OFFICE, 25) == at(0, 10)
    assert crossing(cycle, 4 * HOUR, OFFICE, 26) is None


def test_an_acknowledgement_ends_its_clock_once_and_an_update_counts_as_one():
    for kind in (ACK, UPDATED):
        (cycle,) = cycles(story((STARTED, at(0, 9)), (kind, at(0, 10)), (ACK, at(0, 12))), Target.ACKNOWLEDGE)
        assert (cycle.ended, cycle.met) == (at(0, 10), True)


def test_the_next_update_clock_begins_anew_with_each_update():
    events = story((STARTED, at(0, 9)), (ACK, at(0, 9.5)), (UPDATED, at(0, 11)), (UPDATED, at(0, 16)))
    first, second, third = cycles(events, Target.NEXT_UPDATE)

    assert [(c.started, c.ended) for c in (first, second, third)] == [
        (at(0, 9), at(0, 11)),
        (at(0, 11), at(0, 16)),
        (at(0, 16), None),
    ]
    assert read(second, Target.NEXT_UPDATE, 4 * HOUR, OFFICE, at(1, 0)).breached


def test_a_pause_that_lasts_goes_on_in_the_next_cycle():
    events = story((STARTED, at(0, 9)), (PAUSED, at(0, 10)), (UPDATED, at(0, 11)), (RESUMED, at(0, 12)))

    assert cycles(events, Target.NEXT_UPDATE)[1].pauses == ((at(0, 11), at(0, 12)),)


def test_a_reopened_request_is_acknowledged_anew_and_its_resolution_goes_on():
    events = story((STARTED, at(0, 9)), (STOPPED, at(0, 11)), (REOPENED, at(1, 9)), (STOPPED, at(1, 12)))

    assert [c.number for c in cycles(events, Target.ACKNOWLEDGE)] == [1, 2]
    (resolve,) = cycles(events, Target.RESOLVE)
    assert read(resolve, Target.RESOLVE, 4 * HOUR, OFFICE, at(2, 0)).elapsed == 5 * HOUR
    assert len(cycles(events, Target.RESOLVE, reopen_continues=False)) == 2


def test_what_is_withdrawn_met_nothing():
    events = story((STARTED, at(0, 9)), (WITHDRAWN, at(0, 10)))

    for target in Target:
        (cycle,) = cycles(events, target)
        assert (cycle.ended, cycle.met) == (at(0, 10), False)


def test_of_one_instant_the_end_comes_first_and_a_pause_before_it_is_over():
    events = story((STARTED, at(0, 9)), (RESUMED, at(0, 10)), (PAUSED, at(0, 10)))
    (cycle,) = cycles(events, Target.RESOLVE)
    assert cycle.pauses == ((at(0, 10), at(0, 10)),)

    (ended,) = cycles([*events, *story((STOPPED, at(0, 10)))], Target.RESOLVE)
    assert ended.pauses == ()


@pytest.mark.parametrize("kind", [PAUSED, RESUMED, ACK, UPDATED, STOPPED, WITHDRAWN])
def test_what_cannot_be_changes_nothing(kind):
    for target in Target:
        assert cycles(story((kind, at(0, 8))), target) == ()


EVENTS = st.lists(
    st.builds(
        SlaEvent,
        at=st.integers(0, 20 * 24 * 4).map(lambda quarter: MONDAY + quarter * timedelta(minutes=15)),
        kind=st.sampled_from(Happening),
    ),
    max_size=14,
)


@settings(max_examples=400)
@given(events=EVENTS, data=st.data(), target=st.sampled_from(Target))
def test_late_news_gives_the_same_verdict(events, data, target):
    shuffled = data.draw(st.permutations(events))

    assert cycles(shuffled, target) == cycles(events, target)


@settings(max_examples=400)
@given(events=EVENTS, target=st.sampled_from(Target), hours=st.integers(1, 60))
def test_due_and_elapsed_agree_and_thresholds_come_in_order(events, target, hours):
    for cycle in cycles(events, target):
        reading = read(cycle, target, hours * HOUR, OFFICE, at(30, 0))
        if reading.due_at is not None:
            assert OFFICE.sla_elapsed(cycle.started, reading.due_at, cycle.pauses) == hours * HOUR
            if cycle.ended is not None:
                assert reading.breached is (cycle.ended > reading.due_at and reading.elapsed > hours * HOUR)
        crossed = [crossing(cycle, hours * HOUR, OFFICE, percent) for percent in (50, 75, 90, 100, 150)]
        known = [moment for moment in crossed if moment is not None]
        assert known == sorted(known)
        assert crossed[len(known) :] == [None] * (len(crossed) - len(known))


def slow_elapsed(events: list[SlaEvent], until: datetime) -> timedelta:
    """Count open quarters of an hour one by one, by a reading of the events of its own: the judge."""
    order = sorted(events, key=lambda e: (e.at, list(Happening).index(e.kind)))
    running = paused = False
    total, moment, left = timedelta(), MONDAY, list(order)
    while moment < until:
        while left and left[0].at <= moment:
            kind = left.pop(0).kind
            if not running and kind in (STARTED, REOPENED):
                running, paused = True, False
            elif running and kind in (STOPPED, WITHDRAWN):
                running = False
            elif running and kind is PAUSED:
                paused = True
            elif running and kind is RESUMED:
                paused = False
        if running and not paused:
            total += timedelta(minutes=15)
        moment += timedelta(minutes=15)
    return total


@settings(max_examples=150, deadline=None)
@given(events=EVENTS)
def test_the_time_of_all_resolve_cycles_is_what_a_patient_counter_counts(events):
    until = MONDAY + timedelta(days=21)
    counted = sum(
        (
            read(cycle, Target.RESOLVE, HOUR, ALWAYS, until).elapsed
            for cycle in cycles(events, Target.RESOLVE, reopen_continues=False)
        ),
        timedelta(),
    )

    assert counted == slow_elapsed(events, until)
