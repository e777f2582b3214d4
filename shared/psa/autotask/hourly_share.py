"""Our share of Autotask's hourly limit. At 100 % Autotask refuses all integrations of the customer, not only ours.

Source: Autotask Developer Help, Thresholds and limits: 10,000 requests in a rolling 60 minutes per customer database.
"""

import threading
from collections import deque
from collections.abc import Callable

from shared.errors import PsaUnavailable

SHARE = 0.2
"""The part of the limit that we take at most."""

CROWDED = 0.8
"""When all integrations together have used this part, the rest is left to those that people wait for."""

DOCUMENTED_LIMIT = 10_000
_HOUR = 3600.0
_CROWD_PAUSE = 600.0


class HourlyShare:
    """Counts the calls of this process in the last hour. Several processes each count their own."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._limit = DOCUMENTED_LIMIT
        self._calls: deque[float] = deque()
        self._lock = threading.Lock()

    def admit(self) -> None:
        """Count one call. Raises PsaUnavailable if our share is used up, with the seconds until some of it is free."""
        with self._lock:
            now = self._monotonic()
            while self._calls and self._calls[0] <= now - _HOUR:
                self._calls.popleft()
            if len(self._calls) >= self._limit * SHARE:
                wait = self._calls[0] + _HOUR - now
                raise PsaUnavailable(f"our {SHARE:.0%} of Autotask's hourly limit is used up", wait)
            self._calls.append(now)

    def heed(self, limit: int, used: int) -> None:
        """Take note of what ThresholdInformation says. Raises PsaUnavailable if all integrations are near the limit."""
        self._limit = limit
        if used >= limit * CROWDED:
            raise PsaUnavailable("the hourly limit of all Autotask integrations is nearly used up", _CROWD_PAUSE)
