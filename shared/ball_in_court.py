"""Who had the ball: every moment of a ticket belongs to exactly one of five, and the sums are the wall time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from shared.models.ticket import Moment, TicketState


class Holder(StrEnum):
    """`nobody` has it while it is done, or while its status has no meaning in the settings and never had one."""

    US = "us"
    CLIENT = "client"
    VENDOR = "vendor"
    SCHEDULED = "scheduled"
    NOBODY = "nobody"


_HOLDERS = {
    TicketState.NEW: Holder.US,
    TicketState.IN_PROGRESS: Holder.US,
    TicketState.WAITING_ON_CLIENT: Holder.CLIENT,
    TicketState.WAITING_ON_VENDOR: Holder.VENDOR,
    TicketState.SCHEDULED: Holder.SCHEDULED,
    TicketState.RESOLVED: Holder.NOBODY,
    TicketState.CLOSED: Holder.NOBODY,
}


@dataclass(frozen=True, slots=True)
class Held:
    """`holder` had the ball in [start, end), UTC."""

    holder: Holder
    start: datetime
    end: datetime

    @property
    def span(self) -> timedelta:
        return self.end - self.start


def held(moments: tuple[Moment, ...], until: datetime) -> tuple[Held, ...]:
    """Return who had the ball from the first moment to `until`, without a gap and without an overlap.

    A status without a meaning changes nothing: whoever had the ball still has it. Neighbours of one holder are one.
    """
    stretches: list[Held] = []
    last = Holder.NOBODY
    ordered = sorted(moments, key=lambda moment: moment.at)
    for moment, following in pairwise((*ordered, None)):
        if moment is None or moment.at >= until:
            break
        last = _HOLDERS.get(moment.state, last)
        end = min(until, following.at) if following is not None else until
        if end > moment.at:
            _add(stretches, Held(last, moment.at, end))
    return tuple(stretches)


def totals(moments: tuple[Moment, ...], until: datetime) -> dict[Holder, timedelta]:
    """Return how long each had the ball; the sum is the wall time from the first moment to `until`."""
    sums = dict.fromkeys(Holder, timedelta())
    for stretch in held(moments, until):
        sums[stretch.holder] += stretch.span
    return sums


def _add(stretches: list[Held], new: Held) -> None:
    if stretches and stretches[-1].holder is new.holder:
        stretches[-1] = Held(new.holder, stretches[-1].start, new.end)
    else:
        stretches.append(new)
