"""Reads a ticket's moments as stretches of time: how long it was in which state, who has it, since when."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.models.ticket import Moment, Ticket, TicketState


@dataclass(frozen=True, slots=True)
class Stretch:
    """The ticket was in `state` from `start` to `end` (half-open; None: still is)."""

    state: TicketState
    start: datetime
    end: datetime | None

    def stood(self, now: datetime, hold: timedelta) -> bool:
        """True if it lasts for `hold` by now, or lasted for longer than that."""
        return now - self.start >= hold if self.end is None else self.end - self.start > hold

    def covers(self, at: datetime) -> bool:
        return self.start <= at and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True)
class History:
    """What the moments of one ticket amount to at one time.

    `now_in` is the state that it is in. `resolutions` are the stretches in which it was done (resolved or closed, told
    as one). `owner` and `priority` come with the time since when.
    """

    now_in: Stretch
    before: tuple[Stretch, ...]
    resolutions: tuple[Stretch, ...]
    owner: str | None
    owner_since: datetime
    priority: str | None
    priority_since: datetime

    @property
    def is_done(self) -> bool:
        return self.now_in.state.is_done

    @property
    def open_since(self) -> datetime:
        """When the ticket was last not done any more: its first moment, or the end of its last resolution."""
        ended = [done.end for done in self.resolutions if done.end is not None]
        return ended[-1] if ended else (self.before[0].start if self.before else self.now_in.start)

    def last(self, state: TicketState, *, before: datetime) -> Stretch | None:
        """Return the latest stretch in `state` that ended at or before `before`."""
        found = [s for s in self.before if s.state is state and s.end is not None and s.end <= before]
        return found[-1] if found else None


def history(ticket: Ticket) -> History:
    """Return the ticket's history. An unknown status means that nothing a client could see has changed."""
    moments = ticket.moments
    states = list(_known_states(moments))
    runs = _stretches(moments, states)
    owner_since, owner = _since(moments, lambda moment: moment.owner)
    priority_since, priority = _since(moments, lambda moment: moment.priority)
    return History(
        now_in=runs[-1],
        before=tuple(runs[:-1]),
        resolutions=tuple(_resolutions(runs)),
        owner=owner,
        owner_since=owner_since,
        priority=priority,
        priority_since=priority_since,
    )


def _known_states(moments: Iterable[Moment]) -> Iterable[TicketState]:
    state = TicketState.NEW
    for moment in moments:
        if moment.state is not TicketState.UNKNOWN:
            state = moment.state
        yield state


def _stretches(moments: tuple[Moment, ...], states: list[TicketState]) -> list[Stretch]:
    starts = [i for i in range(len(moments)) if i == 0 or states[i] is not states[i - 1]]
    ends = [moments[i].at for i in starts[1:]]
    return [Stretch(states[i], moments[i].at, end) for i, end in zip(starts, [*ends, None], strict=True)]


def _resolutions(runs: list[Stretch]) -> Iterable[Stretch]:
    """Join neighbouring done stretches: resolved and then closed is one resolution."""
    open_start: datetime | None = None
    for run in runs:
        if run.state.is_done and open_start is None:
            open_start = run.start
        elif not run.state.is_done and open_start is not None:
            yield Stretch(TicketState.RESOLVED, open_start, run.start)
            open_start = None
    if open_start is not None:
        yield Stretch(TicketState.RESOLVED, open_start, None)


def _since(moments: tuple[Moment, ...], fact: Callable[[Moment], str | None]) -> tuple[datetime, str | None]:
    value = fact(moments[-1])
    since = moments[-1].at
    for moment in reversed(moments):
        if fact(moment) != value:
            break
        since = moment.at
    return since, value
