"""How one queue behaves: how often a task is tried, how long it waits between tries, how fast the queue may flow."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """The fields and their meaning are those of Cloud Tasks, so that one machine behaves as the cloud does.

    `per_second` and `max_concurrent` are without limit when None. `lease` is how long a worker may be silent before it
    is taken for dead; it must be longer than the longest call of the function.
    """

    max_attempts: int = 16
    min_backoff: timedelta = timedelta(seconds=2)
    max_backoff: timedelta = timedelta(minutes=10)
    max_doublings: int = 16
    per_second: float | None = None
    max_concurrent: int | None = None
    lease: timedelta = timedelta(seconds=330)

    def __post_init__(self) -> None:
        if self.max_attempts < 1 or self.max_doublings < 0:
            raise ValueError("a task needs at least one attempt, and doublings are not negative")
        if not timedelta(0) < self.min_backoff <= self.max_backoff:
            raise ValueError("the back-off needs 0 < min_backoff <= max_backoff")
        if (self.per_second is not None and self.per_second <= 0) or self.lease <= timedelta(0):
            raise ValueError("per_second and lease are positive")
        if self.max_concurrent is not None and self.max_concurrent < 1:
            raise ValueError("max_concurrent is at least 1")

    def backoff(self, failures: int) -> timedelta:
        """Return the wait after the n-th failure: doubled `max_doublings` times, from then on growing by equal steps.

        With 10 s, 300 s and 3 doublings: 10, 20, 40, 80, 160, 240, 300, 300 …
        """
        factor = (1 << min(failures - 1, self.max_doublings, 64)) * max(1, failures - self.max_doublings)
        return self.min_backoff * factor if factor < self.max_backoff / self.min_backoff else self.max_backoff

    def waits(self, failures: int, retry_after: float | None) -> timedelta:
        """Return the wait after the n-th failure when the function asked for `retry_after` seconds.

        The function knows best, between the shortest back-off (0 would burn all attempts at once) and a day (what is
        beyond is a mistake).
        """
        if retry_after is None:
            return self.backoff(failures)
        return timedelta(seconds=min(max(retry_after, self.min_backoff.total_seconds()), 86_400.0))
