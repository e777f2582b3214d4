"""Oldest change first out of a PSA that cannot sort by it: whole stretches of time are read, then sorted here.

A stretch is yielded only when all of it was read. So a sweep that runs out of calls stops between two stretches, and
what it has yielded has no holes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import PsaUnavailable
from shared.psa.call_budget import BudgetSpent
from shared.psa.facts import PsaTicket

WIDTHS = (
    None,  # everything until now: nearly always enough
    timedelta(days=28),
    timedelta(days=7),
    timedelta(days=1),
    timedelta(hours=6),
    timedelta(hours=1),
    timedelta(minutes=10),
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """All tickets whose last change lay in a stretch of time that ended before `end` (None: now)."""

    tickets: list[PsaTicket]
    end: datetime | None


ReadStretch = Callable[[datetime, datetime | None], Stretch | None]
"""Read what changed from `start` on and before `end` (None: now), or less of it and say how far.

Return None if that needs more calls than are left.
"""


def oldest_first(read: ReadStretch, since: datetime, product: str) -> Iterator[PsaTicket]:
    """Yield the tickets that `read` finds, by time of change, each version once.

    Raises PsaUnavailable if the calls ran out before anything later was found: a sweep that cannot get on must say so.
    """
    seen: set[PsaTicket] = set()
    start, width = since, 0
    while width < len(WIDTHS):
        step = WIDTHS[width]
        try:
            stretch = read(start, None if step is None else start + step)
        except BudgetSpent:
            break
        if stretch is None:
            width += 1
            continue
        for ticket in sorted(stretch.tickets, key=lambda ticket: (ticket.updated_at, ticket.id)):
            inside = start <= ticket.updated_at and (stretch.end is None or ticket.updated_at < stretch.end)
            if inside and ticket not in seen:
                seen.add(ticket)
                yield ticket
        if stretch.end is None:
            return
        start, width = stretch.end, max(0, width - 1)
    if len({ticket.updated_at for ticket in seen}) <= 1:  # the next sweep would begin where this one did
        raise PsaUnavailable(f"{product}: more tickets changed than sweep_max_calls allows to read; raise it")
