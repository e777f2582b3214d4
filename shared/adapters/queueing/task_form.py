"""What a task looks like to every queue: its body's bytes, its names, and what no queue takes."""

import json
import re
from datetime import datetime, timedelta

from shared.errors import RefusedTask
from shared.ports import Task

FARTHEST = timedelta(days=30)
MAX_BODY_BYTES = 100_000

_TASK_NAME = re.compile(r"[A-Za-z0-9_-]{1,500}").fullmatch
_FUNCTION = re.compile(r"[a-z][a-z0-9_]{0,62}").fullmatch


def body_text(task: Task) -> str:
    """Return the JSON text that the function receives, byte for byte: ASCII only, so no coding can change it."""
    return json.dumps(task.body if type(task.body) is dict else dict(task.body), separators=(",", ":"))


def queue_id(function: str) -> str:
    """Return the queue's name: a Cloud Tasks queue knows hyphens only."""
    return function.replace("_", "-")


def refuse_malformed(task: Task, body: str) -> None:
    """Raise RefusedTask for a name or a size that Cloud Tasks would refuse, so that every queue refuses the same."""
    if _TASK_NAME(task.name) is None:
        raise RefusedTask("a task's name is 1 to 500 letters, digits, hyphens and underscores")
    if _FUNCTION(task.function) is None:
        raise RefusedTask("a function's name is lower-case letters, digits and underscores")
    if len(body) > MAX_BODY_BYTES:
        raise RefusedTask(f"a task's body is at most {MAX_BODY_BYTES} bytes; send an id instead")


def refuse_too_far(task: Task, now: datetime) -> None:
    """Raise RefusedTask for a time that is further ahead than Cloud Tasks keeps a task."""
    if task.at - now > FARTHEST:
        raise RefusedTask("a task is at most 30 days ahead; chain a longer wait")
