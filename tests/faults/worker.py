"""One function worker: all functions on the socket that the stage listens on, by a fast clock.

Run as `python -m tests.faults.worker SOCKET FILE CLOCK`; the rest is in the environment, as `shared.wiring` reads it.
Nothing waits for the disk here: kill -9 takes no byte that the system was given. But a moment passes after each commit,
so that a process is often killed between two of them.
"""

import os
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import replace

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from infra.local.host import FunctionHost
from infra.local.queues import queue_settings
from shared import wiring
from shared.adapters.embedded_queue import EmbeddedQueue
from shared.adapters.sqlite_store import SqliteStore
from shared.ports import Change
from tests.faults.fast_clock import FastClock
from tests.faults.processes import i_am_ready

LONGEST_PAUSE = 0.012  # seconds after a commit


class HaltingStore(SqliteStore):
    def commit(self, changes: Sequence[Change]) -> Sequence[object]:
        versions = super().commit(changes)
        time.sleep(random.uniform(0, LONGEST_PAUSE))
        return versions


class Silent(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        """Each function writes a line of its own."""


def main(listener: int, file: str, clock: FastClock) -> None:
    app = wiring.build(os.environ, clock)
    store, queue = HaltingStore(file, durable=False), EmbeddedQueue(file, clock, queue_settings(), durable=False)
    wiring.use(replace(app, store=store, queue=queue, step_budget_seconds=app.step_budget_seconds * clock.speed))
    server = ThreadedWSGIServer("127.0.0.1", 0, FunctionHost(), handler=Silent, fd=listener)
    i_am_ready()
    server.serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], FastClock.read(sys.argv[3]))
