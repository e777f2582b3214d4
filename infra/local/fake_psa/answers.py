"""Small things that all REST shapes of the fake share: JSON answers, pages and the times as each vendor writes them."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from werkzeug import Response

T = TypeVar("T")

NEVER = "1900-01-01T00:00:00"
"""What Halo writes where there is no time."""


def json_answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(body, status=status, headers=dict(headers or {}), content_type="application/json; charset=utf-8")


def page_of(rows: Sequence[T], number: int, size: int) -> Sequence[T]:
    """Return the page `number` (from 1)."""
    return rows[(number - 1) * size : number * size]


def whole_seconds(time: datetime) -> str:
    """ConnectWise: `2026-03-02T14:05:11Z`."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def trimmed_milliseconds(time: datetime) -> str:
    """Autotask: 0 to 3 digits, zeros at the end left out: `2026-03-02T14:05:11.5Z`."""
    text = time.astimezone(UTC).isoformat(timespec="milliseconds")[:-6]
    return text.rstrip("0").rstrip(".") + "Z" if "." in text else text + "Z"


def milliseconds(time: datetime, *, zone: bool = True) -> str:
    """Halo: `2026-03-02T14:05:11.473Z`, and in some fields without the `Z`."""
    text = time.astimezone(UTC).isoformat(timespec="milliseconds")[:-6]
    return f"{text}Z" if zone else text


def microseconds(time: datetime) -> str:
    """The generic shape: `2026-03-02T14:05:11.473000Z`."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def read_time(text: str) -> datetime:
    """Raises ValueError for what is no ISO 8601 time. Without a zone it is UTC."""
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
