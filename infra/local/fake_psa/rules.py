"""How each vendor sends webhooks: how long it waits, what it tries again and when, and when it switches off."""

from dataclasses import dataclass, field
from datetime import timedelta

_S = timedelta(seconds=1)
_H = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`waits` are the pauses after the first, second, ... failed try; `retried` the statuses tried again, None for all.

    `in_order`: later events wait behind one that is tried again. `off_at`: statuses that switch the webhook off at
    once. `jitter` lengthens each pause by up to this share.
    """

    timeout: timedelta
    waits: tuple[timedelta, ...] = ()
    retried: frozenset[int] | None = None
    in_order: bool = False
    off_after_failures: int | None = None
    off_after_days: int | None = None
    off_at: frozenset[int] = field(default_factory=frozenset)
    jitter: float = 0.0

    def wait_after(self, tries: int, status: int | None) -> timedelta | None:
        """Return the pause before the next try, None if there is none. A timeout has no status."""
        if status in self.off_at or tries > len(self.waits):
            return None
        if self.retried is not None and status not in self.retried:
            return None
        return self.waits[tries - 1]


RULES = {
    # Developer Guide, PSA callbacks: 5 s; only these statuses, 2 s after the first try and 4 s after the second; off
    # after three consecutive days of failed attempts.
    "connectwise": Rule(
        timeout=5 * _S, waits=(2 * _S, 4 * _S), retried=frozenset((404, 409, 419, 429)), off_after_days=3
    ),
    # Developer Help, Webhooks error handling: 10 s; 5 tries 30 s apart, in order; off after 25 failed events.
    "autotask": Rule(timeout=10 * _S, waits=(30 * _S,) * 4, in_order=True, off_after_failures=25),
    # Nothing is documented: no retry is the assumption that forgives least.
    "halopsa": Rule(timeout=10 * _S),
    # Standard Webhooks 1.0.0: ten tries over 75 hours, 410 ends it.
    "generic": Rule(
        timeout=20 * _S,
        waits=(5 * _S, 300 * _S, 1800 * _S, 2 * _H, 5 * _H, 10 * _H, 14 * _H, 20 * _H, 24 * _H),
        off_at=frozenset((410,)),
        jitter=0.1,
    ),
}
