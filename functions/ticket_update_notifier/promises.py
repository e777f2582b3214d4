"""The next-update-by: an open ticket that does not wait on its client has one promised time, accounted for."""

from datetime import datetime, timedelta

from shared.calendar import BusinessCalendar
from shared.models.ticket import Promise, PromiseOutcome, Ticket, Touchpoint

MAX_PROMISES = 60


def made(promises: tuple[Promise, ...], now: datetime, by: datetime) -> tuple[Promise, ...]:
    """Return the promises with a new open one."""
    return (*promises, Promise(made=now, by=by))[-MAX_PROMISES:]


def settled(promises: tuple[Promise, ...], outcome: PromiseOutcome, now: datetime) -> tuple[Promise, ...]:
    """Return the promises with the open one, if any, settled. After its time it is broken, whatever was meant."""
    if not promises or promises[-1].outcome is not PromiseOutcome.OPEN:
        return promises
    last = promises[-1]
    if now > last.by and outcome is not PromiseOutcome.WITHDRAWN:
        outcome = PromiseOutcome.BROKEN
    return (*promises[:-1], last.model_copy(update={"outcome": outcome, "settled": now}))


def nudged(promises: tuple[Promise, ...]) -> tuple[Promise, ...]:
    """Return the promises with the open one marked: the technician was reminded of it."""
    return (*promises[:-1], promises[-1].model_copy(update={"nudged": True}))


def nudge_at(promise: Promise, calendar: BusinessCalendar, percent: int) -> datetime:
    """Return when `percent` of the promise's business time has passed."""
    whole = calendar.elapsed(promise.made, promise.by)
    return calendar.due(promise.made, whole * percent / 100)


def silence_repeats_after(interval: timedelta, alerts_so_far: int) -> timedelta:
    """Return the business time until the next alert about the same silence: it doubles, so as not to become noise."""
    return interval * int(2 ** min(alerts_so_far, 5))


def holding_notes_in_a_row(ticket: Ticket) -> int:
    """Return how many of the last updates said nothing but "nothing new yet"."""
    count = 0
    for told in reversed(ticket.told):
        if told.touchpoint is not Touchpoint.PROGRESS:
            break
        count += 1
    return count
