"""Business calendars compared with a count minute by minute, in every zone, and with the laws that hold for any.

The count shares nothing with the engine: it reads a zone only from UTC to local time, notes when the clock first shows
each local minute, and marks open minutes one by one.
"""

from bisect import bisect_left
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate, pairwise, takewhile
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from shared.calendar import BusinessCalendar, CalendarSpec, Pause, Window
from shared.calendar_spec import WEEKDAYS, Hours

MINUTE, DAY, MICROSECOND = timedelta(minutes=1), timedelta(days=1), timedelta(microseconds=1)
MARGIN = 5 * DAY  # a window may open two dates before the stretch that is counted, in a zone 14 hours away


@cache
def first_shown(zone: str, start: datetime, minutes: int) -> dict[datetime, int]:
    """Return for each local minute the number of the UTC minute after `start` at which the clock first shows it."""
    there, shown, at = ZoneInfo(zone), dict[datetime, int](), start
    for number in range(minutes):
        shown.setdefault(at.astimezone(there).replace(tzinfo=None), number)
        at += MINUTE
    return shown


class Count:
    """The open minutes from `start` (UTC) on for `days` days: `marks[i]` is 1 when minute i is open."""

    def __init__(self, spec: CalendarSpec, start: datetime, days: int) -> None:
        self.start, self.minutes = start, days * 1440
        self._shown = first_shown(spec.tz, start - MARGIN, (days * DAY + 2 * MARGIN) // MINUTE)
        marks = bytearray((days * DAY + 2 * MARGIN) // MINUTE)
        dates = [start.date() + number * DAY for number in range(-3, days + 3)]
        closed = {day for day in dates if day not in spec.overrides and self._is_holiday(spec, day)}
        for day in dates:
            if day not in closed:
                self._mark(marks, day, spec.overrides.get(day, spec.weekly.get(WEEKDAYS[day.weekday()], ())), b"\1")
        for day in closed:
            self._mark(marks, day, (("00:00", "24:00"),), b"\0")
        for day in dates:
            self._mark(marks, day, spec.breaks.get(day, ()), b"\0")
        margin = MARGIN // MINUTE
        self.marks = bytes(marks[margin:-margin])
        self.totals = [0, *accumulate(self.marks)]

    @staticmethod
    def _is_holiday(spec: CalendarSpec, day: date) -> bool:
        return day in spec.holidays or f"{day:%m-%d}" in spec.yearly_holidays

    def _mark(self, marks: bytearray, day: date, hours: tuple[Hours, ...], mark: bytes) -> None:
        for opens, closes in hours:
            first, last = self._minute(day, opens), self._minute(day, closes)
            marks[first:last] = mark * (last - first)

    def _minute(self, day: date, text: str) -> int:
        local = datetime(day.year, day.month, day.day) + timedelta(hours=int(text[:2]), minutes=int(text[3:]))  # noqa: DTZ001
        skipped = next(gap for gap in range(1440) if local - gap * MINUTE in self._shown)
        return self._shown[local - skipped * MINUTE] + skipped

    def at(self, minute: int) -> datetime:
        return self.start + minute * MINUTE

    def differences(self, calendar: BusinessCalendar, near: range) -> list[str]:
        """Ask the calendar what was counted: its windows over the whole stretch, each minute in `near`, some sums."""
        found, end = bytearray(self.minutes), self.at(self.minutes)
        for window in takewhile(lambda window: window.start < end, calendar.windows(self.start)):
            first, last = (window.start - self.start) // MINUTE, (min(window.end, end) - self.start) // MINUTE
            found[first:last] = b"\1" * (last - first)
        wrong = [] if bytes(found) == self.marks else ["windows"]
        wrong += [f"is_open {self.at(i)}" for i in near if calendar.is_open(self.at(i)) != bool(self.marks[i])]
        for minute in range(0, self.minutes, 97):
            passed = self.totals[minute] * MINUTE
            if calendar.elapsed(self.start, self.at(minute)) != passed:
                wrong.append(f"elapsed {self.at(minute)}")
            if passed and calendar.due(self.start, passed) != self.at(bisect_left(self.totals, self.totals[minute])):
                wrong.append(f"due {self.at(minute)}")
        return wrong


@cache
def changes(zone: str) -> tuple[tuple[datetime, timedelta | None], ...]:
    """Return the UTC minutes in 2026 and 2027 from which a zone has another offset; the first entry is the start."""
    there, at = ZoneInfo(zone), datetime(2026, 1, 1, tzinfo=UTC)
    found = [(at, at.astimezone(there).utcoffset())]
    while at.year < 2028:
        if (at + DAY).astimezone(there).utcoffset() != found[-1][1]:
            minutes = (at + number * MINUTE for number in range(1, 1441))
            change = next(minute for minute in minutes if minute.astimezone(there).utcoffset() != found[-1][1])
            found.append((change, change.astimezone(there).utcoffset()))
        at += DAY
    return tuple(found)


EVERY_DAY: dict[str, Any] = {
    "always": [["00:00", "24:00"]],
    "split": [["00:15", "01:30"], ["01:45", "02:45"], ["03:00", "03:20"], ["09:00", "12:00"], ["23:10", "24:00"]],
    "nights": [["22:30", "30:00"], ["05:00", "13:00"]],
}


def spec_for(zone: str, name: str) -> CalendarSpec:
    """Return a calendar that makes trouble at every change of the zone: breaks over it, a holiday right behind it."""
    dates = [instant.astimezone(ZoneInfo(zone)).date() for instant, _ in changes(zone)[1:]]
    rules: dict[str, Any] = {"tz": zone, "weekly": dict.fromkeys(WEEKDAYS, EVERY_DAY[name])}
    if name == "nights":
        rules["breaks"] = {day + n * DAY: [["01:20", "02:40"], ["23:40", "24:20"]] for day in dates for n in (-1, 0)}
        rules["holidays"] = [day + DAY for day in dates]
    return CalendarSpec.model_validate(rules)


@pytest.mark.parametrize("name", EVERY_DAY)
def test_every_zone_with_a_clock_change_agrees_with_a_count_of_the_minutes_around_it(name: str) -> None:
    changing = sorted(zone for zone in available_timezones() if len(changes(zone)) > 1)
    counted: dict[object, Count] = {}  # Europe alone has forty names for one clock
    for zone in changing:
        calendar = BusinessCalendar(spec_for(zone, name))
        for number, (change, _) in enumerate(changes(zone)[1:]):
            clock = changes(zone), number
            if clock not in counted:
                counted[clock] = Count(calendar.spec, change - 2 * DAY, days=4)
            wrong = counted[clock].differences(calendar, near=range(2 * 1440 - 120, 2 * 1440 + 120))
            assert wrong == [], zone
    assert len(changing) > 100


ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Nuuk",
    "Asia/Kathmandu",
)
STRETCHES = tuple(date.fromisoformat(text) for text in ("2026-03-25", "2026-04-21", "2026-10-22", "2026-12-28"))
minute_of_day = st.integers(0, 1439) | st.sampled_from((0, 60, 120, 150, 540, 1380))


@st.composite
def hours(draw: st.DrawFn) -> tuple[str, str]:
    opens = draw(minute_of_day)
    closes = draw(st.integers(opens + 1, 2880) | st.integers(opens + 1, min(opens + 300, 2880)) | st.just(1440))
    assume(closes > opens)
    return f"{opens // 60:02}:{opens % 60:02}", f"{closes // 60:02}:{closes % 60:02}"


some_hours = st.lists(hours(), max_size=3).map(tuple)
near_dates = st.builds(lambda day, number: day + number * DAY, st.sampled_from(STRETCHES), st.integers(-2, 11))
specs = st.builds(
    CalendarSpec,
    tz=st.sampled_from(ZONES),
    weekly=st.dictionaries(st.sampled_from(WEEKDAYS), st.lists(hours(), min_size=1, max_size=3).map(tuple), min_size=1),
    holidays=st.frozensets(near_dates, max_size=3),
    yearly_holidays=st.frozensets(near_dates.map(lambda day: f"{day:%m-%d}"), max_size=2),
    overrides=st.dictionaries(near_dates, some_hours, max_size=3),
    breaks=st.dictionaries(near_dates, some_hours, max_size=4),
)
instants = st.datetimes(datetime(2025, 10, 1), datetime(2027, 3, 1), timezones=st.just(UTC))  # noqa: DTZ001
laws = settings(max_examples=100, deadline=None)


@settings(max_examples=80, deadline=None)
@given(specs, st.sampled_from(STRETCHES))
def test_any_calendar_agrees_with_a_count_of_the_minutes(spec: CalendarSpec, day: date) -> None:
    count = Count(spec, datetime(day.year, day.month, day.day, tzinfo=UTC), days=9)

    assert count.differences(BusinessCalendar(spec), near=range(0, 9 * 1440, 41)) == []


@laws
@given(specs, instants, instants, instants)
def test_time_that_elapses_in_two_parts_is_the_time_that_elapses(
    spec: CalendarSpec, a: datetime, b: datetime, c: datetime
) -> None:
    calendar = BusinessCalendar(spec)

    assert calendar.elapsed(a, b) + calendar.elapsed(b, c) == calendar.elapsed(a, c)
    assert calendar.elapsed(a, b) == -calendar.elapsed(b, a)
    assert calendar.elapsed(a, b) <= max(b - a, timedelta(0))


@laws
@given(specs, instants, instants, st.fractions(0, 1))
def test_due_is_the_first_instant_with_that_much_elapsed_and_before_the_last(
    spec: CalendarSpec, a: datetime, b: datetime, part: Any
) -> None:
    calendar, start, end = BusinessCalendar(spec), min(a, b), max(a, b)
    duration = calendar.elapsed(start, end) * float(part)
    assume(duration > timedelta(0))

    due, since = calendar.due(start, duration), calendar.before(end, duration)
    assert calendar.elapsed(start, due) == duration > calendar.elapsed(start, due - MICROSECOND)
    assert calendar.elapsed(since, end) == duration > calendar.elapsed(since + MICROSECOND, end)
    assert calendar.elapsed(calendar.due(since, duration), end) == timedelta(
        0
    )  # not always `end`: a closed stretch lies between
    assert calendar.elapsed(start, calendar.before(due, duration)) == timedelta(0)


@laws
@given(specs, instants)
def test_the_windows_say_when_it_is_open(spec: CalendarSpec, at: datetime) -> None:
    calendar = BusinessCalendar(spec)
    ahead, behind = next(calendar.windows(at)), next(calendar.windows_before(at))

    assert calendar.is_open(at) == (ahead.start == at)
    assert calendar.next_open(at) == ahead.start
    assert calendar.is_open(ahead.start)
    assert calendar.previous_open(at) == behind.end
    assert calendar.is_open(behind.end - MICROSECOND)
    assert calendar.elapsed(behind.end, at) == timedelta(0) == calendar.elapsed(at, ahead.start)


@laws
@given(specs, instants, instants)
def test_windows_are_the_same_forwards_and_backwards_and_add_up(spec: CalendarSpec, a: datetime, b: datetime) -> None:
    calendar, start, end = BusinessCalendar(spec), min(a, b), max(a, b)
    ahead = [
        Window(window.start, min(window.end, end))
        for window in takewhile(lambda window: window.start < end, calendar.windows(start))
    ]
    behind = [
        Window(max(window.start, start), window.end)
        for window in takewhile(lambda window: window.end > start, calendar.windows_before(end))
    ]

    assert ahead == behind[::-1]
    assert sum((window.end - window.start for window in ahead), timedelta(0)) == calendar.elapsed(start, end)
    assert all(left.end <= right.start for left, right in pairwise(ahead))


OFFICE = CalendarSpec(
    tz="Europe/Berlin",
    weekly=dict.fromkeys(WEEKDAYS[:5], (("09:00", "12:00"), ("13:00", "17:30"))) | {"sun": (("01:00", "04:00"),)},
)
ELEVEN_DAYS = 11 * 1440
pause_minutes = st.tuples(st.integers(-600, ELEVEN_DAYS), st.integers(-600, ELEVEN_DAYS) | st.none())


@settings(max_examples=150, deadline=None)
@given(st.lists(pause_minutes, max_size=6), st.integers(0, 1440), st.integers(1, 1200))
@example([(2000, None)], 0, 1200)
def test_a_clock_with_pauses_agrees_with_a_count_of_the_minutes(
    minutes: list[tuple[int, int | None]], first: int, wanted: int
) -> None:
    calendar, count = BusinessCalendar(OFFICE), office_count()
    pauses: list[Pause] = [(count.at(a), None if b is None else count.at(b)) for a, b in minutes]
    paused = [any(a <= i and (b is None or i < b) for a, b in minutes) for i in range(ELEVEN_DAYS)]
    running = [0, *accumulate(int(count.marks[i] and not paused[i]) for i in range(first, ELEVEN_DAYS))]

    assert calendar.sla_elapsed(count.at(first), count.at(ELEVEN_DAYS), pauses) == running[-1] * MINUTE
    due = calendar.sla_due(count.at(first), wanted * MINUTE, pauses)
    if wanted <= running[-1]:
        assert due == count.at(first + running.index(wanted))
    else:
        assert due is None or due > count.at(ELEVEN_DAYS)
        assert due is not None or any(end is None for _, end in pauses)


@cache
def office_count() -> Count:
    return Count(OFFICE, datetime(2026, 3, 26, tzinfo=UTC), days=11)
