"""A task that was given up: what it was, and why, for a person to read and, if they like, to set again."""

from collections.abc import Mapping
from typing import ClassVar

from shared.ids import stable_id
from shared.instant import Instant
from shared.models.document import Document


class DeadLetter(Document):
    """`reason` is an error's stable code. `body` is the task's own, so that the same task can be put again."""

    collection: ClassVar[str] = "dead_letters"

    at: Instant
    function: str
    task: str
    body: Mapping[str, str]
    reason: str


def dead_letter_id(function: str, task: str) -> str:
    """Return the id: a task that is delivered once more after it was given up is still one dead letter."""
    return stable_id("dead", function, task)
