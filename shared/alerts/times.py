"""Times as people at the MSP read them: in their own zone, with the day, and with seconds only where they matter."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_STAMP = re.compile(r"(\d{4}-\d{2}-\d{2} \d{2}:\d{2}) UTC")


def shown_time(at: datetime, zone: ZoneInfo) -> str:
    """Return "Thu 24 Dec 03:00"; ":30" behind it if it is not on the minute."""
    there = at.astimezone(zone)
    return f"{there:%a %d %b %H:%M}" + (f":{there:%S}" if there.second else "")


def local_times(text: str, zone: ZoneInfo) -> str:
    """Return `text`, of a finding or a ledger, with its times (written `2026-12-24 03:00 UTC`) in `zone`."""

    def local(match: re.Match[str]) -> str:
        return shown_time(datetime.strptime(match[1], "%Y-%m-%d %H:%M").replace(tzinfo=UTC), zone)

    return _STAMP.sub(local, text)
