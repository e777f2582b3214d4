"""The scheduler of one machine: each scheduled function gets its ticks, as Cloud Scheduler would post them."""

import json
import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from infra.local.cron import Cron
from infra.local.host import ROOT
from shared.ports import Clock

_log = logging.getLogger(__name__)

LONGEST_WAIT_SECONDS = 20.0  # a machine that slept, or whose clock was set, is noticed within this time

Tick = Callable[[str, datetime], object]
"""Posts one tick: the function's name and the planned time."""


@dataclass(frozen=True, slots=True)
class Job:
    function: str
    cron: Cron


def jobs() -> list[Job]:
    """Return the scheduled functions of `infra/functions.json`."""
    listed = json.loads((ROOT / "infra" / "functions.json").read_text(encoding="utf-8"))
    return [Job(f["name"], Cron.read(f["cron"])) for f in listed["functions"] if f["trigger"] == "schedule"]


class Ticker:
    """One job's memory of what it fired. Ticks that were missed (asleep, switched off) fire once, as the latest."""

    def __init__(self, cron: Cron) -> None:
        self._cron = cron
        self._fired: datetime | None = None

    def due(self, now: datetime) -> datetime | None:
        """Return the planned time to fire for, and count it as fired; None if there is nothing to do at `now`."""
        latest = self._cron.latest(now)
        if self._fired is not None and latest <= self._fired:
            return None
        self._fired = latest
        return latest

    def seconds_until_next(self, now: datetime) -> float:
        return (self._cron.after(now) - now).total_seconds()


class Scheduler:
    """One thread a job, so that a long sweep neither overlaps itself nor keeps another function waiting.

    The first tick comes at once: whatever happened while the platform was off is repaired first.
    """

    def __init__(self, jobs: Iterable[Job], tick: Tick, clock: Clock) -> None:
        self._tick = tick
        self._clock = clock
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(job,), name=f"schedule-{job.function}", daemon=True)
            for job in jobs
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Start nothing more, and return when the runs under way have ended."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _run(self, job: Job) -> None:
        ticker = Ticker(job.cron)
        while not self._stopping.is_set():
            planned = ticker.due(self._clock.now())
            if planned is not None:
                self._fire(job, planned)
            wait = ticker.seconds_until_next(self._clock.now())
            self._stopping.wait(min(max(wait, 0.0), LONGEST_WAIT_SECONDS))

    def _fire(self, job: Job, planned: datetime) -> None:
        try:
            self._tick(job.function, planned)
        except Exception:  # noqa: BLE001 - one run that breaks must not end all later ones
            _log.exception("%s broke at its tick of %s", job.function, planned.isoformat())
