"""What telling the client something means for the ticket: a ledger line, a message, a new promise."""

from dataclasses import replace
from datetime import datetime, timedelta

from functions.ticket_update_notifier import promises
from functions.ticket_update_notifier.draft import Draft, Occurrence, Rules, noted, with_finding
from functions.ticket_update_notifier.history import History
from functions.ticket_update_notifier.occasions import Occasion, Occasions, folded
from shared.ids import stable_id
from shared.mail.letter import Letter
from shared.models.message import Message
from shared.models.ticket import PromiseOutcome, Ticket, TicketState, Told, Touchpoint

MAX_TOLD = 150
MESSAGES_REFERRED_TO = 10
NOTHING_ELSE = Occasions()


def tell(draft: Draft, chosen: Occasion, past: History, rules: Rules, found: Occasions = NOTHING_ELSE) -> Draft:
    """Return the draft with the update told: ledger, message, promise."""
    ticket, now = draft.ticket, draft.now
    order = ticket.told[-1].order + 1 if ticket.told else 0
    note = chosen.touchpoint is Touchpoint.PROGRESS
    kept = PromiseOutcome.KEPT_BY_NOTE if note else PromiseOutcome.KEPT
    next_by = _next_update_by(past, now, rules)
    settled = promises.settled(ticket.promises, kept, now)
    told = Told(
        touchpoint=chosen.touchpoint,
        at=now,
        about=chosen.about,
        order=order,
        message=stable_id("message", ticket.id, str(order)),
        why=chosen.why,
        owner=past.owner,
        priority=past.priority,
    )
    along = folded((o for o in found.ready if o is not chosen), chosen.touchpoint, now)
    after = noted(ticket, along).but(
        told=(*ticket.told, told)[-MAX_TOLD:],
        promises=settled if next_by is None else promises.made(settled, now, next_by),
        silence_alerts=0,
        silence_alert_at=None,
    )
    letter = rules.write(Occurrence(chosen.touchpoint, chosen.about, ticket, past, next_by, first=order == 0))
    message = _message(after, told, letter, rules)
    draft = replace(draft, ticket=after, creates=(*draft.creates, message))
    if ticket.promise is not None and settled[-1].outcome is PromiseOutcome.BROKEN:
        by = f"{ticket.promise.by:%Y-%m-%d %H:%M} UTC"
        text = f"The client of #{ticket.number} was told late: the promised time was {by}."
        cause = ticket.promise.made.isoformat()
        draft = with_finding(
            draft,
            "promise_broken",
            cause,
            text,
            since=ticket.promise.by,
            owner=past.owner,
        )
    draft = replace(draft, outcome=chosen.touchpoint.value)
    outranked = len(found.ready) > 1 + len(along)
    return draft.at(now + rules.updates.hold) if outranked else draft


def _next_update_by(past: History, now: datetime, rules: Rules) -> datetime | None:
    """Return the next promised time; None while the ball is with the client or the ticket is done."""
    if past.is_done or past.now_in.state is TicketState.WAITING_ON_CLIENT:
        return None
    return rules.calendar.due(now, interval(past, rules))


def interval(past: History, rules: Rules) -> timedelta:
    return timedelta(hours=rules.updates.promises.hours(past.priority, past.now_in.state))


def _message(ticket: Ticket, told: Told, letter: Letter, rules: Rules) -> Message:
    earlier = range(max(0, told.order - MESSAGES_REFERRED_TO + 1), told.order)
    referred = sorted({0, *earlier} - {told.order}) if told.order else []
    return Message(
        id=told.message,
        ticket=ticket.id,
        number=ticket.number,
        touchpoint=told.touchpoint.value,
        why=told.why,
        letter=letter,
        decided_at=told.at,
        expires_at=told.at + rules.expires_after,
        order=told.order,
        message_id=_message_id(ticket, told.order, rules),
        previous=tuple(_message_id(ticket, order, rules) for order in referred),
        company=ticket.company_id or ticket.company,
        addressee=ticket.contact.name if ticket.contact else None,
        alarm_at=told.at,
    )


def _message_id(ticket: Ticket, order: int, rules: Rules) -> str:
    return f"<{ticket.id}.{order}@{rules.message_domain}>"
