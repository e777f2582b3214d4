"""Finds what `why` is asked about, reading the store and nothing else: by an id, its first characters, or a number."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from shared import queries
from shared.models.alert import Alert
from shared.models.contact_method import Batch, ContactMethod, notice_id
from shared.models.document import Document
from shared.models.message import Message
from shared.models.notice import Notice
from shared.models.psa_note import PsaNote
from shared.models.ticket import Ticket
from shared.ports import Found, Query, Store

PAGE = 500
MOST_PAGES = 100
"""50,000 documents: a search by a part of an id, or by a number, reads them one after the other."""

MOST_ALERTS = 50
_SHORTEST = 4

D = TypeVar("D", bound=Document)


@dataclass(frozen=True, slots=True)
class Records:
    """Reads of one store. Every method raises StoreUnavailable if it does not answer."""

    store: Store

    def alerts(self, wanted: str) -> list[Alert]:
        """Return the alert with this id, or all whose id begins so; four characters or more, with "alert-" or not."""
        key = wanted if wanted.startswith("alert-") else f"alert-{wanted}"
        found = self.store.get(Alert, key)
        if found is not None:
            return [found.document]
        if len(key.removeprefix("alert-")) < _SHORTEST:
            return []
        return [alert for alert in self._all(queries.ALERTS) if alert.id.startswith(key)]

    def tickets(self, wanted: str) -> list[Ticket]:
        """Return the tickets with this number (or id): two PSAs may both have it. A "#" before it says nothing."""
        number = wanted.lstrip("#")
        found = self.store.get(Ticket, number) if number.startswith("ticket-") else None
        if found is not None:
            return [found.document]
        return [ticket for ticket in self._all(queries.TICKETS) if number in (ticket.number, ticket.psa_id)]

    def alerts_of(self, ticket: Ticket) -> list[Alert]:
        found = self.store.find(queries.ALERTS_OF_TICKET, limit=MOST_ALERTS, equals={"ticket": ticket.id})
        return [each.document for each in found]

    def notice(self, identity: str) -> Notice | PsaNote | None:
        """Return the message of a telling: a notice, or the note in the PSA."""
        if not identity:
            return None
        found: Found[Notice] | Found[PsaNote] | None
        is_notice = identity.startswith("notice-")
        found = self.store.get(Notice, identity) if is_notice else self.store.get(PsaNote, identity)
        return None if found is None else found.document

    def batch(self, method: str, notice: str) -> Batch | None:
        """Return what is still gathered for a notice that has not left; None if nothing is."""
        found = self.store.get(ContactMethod, method)
        batches = found.document.batches if found else ()
        return next((batch for batch in batches if notice_id(method, batch.number) == notice), None)

    def message(self, identity: str) -> Message | None:
        found = self.store.get(Message, identity)
        return None if found is None else found.document

    def _all(self, query: Query[D]) -> Iterator[D]:
        after: D | None = None
        for _ in range(MOST_PAGES):
            page = self.store.find(query, limit=PAGE, after=after)
            yield from (found.document for found in page)
            if len(page) < PAGE:
                return
            after = page[-1].document
