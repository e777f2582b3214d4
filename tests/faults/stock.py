"""What is stored and what still waits, as a person or a manager's list could find it: read beside the running platform."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from shared.adapters.embedded_queue import EmbeddedQueue
from shared.adapters.sqlite_store import SqliteStore
from shared.instant import format_instant
from shared.models.document import Watched
from shared.models.message import Message
from shared.models.outgoing import OutgoingState
from shared.ports import D, Query
from shared.queries import FINDINGS, MESSAGES_BY_STATE, OVERDUE, TICKETS
from tests.faults.fast_clock import FastClock
from tests.faults.history import History

QUIET_FOR = timedelta(minutes=30)  # longer than any wait that belongs to a mail; promises are hours away
PAGE = 200
_AT_WORK = (OutgoingState.PENDING, OutgoingState.CLAIMED, OutgoingState.COMMITTING)
_TRIES = "SELECT attempts FROM tasks WHERE queue = ? ORDER BY seq"
_HELD_TASKS = "SELECT count(*) FROM tasks WHERE state = 'pending' AND lease_until > ?"


class Stock:
    """Opens the one file of store and queue. Each thread that asks has connections of its own."""

    def __init__(self, file: Path, clock: FastClock) -> None:
        self._file, self.clock = file, clock
        self._store = SqliteStore(file)
        self._queue = EmbeddedQueue(file, clock)

    def close(self) -> None:
        self._store.close()
        self._queue.close()

    def is_quiet(self) -> bool:
        """True when nothing is left to do about any mail, now or soon."""
        soon = self.clock.now() + QUIET_FOR
        due = self._queue.next_due()
        if due is not None and due <= soon:
            return False
        return not any(self.every(MESSAGES_BY_STATE, state=state) for state in _AT_WORK) and not self._overdue(soon)

    def messages(self) -> list[Message]:
        """Return all messages, by the lists of their states: what is on none of them nobody could find."""
        return [message for state in OutgoingState for message in self.every(MESSAGES_BY_STATE, state=state)]

    def held_tasks(self) -> int:
        """Return how many tasks are in the hands of a runner, a dead one perhaps."""
        return int(self._rows(_HELD_TASKS, format_instant(self.clock.now()))[0][0])

    def tries(self, function: str) -> list[int]:
        """Return how often each task of `function` was handed to a runner; done ones are remembered for an hour."""
        return [tries for (tries,) in self._rows(_TRIES, function)]

    def note(self, history: History) -> None:
        """Note all that a judge asks for."""
        tickets = self.every(TICKETS)
        for ticket in tickets:
            told = [told.message for told in ticket.told]
            at = format_instant(ticket.updated_at)
            history.add("ticket", ticket=ticket.psa_id, at=at, status=ticket.status, told=told)
        names = {ticket.id: ticket.psa_id for ticket in tickets}
        for message in self.messages():
            history.add(
                "message",
                id=message.id,
                message_id=message.message_id,
                ticket=names.get(message.ticket, message.ticket),
                order=message.order,
                touchpoint=message.touchpoint,
                state=message.state.value,
                reason=message.reason,
            )
        for finding in self.every(FINDINGS):
            history.add("finding", kind=finding.kind, cause=finding.dedup_key)
        self.note_undone(history)

    def note_undone(self, history: History) -> None:
        """Note what still waits although its time has come."""
        for name in self._undone():
            history.add("undone", name=name)

    def _rows(self, statement: str, *values: str) -> list[tuple[int]]:
        with closing(sqlite3.connect(self._file)) as connection:
            return connection.execute(statement, values).fetchall()

    def _undone(self) -> Iterator[str]:
        now, due = self.clock.now(), self._queue.next_due()
        if due is not None and due <= now:
            yield f"a task on the queue, due at {due}"
        for letter in self._queue.dead_letters(PAGE):
            yield f"the buried task {letter.name} of {letter.function}: {letter.reason}"
        for document in self._overdue(now):
            yield f"the look at {document.id}"

    def _overdue(self, until: datetime) -> list[Watched]:
        return [found.document for query in OVERDUE for found in self._store.find(query, until=until, limit=PAGE)]

    def every(self, query: Query[D], **equals: str) -> list[D]:
        found: list[D] = []
        while page := self._store.find(query, limit=PAGE, after=found[-1] if found else None, equals=equals or None):
            found += [each.document for each in page]
        return found
