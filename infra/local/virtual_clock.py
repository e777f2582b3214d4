"""A clock that stands still until it is moved: months pass in seconds, and the same run gives the same result."""

from datetime import datetime


class VirtualClock:
    """Moves forward only. `pause` moves it, as waiting would."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def pause(self, seconds: float) -> None:
        """Nobody waits in a replay: the jitter between two tries is not worth simulating."""

    def move_to(self, at: datetime) -> None:
        """Move to `at`; a time that has passed already changes nothing."""
        self._now = max(self._now, at)
