"""The played day after its end: while somebody looks, its clock goes on, and what is due then is done."""

import threading
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from infra.local.demo_platform import Day
from shared.adapters.task_delivery import deliver_due

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Afterwards:
    """A WSGI application around the day's platform, one request at a time.

    An answer on the phone, or a button of an alert's page, has its consequences as it would on a working platform.
    """

    def __init__(self, day: Day) -> None:
        self._day = day
        self._lock = threading.Lock()
        self._began: tuple[float, datetime] | None = None

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        with self._lock:
            self._go_on()
            answered = list(self._day.platform(environ, start_response))
            self._work()
        return answered

    def _go_on(self) -> None:
        """Move the clock on by as much time as has passed since the first request."""
        passed = time.perf_counter()
        self._began = self._began or (passed, self._day.clock.now())
        since, at = self._began
        self._day.clock.move_to(at + timedelta(seconds=passed - since))
        self._work()

    def _work(self) -> None:
        day = self._day
        deliver_due(day.stage.queue, day.platform.deliver, day.clock, until=day.clock.now())
