"""Watches the promised time when there is nothing to tell: a nudge, an honest holding note, and then an alert."""

from dataclasses import replace
from datetime import datetime

from functions.ticket_update_notifier import promises
from functions.ticket_update_notifier.budget import free_at
from functions.ticket_update_notifier.draft import Draft, Rules, with_finding
from functions.ticket_update_notifier.history import History
from functions.ticket_update_notifier.occasions import Occasion
from functions.ticket_update_notifier.telling import interval, tell
from shared.models.ticket import PromiseOutcome, Ticket, TicketState, Touchpoint


def watch_promise(draft: Draft, past: History, rules: Rules) -> Draft:
    """Return the draft with the promise settled, answered by a holding note, or made an alert, whichever is due."""
    ticket, now = draft.ticket, draft.now
    settled_state = now - past.now_in.start >= rules.updates.hold
    if past.is_done or past.now_in.state is TicketState.WAITING_ON_CLIENT:
        return replace(draft, ticket=_ball_elsewhere(ticket, past, now)) if settled_state else draft
    if ticket.promise is None and ticket.silence_alert_at is None and settled_state:
        draft = replace(draft, ticket=_watched_from_now(ticket, past, now, rules))
    elif ticket.promise is not None:
        draft = replace(draft, ticket=_no_later_than(ticket, past, now, rules))
    if draft.ticket.promise is not None:
        return _promise_due(draft, past, rules)
    if ticket.silence_alert_at is not None and now >= ticket.silence_alert_at:
        return _alarm_of_silence(draft, past, rules)
    return draft


def _watched_from_now(ticket: Ticket, past: History, now: datetime, rules: Rules) -> Ticket:
    """The ball is with the MSP (again). Who was told something is owed the next word; for who was not, we watch too."""
    start = max(past.now_in.start, ticket.last_told_at or ticket.first_seen)
    by = max(rules.calendar.due(start, interval(past, rules)), now + rules.updates.hold)
    if not ticket.told:
        return ticket.but(silence_alert_at=by)
    return ticket.but(promises=promises.made(ticket.promises, start, by))


def _no_later_than(ticket: Ticket, past: History, now: datetime, rules: Rules) -> Ticket:
    """A ticket that became more urgent is owed the next word sooner than was promised, told of it or not."""
    promise = ticket.promise
    by = rules.calendar.due(promise.made, interval(past, rules)) if promise else now
    if promise is None or by >= promise.by or now >= promise.by:
        return ticket
    sooner = promise.model_copy(update={"by": max(by, now + rules.updates.hold)})
    return ticket.but(promises=(*ticket.promises[:-1], sooner)) if sooner.by < promise.by else ticket


def _ball_elsewhere(ticket: Ticket, past: History, now: datetime) -> Ticket:
    """Settle the promise of a ticket that is done or waits on its client: nobody owes the client a word now."""
    if ticket.silence_alert_at is not None:
        ticket = ticket.but(silence_alert_at=None, silence_alerts=0)
    if ticket.promise is None:
        return ticket
    outcome = PromiseOutcome.KEPT if past.is_done else PromiseOutcome.WITHDRAWN
    return ticket.but(promises=promises.settled(ticket.promises, outcome, min(now, past.now_in.start)))


def _promise_due(draft: Draft, past: History, rules: Rules) -> Draft:
    ticket, now, updates = draft.ticket, draft.now, rules.updates
    promise = ticket.promise
    if promise is None:  # pragma: no cover - the caller looked; said for the type checker
        return draft
    note_at = max(promise.by - updates.hold, (ticket.last_told_at or promise.made) + updates.hold)
    if _may_note(ticket, rules) and now >= note_at and free_at(ticket, now, max(1, updates.per_day - 1)) is None:
        why = f"nothing new to tell, and an update was promised by {promise.by:%Y-%m-%d %H:%M} UTC"
        draft = with_finding(
            draft,
            "update_overdue",
            _last_real_word(ticket).isoformat(),  # a second note is the same silence, not another alert
            f"No news on #{ticket.number} by the promised time; "
            f"the client got holding note {promises.holding_notes_in_a_row(ticket) + 1}.",
            since=ticket.last_told_at or promise.made,
            owner=past.owner,
        )
        return tell(draft, Occasion(Touchpoint.PROGRESS, promise.made, why), past, rules)
    if now >= promise.by:
        return _alarm_of_silence(draft, past, rules)
    nudge_at = promises.nudge_at(promise, rules.calendar, updates.nudge_at_percent)
    if not promise.nudged and now >= nudge_at:
        draft = replace(draft, ticket=ticket.but(promises=promises.nudged(ticket.promises)))
        return with_finding(
            draft,
            "update_due_soon",
            promise.made.isoformat(),
            f"The client of #{ticket.number} was promised an update by {promise.by:%Y-%m-%d %H:%M} UTC.",
            since=promise.made,
            owner=past.owner,
        )
    return draft


def _last_real_word(ticket: Ticket) -> datetime:
    real = [told.at for told in ticket.told if told.touchpoint is not Touchpoint.PROGRESS]
    return real[-1] if real else ticket.first_seen


def _may_note(ticket: Ticket, rules: Rules) -> bool:
    """Say whether a holding note may still answer the open promise: not any number of them in a row."""
    most = rules.updates.holding_notes_in_a_row if Touchpoint.PROGRESS in rules.updates.touchpoints else 0
    return promises.holding_notes_in_a_row(ticket) < most


def _alarm_of_silence(draft: Draft, past: History, rules: Rules) -> Draft:
    """The promised time passed and no more notes are to go out: a person must act. Repeats, ever more seldom."""
    ticket, now = draft.ticket, draft.now
    alerts = ticket.silence_alerts
    again = rules.calendar.due(now, promises.silence_repeats_after(interval(past, rules), alerts))
    since = ticket.last_told_at or ticket.first_seen
    owed = ", and was promised to" if ticket.told else ": nothing at all from us, and the ticket is open"
    draft = replace(
        draft,
        ticket=ticket.but(
            promises=promises.settled(ticket.promises, PromiseOutcome.BROKEN, now),
            silence_alerts=alerts + 1,
            silence_alert_at=max(again, now + rules.updates.hold),
        ),
    )
    return with_finding(
        draft,
        "client_in_silence",
        since.isoformat(),
        f"The client of #{ticket.number} has heard nothing since {since:%Y-%m-%d %H:%M} UTC{owed}.",
        since=since,
        owner=past.owner,
    )


def promise_looks(ticket: Ticket, past: History, rules: Rules) -> list[datetime]:
    looks = [ticket.silence_alert_at] if ticket.silence_alert_at is not None else []
    if ticket.promise is None:
        in_play = not past.is_done and past.now_in.state is not TicketState.WAITING_ON_CLIENT
        return [*looks, past.now_in.start + rules.updates.hold] if in_play else looks
    looks.append(ticket.promise.by)
    if _may_note(ticket, rules):
        looks.append(ticket.promise.by - rules.updates.hold)
    if not ticket.promise.nudged:
        looks.append(promises.nudge_at(ticket.promise, rules.calendar, rules.updates.nudge_at_percent))
    if past.is_done or past.now_in.state is TicketState.WAITING_ON_CLIENT:
        looks.append(past.now_in.start + rules.updates.hold)
    return looks
