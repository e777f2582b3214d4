"""Typed readers for records from outside: each returns our type or raises InvalidRequest with the field's name only.

A field that is missing, null or blank is the same to all `optional_` readers: PSAs leave null members out as they like.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeGuard

from shared.errors import InvalidRequest
from shared.psa.plain_text import many_lines, one_line

Record = Mapping[str, object]

TITLE_LENGTH = 500
NAME_LENGTH = 200
EMAIL_LENGTH = 320  # RFC 3696 erratum 1690 says 254; 64 + "@" + 255 is what mail software really lets through
NOTE_LENGTH = 10_000
LARGEST_ID = 2**63 - 1

_OPAQUE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}", re.ASCII)
_DIGITS = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_ISO_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})?", re.ASCII
)
_EARLIEST_YEAR, _LATEST_YEAR = 1971, 2199


def is_record(value: object) -> TypeGuard[Record]:
    """Return True for a JSON object."""
    return isinstance(value, Mapping)


def as_record(value: object, what: str) -> Record:
    """Return `value` if it is a JSON object. Raises InvalidRequest naming `what`."""
    if not is_record(value):
        raise InvalidRequest(f"{what}: must be an object")
    return value


def unambiguous(record: Record) -> Record:
    """Return `record`. Raises InvalidRequest if two of its names differ only in upper and lower case.

    Programs that ignore case (many of the senders do) read another value there than we would.
    """
    if len({name.casefold() for name in record}) != len(record):
        raise InvalidRequest("two members have names that differ only in case")
    return record


def part(record: Record, field: str) -> Record | None:
    """Return the object at `field`, None if there is none."""
    value = record.get(field)
    return None if value is None else as_record(value, field)


def optional_text(record: Record, field: str, limit: int = NAME_LENGTH) -> str | None:
    """Return the text at `field` on one line, cut at `limit` characters; None if it is missing, null or blank."""
    value = record.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidRequest(f"{field}: must be text")
    return one_line(value, limit) or None


def text(record: Record, field: str, limit: int = NAME_LENGTH) -> str:
    """Return the text at `field` like `optional_text`. Raises InvalidRequest if there is none."""
    value = optional_text(record, field, limit)
    if value is None:
        raise InvalidRequest(f"{field}: is missing")
    return value


def title(record: Record, field: str) -> str:
    """Return a ticket's title, "" if it has none: a mail without a subject becomes a ticket without a title."""
    return optional_text(record, field, TITLE_LENGTH) or ""


def note(record: Record, *fields: str) -> str:
    """Return the first of `fields` that holds text, its lines kept, at most 10,000 characters; "" if none does."""
    for field in fields:
        value = record.get(field)
        if value is None:
            continue
        if not isinstance(value, str):
            raise InvalidRequest(f"{field}: must be text")
        kept = many_lines(value, NOTE_LENGTH)
        if kept:
            return kept
    return ""


def optional_email(record: Record, field: str) -> str | None:
    """Return the address at `field` as the PSA has it, unchecked; None if there is none.

    An address that is too long or holds control characters is none: cutting or cleaning it would make it another's.
    """
    value = record.get(field)
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidRequest(f"{field}: must be text")
    address = value.strip()
    return address if address and len(address) <= EMAIL_LENGTH and address.isprintable() else None


def optional_label(record: Record, *fields: str) -> str | None:
    """Return the first of `fields` that holds text or a whole number, as text: a name, else an id."""
    for field in fields:
        value = record.get(field)
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        found = optional_text(record, field)
        if found is not None:
            return found
    return None


def label(record: Record, *fields: str) -> str:
    """Return like `optional_label`. Raises InvalidRequest if no field holds anything."""
    found = optional_label(record, *fields)
    if found is None:
        raise InvalidRequest(f"{fields[0]}: is missing")
    return found


def integer_id(record: Record, field: str) -> str:
    """Return the id at `field` as text: a whole number from 1 to 2^63-1, or its digits. `true` and 12.0 are no ids."""
    found = optional_integer_id(record, field)
    if found is None:
        raise InvalidRequest(f"{field}: is missing")
    return found


def optional_integer_id(record: Record, field: str, *, zero_is_an_id: bool = False) -> str | None:
    """Return the id at `field`, None if it is missing, null, blank or 0.

    0 means "none" in HaloPSA; in Autotask company 0 is the MSP itself, so there it may count as an id.
    """
    value = record.get(field)
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_ID:
        return str(value) if value or zero_is_an_id else None
    if isinstance(value, str) and value == "0":
        return value if zero_is_an_id else None
    if isinstance(value, str) and _DIGITS.fullmatch(value) and int(value) <= LARGEST_ID:
        return value
    raise InvalidRequest(f"{field}: must be an id, a whole number above 0")


def opaque_id(record: Record, field: str) -> str:
    """Return the id at `field` as text: a positive whole number, or 1 to 64 letters, digits and `_.:-` (a UUID is)."""
    found = optional_opaque_id(record, field)
    if found is None:
        raise InvalidRequest(f"{field}: is missing")
    return found


def optional_opaque_id(record: Record, field: str) -> str | None:
    """Return the id at `field` like `opaque_id`, None if it is missing, null or blank."""
    value = record.get(field)
    if isinstance(value, str) and _OPAQUE_ID.fullmatch(value):
        return value
    try:
        return optional_integer_id(record, field)
    except InvalidRequest:
        raise InvalidRequest(f"{field}: must be an id of at most 64 letters, digits and _.:-") from None


def optional_instant(record: Record, field: str, *, naive_is_utc: bool = False) -> datetime | None:
    """Return the time at `field` in UTC, None if it is missing, null or blank.

    ISO 8601 with seconds and 0 to 9 fraction digits (cut to microseconds), from 1971 to 2199. Without a zone it is UTC
    where the product says so, else refused. 24:00 and leap seconds are refused.
    """
    value = record.get(field)
    if value is None or value == "":
        return None
    found = _ISO_TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise InvalidRequest(f"{field}: must be a time, for example 2026-03-02T14:05:11Z")
    if found[1] is None and not naive_is_utc:
        raise InvalidRequest(f"{field}: needs a zone, for example 2026-03-02T14:05:11Z")
    try:
        time = datetime.fromisoformat(found[0])
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidRequest(f"{field}: is not a time that exists") from None
    if not _EARLIEST_YEAR <= time.year <= _LATEST_YEAR:
        raise InvalidRequest(f"{field}: must lie between {_EARLIEST_YEAR} and {_LATEST_YEAR}")
    return time


def instant(record: Record, field: str, *, naive_is_utc: bool = False) -> datetime:
    """Return the time at `field` like `optional_instant`. Raises InvalidRequest if there is none."""
    found = optional_instant(record, field, naive_is_utc=naive_is_utc)
    if found is None:
        raise InvalidRequest(f"{field}: is missing")
    return found


def optional_hours(record: Record, field: str) -> float | None:
    """Return decimal hours from 0 to 1000, None if they are missing or null."""
    value = record.get(field)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1000:
        raise InvalidRequest(f"{field}: must be hours, 0 to 1000")
    return float(value)


def optional_flag(record: Record, field: str) -> bool | None:
    """Return a yes or no, None if it is missing or null. 0 and 1 count: Autotask writes them for contacts."""
    value = record.get(field)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    raise InvalidRequest(f"{field}: must be true or false")


def full_name(record: Record, first: str, last: str) -> str | None:
    """Return first and last name in one, None if both are missing."""
    parts = (optional_text(record, first), optional_text(record, last))
    return " ".join(name for name in parts if name)[:NAME_LENGTH] or None
