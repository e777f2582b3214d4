"""The one type for stored times: UTC, always microseconds, so that text order is time order."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator


def to_instant(value: datetime) -> datetime:
    """Return `value` in UTC. Raises ValueError for a time without a zone: guessing a zone is how promises break."""
    if value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise ValueError("a time needs its zone, for example 2026-03-02T14:05:11Z")
    return value.astimezone(UTC)


@lru_cache(maxsize=4096)  # a document is written many times with the same times in it: this is a third of the cost
def format_instant(value: datetime) -> str:
    """Return `2026-03-02T14:05:11.473000Z`: 27 characters, so that sorting the text sorts the times."""
    return to_instant(value).isoformat(timespec="microseconds")[:-6] + "Z"


def parse_instant(text: str) -> datetime:
    """Read what `format_instant` wrote, or any ISO 8601 time with a zone. Raises ValueError for anything else."""
    return to_instant(datetime.fromisoformat(text))


def read_instant(value: object) -> datetime:
    """Return a time as it is stored, or as our code has it, as an instant. Raises ValueError for anything else."""
    if isinstance(value, str):
        return parse_instant(value)
    if isinstance(value, datetime):
        return to_instant(value)
    raise ValueError("a time is a text, for example 2026-03-02T14:05:11Z")


Instant = Annotated[
    datetime, PlainValidator(read_instant), PlainSerializer(format_instant, return_type=str, when_used="json")
]
"""An aware UTC time of day zero offset. Python side: `datetime`. Stored side: fixed-width text."""
