"""Another process on the same queue file: takes tasks as told, says so on its output, and holds or ends them.

Run as `python -m tests.contract.queue_worker FILE START hold|drain|fill`.
"""

import sys
import time
from datetime import datetime

from shared.adapters.embedded_queue import EmbeddedQueue
from tests.contract.queue_trial import QUEUES, a_task
from tests.fakes.clock import VirtualClock


def hold(queue: EmbeddedQueue, clock: VirtualClock) -> None:
    """Take one task and never let go."""
    leased = queue.take(clock.now())
    print(leased.name if leased else "nothing", flush=True)
    time.sleep(600)  # until it is killed


def drain(queue: EmbeddedQueue, clock: VirtualClock) -> None:
    """Take one task, and after the starting shot all others that are due."""
    leased = queue.take(clock.now())
    print("ready", flush=True)
    sys.stdin.readline()
    while leased is not None:
        print(leased.name, flush=True)
        queue.done(leased)
        leased = queue.take(clock.now())


def fill(queue: EmbeddedQueue, clock: VirtualClock) -> None:
    """Put tasks until it is killed, saying each one that was accepted."""
    for number in range(10**9):
        queue.put(a_task(f"put-{number}"))
        print(f"put-{number}", flush=True)


if __name__ == "__main__":
    file, start, job = sys.argv[1:]
    standing = VirtualClock(datetime.fromisoformat(start))
    {"hold": hold, "drain": drain, "fill": fill}[job](EmbeddedQueue(file, standing, QUEUES, durable=False), standing)
