"""Asks the thing itself whether an alert about it still holds. Asked before anybody is told anything, every time."""

from shared.models.alert import Alert
from shared.models.document import Document
from shared.models.message import Message
from shared.models.outgoing import OutgoingState
from shared.models.psa_connection import PsaConnection
from shared.models.ticket import Ticket, TicketState, Touchpoint
from shared.ports import Store

_UNTIL_THE_CLIENT_HEARS = frozenset(("update_due_soon", "update_overdue", "client_in_silence"))
_MODELS: dict[str, type[Document]] = {"ticket": Ticket, "message": Message, "psa": PsaConnection}


def why_over(store: Store, alert: Alert) -> str:
    """Return why the alert is over, "" if it still holds or if nobody can tell. One or two reads."""
    ticket = _get(store, alert.ticket)
    source = ticket if alert.source == alert.ticket else _get(store, alert.source)
    return (_over_for_ticket(alert, ticket) if isinstance(ticket, Ticket) else "") or _over(alert, source)


def _get(store: Store, document_id: str | None) -> Document | None:
    model = _MODELS.get((document_id or "").partition("-")[0])
    if document_id is None or model is None:
        return None
    found = store.get(model, document_id)
    return found.document if found else None


def _over_for_ticket(alert: Alert, ticket: Ticket) -> str:
    """A closed ticket pages nobody, but that its client could not be told of it is worth a page."""
    if ticket.gone:
        return "the ticket was deleted"
    if ticket.set_aside:
        return "the ticket was moved to a board that is not watched"
    if alert.kind == "status_without_meaning":
        return "the status has a meaning now" if _state(ticket) is not None else ""
    return _over_for_silence(alert, ticket) if alert.kind in _UNTIL_THE_CLIENT_HEARS else ""


def _over_for_silence(alert: Alert, ticket: Ticket) -> str:
    state = _state(ticket)
    if state is not None and state.is_done:
        return "the ticket is done"
    if state is TicketState.WAITING_ON_CLIENT:
        return "the ticket waits for the client"
    since = alert.first_said_at or alert.opened_at
    heard = any(told.at > since and told.touchpoint is not Touchpoint.PROGRESS for told in ticket.told)
    return "the client was told" if heard else ""


def _over(alert: Alert, source: Document | None) -> str:
    match source:
        case Message() if source.state is OutgoingState.SENT and alert.kind != "uncertain_message":
            return "the message went out after all"
        case PsaConnection() if alert.kind == "sweep_blind" and source.failures_in_a_row == 0:
            return f"{alert.psa or 'the PSA'} can be read again"
        case PsaConnection() if alert.kind == "webhook_off" and source.registration in ("active", "unknown"):
            return f"{alert.psa or 'the PSA'} calls us again"
    return ""


def _state(ticket: Ticket) -> TicketState | None:
    """Return the last state that has a meaning."""
    known = [moment.state for moment in ticket.moments if moment.state is not TicketState.UNKNOWN]
    return known[-1] if known else None
