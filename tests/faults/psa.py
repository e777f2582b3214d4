"""A PSA that reports what happens on its tickets by signed webhooks, and repeats each until it hears 2xx."""

import http.client
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import chain
from typing import Self

from shared.instant import format_instant
from tests.faults.fast_clock import FastClock
from tests.faults.history import History
from tests.faults.stories import CONNECTION, Change, body_of, signed

AT_ONCE = 4
TRY_SECONDS = 5.0
PAUSE_SECONDS = 0.05


class Psa:
    """A context manager: whoever leaves it stops all tries."""

    def __init__(self, port: int, clock: FastClock, history: History) -> None:
        self._port, self._clock, self._history = port, clock, history
        self._created: dict[str, datetime] = {}
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(AT_ONCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._pool.shutdown(cancel_futures=True)

    def play(self, courses: list[list[Change]]) -> None:
        """Report all changes at their times, each ticket's in their order; return when the last was answered well."""
        hands = [sorted(chain(*courses[hand::AT_ONCE]), key=lambda change: change.after) for hand in range(AT_ONCE)]
        started = time.monotonic()
        for done in [self._pool.submit(self._play, hand, started) for hand in hands]:
            done.result()

    def report(self, change: Change) -> None:
        """Report one change until it is answered with 2xx; the PSA notes it as of now."""
        now = self._clock.now()
        body = body_of(change, self._created.setdefault(change.ticket, now), now)
        message_id, tries = f"msg_{change.ticket}_{change.place}", 1
        while not self._taken(message_id, body):
            if self._stopping.wait(PAUSE_SECONDS):
                return
            tries += 1
        self._history.add("webhook", ticket=change.ticket, at=format_instant(now), status=change.status, tries=tries)

    def _play(self, changes: list[Change], started: float) -> None:
        for change in changes:
            if self._stopping.wait(max(0.0, started + change.after - time.monotonic())):
                return
            self.report(change)

    def _taken(self, message_id: str, body: bytes) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=TRY_SECONDS)
        try:
            connection.request("POST", f"/psa_webhook/{CONNECTION}", body, signed(message_id, body, self._clock.now()))
            return 200 <= connection.getresponse().status < 300
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
