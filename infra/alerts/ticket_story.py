"""The story of one ticket: what its client was told, what was held back, what was promised, and its alerts."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from infra.alerts.records import MOST_ALERTS
from infra.alerts.story import Teller
from infra.local.pages import words
from shared.alerts.times import local_times, shown_time
from shared.models.message import Message
from shared.models.outgoing import OutgoingState
from shared.models.ticket import Held, Promise, PromiseOutcome, Ticket, Told

_OUTCOMES = {
    PromiseOutcome.OPEN: "still running",
    PromiseOutcome.KEPT: "kept",
    PromiseOutcome.KEPT_BY_NOTE: "kept, but only by a holding note",
    PromiseOutcome.BROKEN: "broken: the client heard nothing in time",
    PromiseOutcome.WITHDRAWN: "ended early: the ball went to the client",
}
_MAILS = {
    OutgoingState.PENDING: "waits to leave",
    OutgoingState.CLAIMED: "is being sent",
    OutgoingState.COMMITTING: "is being sent",
    OutgoingState.SENT: "sent",
    OutgoingState.UNCERTAIN: "may or may not have gone out",
    OutgoingState.HELD: "not sent",
    OutgoingState.DEAD: "refused for good",
}


def ticket_story(teller: Teller, ticket: Ticket) -> Iterator[str]:
    """Yield the lines, in order of time within each part."""
    zone = teller.zone
    state = "deleted" if ticket.gone else "on a board that is left alone" if ticket.set_aside else ticket.status
    yield f"{ticket.company or 'No client'} #{ticket.number} ({ticket.psa}, {ticket.id}): {ticket.title}"
    yield f"  Now: {state}. Seen since {shown_time(ticket.first_seen, zone)}."
    yield "  What the client was told:" if ticket.told else "  The client was told nothing."
    for told in ticket.told:
        yield f"    {shown_time(told.at, zone)}  {_told(told, teller.records.message(told.message), zone)}"
    yield "  What was held back:" if ticket.held else "  Nothing was held back."
    yield from (f"    {shown_time(held.at, zone)}  {_held(held, zone)}" for held in ticket.held)
    yield "  What was promised:" if ticket.promises else "  Nothing was promised."
    yield from (f"    {_promise(promise, zone)}" for promise in ticket.promises)
    alerts = teller.records.alerts_of(ticket)
    more = " (the first of them)" if len(alerts) >= MOST_ALERTS else ""
    yield f"  Its alerts{more}:" if alerts else "  It has no alerts."
    for alert in alerts:
        yield ""
        yield from teller.story(alert)


def _told(told: Told, message: Message | None, zone: ZoneInfo) -> str:
    return f"{words.touchpoint(told.touchpoint)}: {_mail(message, zone)}. {_because(told.why, zone)}"


def _mail(message: Message | None, zone: ZoneInfo) -> str:
    if message is None:
        return "its mail is not there any more"
    if message.state is OutgoingState.SENT and message.sent_at is not None:
        return f"mail sent {shown_time(message.sent_at, zone)}"
    return f"mail {_MAILS[message.state]}" + (f": {words.reason(message.reason)}" if message.reason else "")


def _held(held: Held, zone: ZoneInfo) -> str:
    return f"{words.touchpoint(held.touchpoint)}: {local_times(words.reason(held.why), zone)}"


def _promise(promise: Promise, zone: ZoneInfo) -> str:
    settled = f" {shown_time(promise.settled, zone)}" if promise.settled else ""
    made, by = shown_time(promise.made, zone), shown_time(promise.by, zone)
    return f"made {made}: the next word by {by}; {_OUTCOMES[promise.outcome]}{settled}"


def _because(why: str, zone: ZoneInfo) -> str:
    return f"Why: {local_times(why, zone)}"
