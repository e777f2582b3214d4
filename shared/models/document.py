"""What every stored thing is: a frozen document in a collection, and, if a function watches it, one alarm."""

from datetime import datetime
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict

from shared.instant import Instant


class Document(BaseModel):
    """A stored fact. `id` is computed by us: `[A-Za-z0-9][A-Za-z0-9_.:-]{0,199}`.

    `schema_version` says which form the document was written in. A store refuses to hand out a document that is newer
    than the code reading it: half a deploy waits (and is retried), it never rewrites what it does not understand.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    collection: ClassVar[str]
    current_schema: ClassVar[int] = 1

    id: str
    schema_version: int = 1

    def but(self, **changes: object) -> Self:
        """Return a copy with `changes`. Values are trusted to be of the field's type: our own code wrote them."""
        return self.model_copy(update=changes)


class Watched(Document):
    """A document that one function looks at when its time comes.

    `alarm_at` is when somebody must look next; `alarm_set` is the earliest look that is already on the queue.
    They differ when the wanted time moved later: the earlier alarm then fires, finds nothing due and sets the next.
    `alarm_generation` is part of the task's name, so that an alarm set anew is never swallowed by the tombstone of one
    that the queue gave up.
    """

    watcher: ClassVar[str]

    alarm_at: Instant | None = None
    alarm_set: Instant | None = None
    alarm_generation: int = 0

    def alarm_is_pending(self, now: datetime) -> bool:
        """True if the queue already holds a look at this document that is early enough."""
        return self.alarm_at is None or (self.alarm_set is not None and now < self.alarm_set <= self.alarm_at)
