"""The durable queue of the one-machine form: one SQLite file, shared by as many threads and processes as like."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from shared.adapters.queueing import sql
from shared.adapters.queueing.change_signal import ChangeSignal
from shared.adapters.queueing.forgetting import Forgetting
from shared.adapters.queueing.records import GivenUp, Leased
from shared.adapters.queueing.settings import QueueSettings
from shared.adapters.queueing.task_form import body_text, refuse_malformed, refuse_too_far
from shared.adapters.queueing.token_bucket import after_passing
from shared.adapters.sqlite_file import BUSY_SECONDS, SqliteFile
from shared.errors import QueueUnavailable
from shared.instant import format_instant, parse_instant, to_instant
from shared.ports import Clock, Task

NAMES_KEPT = timedelta(hours=1)
DEAD_KEPT = timedelta(days=30)

_DEFAULTS = QueueSettings()
_NO_SETTINGS: Mapping[str, QueueSettings] = MappingProxyType({})


class EmbeddedQueue:
    """Delivers at least once, by due time and then by insertion, across all its queues (one per function).

    `queues` says how each function's queue behaves; one that is not named has the defaults. `durable` waits for the
    disk at every change: nothing accepted is lost in a power cut. Without it a power cut may lose the last moments, a
    crash of the process still nothing: for replays and tests. Every call raises QueueUnavailable when the file is
    locked for too long, full or gone.
    """

    def __init__(
        self,
        path: str | Path,
        clock: Clock,
        queues: Mapping[str, QueueSettings] = _NO_SETTINGS,
        *,
        durable: bool = True,
        busy_seconds: float = BUSY_SECONDS,
    ) -> None:
        self._clock = clock
        self._queues = queues
        self._file = SqliteFile(str(path), QueueUnavailable, durable=durable, busy_seconds=busy_seconds)
        with self._file.writing() as connection:
            for statement in sql.SCHEMA:
                connection.execute(statement)
        self._forgetting = Forgetting(self._file)
        self._met: set[str] = set()
        self.signal = ChangeSignal()
        for function, settings in queues.items():
            self._meet(function, settings)

    def put(self, task: Task) -> None:
        now = self._clock.now()
        body = body_text(task)
        refuse_malformed(task, body)
        refuse_too_far(task, now)
        at = to_instant(task.at)
        if task.function not in self._met:
            self._meet(task.function, self._settings(task.function))
        self._file.run(sql.PUT, (task.function, task.name, body, format_instant(at), format_instant(now)))
        self.signal.changed()

    def take(self, now: datetime) -> Leased | None:
        """Lease the first task that is due and that its queue's rate and concurrency let pass; None if there is none.

        A task whose worker died comes again when its lease ends. If that was its last attempt, it is buried.
        """
        text = format_instant(now)
        with self._file.writing() as transaction:
            while True:
                row = transaction.execute(sql.HEAD, {"now": text}).fetchone()
                if row is None:
                    return None
                seq, function, name, body, due, attempts, executions, opens_at = row
                settings = self._settings(function)
                if attempts < settings.max_attempts:
                    break
                transaction.execute(sql.GIVE_UP, (format_instant(now + DEAD_KEPT), "the worker died", seq))
            lease_until = format_instant(now + settings.lease)
            transaction.execute(sql.LEASE, (lease_until, settings.max_concurrent is not None, seq))
            if settings.per_second is not None:
                opens = after_passing(parse_instant(opens_at) if opens_at else None, now, settings.per_second)
                transaction.execute(sql.CLOSE_UNTIL, (format_instant(opens), function))
        return Leased(seq, function, name, body.encode(), parse_instant(due), attempts, executions, lease_until)

    def next_due(self) -> datetime | None:
        """Return when `take` has something next (if not later than now, it has); None if nothing is on the queue."""
        text: str | None = self._file.rows(sql.NEXT_DUE, {"now": format_instant(self._clock.now())})[0][0]
        return None if text is None else parse_instant(text)

    def done(self, leased: Leased) -> bool:
        """End the task; its name is remembered for an hour. False if the lease was lost: then another has the task."""
        return self._end(sql.DONE, leased, NAMES_KEPT)

    def bury(self, leased: Leased, reason: str) -> bool:
        """Give the task up. For 30 days a person may read why, and replay it. False if the lease was lost."""
        return self._end(sql.BURY, leased, DEAD_KEPT, reason)

    def retry_later(
        self, leased: Leased, reason: str, retry_after: float | None = None, *, executed: bool = False
    ) -> bool:
        """Put the task back until its back-off, or `retry_after` seconds, are over; bury it after its last attempt.

        `executed`: the function itself answered, without a server error. False if the lease was lost.
        """
        settings = self._settings(leased.function)
        failures = leased.retry_count + 1
        if failures >= settings.max_attempts:
            return self.bury(leased, reason)
        due = format_instant(self._clock.now() + settings.waits(failures, retry_after))
        held = self._file.run(sql.RETRY, (due, reason, executed, leased.seq, leased.lease_until)) == 1
        self.signal.changed()
        return held

    def dead_letters(self, limit: int) -> list[GivenUp]:
        """Return at most `limit` buried tasks, the oldest first."""
        return [
            GivenUp(function, name, body.encode(), reason, attempts, parse_instant(forget_at) - DEAD_KEPT)
            for function, name, body, reason, attempts, forget_at in self._file.rows(sql.DEAD, (limit,))
        ]

    def replay(self, name: str) -> bool:
        """Bring a buried task back now, with all its attempts. False if no buried task has this name."""
        revived = self._file.run(sql.REPLAY, (format_instant(self._clock.now()), name)) > 0
        self.signal.changed()
        return revived

    def purge(self, function: str) -> int:
        """Drop what waits on one queue and return how many; the names stay remembered, as after a delivery."""
        return self._file.run(sql.PURGE, (format_instant(self._clock.now() + NAMES_KEPT), function))

    def pending_count(self) -> int:
        return int(self._file.rows(sql.PENDING)[0][0])

    def close(self) -> None:
        """Close the calling thread's connection; the others end with their threads."""
        self._file.close()

    def _settings(self, function: str) -> QueueSettings:
        return self._queues.get(function, _DEFAULTS)

    def _meet(self, function: str, settings: QueueSettings) -> None:
        """Note the queue. One closed longer than its rate can explain was closed by a clock since set back."""
        if function in self._queues:
            interval = 1 / settings.per_second if settings.per_second else 0.0
            latest = format_instant(self._clock.now() + timedelta(seconds=interval))
            self._file.run(sql.REGISTER, {"name": function, "max": settings.max_concurrent, "latest": latest})
        else:
            self._file.run(sql.MEET, (function,))
        self._met.add(function)

    def _end(self, statement: str, leased: Leased, kept: timedelta, *reason: str) -> bool:
        now = self._clock.now()
        held = self._file.run(statement, (format_instant(now + kept), *reason, leased.seq, leased.lease_until)) == 1
        self._forgetting.count_end(format_instant(now))
        self.signal.changed()
        return held
