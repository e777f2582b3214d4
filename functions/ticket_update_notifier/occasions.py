"""What there would be to tell the client, the most important first: facts that have stood and were not told."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.ticket_update_notifier.history import History, Stretch
from shared.config.settings import Updates
from shared.models.ticket import Held, Ticket, TicketState, Told, Touchpoint

ASKED_AGAIN_AFTER = timedelta(hours=1)
"""A ticket that waits again this soon after its client was told so asks nothing new."""


@dataclass(frozen=True, slots=True)
class Case:
    """One ticket at one time, under one client's settings."""

    ticket: Ticket
    past: History
    now: datetime
    updates: Updates

    @property
    def too_late(self) -> timedelta:
        return timedelta(hours=self.updates.too_late_hours)

    def stood(self, since: datetime) -> bool:
        """True if what began at `since` has lasted for the hold."""
        return self.now - since >= self.updates.hold

    def known_before_us(self) -> bool:
        """True for a ticket that was old when we first saw it: its past is not ours to tell."""
        return self.ticket.created_at < self.ticket.first_seen - self.too_late


@dataclass(frozen=True, slots=True)
class Occasion:
    """One thing to tell, and since when it is so. `hand_over`: something that the client knew is merely another now."""

    touchpoint: Touchpoint
    about: datetime
    why: str
    hand_over: bool = False


@dataclass(frozen=True, slots=True)
class Unripe:
    """Something that began too lately to be told; look again at `ripe_at`."""

    ripe_at: datetime


Finding = Occasion | Unripe | Held


@dataclass(frozen=True, slots=True)
class Occasions:
    """`ready` is sorted, the most important first. `ripe_at`: when something that is too young now will have stood."""

    ready: tuple[Occasion, ...] = ()
    held: tuple[Held, ...] = ()
    ripe_at: datetime | None = None


_BY_IMPORTANCE = (
    Touchpoint.RESOLVED,
    Touchpoint.REOPENED,
    Touchpoint.NEEDS_YOU,
    Touchpoint.WAITING_ON_VENDOR,
    Touchpoint.RECEIVED,
    Touchpoint.ASSIGNED,
    Touchpoint.TRIAGED,
    Touchpoint.CLOSED,
)


def occasions(case: Case) -> Occasions:
    """Return what the client could be told now. Touchpoints that are switched off are left out."""
    findings = list(_findings(case))
    ready = [f for f in findings if isinstance(f, Occasion) and f.touchpoint in case.updates.touchpoints]
    ready.sort(key=lambda occasion: (_BY_IMPORTANCE.index(occasion.touchpoint), occasion.about))
    return Occasions(
        ready=tuple(ready),
        held=tuple(f for f in findings if isinstance(f, Held)),
        ripe_at=min((f.ripe_at for f in findings if isinstance(f, Unripe)), default=None),
    )


def folded(others: Iterable[Occasion], into: Touchpoint, now: datetime) -> tuple[Held, ...]:
    """Return the ledger lines for what goes along in a more important update instead of having a mail of its own."""
    return tuple(
        Held(touchpoint=o.touchpoint, at=now, about=o.about, why=f"told within the update {into.value}")
        for o in others
        if o.touchpoint in (Touchpoint.RECEIVED, Touchpoint.ASSIGNED, Touchpoint.TRIAGED)
    )


def _findings(case: Case) -> Iterator[Finding]:
    for done in case.past.resolutions:
        yield from _resolution(case, done)
    if case.past.is_done:
        yield from _closing(case)
    else:
        yield from _reopening(case)
        yield from _waiting(case)
        yield from _first_word(case)
        yield from _named_facts(case)


def _told_within(ticket: Ticket, touchpoint: Touchpoint, stretch: Stretch) -> Told | None:
    """Return the update of this kind that was about this stretch of the ticket's history, if there was one."""
    return next((t for t in ticket.told if t.touchpoint is touchpoint and stretch.covers(t.about)), None)


def _resolution(case: Case, done: Stretch) -> Iterator[Finding]:
    """Each resolution that stood for the hold is told once, even when we learn of it late."""
    if _told_within(case.ticket, Touchpoint.RESOLVED, done) is not None:
        return
    if not done.stood(case.now, case.updates.hold):
        if done.end is None:
            yield Unripe(done.start + case.updates.hold)
    elif case.known_before_us() and done.covers(case.ticket.moments[0].at):
        yield _held(case, Touchpoint.RESOLVED, done.start, "it was resolved before we first saw the ticket")
    elif (done.end or case.now) < case.now - case.too_late:
        yield _held(case, Touchpoint.RESOLVED, done.start, "we learnt of it too late to be of use")
    else:
        yield Occasion(Touchpoint.RESOLVED, done.start, "the resolution stood longer than the hold")


def _closing(case: Case) -> Iterator[Finding]:
    """Only where it is switched on: as a rule the survey takes over when a ticket is closed."""
    resolution, now_in = case.past.resolutions[-1], case.past.now_in
    if now_in.state is not TicketState.CLOSED or Touchpoint.CLOSED not in case.updates.touchpoints:
        return
    if now_in.start == resolution.start or _told_within(case.ticket, Touchpoint.CLOSED, resolution) is not None:
        return
    if not case.stood(now_in.start):
        yield Unripe(now_in.start + case.updates.hold)
    elif _told_within(case.ticket, Touchpoint.RESOLVED, resolution) is not None:
        yield Occasion(Touchpoint.CLOSED, now_in.start, "the ticket was closed")


def _reopening(case: Case) -> Iterator[Finding]:
    if not case.past.resolutions:
        return
    last = case.past.resolutions[-1]
    told = _told_within(case.ticket, Touchpoint.RESOLVED, last)
    if told is None or last.end is None or told.at >= last.end:
        return  # never told as resolved, or told so late that the same update said that it was open again
    if any(t.touchpoint is Touchpoint.REOPENED and t.about >= last.end for t in case.ticket.told):
        return
    if case.stood(last.end):
        yield Occasion(Touchpoint.REOPENED, last.end, "the ticket was opened again after it was told as resolved")
    else:
        yield Unripe(last.end + case.updates.hold)


_WAITS = {
    TicketState.WAITING_ON_CLIENT: (Touchpoint.NEEDS_YOU, "the ticket waits on the client"),
    TicketState.WAITING_ON_VENDOR: (Touchpoint.WAITING_ON_VENDOR, "the ticket waits on a vendor"),
}


def _waiting(case: Case) -> Iterator[Finding]:
    wait = case.past.now_in
    if wait.state not in _WAITS:
        return
    touchpoint, why = _WAITS[wait.state]
    if _told_within(case.ticket, touchpoint, wait) is not None:
        return
    if not case.stood(wait.start):
        yield Unripe(wait.start + case.updates.hold)
    elif _asks_nothing_new(case, wait, touchpoint):
        yield _held(case, touchpoint, wait.start, "the client was told so shortly before; nothing new to tell")
    else:
        yield Occasion(touchpoint, wait.start, why)


def _asks_nothing_new(case: Case, wait: Stretch, touchpoint: Touchpoint) -> bool:
    last = case.ticket.told[-1] if case.ticket.told else None
    return last is not None and last.touchpoint is touchpoint and wait.start - last.at < ASKED_AGAIN_AFTER


def _first_word(case: Case) -> Iterator[Finding]:
    """The first update of a ticket, once it has been there for the hold (open and shut at once is one mail)."""
    about = case.past.open_since
    if case.ticket.told or any(done.stood(case.now, case.updates.hold) for done in case.past.resolutions):
        return
    if not case.stood(about):
        yield Unripe(about + case.updates.hold)
        return
    if case.known_before_us():
        yield _held(case, Touchpoint.RECEIVED, about, "the ticket was known before we first saw it")
    elif case.now - about > case.too_late:
        yield _held(case, Touchpoint.RECEIVED, about, "we could tell of it too late to be of use")
    else:
        yield Occasion(Touchpoint.RECEIVED, about, "a new ticket")


def _named_facts(case: Case) -> Iterator[Finding]:
    """Who looks after it and how urgent it is: told when the client has heard from us before and knows it otherwise."""
    past, last = case.past, case.ticket.told[-1] if case.ticket.told else None
    if last is None and (Touchpoint.RECEIVED in case.updates.touchpoints or case.known_before_us()):
        return
    owner, priority = (last.owner, last.priority) if last else (None, None)
    if past.owner is not None and past.owner != owner:
        why = "somebody else looks after it now" if owner else "somebody looks after it now"
        named = Occasion(Touchpoint.ASSIGNED, past.owner_since, why, hand_over=owner is not None)
        yield named if case.stood(named.about) else Unripe(named.about + case.updates.hold)
    if past.priority is not None and past.priority != priority:
        why = "its priority is another now" if priority else "it has a priority now"
        triaged = Occasion(Touchpoint.TRIAGED, past.priority_since, why, hand_over=priority is not None)
        yield triaged if case.stood(triaged.about) else Unripe(triaged.about + case.updates.hold)


def _held(case: Case, touchpoint: Touchpoint, about: datetime, why: str) -> Held:
    return Held(touchpoint=touchpoint, at=case.now, about=about, why=why)
