"""How long a PSA asks us to wait, from the `Retry-After` header (RFC 9110, section 10.2.3): seconds or a date."""

import re
from collections.abc import Mapping
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
    try:
        until = parsedate_to_datetime(value)
        now = parsedate_to_datetime(headers.get("Date", ""))
        return max(0.0, min((until - now).total_seconds(), LONGEST))
    except (TypeError, ValueError, IndexError):  # no date, or one date with a zone and one without
        return None
