"""The throttle ladder: how many messages one contact method may get in which time. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.config.alerts import Rung


def free_at(sent: Sequence[datetime], ladder: Sequence[Rung], at: datetime) -> datetime:
    """Return the earliest time, not before `at`, at which one more message keeps within every rung.

    A rung of n messages in m minutes holds for every stretch of m minutes, half-open: the n-th message but one counts
    no more exactly m minutes later. `sent` are the times of the messages so far, ascending.
    """
    free = at
    for rung in ladder:
        if len(sent) >= rung.messages:
            free = max(free, sent[-rung.messages] + timedelta(minutes=rung.minutes))
    return free


def remembered(sent: Sequence[datetime], ladder: Sequence[Rung], now: datetime) -> tuple[datetime, ...]:
    """Return the times that some rung still counts at `now`."""
    longest = timedelta(minutes=max((rung.minutes for rung in ladder), default=0))
    return tuple(at for at in sent if now - at < longest)
