"""The thing itself says whether an alert about it still holds."""

from datetime import timedelta

import pytest

from shared.alerts.source import why_over
from shared.models.message import Message
from shared.models.outgoing import OutgoingState
from shared.models.psa_connection import PsaConnection
from shared.models.ticket import Moment, Ticket, TicketState, Told, Touchpoint
from shared.ports import Create, Found
from tests.fakes.memory_store import MemoryStore
from tests.unit.alert_paper import AT, MINUTE, opened

SILENCE = {"ticket": "ticket-1", "source": "ticket-1"}


def ticket(*states: TicketState, **facts) -> Ticket:
    moments = tuple(Moment(at=AT + n * MINUTE, state=state) for n, state in enumerate(states))
    plain = {"psa": "main", "psa_id": "1", "number": "1", "title": "Printer", "status": "New"}
    times = dict.fromkeys(("created_at", "updated_at", "first_seen"), AT)
    return Ticket(id="ticket-1", moments=moments, **{**plain, **times, **facts})


def told(touchpoint: Touchpoint, after: timedelta) -> tuple[Told, ...]:
    return (Told(touchpoint=touchpoint, at=AT + after, about=AT, order=0, message="message-1", why="a word"),)


def verdict(document, **facts) -> str:
    store = MemoryStore()
    if document is not None:
        store.commit([Create(document)])
    return why_over(store, opened(**facts))


@pytest.mark.parametrize("kind", ["client_in_silence", "update_overdue", "update_due_soon"])
@pytest.mark.parametrize(
    ("states", "why"),
    [
        ((TicketState.RESOLVED,), "the ticket is done"),
        ((TicketState.CLOSED,), "the ticket is done"),
        ((TicketState.CLOSED, TicketState.UNKNOWN), "the ticket is done"),
        ((TicketState.WAITING_ON_CLIENT,), "the ticket waits for the client"),
        ((TicketState.RESOLVED, TicketState.IN_PROGRESS), ""),
        ((TicketState.WAITING_ON_VENDOR,), ""),
        ((TicketState.UNKNOWN,), ""),
        ((), ""),
    ],
)
def test_silence_is_over_when_the_ticket_is_done_or_waits_for_the_client(kind, states, why):
    assert verdict(ticket(*states), kind=kind, **SILENCE) == why


@pytest.mark.parametrize(
    ("touchpoint", "after", "why"),
    [
        (Touchpoint.ASSIGNED, MINUTE, "the client was told"),
        (Touchpoint.PROGRESS, MINUTE, ""),
        (Touchpoint.ASSIGNED, -MINUTE, ""),
        (Touchpoint.ASSIGNED, timedelta(), ""),
    ],
)
def test_silence_is_over_when_the_client_got_a_real_word_since(touchpoint, after, why):
    assert verdict(ticket(TicketState.NEW, told=told(touchpoint, after)), **SILENCE) == why


@pytest.mark.parametrize("kind", ["client_in_silence", "undelivered_message", "status_without_meaning"])
def test_a_ticket_that_is_gone_or_set_aside_needs_nobody(kind):
    assert verdict(ticket(gone=True), kind=kind, **SILENCE) == "the ticket was deleted"
    assert "not watched" in verdict(ticket(set_aside=True), kind=kind, **SILENCE)


def test_that_a_client_could_not_be_told_matters_also_when_the_ticket_is_done():
    assert verdict(ticket(TicketState.CLOSED), kind="undelivered_message", ticket="ticket-1") == ""


def test_a_status_that_means_something_now_ends_the_question():
    assert verdict(ticket(TicketState.UNKNOWN), kind="status_without_meaning", **SILENCE) == ""
    assert verdict(ticket(TicketState.NEW), kind="status_without_meaning", **SILENCE) == "the status has a meaning now"


@pytest.mark.parametrize(("facts"), [{}, {"source": "ticket-1"}, {"source": "nothing-1"}, SILENCE])
def test_where_nobody_can_tell_the_alert_holds(facts):
    assert verdict(None, **facts) == ""


@pytest.mark.parametrize("source", ["ticket-1", "unknown", ""])
def test_a_connection_by_another_name_is_not_asked(source):
    connection = PsaConnection(id="psa-main", watermark=AT)

    assert verdict(connection, kind="sweep_blind", psa="main", source=source) == ""


@pytest.mark.parametrize(
    ("kind", "facts", "why"),
    [
        ("sweep_blind", {"failures_in_a_row": 0}, "main can be read again"),
        ("sweep_blind", {"failures_in_a_row": 3}, ""),
        ("webhook_off", {"registration": "active"}, "main calls us again"),
        ("webhook_off", {"registration": "unknown"}, "main calls us again"),
        ("webhook_off", {"registration": "inactive"}, ""),
    ],
)
def test_a_connection_says_whether_it_works_again(kind, facts, why):
    connection = PsaConnection(id="psa-1", watermark=AT, **facts)

    assert verdict(connection, kind=kind, psa="main", source="psa-1") == why


@pytest.mark.parametrize(
    ("kind", "state", "why"),
    [
        ("undelivered_message", OutgoingState.SENT, "the message went out after all"),
        ("undelivered_message", OutgoingState.DEAD, ""),
        ("uncertain_message", OutgoingState.SENT, ""),
    ],
)
def test_a_message_that_went_out_after_all_needs_nobody(kind, state, why):
    message = Message.model_construct(id="message-1", state=state)

    class Has:
        def get(self, model, document_id):
            return Found(message, 1) if model is Message else None

    assert why_over(Has(), opened(kind=kind, source="message-1")) == why
