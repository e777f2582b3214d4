"""The platform in processes of its own, between a PSA that reports and a relay that is slow; time runs fast."""

import http.client
import json
import os
import socket
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Self

import yaml

from shared.instant import format_instant
from tests.faults.chaos import Chaos
from tests.faults.fast_clock import FastClock
from tests.faults.history import History
from tests.faults.phases import Phases
from tests.faults.processes import Mortal, wait_until_ready
from tests.faults.psa import Psa
from tests.faults.sink import Sink
from tests.faults.stock import Stock
from tests.faults.stories import CONNECTION, HOLD, KEY, STATUSES

TOKEN = "only-the-processes-of-this-run-know-this-0123456789"
SWEEP_EVERY = timedelta(minutes=5)  # of the fast clock, as in infra/functions.json
FINAL_SECONDS, MAIL_SECONDS = 120.0, 60.0  # of the fast clock: together shorter than a claim's lease


class Stage:
    """A context manager. Everything of one run is in `folder`: the one file of store and queue, logs, history.

    `conversations` are the phases of a conversation with the outside in which a process may well be killed.
    """

    conversations: tuple[str, ...] = ("envelope", "content", "dot", "dot")

    def __init__(self, folder: Path, seed: int, *, workers: int = 2, speed: float = 90.0) -> None:
        self.clock = FastClock.starting_now(speed)
        self.history, self.phases = History(), Phases()
        self.folder, self.file = folder, folder / "platform.sqlite3"
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._port: int = self._listener.getsockname()[1]
        self.sink = Sink(self.history, self.phases, seed)
        self.psa = Psa(self._port, self.clock, self.history)
        self.set_up(seed)
        self.environ = self._environment()
        self.stock = self.open_stock()
        self.workers = [self._worker(f"worker-{n}") for n in range(1, workers + 1)]
        run = ["tests.faults.runner", str(self.file), str(self._port), str(self.clock)]
        self.runner = Mortal("runner", run, folder, self.environ)
        self.processes = [*self.workers, self.runner]
        self.chaos = Chaos(self.history, self.phases, (None, *self.conversations), self.stock.held_tasks, seed)
        self.set_anew = 0
        self._ended = threading.Event()
        self._sweeper = threading.Thread(target=self._sweep_now_and_then, name="sweeper", daemon=True)

    def set_up(self, seed: int) -> None:
        """Make what else a run needs outside, before the settings are written."""

    def open_stock(self) -> Stock:
        return Stock(self.file, self.clock)

    def __enter__(self) -> Self:
        self.sink.__enter__()
        for process in self.processes:
            process.start()
        wait_until_ready(self.processes)
        self._sweeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.psa.__exit__()
        self.sink.__exit__()
        for process in self.processes:
            process.kill()
        if self._sweeper.ident is not None:
            self._sweeper.join()
        self._listener.close()
        self.stock.close()

    def settle(self, seconds: float) -> bool:
        """Return True when nothing is left to do; False if that is not so within real `seconds`."""
        until = time.monotonic() + seconds
        while not (self.stock.is_quiet() and self.phases.is_quiet()):
            if time.monotonic() > until:
                return False
            time.sleep(0.1)
        return True

    def _worker(self, name: str) -> Mortal:
        """All workers listen on one socket: what comes while one is dead goes to another, or waits."""
        fd = self._listener.fileno()
        command = ["tests.faults.worker", str(fd), str(self.file), str(self.clock)]
        return Mortal(name, command, self.folder, self.environ, fds=[fd])

    def _sweep_now_and_then(self) -> None:
        while not self._ended.wait(self.clock.real(SWEEP_EVERY.total_seconds())):
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
            planned = {"X-CloudScheduler-ScheduleTime": format_instant(self.clock.now())}
            try:
                connection.request("POST", "/alarm_sweep/", b"{}", {**planned, "Authorization": f"Bearer {TOKEN}"})
                answer = json.loads(connection.getresponse().read())
                self.set_anew += sum(count for count in answer.values() if isinstance(count, int))
            except (OSError, http.client.HTTPException, ValueError):
                continue  # a tick that fails is followed by the next
            finally:
                connection.close()

    def _environment(self) -> dict[str, str]:
        settings = self.folder / "settings.yaml"
        settings.write_text(yaml.safe_dump(self.settings()), encoding="utf-8")
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("PROMISEKEEPER_")},
            "PROMISEKEEPER_SETTINGS": str(settings),
            "PROMISEKEEPER_STORE": f"sqlite:{self.file}",
            "PROMISEKEEPER_QUEUE": f"embedded:{self.file}",
            "PROMISEKEEPER_TASK_TOKEN": TOKEN,
            **self.secrets(),
        }

    def secrets(self) -> dict[str, str]:
        return {"DESK_SIGNING_KEY": KEY}

    def settings(self) -> dict[str, object]:
        days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
        system = {"kind": "generic", "signing_keys": ["env:DESK_SIGNING_KEY"]}
        relay = {
            "host": "127.0.0.1",
            "port": self.sink.port,
            "plain": True,
            "timeout_seconds": self.clock.real(MAIL_SECONDS),
            "final_timeout_seconds": self.clock.real(FINAL_SECONDS),
        }
        return {
            "msp": {"name": "Example IT", "mail_from": "support@msp.example", "own_domains": ["msp.example"]},
            "calendars": {"always": {"tz": "UTC", "weekly": {day: [["00:00", "24:00"]] for day in days}}},
            "psa": {CONNECTION: {"system": system, "statuses": STATUSES}},
            "updates": {"calendar": "always", "hold_minutes": HOLD.total_seconds() / 60, "per_day": 20},
            "mail": {"channel": "smtp", "smtp": relay},
        }
