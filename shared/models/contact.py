"""An address we write to: how often lately, and whether we may."""

from typing import ClassVar

from shared.ids import stable_id
from shared.instant import Instant
from shared.models.document import Document
from shared.models.ticket import Fact


class Mailing(Fact):
    """One mail that was admitted to this address."""

    at: Instant
    message: str
    ticket: str


class Contact(Document):
    """Known by a hash of the address. `mailings` covers the longest window of the loop ladder, no more."""

    collection: ClassVar[str] = "contacts"

    mailings: tuple[Mailing, ...] = ()
    blocked_until: Instant | None = None
    blocked_reason: str = ""


def contact_id(address: str) -> str:
    """Return the id for a mail address; upper and lower case of the domain and local part do not matter here."""
    return stable_id("contact", address.strip().lower())
