"""A message to one person at the MSP: one alert, several, or a digest of what there was no room for."""

from enum import StrEnum
from typing import ClassVar

from shared.ids import stable_id
from shared.instant import Instant
from shared.models.alert import Way
from shared.models.contact_method import Code, Item
from shared.models.document import Watched
from shared.models.outgoing import Outgoing
from shared.models.ticket import Fact


class Arrival(StrEnum):
    """What the provider reported last, in the order in which it can come true; what is later is never taken back."""

    UNKNOWN = "unknown"
    QUEUED = "queued"
    SENT = "sent"
    UNDELIVERED = "undelivered"
    DELIVERED = "delivered"

    @property
    def rank(self) -> int:
        return list(Arrival).index(self)


class Dropped(Fact):
    """An alert of which the message did not speak in the end, and why."""

    alert: str
    why: str


class Notice(Outgoing):
    """`person` is a key of the settings, where the address is looked up at the moment of sending.

    `patience_seconds` is how long it is tried before the next way is taken; `expires_at` follows from it.
    `text` is what was sent, frozen when the message was claimed. `codes` are the digits by which an answer to it names
    an alert, or all of them. `dropped` are items that were over, or in somebody's hands, before it left.
    """

    collection: ClassVar[str] = "notices"
    watcher: ClassVar[str] = "send_notice"

    person: str
    way: Way
    method: str
    items: tuple[Item, ...]
    overflow: bool = False
    patience_seconds: int = 12 * 3600
    codes: tuple[Code, ...] = ()
    text: str = ""
    dropped: tuple[Dropped, ...] = ()
    arrival: Arrival = Arrival.UNKNOWN
    arrived_at: Instant | None = None


class Unreached(Watched):
    """A message that surely, or as far as anybody can tell, did not arrive: its alerts go on to the next way.

    `notice` is the id of a notice, or of a note in the PSA; that one is about `alert` alone.
    """

    collection: ClassVar[str] = "unreached"
    watcher: ClassVar[str] = "alert_manager"

    notice: str
    alert: str | None = None
    reason: str
    at: Instant


def unreached_id(notice: str) -> str:
    return stable_id("unreached", notice)
