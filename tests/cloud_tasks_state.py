"""One Cloud Tasks queue as it stands: its waiting tasks, its bucket of tokens, its series of waits, its callers' tokens."""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from google.cloud import tasks_v2

DEFAULT_ATTEMPTS = 100
_DEFAULT_DOUBLINGS = 16
_DEFAULT_RATE = 500.0


@dataclass
class Waiting:
    task: tasks_v2.Task
    due: datetime
    order: int
    attempts: int = 0
    executions: int = 0
    previous: int | None = None
    is_echo: bool = False


@dataclass
class StandInQueue:
    config: tasks_v2.Queue
    waiting: dict[str, Waiting] = field(default_factory=dict)
    echoes: list[Waiting] = field(default_factory=list)
    tokens: float = 0.0
    filled_at: datetime | None = None

    @property
    def rate(self) -> float:
        return self.config.rate_limits.max_dispatches_per_second or _DEFAULT_RATE

    @property
    def burst(self) -> float:
        return self.config.rate_limits.max_burst_size or max(1.0, self.rate / 5)

    def opens_at(self, now: datetime) -> datetime:
        """When the bucket has a token. Refills it up to `now`."""
        if self.filled_at is None:
            self.tokens = self.burst
        else:
            self.tokens = min(self.burst, self.tokens + (now - self.filled_at).total_seconds() * self.rate)
        self.filled_at = now
        missing = 1.0 - self.tokens
        return now if missing <= 1e-9 else now + timedelta(seconds=missing / self.rate, microseconds=1)

    def everything(self) -> list[Waiting]:
        return [*self.waiting.values(), *self.echoes]


def backoff(queue: tasks_v2.Queue, failures: int) -> timedelta:
    """The documented series: doubled `max_doublings` times, then by equal steps: 10 20 40 80 160 240 300 300."""
    config = queue.retry_config
    low = as_timedelta(config.min_backoff) or timedelta(seconds=0.1)
    high = as_timedelta(config.max_backoff) or timedelta(hours=1)
    doublings = config.max_doublings or _DEFAULT_DOUBLINGS
    wait = step = low
    for failure in range(1, failures):
        step = wait if failure <= doublings + 1 else step
        wait = min(high, wait + step)
    return wait


def token(account: str, audience: str, now: datetime) -> str:
    """What a private service sees: claims that Cloud Run has checked, and no signature any more."""
    claims = {
        "iss": "https://accounts.google.com",
        "aud": audience,
        "email": account,
        "email_verified": True,
        "exp": int(now.timestamp()) + 3600,
    }
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "RS256"}, claims)
    ]
    return ".".join((*parts, "SIGNATURE_REMOVED_BY_GOOGLE"))


def as_datetime(value) -> datetime | None:
    return datetime.fromtimestamp(value.timestamp(), UTC) if value else None


def as_timedelta(value) -> timedelta | None:
    return timedelta(seconds=value.total_seconds()) if value else None
