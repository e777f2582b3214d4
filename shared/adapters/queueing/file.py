"""The SQLite file behind the embedded queue: one connection per thread, and its errors in our words."""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from shared.adapters.queueing.sql import SCHEMA
from shared.errors import QueueUnavailable

BUSY_SECONDS = 1.5  # a webhook has four seconds in all
_CHECKPOINT_PAGES = 4_000  # 16 MiB of log: at SQLite's 1,000 a busy queue spends its time waiting for the disk

_OUR_MISTAKES = frozenset(
    (
        sqlite3.SQLITE_ERROR,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_MISMATCH,
        sqlite3.SQLITE_MISUSE,
        sqlite3.SQLITE_RANGE,
    )
)

Values = Sequence[object] | Mapping[str, object]


class QueueFile:
    """`durable` waits for the disk at every change; without it a power cut, but no crash, may lose the last moments."""

    def __init__(self, path: str, *, durable: bool, busy_seconds: float) -> None:
        self._path = path
        self._durable = durable
        self._busy_seconds = busy_seconds
        self._local = threading.local()
        with self.transaction() as connection:
            for statement in SCHEMA:
                connection.execute(statement)

    def run(self, statement: str, values: Values = ()) -> int:
        """Execute one change by itself and return how many rows it touched."""
        try:
            return self._connection().execute(statement, values).rowcount
        except sqlite3.DatabaseError as error:
            raise _in_our_words(error) from error

    def rows(self, statement: str, values: Values = ()) -> list[tuple[Any, ...]]:
        try:
            return self._connection().execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise _in_our_words(error) from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the file's one write lock: what is read inside cannot change before it is written."""
        connection = self._connection()
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise _in_our_words(error) from error
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close this thread's connection; those of other threads end with their threads."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            del self._local.connection

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
        return connection

    def _connect(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self._path, timeout=self._busy_seconds, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {'FULL' if self._durable else 'NORMAL'}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        except sqlite3.DatabaseError as error:
            raise _in_our_words(error) from error
        return connection


def _in_our_words(error: sqlite3.DatabaseError) -> Exception:
    """Return QueueUnavailable if the file or its disk is unwell, or just busy; a wrong statement is a bug and stays."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None or code & 0xFF in _OUR_MISTAKES:
        return error
    return QueueUnavailable(f"the queue's file: {error} ({error.sqlite_errorname})")
