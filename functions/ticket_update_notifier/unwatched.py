"""Tickets whose client is told nothing: deleted, set aside, switched off, or with a status that nobody explained."""

from datetime import datetime, timedelta

from functions.ticket_update_notifier import promises
from functions.ticket_update_notifier.draft import Draft, noted, with_finding
from functions.ticket_update_notifier.history import history
from shared.models.ticket import Held, PromiseOutcome, Ticket, Touchpoint
from shared.step import Decision

LOOK_AGAIN_AFTER = timedelta(days=1)


def not_watched(ticket: Ticket, now: datetime) -> Decision[Ticket]:
    """Watch no more. Where updates are merely switched off, look again tomorrow: they may be on by then."""
    over = ticket.gone or ticket.set_aside or history(ticket).is_done
    if over and ticket.alarm_at is None and ticket.promise is None:
        return Decision(ticket, outcome="not_watched")
    quiet = ticket.but(
        alarm_at=None if over else now + LOOK_AGAIN_AFTER,
        promises=promises.settled(ticket.promises, PromiseOutcome.WITHDRAWN, now),
        silence_alert_at=None,
    )
    return Decision(quiet, outcome="not_watched")


def without_meaning(ticket: Ticket, now: datetime) -> Decision[Ticket]:
    """No status of this ticket has a meaning in the settings: its client can be told nothing. A manager hears of it."""
    why = "its status has no meaning in the settings"
    line = Held(touchpoint=Touchpoint.RECEIVED, at=now, about=ticket.moments[0].at, why=why)
    after = noted(ticket, (line,)).but(alarm_at=None)
    draft = Draft(after, now)
    if len(after.held) > len(ticket.held):
        unexplained = f"The status {ticket.status!r} of #{ticket.number} has no meaning in the settings"
        text = f"{unexplained}; its client hears nothing."
        draft = with_finding(draft, "status_without_meaning", ticket.status, text)
    return Decision(draft.ticket, draft.creates, "status_without_meaning")
