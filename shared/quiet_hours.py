"""Quiet hours: the hours of somebody's own day in which only what is critical may reach them.

They are a calendar like business hours, read the other way round, so that the one engine that knows clock changes
knows them too: a night that has no 02:30, or has it twice, ends at the right 07:00.

They last from the first time that the clock shows their beginning to the first time that it shows their end, without a
break. A beginning or end that the clock skips comes as long after the jump as it lies inside of it; in a zone that has
no midnight that night, 00:00 is the moment of the jump.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from shared.calendar import BusinessCalendar
from shared.calendar_spec import WEEKDAYS, CalendarSpec, Weekday, clock_time

Night = tuple[str, str, tuple[Weekday, ...]]
"""From "HH:MM" to "HH:MM" on the face of the clock, past midnight if the end is not later; and on which days it begins.

No days mean every day.
"""

_LONGEST_LOOK = timedelta(days=14)


def quiet_hours(zone: str, nights: Iterable[Night]) -> BusinessCalendar:
    """Return the calendar that is open while it is quiet. An end that equals its start is a whole day.

    Raises ValueError for times that are none and for a zone that is not known.
    """
    weekly: dict[Weekday, list[tuple[str, str]]] = {day: [] for day in WEEKDAYS}
    for start, end, days in nights:
        until = end if clock_time(end) > clock_time(start) else _next_day(end)
        for day in days or WEEKDAYS:
            weekly[day].append((start, until))
    spans = {day: hours for day, hours in weekly.items() if hours}
    return BusinessCalendar(CalendarSpec.model_validate({"tz": zone, "weekly": spans}))


def quiet_until(quiet: BusinessCalendar | None, at: datetime) -> datetime | None:
    """Return the first moment from `at` (UTC) on that is not quiet; None if `at` itself is not.

    Nights that touch or overlap are one. Somebody who is never awake for two weeks is woken after that: only then is
    the moment returned itself a quiet one.
    """
    if quiet is None or not quiet.is_open(at):
        return None
    end = at
    for window in quiet.windows(at):
        if window.start > end or end - at >= _LONGEST_LOOK:
            break
        end = max(end, window.end)
    return end


def _next_day(clock: str) -> str:
    hours, minutes = clock.split(":")
    return f"{int(hours) + 24}:{minutes}"
