"""When this system counts as alive, and what the daily "all quiet" says. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.calendar_spec import clock_time
from shared.config.settings import Settings
from shared.models.alert import Alert
from shared.models.finding import Audience, Finding, Severity, finding_id

TOO_LONG = timedelta(minutes=20)
"""The safety sweep sets a lost alarm anew after 5 to 10 minutes; what waits longer, nobody works on."""

EVERY = timedelta(minutes=5)
"""How often the function is called; the daily word goes with the first call at or after its time."""


def is_alive(oldest: Iterable[datetime | None], tick: datetime) -> bool:
    """Say whether nothing has waited too long. `oldest` are the times of the alarms that wait the longest."""
    return all(at is None or tick - at <= TOO_LONG for at in oldest)


def all_quiet(settings: Settings, tick: datetime, standing: Sequence[Alert]) -> Finding | None:
    """Return the day's word if this tick is the one for it: the same finding for every retry of the tick."""
    wanted = settings.alerts.all_quiet_at
    if wanted is None or not settings.alerts.people:
        return None
    calendar = settings.calendars[settings.updates.calendar]
    local = tick.astimezone(ZoneInfo(calendar.tz))
    since_wanted = timedelta(hours=local.hour, minutes=local.minute) - clock_time(wanted)
    if not timedelta() <= since_wanted < EVERY:
        return None
    day = local.date().isoformat()
    what = "All quiet: no alert is open." if not standing else f"Still open: {_count(len(standing), 'alert')}."
    return Finding(
        id=finding_id("all_quiet", day),
        at=tick,
        kind="all_quiet",
        dedup_key=day,
        severity=Severity.INFO,
        audience=Audience.MANAGER,
        text=f"{what} This mail comes every day; if it does not, somebody should look.",
        alarm_at=tick,
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
