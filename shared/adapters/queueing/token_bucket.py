"""A token bucket kept as one instant: when the next task may pass. Stored, it survives a restart without a burst."""

from datetime import datetime, timedelta

_BURST_SECONDS = 0.2  # what Cloud Tasks allows: 100 at once for 500 a second


def after_passing(opens_at: datetime | None, now: datetime, per_second: float) -> datetime:
    """Return when the next task may pass, given that one passes now.

    `opens_at` is what this function returned last, None for a full bucket. A bucket holds at most a fifth of a second's
    worth: in any span of s seconds at most `per_second * s` tasks and one bucketful pass.
    """
    interval = timedelta(seconds=1 / per_second)
    full = now - (bucket_size(per_second) - 1) * interval
    return max(opens_at or full, full) + interval


def bucket_size(per_second: float) -> int:
    """Return how many tasks may pass at once after a rest."""
    return max(1, int(per_second * _BURST_SECONDS))
