"""A clock that runs faster than real time, the same in every process of this machine.

Leases, back-offs and looks of minutes pass in seconds, in the proportions that they have in earnest.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

BEGINNING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class FastClock:
    """Shows BEGINNING when the system's monotonic clock, which all processes share, shows `started`."""

    started: float
    speed: float

    @classmethod
    def starting_now(cls, speed: float) -> Self:
        return cls(time.monotonic(), speed)

    @classmethod
    def read(cls, text: str) -> Self:
        started, speed = text.split("x")
        return cls(float(started), float(speed))

    def __str__(self) -> str:
        return f"{self.started!r}x{self.speed!r}"

    def now(self) -> datetime:
        return BEGINNING + timedelta(seconds=(time.monotonic() - self.started) * self.speed)

    def pause(self, seconds: float) -> None:
        time.sleep(self.real(seconds))

    def real(self, seconds: float) -> float:
        """Return how many real seconds `seconds` of this clock take."""
        return seconds / self.speed

    def monotonic(self, at: datetime) -> float:
        """Return what the system's monotonic clock shows when this one shows `at`."""
        return self.started + (at - BEGINNING).total_seconds() / self.speed
