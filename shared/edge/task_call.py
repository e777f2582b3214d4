"""What a queue or a scheduler sends: strictly read, because what it starts writes to the store."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.errors import InvalidRequest
from shared.instant import parse_instant
from shared.strict_json import parse_json

MAX_TASK_BYTES = 100_000  # what Cloud Tasks itself allows
LAST_ATTEMPT = 9
"""Retries are counted from 0. The queues allow more attempts than this, so that a dead letter has tries of its own."""


@dataclass(frozen=True, slots=True)
class TaskCall:
    """One delivery of a task. `attempt` counts the deliveries before this one; `planned` is when it was to come."""

    body: Mapping[str, str]
    name: str
    attempt: int
    planned: datetime | None

    @property
    def is_last_attempt(self) -> bool:
        return self.attempt >= LAST_ATTEMPT


def read_task(raw: bytes, headers: Mapping[str, str]) -> TaskCall:
    """Read a delivery. Raises InvalidRequest for a body that no queue of ours ever sent."""
    body = _strings(raw)
    return TaskCall(body, task_name(headers), attempt(headers), _planned(body))


def task_name(headers: Mapping[str, str]) -> str:
    return headers.get("X-CloudTasks-TaskName", "")[:500]


def attempt(headers: Mapping[str, str]) -> int:
    text = headers.get("X-CloudTasks-TaskRetryCount", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 0


def read_tick(headers: Mapping[str, str], now: datetime) -> datetime:
    """Return the planned time of this run, the same for its retries; the current minute when nobody planned it."""
    text = headers.get("X-CloudScheduler-ScheduleTime", "")
    if not text:
        return now.replace(second=0, microsecond=0)
    try:
        return parse_instant(text)
    except ValueError as error:
        raise InvalidRequest("the schedule time is not RFC 3339") from error


def _planned(body: Mapping[str, str]) -> datetime | None:
    if "at" not in body:
        return None
    try:
        return parse_instant(body["at"])
    except ValueError as error:
        raise InvalidRequest("at is not a time") from error


def _strings(raw: bytes) -> dict[str, str]:
    body = parse_json(raw, max_bytes=MAX_TASK_BYTES, max_depth=1)
    if not isinstance(body, dict) or not all(isinstance(value, str) for value in body.values()):
        raise InvalidRequest("a task's body is a JSON object of strings")
    return body
