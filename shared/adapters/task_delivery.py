"""Hands the embedded queue's due tasks to functions as Cloud Tasks does: same headers, same reading of answers."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from shared.adapters.embedded_queue import EmbeddedQueue
from shared.adapters.queueing.records import Leased
from shared.adapters.queueing.task_form import queue_id
from shared.ports import Clock

Answer = tuple[int, float | None]
"""HTTP status, and the seconds of `Retry-After` where the function gave them."""

Post = Callable[[str, bytes, dict[str, str]], Answer]
"""Calls one function by name with a body and headers. An OSError means that no answer came."""

_SAYS_WHEN = frozenset((429, 503))


class MovableClock(Clock, Protocol):
    """A clock that stands still until it is moved."""

    def move_to(self, at: datetime, /) -> None: ...


def task_headers(leased: Leased) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-CloudTasks-QueueName": queue_id(leased.function),
        "X-CloudTasks-TaskName": leased.name,
        "X-CloudTasks-TaskRetryCount": str(leased.retry_count),
        "X-CloudTasks-TaskExecutionCount": str(leased.execution_count),
        "X-CloudTasks-TaskETA": f"{leased.eta.timestamp():.6f}",
    }


def deliver(queue: EmbeddedQueue, post: Post, leased: Leased) -> None:
    """Call the function and settle the task by its answer. What `post` raises, other than OSError, passes through.

    The lease then runs out and the task comes again.
    """
    try:
        status, retry_after = post(leased.function, leased.body, task_headers(leased))
    except OSError as error:
        queue.retry_later(leased, f"no answer: {type(error).__name__}")
        return
    if 200 <= status < 300:
        queue.done(leased)
    else:
        wait = retry_after if status in _SAYS_WHEN else None
        queue.retry_later(leased, f"answered {status}", wait, executed=status < 500)


def deliver_due(queue: EmbeddedQueue, post: Post, clock: MovableClock, until: datetime | None = None) -> int:
    """Deliver everything due up to `until` (default: now), in order, one at a time; return how many deliveries.

    The clock is moved to each due time and at last to `until`. What a function puts meanwhile is delivered too.
    """
    end = clock.now() if until is None else until
    deliveries = 0
    while (due := queue.next_due()) is not None and due <= end:
        if due > clock.now():
            clock.move_to(due)
        leased = queue.take(clock.now())
        if leased is not None:  # else another process took it, or it was at its last attempt and is buried
            deliver(queue, post, leased)
            deliveries += 1
    if clock.now() < end:
        clock.move_to(end)
    return deliveries
