"""The queue's runner: takes what is due and posts it to the functions over HTTP, as `infra.local.run` does in-process.

Run as `python -m tests.faults.runner QUEUE-FILE PORT CLOCK`.
"""

import http.client
import os
import sys
import threading
from dataclasses import replace

from infra.local.queues import queue_settings
from shared.adapters.embedded_queue import EmbeddedQueue
from shared.adapters.task_delivery import Answer
from shared.adapters.task_workers import TaskWorkers
from tests.faults.fast_clock import FastClock
from tests.faults.processes import i_am_ready

DEADLINE = 300.0  # as the cloud's queue has it: longer than a claim's lease, shorter than the queue's own
SENDERS = 60  # the places of a killed runner stay taken until its leases end; the others must get on meanwhile
THREADS = 10
AT_LENGTH = ("send_message", "alert_manager", "send_notice")


class Poster:
    def __init__(self, port: int, token: str, clock: FastClock) -> None:
        self._port, self._token, self._seconds = port, token, clock.real(DEADLINE)

    def __call__(self, function: str, body: bytes, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=self._seconds)
        try:
            connection.request("POST", f"/{function}/", body, {**headers, "Authorization": f"Bearer {self._token}"})
            response = connection.getresponse()
            response.read()
        except http.client.HTTPException as error:
            raise ConnectionError(str(error)) from error
        finally:
            connection.close()
        retry_after = response.getheader("Retry-After")
        return response.status, float(retry_after) if retry_after else None


def main(file: str, port: int, clock: FastClock) -> None:
    settings = queue_settings()
    for name in AT_LENGTH:
        settings[name] = replace(settings[name], max_concurrent=SENDERS)
    queue = EmbeddedQueue(file, clock, settings, durable=False)
    with TaskWorkers(queue, Poster(port, os.environ["PROMISEKEEPER_TASK_TOKEN"], clock), clock, threads=THREADS):
        i_am_ready()
        threading.Event().wait()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), FastClock.read(sys.argv[3]))
