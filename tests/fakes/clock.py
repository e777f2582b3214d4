"""Time that moves only when it is told to."""

from datetime import datetime, timedelta


class VirtualClock:
    """`pause` moves the time and returns at once."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def pause(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    def move_to(self, moment: datetime) -> None:
        """Go forward to `moment`; time never runs back."""
        self._now = max(self._now, moment)
