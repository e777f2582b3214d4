"""What is asked at the command line about alerts: a time as people write it, and an alert that is made up from it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.alerts.kinds import KINDS
from shared.config.settings import Settings
from shared.models.finding import Finding, Severity, finding_id

_STOOD_FOR = timedelta(hours=3)


class UnreadableTime(ValueError):
    """The text is no time. The message says how to write one."""


def zone_of(settings: Settings) -> ZoneInfo:
    """Return the zone of the MSP: that of its first calendar; UTC if it has none."""
    first = next(iter(settings.calendars.values()), None)
    return ZoneInfo(first.tz) if first else ZoneInfo("UTC")


def time_at(text: str, zone: ZoneInfo) -> datetime:
    """Return the time (UTC) that `text` says, in `zone` where it names none. Raises UnreadableTime.

    An hour that the clock shows twice is the first of the two. One that it skips is refused: nothing happens in it.
    """
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UnreadableTime(f"{text!r} is no time; write 2026-12-24 03:00, or 2026-12-24T03:00+01:00") from error
    if at.tzinfo is not None:
        return at.astimezone(UTC)
    there = at.replace(tzinfo=zone).astimezone(UTC)
    if there.astimezone(zone).replace(tzinfo=None) != at:
        raise UnreadableTime(f"{text} does not exist in {zone.key}: the clock goes forward over it")
    return there


def made_up(
    at: datetime,
    severity: Severity,
    kind: str,
    *,
    client: str | None = None,
    team: str | None = None,
    owner: str | None = None,
    psa: str | None = None,
) -> Finding:
    """Return a finding as a function would raise it at `at` (UTC), with these facts and nothing else known."""
    return Finding(
        id=finding_id(kind, at.isoformat()),
        at=at,
        kind=kind,
        dedup_key="made-up",
        severity=severity,
        audience=KINDS[kind].audience,
        text="made up, to see who would be told",
        company=client,
        company_id=client,
        team=team,
        owner=owner,
        psa=psa,
        since=at - _STOOD_FOR,
    )
