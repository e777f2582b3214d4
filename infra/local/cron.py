"""Reads the crons of `infra/functions.json`: numbers, `*` and `*/n`, lists of these with commas. Times are UTC."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_LONGEST_SEARCH = 366 * 9  # days: 29 February can be eight years away
_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of the month", 1, 31), ("month", 1, 12), ("day of the week", 0, 7))


class CronError(ValueError):
    """The text is no cron that is understood here. The message names the field."""


@dataclass(frozen=True, slots=True)
class Cron:
    """Build it with `Cron.read`. Sunday is 0 (7 is read, too)."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    """True if both kinds of day are restricted: then, as in every cron, one of them is enough."""

    @classmethod
    def read(cls, text: str) -> "Cron":
        """Read five fields. Raises CronError."""
        fields = text.split()
        if len(fields) != len(_FIELDS):
            raise CronError(f"{text!r} has {len(fields)} fields; a cron has five, for example */5 * * * *")
        minutes, hours, days, months, weekdays = (
            _values(field, *about) for field, about in zip(fields, _FIELDS, strict=True)
        )
        return cls(
            minutes,
            hours,
            days,
            months,
            frozenset(day % 7 for day in weekdays),
            either_day=not fields[2].startswith("*") and not fields[4].startswith("*"),
        )

    def matches(self, at: datetime) -> bool:
        """Say whether it fires in the minute of `at`."""
        return self._on(at.date()) and at.hour in self.hours and at.minute in self.minutes

    def after(self, at: datetime) -> datetime:
        """Return the first firing later than `at`. Raises CronError for one that never fires, such as 30 February."""
        start = _whole_minute(at) + _MINUTE
        for days in range(_LONGEST_SEARCH):
            day = start.date() + days * _DAY
            if self._on(day):
                earliest = start.time() if days == 0 else time(0)
                fit = [fire for fire in self._times() if fire >= earliest]
                if fit:
                    return datetime.combine(day, fit[0], UTC)
        raise CronError("this cron never fires")

    def latest(self, at: datetime) -> datetime:
        """Return the last firing at or before `at`. Raises CronError for a cron that never fires."""
        end = _whole_minute(at)
        for days in range(_LONGEST_SEARCH):
            day = end.date() - days * _DAY
            if self._on(day):
                last = end.time() if days == 0 else time(23, 59)
                fit = [fire for fire in self._times() if fire <= last]
                if fit:
                    return datetime.combine(day, fit[-1], UTC)
        raise CronError("this cron never fires")

    def _on(self, day: date) -> bool:
        in_month, in_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and ((in_month or in_week) if self.either_day else (in_month and in_week))

    def _times(self) -> list[time]:
        return [time(hour, minute) for hour in sorted(self.hours) for minute in sorted(self.minutes)]


def _whole_minute(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(second=0, microsecond=0)


def _values(field: str, name: str, lowest: int, highest: int) -> frozenset[int]:
    return frozenset(value for part in field.split(",") for value in _part(part, name, lowest, highest))


def _part(part: str, name: str, lowest: int, highest: int) -> range:
    every, _, step = part.partition("/")
    if every == "*" and (not step or _is_number(step)):
        size = int(step or 1)
        if size >= 1:
            return range(lowest, highest + 1, size)
    if _is_number(part) and lowest <= int(part) <= highest:
        return range(int(part), int(part) + 1)
    raise CronError(f"{part!r} is no {name} here: write *, */n, or a number from {lowest} to {highest}")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 4
