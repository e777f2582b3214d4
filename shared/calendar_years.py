"""The windows of a calendar as instants, worked out year by year, with running totals."""

import threading
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from shared.calendar_spec import WEEKDAYS, CalendarSpec, Span, spans

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2199
"""A calendar answers for these UTC years only: the years 1, 1900 or 9999 are what systems write for "no date"."""

_ZERO = timedelta(0)
_DAY = timedelta(days=1)
_MIDNIGHT = time()
_SPILL = timedelta(days=3)  # no window is open longer than this: 48:00, plus a clock change


class Window(NamedTuple):
    """One open stretch, [start, end), in UTC."""

    start: datetime
    end: datetime


def localize(day: date, at: time | timedelta, zone: tzinfo) -> datetime:
    """Return the UTC instant at which a clock in `zone` shows `at` on `day`.

    `at` may be a timedelta from midnight on the face of the clock, so 24:00 and later can be said. A time that the
    clock skips moves forward by the gap; one that it shows twice means the first.
    """
    if isinstance(at, time):
        return datetime.combine(day, at.replace(fold=0), zone).astimezone(UTC)
    return (datetime.combine(day, _MIDNIGHT, zone) + at).astimezone(UTC)


class LocalDates:
    """The windows that open on one local date, as instants."""

    def __init__(self, spec: CalendarSpec) -> None:
        self._spec = spec
        self._zone = ZoneInfo(spec.tz)
        self._weekly = tuple(spans(spec.weekly.get(name, ())) for name in WEEKDAYS)
        self._overrides = {day: spans(hours) for day, hours in spec.overrides.items()}
        self._breaks = {day: spans(hours) for day, hours in spec.breaks.items()}
        self._yearly = {(int(text[:2]), int(text[3:])) for text in spec.yearly_holidays}

    def years(self) -> range:
        """Return the UTC years outside of which nothing ever opens."""
        if any(self._weekly):
            return range(FIRST_YEAR, LAST_YEAR + 1)
        if not self._overrides:
            return range(0)
        first, last = min(self._overrides).year - 1, max(self._overrides).year + 1
        return range(max(first, FIRST_YEAR), min(last, LAST_YEAR) + 1)

    def windows(self, day: date) -> list[Window]:
        hours = self._overrides.get(day)
        if hours is None:
            hours = self._weekly[day.weekday()]
            if not hours or self._is_holiday(day):
                return []
        windows = self._instants(day, hours)
        if self._breaks or (hours and hours[-1][1] > _DAY):
            for cut in self._cuts(day):
                windows = [piece for window in windows for piece in _without(window, cut)]
        return windows

    def _cuts(self, day: date) -> Iterator[Window]:
        """Yield what may close a window that opened on `day`."""
        tomorrow = day + _DAY
        if tomorrow not in self._overrides and self._is_holiday(tomorrow):
            yield from self._instants(tomorrow, ((_ZERO, _DAY),))
        for near in (day - _DAY, day, tomorrow):  # yesterday's breaks may run past midnight, as windows do
            yield from self._instants(near, self._breaks.get(near, ()))

    def _instants(self, day: date, hours: tuple[Span, ...]) -> list[Window]:
        midnight = datetime.combine(day, _MIDNIGHT, self._zone)  # adding to it moves the clock's hands: see localize
        return [
            Window((midnight + opens).astimezone(UTC), (midnight + closes).astimezone(UTC)) for opens, closes in hours
        ]

    def _is_holiday(self, day: date) -> bool:
        return (
            day in self._spec.holidays
            or (day.month, day.day) in self._yearly
            or (self._spec.country is not None and day in self._spec.public_holidays(day.year))
        )


def _without(window: Window, cut: Window) -> Iterator[Window]:
    if cut.start >= cut.end:  # a break that lies in the hour which the clock skips
        yield window
        return
    if window.start < min(window.end, cut.start):
        yield Window(window.start, min(window.end, cut.start))
    if max(window.start, cut.end) < window.end:
        yield Window(max(window.start, cut.end), window.end)


class Timeline(NamedTuple):
    """All windows of some consecutive UTC years in order, with running totals; never changed once made.

    A window belongs to the year in which it starts and may run into the next, so `since` lies behind new year.
    `passed[i]` is the open time before window i, counted from an arbitrary zero: only differences mean anything.
    """

    years: range
    since: datetime
    until: datetime
    starts: tuple[datetime, ...]
    ends: tuple[datetime, ...]
    passed: tuple[timedelta, ...]

    def total(self, at: datetime) -> timedelta:
        index = bisect_right(self.starts, at)
        if index and at < self.ends[index - 1]:
            return self.passed[index - 1] + (at - self.starts[index - 1])
        return self.passed[index]


def _new_year(year: int) -> datetime:
    return datetime(year, 1, 1, tzinfo=UTC)


_NOTHING: Final = Timeline(range(0), _new_year(9999), _new_year(1), (), (), (_ZERO,))


class Years:
    """The timeline that is known so far. It grows by whole years, each worked out once, when first asked for."""

    def __init__(self, dates: LocalDates) -> None:
        self._dates = dates
        self._open_years = dates.years()
        self._lock = threading.Lock()
        self.known = _NOTHING

    def covering(self, first: datetime, last: datetime) -> Timeline:
        known = self.known
        if known.since <= first and last < known.until:
            return known
        if not FIRST_YEAR <= first.year <= last.year <= LAST_YEAR:
            raise ValueError(f"a calendar answers for {FIRST_YEAR} to {LAST_YEAR}, not for {first} to {last}")
        return self._grow((first - _SPILL).year, last.year)

    def later(self, than: Timeline) -> Timeline | None:
        """Return a timeline with at least one year more at the end, or None where nothing can be open any more."""
        year = than.years[-1] + 1
        return self._grow(year, year) if year < self._open_years.stop else None

    def earlier(self, than: Timeline) -> Timeline | None:
        year = than.years[0] - 1
        return self._grow(year, year) if year >= self._open_years.start else None

    def _grow(self, first: int, last: int) -> Timeline:
        with self._lock:
            known = self.known
            if not known.years:
                known = _timeline(range(first, last + 1), self._windows(range(first, last + 1)))
            if first < known.years[0]:
                ahead = range(first, known.years[0])
                known = _joined(_timeline(ahead, self._windows(ahead)), known)
            if last > known.years[-1]:
                behind = range(known.years[-1] + 1, last + 1)
                known = _joined(known, _timeline(behind, self._windows(behind)))
            self.known = known
            return known

    def _windows(self, years: range) -> Iterator[Window]:
        """Yield the windows that start in these years; where two overlap, the later one begins when the other ends."""
        since, until = _new_year(years[0]), _new_year(years[-1] + 1)
        days = range((since - _SPILL).toordinal(), (until + _SPILL).toordinal())
        known_until = since - 2 * _SPILL
        for start, end in sorted(window for day in days for window in self._dates.windows(date.fromordinal(day))):
            begin = max(start, known_until)
            if begin < end:
                known_until = end
                if since <= begin < until:
                    yield Window(begin, end)


def _timeline(years: range, windows: Iterable[Window]) -> Timeline:
    starts, ends, passed = [], [], [_ZERO]
    for start, end in windows:
        starts.append(start)
        ends.append(end)
        passed.append(passed[-1] + (end - start))
    since, until = _new_year(years[0]) + _SPILL, _new_year(years[-1] + 1)
    return Timeline(years, since, until, tuple(starts), tuple(ends), tuple(passed))


def _joined(left: Timeline, right: Timeline) -> Timeline:
    shift = left.passed[-1] - right.passed[0]
    return Timeline(
        range(left.years.start, right.years.stop),
        left.since,
        right.until,
        left.starts + right.starts,
        left.ends + right.ends,
        left.passed[:-1] + tuple(total + shift for total in right.passed),
    )
