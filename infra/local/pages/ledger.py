"""What the pages read from the store: one day at a time, every list with an end."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from functions.psa_sweep.rules import connection_id
from infra.local.pages.span import Span
from shared import queries
from shared.convergence import ticket_id
from shared.models.alert import Alert, Standing
from shared.models.document import Document
from shared.models.finding import Finding
from shared.models.message import Message
from shared.models.notice import Notice
from shared.models.outgoing import OutgoingState
from shared.models.psa_connection import PsaConnection
from shared.models.psa_note import PsaNote, psa_note_id
from shared.models.ticket import Ticket
from shared.ports import Query, Store

D = TypeVar("D", bound=Document)

MOST = 3000
"""No page reads more documents of one kind: beyond that it says so instead of taking minutes."""

LOOK_BACK = timedelta(days=14)
_PAGE = 500
_INSTANT = timedelta(microseconds=1)
_BEFORE_ALL_IDS = "0"  # every id starts with a letter


class Ledger:
    """Reads only. `Ledger.cut` names what was left out because there is too much of it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.cut: set[str] = set()

    def messages(self, span: Span, state: OutgoingState) -> list[Message]:
        """Return the messages that were decided in `span` and are in `state`, oldest first."""
        return self._between(queries.MESSAGES_BY_STATE, span, {"state": state.value})

    def notes(self, span: Span, state: OutgoingState) -> list[PsaNote]:
        return self._between(queries.NOTES_BY_STATE, span, {"state": state.value})

    def findings(self, span: Span) -> list[Finding]:
        return self._between(queries.FINDINGS, span)

    def alerts(self, span: Span) -> list[Alert]:
        """Return the alerts that came up, for the first time or again, in `span`."""
        return self._between(queries.ALERTS, span)

    def standing_alerts(self) -> list[Alert]:
        """Return every alert that is not over, whenever it came up."""
        standings = (standing for standing in Standing if standing is not Standing.RESOLVED)
        return [each for standing in standings for each in self._standing(standing)]

    def alerts_of(self, ticket: str) -> list[Alert]:
        found = self._store.find(queries.ALERTS_OF_TICKET, limit=200, equals={"ticket": ticket})
        return [each.document for each in found]

    def alert(self, document_id: str) -> Alert | None:
        return self._get(Alert, document_id)

    def notices(self, span: Span) -> list[Notice]:
        """Return the messages to our own people that were decided in `span`."""
        return self._between(queries.NOTICES, span)

    def notice(self, document_id: str) -> Notice | None:
        return self._get(Notice, document_id)

    def note(self, document_id: str) -> PsaNote | None:
        return self._get(PsaNote, document_id)

    def tickets(self, span: Span) -> list[Ticket]:
        """Return the tickets that were first seen in `span`."""
        return self._between(queries.TICKETS, span)

    def first_ticket(self) -> Ticket | None:
        found = self._store.find(queries.TICKETS, limit=1)
        return found[0].document if found else None

    def ticket(self, document_id: str) -> Ticket | None:
        return self._get(Ticket, document_id)

    def ticket_of(self, psa: str, psa_id: str) -> Ticket | None:
        """Return the ticket that the PSA connection `psa` knows as `psa_id`."""
        return self.ticket(ticket_id(psa, psa_id))

    def messages_of(self, ticket: str) -> list[Message]:
        """Return the messages about the ticket with this document id, in the order of their decision."""
        found = self._store.find(queries.MESSAGES_OF_TICKET, limit=200, equals={"ticket": ticket})
        return [each.document for each in found]

    def note_about(self, message: Message) -> PsaNote | None:
        """Return the note in the PSA that tells of `message`."""
        return self._get(PsaNote, psa_note_id(message.id))

    def connection(self, name: str) -> PsaConnection | None:
        return self._get(PsaConnection, connection_id(name))

    def _get(self, model: type[D], document_id: str) -> D | None:
        found = self._store.get(model, document_id)
        return found.document if found else None

    def _standing(self, standing: Standing) -> list[Alert]:
        found = self._store.find(queries.ALERTS_BY_STANDING, limit=MOST, equals={"standing": standing.value})
        if len(found) == MOST:
            self.cut.add("alerts")
        return [each.document for each in found]

    def _between(self, query: Query[D], span: Span, equals: Mapping[str, str] | None = None) -> list[D]:
        found: list[D] = []
        for document in self._all(query, span, equals):
            if len(found) == MOST:
                self.cut.add(query.model.collection.replace("_", " "))
                break
            found.append(document)
        return found

    def _all(self, query: Query[D], span: Span, equals: Mapping[str, str] | None) -> Iterator[D]:
        after: D | None = _place_before(query, span.start)
        while True:
            page = self._store.find(query, limit=_PAGE, until=span.end - _INSTANT, after=after, equals=equals)
            yield from (found.document for found in page)
            if len(page) < _PAGE:
                return
            after = page[-1].document


def _place_before(query: Query[D], start: datetime) -> D:
    """Return a stand-in for the last document before `start`: the store only looks at its place in the order."""
    place: dict[str, Any] = {"id": _BEFORE_ALL_IDS, query.order_by: start}
    return cast("D", query.model.model_construct(None, **place))
