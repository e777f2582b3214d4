"""Decides what the client of one ticket is told at one time, and when somebody must look again. Pure: no clock, no I/O.

Read `decide` first. A fact is told only when it has stood for the hold; never two updates within the hold; the most
important one speaks for the others; what was promised is watched and, if nobody else speaks, answered honestly.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.ticket_update_notifier.budget import OPTIONAL, free_at, optional_told, places_for
from functions.ticket_update_notifier.draft import Draft, Rules, noted
from functions.ticket_update_notifier.history import History, history
from functions.ticket_update_notifier.occasions import Case, Occasion, Occasions, occasions
from functions.ticket_update_notifier.silence import promise_looks, watch_promise
from functions.ticket_update_notifier.telling import tell
from functions.ticket_update_notifier.unwatched import not_watched, without_meaning
from shared.models.ticket import Held, Ticket, TicketState, Touchpoint
from shared.step import Decision

MOMENT = timedelta(seconds=1)


def decide(ticket: Ticket | None, now: datetime, rules: Rules) -> Decision[Ticket]:
    """Return what to store and send, and when to look again, for `ticket` at `now` (UTC)."""
    if ticket is None:
        return Decision(None, outcome="no_ticket")
    if ticket.gone or ticket.set_aside or not rules.updates.enabled:
        return not_watched(ticket, now)
    if all(moment.state is TicketState.UNKNOWN for moment in ticket.moments):
        return without_meaning(ticket, now)
    past = history(ticket)
    case = Case(ticket, past, now, rules.updates)
    found = occasions(case)
    choice = _choose(case, found)
    draft = Draft(noted(ticket, found.held + choice.held), now).at(found.ripe_at, choice.not_before)
    if choice.occasion is not None:
        draft = tell(draft, choice.occasion, past, rules, found)
    else:
        draft = watch_promise(draft, past, rules)
    return _finished(draft, past, rules)


@dataclass(frozen=True, slots=True)
class _Choice:
    """The one update to send now, if any; else when to choose again. `held` is what this choice kept back."""

    occasion: Occasion | None = None
    not_before: datetime | None = None
    held: tuple[Held, ...] = ()


def _choose(case: Case, found: Occasions) -> _Choice:
    ticket, now, updates = case.ticket, case.now, case.updates
    if found.ready and ticket.last_told_at is not None and now <= ticket.last_told_at + updates.hold:
        return _Choice(not_before=ticket.last_told_at + updates.hold + MOMENT)
    spent = optional_told(ticket) >= updates.optional_per_ticket
    can_go = [o for o in found.ready if not (o.touchpoint in OPTIONAL and spent)]
    why = f"the client has had {updates.optional_per_ticket} updates of the kind that can wait"
    held = tuple(_held(o, now, why) for o in found.ready if o not in can_go)
    if not can_go:
        return _Choice(held=held)
    best = can_go[0]
    flapping = not case.stood(case.past.now_in.start) and now < best.about + 3 * updates.hold
    if flapping and best.touchpoint is not Touchpoint.RESOLVED:
        return _Choice(not_before=case.past.now_in.start + updates.hold, held=held)
    when = free_at(ticket, now, places_for(best, updates))
    if when is None:
        return _Choice(best, held=held)
    why = "the client has had enough updates for 24 hours; goes out later if it is still so"
    return _Choice(not_before=when, held=(*held, _held(best, now, why)))


def _held(occasion: Occasion, now: datetime, why: str) -> Held:
    return Held(touchpoint=occasion.touchpoint, at=now, about=occasion.about, why=why)


def _finished(draft: Draft, past: History, rules: Rules) -> Decision[Ticket]:
    looks = [*draft.looks, *promise_looks(draft.ticket, past, rules)]
    later = [look for look in looks if look > draft.now]
    alarm_at = min(later, default=None)
    after = (
        draft.ticket if draft.ticket.alarm_at == alarm_at else draft.ticket.but(alarm_at=alarm_at, alarm_generation=0)
    )
    return Decision(after, draft.creates, draft.outcome)
