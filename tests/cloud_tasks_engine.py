"""What Cloud Tasks does with tasks, on a clock that the test moves: at least once, in any order, never twice a name.

Written from Google's own documents and not from our adapters, so that it can judge them. With a seed it misbehaves as
the service is allowed to: it doubles deliveries, holds them back and mixes their order.
"""

import random
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import grpc
from google.cloud import tasks_v2

from tests.cloud_tasks_state import DEFAULT_ATTEMPTS, StandInQueue, Waiting, as_datetime, backoff, token

MAX_TASK_BYTES = 1024 * 1024
FARTHEST = timedelta(days=30)
_SERVER_BUSY = (429, 503)

Post = Callable[[str, bytes, dict[str, str]], tuple[int, float | None]]
"""Calls a URL and returns the HTTP status and the seconds of Retry-After; an OSError is a call without an answer."""


class ApiError(Exception):
    def __init__(self, code: grpc.StatusCode, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass
class Mischief:
    """How badly the service behaves: the share of deliveries that come doubled, the longest delay, mixed order."""

    duplicates: float = 0.0
    delay: timedelta = timedelta(0)
    shuffle: bool = False
    seed: int = 0


class CloudTasksEngine:
    def __init__(
        self, clock, post: Post, *, tombstone: timedelta = timedelta(hours=1), mischief: Mischief | None = None
    ):
        self.clock, self.post, self.tombstone = clock, post, tombstone
        self.mischief = mischief or Mischief()
        self.random = random.Random(self.mischief.seed)
        self.queues: dict[str, StandInQueue] = {}
        self.tombstones: dict[str, datetime] = {}
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self._order = 0

    # ── what the API asks for ──────────────────────────────────────────────────────────────────────────────────────

    def create_queue(self, queue: tasks_v2.Queue) -> tasks_v2.Queue:
        with self.lock:
            if queue.name in self.queues:
                raise ApiError(grpc.StatusCode.ALREADY_EXISTS, "Queue already exists")
            queue.state = tasks_v2.Queue.State.RUNNING
            self.queues[queue.name] = StandInQueue(queue)
            return queue

    def queue(self, name: str) -> StandInQueue:
        if name not in self.queues:
            raise ApiError(grpc.StatusCode.NOT_FOUND, "Queue does not exist.")
        return self.queues[name]

    def set_state(self, name: str, state: tasks_v2.Queue.State) -> tasks_v2.Queue:
        with self.changed:
            queue = self.queue(name)
            queue.config.state = state
            self.changed.notify_all()
            return queue.config

    def purge(self, name: str) -> tasks_v2.Queue:
        with self.lock:
            queue = self.queue(name)
            for task in list(queue.waiting):
                self._end(queue, task)
            queue.echoes.clear()
            return queue.config

    def delete_queue(self, name: str) -> None:
        with self.lock:
            self.purge(name)
            del self.queues[name]

    def create_task(self, parent: str, task: tasks_v2.Task) -> tasks_v2.Task:
        with self.changed:
            queue, now = self.queue(parent), self.clock.now()
            task.name = task.name or f"{parent}/tasks/{uuid.UUID(int=self.random.getrandbits(128)).int >> 65}"
            if task.name in queue.waiting or self.tombstones.get(task.name, now) > now:
                raise ApiError(grpc.StatusCode.ALREADY_EXISTS, "a task with this name existed too recently")
            if tasks_v2.Task.pb(task).ByteSize() > MAX_TASK_BYTES:
                raise ApiError(grpc.StatusCode.INVALID_ARGUMENT, "Task size too large")
            due = as_datetime(task.schedule_time) or now
            if due > now + FARTHEST:
                raise ApiError(grpc.StatusCode.INVALID_ARGUMENT, "schedule_time too far in the future")
            task.schedule_time = due
            self._order += 1
            late = self.mischief.delay * self.random.random()
            queue.waiting[task.name] = Waiting(task, max(due, now) + late, self._order)
            self.changed.notify_all()
            return task

    def task(self, name: str) -> tasks_v2.Task:
        queue = self.queue(name.rsplit("/tasks/", 1)[0])
        if name not in queue.waiting:
            raise ApiError(grpc.StatusCode.NOT_FOUND, "Task does not exist.")
        return queue.waiting[name].task

    def delete_task(self, name: str) -> None:
        with self.lock:
            self.task(name)
            self._end(self.queue(name.rsplit("/tasks/", 1)[0]), name)

    # ── what it does by itself ─────────────────────────────────────────────────────────────────────────────────────

    def next_due(self) -> datetime | None:
        with self.lock:
            now = self.clock.now()
            return min((max(w.due, q.opens_at(now)) for q in self._running() for w in q.everything()), default=None)

    def deliver_due(self, until: datetime | None = None) -> int:
        """Deliver everything due up to `until` (default: now), moving the clock; return how many deliveries."""
        end = until or self.clock.now()
        deliveries = 0
        while (due := self.next_due()) is not None and due <= end:
            if due > self.clock.now():
                self.clock.move_to(due)
            deliveries += self.deliver_one()
        if self.clock.now() < end:
            self.clock.move_to(end)
        return deliveries

    def deliver_one(self) -> bool:
        with self.lock:
            now = self.clock.now()
            ready = [(q, w) for q in self._running() if q.opens_at(now) <= now for w in q.everything() if w.due <= now]
            if not ready:
                return False
            pick = (
                self.random.choice
                if self.mischief.shuffle
                else lambda all_: min(all_, key=lambda r: (r[1].due, r[1].order))
            )
            queue, waiting = pick(ready)
            queue.tokens -= 1
            if waiting.is_echo:
                queue.echoes.remove(waiting)
            else:
                deadline = waiting.task.dispatch_deadline or timedelta(minutes=10)
                waiting.due = now + deadline  # under way: it comes again if no answer comes
            headers = self._headers(waiting, now)
        try:
            status, retry_after = self.post(
                waiting.task.http_request.url, bytes(waiting.task.http_request.body), headers
            )
        except OSError:
            status, retry_after = None, None
        if not waiting.is_echo:
            self._settle(queue, waiting, status, retry_after)
        return True

    def _settle(self, queue: StandInQueue, waiting: Waiting, status: int | None, retry_after: float | None) -> None:
        with self.changed:
            now, name = self.clock.now(), waiting.task.name
            if queue.waiting.get(name) is not waiting:  # purged or deleted meanwhile
                return
            if self.random.random() < self.mischief.duplicates:
                queue.echoes.append(
                    Waiting(waiting.task, now + self.mischief.delay * self.random.random(), waiting.order, is_echo=True)
                )
            waiting.attempts += 1
            waiting.executions += status is not None and status < 500
            waiting.previous = status
            limit = queue.config.retry_config.max_attempts or DEFAULT_ATTEMPTS
            if (status is not None and 200 <= status < 300) or 0 < limit <= waiting.attempts:
                self._end(queue, name)  # a task that had its attempts is deleted, and nobody is told
                return
            wait = (
                timedelta(seconds=retry_after)
                if retry_after and status in _SERVER_BUSY
                else backoff(queue.config, waiting.attempts)
            )
            waiting.due = now + wait
            waiting.task.schedule_time = waiting.due
            self.changed.notify_all()

    def _end(self, queue: StandInQueue, name: str) -> None:
        del queue.waiting[name]
        self.tombstones[name] = self.clock.now() + self.tombstone

    def _running(self) -> list[StandInQueue]:
        return [q for q in self.queues.values() if q.config.state == tasks_v2.Queue.State.RUNNING]

    def _headers(self, waiting: Waiting, now: datetime) -> dict[str, str]:
        task = waiting.task
        queue, name = task.name.rsplit("/tasks/", 1)
        headers = {
            "User-Agent": "Google-Cloud-Tasks",
            **dict(task.http_request.headers),
            "X-CloudTasks-QueueName": queue.rsplit("/", 1)[1],
            "X-CloudTasks-TaskName": name,
            "X-CloudTasks-TaskRetryCount": str(waiting.attempts),
            "X-CloudTasks-TaskExecutionCount": str(waiting.executions),
            "X-CloudTasks-TaskETA": f"{as_datetime(task.schedule_time).timestamp():.6f}",
        }
        if waiting.previous is not None:
            headers["X-CloudTasks-TaskPreviousResponse"] = str(waiting.previous)
        if account := task.http_request.oidc_token.service_account_email:
            audience = task.http_request.oidc_token.audience or task.http_request.url
            headers["Authorization"] = f"Bearer {token(account, audience, now)}"
        return headers
