"""When this system counts as alive, and when the word of the day is due. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.calendar_spec import clock_time
from shared.config.settings import Settings
from shared.models.canary import CANARY, Canary

TOO_LONG = timedelta(minutes=20)
"""The safety sweep sets a lost alarm anew after 5 to 10 minutes; what waits longer, nobody works on."""

STUBBORN = 3
"""What was set anew so often is one document's own trouble, and has an alert of its own: it does not stop the beats."""

A_FEW = 20
"""More stubborn documents of one kind than this are no documents' own trouble: a function or its channel is broken."""

SILENT = timedelta(minutes=12)
"""The canary is asked every five minutes: two questions without an answer, and somebody outside should know."""

LATE = timedelta(hours=3)
"""A word that comes so late still says that this lives; after that the next day's will.

It is also more than any clock jumps ahead: a time that the clock skips is past, and not missing, after the jump.
"""


def too_long(oldest: Mapping[str, datetime | None], tick: datetime) -> dict[str, int]:
    """Return what has waited too long, and for how many minutes; nothing if this system is alive.

    `oldest` has, by name, the time of the alarm that waits the longest.
    """
    waited = {name: tick - at for name, at in oldest.items() if at is not None}
    return {name: span // timedelta(minutes=1) for name, span in waited.items() if span > TOO_LONG}


def asked(canary: Canary | None, tick: datetime) -> Canary:
    """Return the canary with the question put, unless one is still without an answer: then that one waits on."""
    if canary is None:
        return Canary(id=CANARY, asked_at=tick, alarm_at=tick)
    if canary.alarm_at is not None:
        return canary
    return canary.but(asked_at=tick, alarm_at=tick, alarm_set=None)


def is_silent(canary: Canary | None, tick: datetime) -> bool:
    """Say whether the last question has waited too long for its answer."""
    return canary is not None and canary.alarm_at is not None and tick - canary.asked_at > SILENT


def due_word(settings: Settings, tick: datetime) -> date | None:
    """Return the day whose word is due at `tick` (UTC), on the clock of the updates; None if none is.

    The same day is returned for a while, and twice where the clock goes back: whoever asks remembers what was said.
    """
    wanted = settings.alerts.all_quiet_at
    if wanted is None or not settings.alerts.people:
        return None
    zone = ZoneInfo(settings.calendars[settings.updates.calendar].tz)
    face = tick.astimezone(zone).replace(tzinfo=None)
    today = face.replace(hour=0, minute=0, second=0, microsecond=0)
    for midnight in (today, today - timedelta(days=1)):  # yesterday's is late where it is wanted just before midnight
        if timedelta() <= face - (midnight + clock_time(wanted)) < LATE:
            return midnight.date()
    return None
