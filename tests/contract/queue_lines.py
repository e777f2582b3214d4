"""The two queues, each with its delivery, behind one face, so that one suite can judge both."""

from datetime import timedelta
from pathlib import Path

from google.cloud import tasks_v2

from shared.adapters.cloud_tasks_queue import CloudTasksQueue
from shared.adapters.embedded_queue import EmbeddedQueue
from shared.adapters.queueing.settings import QueueSettings
from shared.adapters.task_delivery import deliver_due
from tests.cloud_tasks_engine import CloudTasksEngine, Mischief
from tests.cloud_tasks_stand_in import CloudTasksStandIn
from tests.contract.queue_trial import QUEUES, START, Answer, Functions
from tests.fakes.clock import VirtualClock


class EmbeddedLine:
    def __init__(self, folder: Path, mischief: Mischief | None = None) -> None:
        self.clock = VirtualClock(START)
        self.functions = Functions(self.clock)
        self.queue = EmbeddedQueue(folder / "queue.sqlite3", self.clock, QUEUES, durable=False)

    def deliver(self, seconds: float) -> None:
        deliver_due(self.queue, self.functions.call, self.clock, START + timedelta(seconds=seconds))

    def purge(self, function: str) -> None:
        self.queue.purge(function)

    def close(self) -> None:
        self.queue.close()


class CloudLine:
    def __init__(self, folder: Path, mischief: Mischief | None = None) -> None:
        self.clock = VirtualClock(START)
        self.functions = Functions(self.clock)
        self.engine = CloudTasksEngine(self.clock, self._post, mischief=mischief)
        self.server = CloudTasksStandIn(self.engine)
        self.client = self.server.client()
        for function, settings in QUEUES.items():
            self.client.create_queue(parent="projects/p/locations/l", queue=_queue(self._name(function), settings))
        self.queue = CloudTasksQueue("p", "l", "https://f.example", "tasks@p.example", connect=self.server.client)

    def deliver(self, seconds: float) -> None:
        self.engine.deliver_due(START + timedelta(seconds=seconds))

    def purge(self, function: str) -> None:
        self.client.purge_queue(name=self._name(function))

    def close(self) -> None:
        self.server.stop()

    def _name(self, function: str) -> str:
        return f"projects/p/locations/l/queues/{function.replace('_', '-')}"

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        return self.functions.call(url.removeprefix("https://f.example/"), body, headers)


def _queue(name: str, settings: QueueSettings) -> tasks_v2.Queue:
    return tasks_v2.Queue(
        name=name,
        rate_limits=tasks_v2.RateLimits(max_dispatches_per_second=settings.per_second or 500),
        retry_config=tasks_v2.RetryConfig(
            max_attempts=settings.max_attempts,
            min_backoff=settings.min_backoff,
            max_backoff=settings.max_backoff,
            max_doublings=settings.max_doublings,
        ),
    )
