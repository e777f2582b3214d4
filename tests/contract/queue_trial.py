"""Tasks, queues and functions to try queues with. Without any library of the cloud: other processes start with this."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from shared.adapters.queueing.settings import QueueSettings
from shared.ports import Task
from tests.fakes.clock import VirtualClock

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
QUEUES = {
    "send_message": QueueSettings(
        max_attempts=4, min_backoff=timedelta(seconds=10), max_backoff=timedelta(seconds=300), max_doublings=3
    ),
    "psa_fetch": QueueSettings(per_second=2),
}

Answer = tuple[int, float | None]


@dataclass(frozen=True)
class Delivery:
    function: str
    body: bytes
    headers: dict[str, str]
    at: datetime

    @property
    def name(self) -> str:
        return self.headers["X-CloudTasks-TaskName"]

    @property
    def seconds(self) -> float:
        return (self.at - START).total_seconds()


@dataclass
class Functions:
    """Everything that is called; `answers` are given in turn, then 200."""

    clock: VirtualClock
    answers: list[Answer] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    decide: Callable[[Delivery], Answer] | None = None

    def call(self, function: str, body: bytes, headers: dict[str, str]) -> Answer:
        delivery = Delivery(function, body, headers, self.clock.now())
        self.deliveries.append(delivery)
        if self.decide is not None:
            return self.decide(delivery)
        return self.answers.pop(0) if self.answers else (200, None)


def a_task(name: str = "alarm-1-g0", after: float = 0.0, function: str = "send_message", **body: str) -> Task:
    return Task(function, name, body or {"id": name}, START + timedelta(seconds=after))
