"""Times in the header of an answer: how long a PSA asks us to wait (RFC 9110, 10.2.3), and what its clock says."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 3600.0
"""Seconds. What asks for more is taken as this much: an absurd header must not stop us for a day."""

_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait, from 0 to 3600; None if the header is missing or makes no sense.

    A date is measured against the answer's own `Date` header: whose clock is right does not matter then.
    """
    value = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(value):
        return min(float(value), LONGEST)
    until, now = _date(value), sent_at(headers)
    return None if until is None or now is None else max(0.0, min((until - now).total_seconds(), LONGEST))


def sent_at(headers: Mapping[str, str]) -> datetime | None:
    """Return the time of the answer by the sender's own clock, whole seconds, UTC; None if it does not say."""
    return _date(headers.get("Date", ""))


def _date(value: str) -> datetime | None:
    """An HTTP date is always in GMT."""
    try:
        return parsedate_to_datetime(value).replace(tzinfo=UTC)
    except (TypeError, ValueError, IndexError):
        return None
