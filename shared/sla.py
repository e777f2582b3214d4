"""An SLA clock as a pure function of what happened: nothing is counted as time goes by, so nothing can drift.

Events are replayed into cycles (a start, its pauses, an end), and a cycle is read against a target and a calendar. A
late event, a corrected calendar or another target give the answer that would have been right all along.

due is the earliest instant at which the open time is used up (closing time counts); breached is only what took longer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.calendar import BusinessCalendar, Pause
from shared.instant import Instant
from shared.models.ticket import Fact


class Target(StrEnum):
    """What is promised: to take it up, to say something new within a time again and again, to be done."""

    ACKNOWLEDGE = "acknowledge"
    NEXT_UPDATE = "next_update"
    RESOLVE = "resolve"


class Happening(StrEnum):
    """In the order in which things of one instant count: an end before a pause, a pause before it is over."""

    WITHDRAWN = "withdrawn"  # taken back before it was done: every clock ends, and none is met
    STOPPED = "stopped"  # done: every clock ends
    PAUSED = "paused"  # the ball is with somebody else
    RESUMED = "resumed"
    UPDATED = "updated"  # something of substance was said; an automatic answer is none
    ACKNOWLEDGED = "acknowledged"  # somebody took it up
    STARTED = "started"
    REOPENED = "reopened"


_ENDS = (Happening.WITHDRAWN, Happening.STOPPED)
_ORDER = {kind: place for place, kind in enumerate(Happening)}


class SlaEvent(Fact):
    """`at` (UTC) is when it happened, not when we heard of it. `why` is the evidence, in words for a person."""

    at: Instant
    kind: Happening
    why: str = ""


@dataclass(frozen=True, slots=True)
class Cycle:
    """One run of one clock. `ended` is None while it runs or pauses; the last pause has no end while it lasts."""

    number: int
    started: datetime
    pauses: tuple[Pause, ...] = ()
    ended: datetime | None = None
    met: bool = False
    """It ended because what was promised happened; False if it was stopped before that."""

    @property
    def paused_since(self) -> datetime | None:
        last = self.pauses[-1] if self.pauses else None
        return last[0] if last is not None and last[1] is None and self.ended is None else None


@dataclass(frozen=True, slots=True)
class Reading:
    """A cycle read at one time. `due_at` is None while it pauses: nobody knows then. Times are UTC, spans open time."""

    target: Target
    cycle: Cycle
    elapsed: timedelta
    left: timedelta
    due_at: datetime | None
    breached: bool
    why: str

    @property
    def is_open(self) -> bool:
        return self.cycle.ended is None

    @property
    def share(self) -> float:
        """How much of the time is used up, 1.0 at the target."""
        whole = self.elapsed + self.left
        return self.elapsed / whole if whole > timedelta() else 1.0


def cycles(events: Iterable[SlaEvent], target: Target, *, reopen_continues: bool = True) -> tuple[Cycle, ...]:
    """Replay the events into the cycles of one clock, whatever order they come in.

    acknowledge and next update begin anew when it is reopened. resolve goes on where it was, the time in between being
    a pause, unless `reopen_continues` is False. What cannot be (a pause of what does not run) changes nothing.
    """
    done: list[Cycle] = []
    now: Cycle | None = None
    for event in sorted(events, key=lambda each: (each.at, _ORDER[each.kind], each.why)):
        if now is None:
            now = _begun(event, target, done, reopen_continues=reopen_continues)
        elif event.kind in _ENDS or _meets(event, target):
            done.append(_ended(now, event, met=_meets(event, target)))
            again = target is Target.NEXT_UPDATE and event.kind not in _ENDS
            now = Cycle(len(done) + 1, event.at, _carried(now, event)) if again else None
        elif event.kind is Happening.PAUSED and now.paused_since is None:
            now = _with_pauses(now, (*now.pauses, (event.at, None)))
        elif event.kind is Happening.RESUMED and now.paused_since is not None:
            now = _resumed(now, event.at)
    return (*done, now) if now is not None else tuple(done)


def read(cycle: Cycle, target: Target, duration: timedelta, calendar: BusinessCalendar, now: datetime) -> Reading:
    """Read a cycle at `now` (UTC) against `duration` of open time. Raises NeverOpens."""
    until = cycle.ended or max(now, cycle.started)
    elapsed = calendar.sla_elapsed(cycle.started, until, cycle.pauses)
    due_at = calendar.sla_due(cycle.started, duration, cycle.pauses)
    return Reading(
        target=target,
        cycle=cycle,
        elapsed=elapsed,
        left=max(duration - elapsed, timedelta()),
        due_at=due_at,
        breached=elapsed > duration,
        why=_explained(cycle, target, due_at, elapsed > duration),
    )


def crossing(cycle: Cycle, duration: timedelta, calendar: BusinessCalendar, percent: int) -> datetime | None:
    """Return when `percent` of `duration` is used up (UTC); None while the clock pauses before that."""
    return calendar.sla_due(cycle.started, duration * percent / 100, cycle.pauses)


def _begun(event: SlaEvent, target: Target, done: list[Cycle], *, reopen_continues: bool) -> Cycle | None:
    if event.kind not in (Happening.STARTED, Happening.REOPENED):
        return None
    if done and event.kind is Happening.REOPENED and target is Target.RESOLVE and reopen_continues:
        last = done.pop()
        gap: Pause = (last.ended or event.at, event.at)
        return Cycle(last.number, last.started, (*last.pauses, gap))
    return Cycle(len(done) + 1, event.at)


def _meets(event: SlaEvent, target: Target) -> bool:
    if target is Target.ACKNOWLEDGE:
        return event.kind in (Happening.ACKNOWLEDGED, Happening.UPDATED)
    if target is Target.NEXT_UPDATE:
        return event.kind is Happening.UPDATED
    return event.kind is Happening.STOPPED


def _ended(cycle: Cycle, event: SlaEvent, *, met: bool) -> Cycle:
    closed = tuple((start, event.at if end is None else end) for start, end in cycle.pauses)
    return Cycle(cycle.number, cycle.started, closed, event.at, met)


def _carried(cycle: Cycle, event: SlaEvent) -> tuple[Pause, ...]:
    """A pause that lasts goes on in the next cycle."""
    return ((event.at, None),) if cycle.paused_since is not None else ()


def _resumed(cycle: Cycle, at: datetime) -> Cycle:
    return _with_pauses(cycle, (*cycle.pauses[:-1], (cycle.pauses[-1][0], at)))


def _with_pauses(cycle: Cycle, pauses: Sequence[Pause]) -> Cycle:
    return Cycle(cycle.number, cycle.started, tuple(pauses), cycle.ended, cycle.met)


def _explained(cycle: Cycle, target: Target, due_at: datetime | None, breached: bool) -> str:
    words = target.value.replace("_", " ")
    since = f"{words}, cycle {cycle.number}, since {cycle.started:%Y-%m-%d %H:%M} UTC"
    if cycle.ended is not None:
        how = "met" if cycle.met else "stopped"
        return f"{since}: {how} at {cycle.ended:%Y-%m-%d %H:%M} UTC, {'too late' if breached else 'in time'}"
    if cycle.paused_since is not None:
        return f"{since}: paused since {cycle.paused_since:%Y-%m-%d %H:%M} UTC"
    due = f"due {due_at:%Y-%m-%d %H:%M} UTC" if due_at is not None else "not due while it pauses"
    return f"{since}: {'late, was ' if breached else ''}{due}"
