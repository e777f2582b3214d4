"""Business hours: how much open time lies between two instants, and when a promised amount of it is used up.

Instants are aware `datetime`s (returned in UTC), exact to the microsecond; windows are half-open, [start, end).
Durations are real elapsed time, so a day with a clock change is 23 or 25 hours long.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.calendar_spec import CalendarSpec
from shared.calendar_years import FIRST_YEAR, LAST_YEAR, LocalDates, Timeline, Window, Years, localize
from shared.errors import ConfigurationError
from shared.instant import to_instant

__all__ = ["FIRST_YEAR", "LAST_YEAR", "BusinessCalendar", "CalendarSpec", "NeverOpens", "Pause", "Window", "localize"]

Pause = tuple[datetime, datetime | None]
"""A time in which a clock does not run, [start, end); None means it has not ended."""

_ZERO = timedelta(0)


class NeverOpens(ConfigurationError):
    """The calendar has no open time left before its last year. Whoever wrote it must give it some hours."""

    code = "calendar_never_opens"


@dataclass(frozen=True, eq=False, slots=True)
class BusinessCalendar:
    """Answers questions about the open time of one `CalendarSpec`. Safe to share between threads; keep it and reuse it.

    Every instant must be aware, else ValueError, and lie in FIRST_YEAR to LAST_YEAR, else ValueError. What an answer
    costs does not depend on the span; a UTC year is worked out when it is first needed, about 1 ms, and kept.
    """

    spec: CalendarSpec
    _years: Years = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_years", Years(LocalDates(self.spec)))

    @property
    def known_years(self) -> range:
        """The UTC years worked out so far."""
        return self._years.known.years

    def is_open(self, at: datetime) -> bool:
        """Say whether `at` lies in a window; the closing instant does not."""
        at = to_instant(at)
        timeline = self._years.covering(at, at)
        index = bisect_right(timeline.starts, at)
        return index > 0 and at < timeline.ends[index - 1]

    def elapsed(self, start: datetime, end: datetime) -> timedelta:
        """Return the open time in [start, end); negative when `end` is before `start`."""
        start, end = to_instant(start), to_instant(end)
        timeline = self._years.covering(start, end) if start <= end else self._years.covering(end, start)
        return timeline.total(end) - timeline.total(start)

    def due(self, start: datetime, duration: timedelta) -> datetime:
        """Return the earliest instant by which `duration` of open time has elapsed since `start`.

        Used up exactly at closing time means due at closing time. A zero duration is due at `start`, open or not.
        Raises NeverOpens, and ValueError for a negative duration.
        """
        start = to_instant(start)
        timeline = self._years.covering(start, start)
        if duration <= _ZERO:
            return _at_once(start, duration)
        target = timeline.total(start) + duration
        while timeline.passed[-1] < target:
            grown = self._years.later(timeline)
            if grown is None:
                raise NeverOpens(f"this calendar ({self.spec.tz}) is not open for {duration} after {start}")
            timeline, target = grown, grown.total(start) + duration
        index = bisect_left(timeline.passed, target)
        return timeline.ends[index - 1] - (timeline.passed[index] - target)

    def before(self, end: datetime, duration: timedelta) -> datetime:
        """Return the latest instant from which `duration` of open time elapses until `end`; opening time counts.

        Raises NeverOpens, and ValueError for a negative duration.
        """
        end = to_instant(end)
        timeline = self._years.covering(end, end)
        if duration <= _ZERO:
            return _at_once(end, duration)
        target = timeline.total(end) - duration
        while target < timeline.passed[0]:
            grown = self._years.earlier(timeline)
            if grown is None:
                raise NeverOpens(f"this calendar ({self.spec.tz}) is not open for {duration} before {end}")
            timeline, target = grown, grown.total(end) - duration
        index = bisect_right(timeline.passed, target) - 1
        return timeline.starts[index] + (target - timeline.passed[index])

    def next_open(self, at: datetime) -> datetime:
        """Return the first open instant at or after `at`. Raises NeverOpens."""
        for window in self.windows(at):
            return window.start
        raise NeverOpens(f"this calendar ({self.spec.tz}) does not open after {at}")

    def previous_open(self, at: datetime) -> datetime:
        """Return the latest instant, not after `at`, up to which the calendar was open. Raises NeverOpens.

        That is `at` itself inside a window or at its closing time, else the closing time before it; so the opening
        instant of a window rolls back to the closing time of the window before.
        """
        for window in self.windows_before(at):
            return window.end
        raise NeverOpens(f"this calendar ({self.spec.tz}) does not open before {at}")

    def windows(self, after: datetime) -> Iterator[Window]:
        """Yield the windows from `after` on, the first cut at `after`. Windows that only touch stay two."""
        after = seen = to_instant(after)
        timeline: Timeline | None = self._years.covering(after, after)
        while timeline is not None:
            for index in range(bisect_right(timeline.ends, seen), len(timeline.ends)):
                seen = timeline.ends[index]
                yield Window(max(after, timeline.starts[index]), seen)
            timeline = self._years.later(timeline)

    def windows_before(self, at: datetime) -> Iterator[Window]:
        """Yield the windows up to `at`, latest first, the first cut at `at`."""
        at = seen = to_instant(at)
        timeline: Timeline | None = self._years.covering(at, at)
        while timeline is not None:
            for index in range(bisect_left(timeline.starts, seen) - 1, -1, -1):
                seen = timeline.starts[index]
                yield Window(seen, min(at, timeline.ends[index]))
            timeline = self._years.earlier(timeline)

    def sla_elapsed(self, start: datetime, end: datetime, pauses: Iterable[Pause]) -> timedelta:
        """Return the open time in [start, end) that lies in no pause; zero when `end` is before `start`.

        Pauses may overlap, in any order.
        """
        start, end, running = to_instant(start), to_instant(end), _ZERO
        for pause_start, pause_end in _ordered(pauses):
            if pause_start >= end:
                break
            if pause_start > start:
                running += self.elapsed(start, pause_start)
            if pause_end is None:
                return running
            start = max(start, pause_end)
        return running + self.elapsed(start, end) if start < end else running

    def sla_due(self, start: datetime, duration: timedelta, pauses: Iterable[Pause]) -> datetime | None:
        """Return the earliest instant by which a clock that stands still in pauses shows `duration`.

        None means that it stands in a pause with no end, so there is no due time yet. Raises NeverOpens.
        """
        start = to_instant(start)
        for pause_start, pause_end in _ordered(pauses) if duration > _ZERO else ():
            if pause_start > start:
                running = self.elapsed(start, pause_start)
                if running >= duration:
                    break
                duration -= running
            if pause_end is None:
                return None
            start = max(start, pause_end)
        return self.due(start, duration)


def _at_once(at: datetime, duration: timedelta) -> datetime:
    if duration < _ZERO:
        raise ValueError(f"a duration cannot be negative: {duration}")
    return at


def _ordered(pauses: Iterable[Pause]) -> list[Pause]:
    """Return the pauses in UTC by their start; one that ends before it starts is empty and left out."""
    aware = [(to_instant(start), None if end is None else to_instant(end)) for start, end in pauses]
    return sorted(((start, end) for start, end in aware if end is None or start < end), key=lambda pause: pause[0])
