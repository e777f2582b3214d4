"""Delivers the embedded queue in real time with some threads, which wait for a change or the next due time."""

import logging
import threading
from types import TracebackType
from typing import Self

from shared.adapters.embedded_queue import EmbeddedQueue
from shared.adapters.queueing.records import Leased
from shared.adapters.task_delivery import Post, deliver
from shared.errors import QueueUnavailable
from shared.ports import Clock

_log = logging.getLogger(__name__)

LONGEST_WAIT_SECONDS = 0.5  # what another process put is seen by then


class TaskWorkers:
    """`threads` workers on one queue. As a context manager: started on entry, stopped on exit.

    Keep the sum of the slow queues' `max_concurrent` under `threads`, or a slow provider holds up all else.
    """

    def __init__(self, queue: EmbeddedQueue, post: Post, clock: Clock, threads: int = 8) -> None:
        self._queue = queue
        self._post = post
        self._clock = clock
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._work, name=f"tasks-{n}", daemon=True) for n in range(threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the calls that are under way and return. What is not started stays on the queue."""
        self._stopping.set()
        self._queue.signal.changed()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _work(self) -> None:
        try:
            while not self._stopping.is_set():
                seen = self._queue.signal.count
                seconds = self._turn()
                if seconds > 0:
                    self._queue.signal.wait(seen, seconds)
        finally:
            self._queue.close()

    def _turn(self) -> float:
        """Deliver one task if one is due; return how many seconds to wait before the next look."""
        now = self._clock.now()
        try:
            due = self._queue.next_due()  # a look takes no lock: idle workers must not hinder those who write
            if due is None:
                return LONGEST_WAIT_SECONDS
            if due > now:
                return min(LONGEST_WAIT_SECONDS, (due - now).total_seconds())
            leased = self._queue.take(now)
            if leased is not None:
                self._deliver(leased)
        except QueueUnavailable:
            _log.warning("the queue does not answer; the workers go on trying", exc_info=True)
            return LONGEST_WAIT_SECONDS
        return 0.0

    def _deliver(self, leased: Leased) -> None:
        try:
            deliver(self._queue, self._post, leased)
        except QueueUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one task that breaks its caller must not end the worker
            _log.exception("a delivery broke", extra={"function": leased.function, "task": leased.name})
            self._queue.retry_later(leased, f"no answer: {type(error).__name__}")
