"""Oldest change first out of a PSA that cannot sort by it: whole stretches of time are read, then sorted here.

A stretch is yielded only when all of it was read. So a sweep that runs out of calls stops between two stretches, and
what it has yielded has no holes.
"""

from collections.abc import Callable, Iterator
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

ReadStretch = Callable[[datetime, datetime | None], list[PsaTicket] | None]
"""Return all tickets changed from `start` on and before `end` (None: until now); None if that needs too many calls."""


def oldest_first(read: ReadStretch, since: datetime, product: str) -> Iterator[PsaTicket]:
    """Yield the tickets that `read` finds, by time of change, each version once.

    Raises PsaUnavailable if the calls ran out before the first ticket: an early end would look like "no change".
    """
    seen: set[PsaTicket] = set()
    start, width = since, 0
    while width < len(WIDTHS):
        step = WIDTHS[width]
        end = None if step is None else start + step
        try:
            tickets = read(start, end)
        except BudgetSpent:
            break
        if tickets is None:
            width += 1
            continue
        for ticket in sorted(tickets, key=lambda ticket: (ticket.updated_at, ticket.id)):
            if ticket not in seen and ticket.updated_at >= start and (end is None or ticket.updated_at < end):
                seen.add(ticket)
                yield ticket
        if end is None:
            return
        start, width = end, max(0, width - 1)
    if not seen:
        raise PsaUnavailable(f"{product}: more tickets changed than sweep_max_calls allows to read; raise it")
