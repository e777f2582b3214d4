"""One way to reach one person at the MSP: what waits to be said there, how much was said lately, and whether we may."""

from datetime import timedelta
from typing import ClassVar

from shared.ids import stable_id
from shared.instant import Instant
from shared.models.alert import Errand, Way
from shared.models.document import Watched
from shared.models.finding import Severity
from shared.models.ticket import Fact


class Item(Fact):
    """One alert in a message. (cycle, round, step, errand) say which telling of the alert it is."""

    alert: str
    cycle: int
    round: int
    step: int
    errand: Errand = Errand.NEWS
    severity: Severity
    ready_at: Instant


class Batch(Fact):
    """What is gathered for the next message. `number` makes the message's id; `overflow` says that it is a digest."""

    number: int
    opened_at: Instant
    due_at: Instant
    overflow: bool = False
    items: tuple[Item, ...] = ()


CODE_LIVES = timedelta(days=3)
"""How long digits stand for what they were given to, however many others are given out meanwhile."""


class Code(Fact):
    """The digits by which an answer names what it is about: an alert, or a whole notice."""

    digits: int
    target: str
    at: Instant


class Consent(Fact):
    """What the person said about getting messages here: STOP or START, and when."""

    at: Instant
    word: str


class ContactMethod(Watched):
    """Known by a hash of the way and the address, which itself is only in the settings.

    `batches` are what waits to leave, in order: the first is the next message. `sent_at` are the times of the messages
    of the last hours, as far as the throttle ladder looks back.
    """

    collection: ClassVar[str] = "contact_methods"
    watcher: ClassVar[str] = "alert_manager"

    person: str
    way: Way
    batches: tuple[Batch, ...] = ()
    batch_count: int = 0
    sent_at: tuple[Instant, ...] = ()
    codes: tuple[Code, ...] = ()
    consents: tuple[Consent, ...] = ()
    blocked_until: Instant | None = None
    blocked_reason: str = ""

    @property
    def opted_out(self) -> bool:
        return bool(self.consents) and self.consents[-1].word == "STOP"


def contact_method_id(way: Way, address: str) -> str:
    """Return the id; upper and lower case of the address do not matter here."""
    return stable_id("method", way.value, address.strip().lower())


def notice_id(method: str, batch: int) -> str:
    return stable_id("notice", method, str(batch))
