"""Nights on which quiet hours are not what the face of the clock says, and people for whom it is always night."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.calendar_spec import WEEKDAYS, clock_time
from shared.config.alerts import AlertSettings, Person, Quiet
from shared.quiet_hours import quiet_until

_AHEAD_DAYS = 366
_DAY = timedelta(days=1)
_NEVER_AWAKE = timedelta(days=14)

Change = tuple[datetime, datetime]
"""What the face of a clock shows when it is changed: the time that would have come, and the one that comes instead."""


def night_warnings(alerts: AlertSettings, now: datetime) -> Iterator[str]:
    for key, person in alerts.people.items():
        until = quiet_until(person.quiet_hours, now)
        if until is not None and until - now >= _NEVER_AWAKE:
            yield f"alerts.people.{key} is quiet all day, every day: only what is critical ever reaches them"
        elif person.timezone is not None:
            for change in _changes(ZoneInfo(person.timezone), now):
                yield from _unlike_the_face(key, person, change)


def _changes(zone: ZoneInfo, now: datetime) -> Iterator[Change]:
    """Yield the changes of the clock in the year from `now` on; each is found by halving the day in which it lies."""
    at = now.replace(second=0, microsecond=0)
    for before in (at + number * _DAY for number in range(_AHEAD_DAYS)):
        last, first = before, before + _DAY
        if last.astimezone(zone).utcoffset() == first.astimezone(zone).utcoffset():
            continue
        while first - last > timedelta(minutes=1):
            middle = last + timedelta(minutes=(first - last) // timedelta(minutes=2))
            same = middle.astimezone(zone).utcoffset() == before.astimezone(zone).utcoffset()
            last, first = (middle, first) if same else (last, middle)
        would_be = last.astimezone(zone).replace(tzinfo=None) + (first - last)
        yield would_be, first.astimezone(zone).replace(tzinfo=None)


def _unlike_the_face(key: str, person: Person, change: Change) -> Iterator[str]:
    """A beginning or end inside the changed hour; on its borders the face and the calendar say the same."""
    would_be, comes = change
    low, high = min(change), max(change)
    jump = f"on {would_be:%a %d %b %Y} the clock goes from {would_be:%H:%M} to {comes:%H:%M}"
    for quiet in person.quiet:
        hours = f"alerts.people.{key}: {jump}, so the quiet hours {quiet.start}-{quiet.end}"
        for begins, ends in _faces(quiet, low.date()):
            for edge, verb in ((begins, "begin"), (ends, "end")):
                if not low < edge < high:
                    continue
                if would_be < comes:
                    yield f"{hours} {verb} at {edge + (comes - would_be):%H:%M} that night"
                elif verb == "end":  # a beginning that comes twice only makes the night longer
                    yield f"{hours} {verb} when it shows {edge:%H:%M} for the first time that night"


def _faces(quiet: Quiet, day: date) -> Iterator[tuple[datetime, datetime]]:
    start, end = clock_time(quiet.start), clock_time(quiet.end)
    for begin in (day - _DAY, day, day + _DAY):
        if not quiet.days or WEEKDAYS[begin.weekday()] in quiet.days:
            midnight = datetime.combine(begin, time())
            yield midnight + start, midnight + (end if end > start else end + _DAY)
