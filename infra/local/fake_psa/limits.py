"""A limit of requests in a rolling window, as PSAs keep it."""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta


class RequestLimit:
    """`others` adds requests of the customer's other integrations: some vendors count all of them together."""

    def __init__(self, requests: int, window: timedelta, now: Callable[[], datetime]) -> None:
        self.requests = requests
        self.window = window
        self._now = now
        self._made: deque[datetime] = deque()

    @property
    def used(self) -> int:
        oldest = self._now() - self.window
        while self._made and self._made[0] <= oldest:
            self._made.popleft()
        return len(self._made)

    def admits(self) -> bool:
        """Count one request and say whether it is within the limit. What is refused is not counted."""
        if self.used >= self.requests:
            return False
        self._made.append(self._now())
        return True

    def others(self, requests: int) -> None:
        self._made.extend([self._now()] * requests)
