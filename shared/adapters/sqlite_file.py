"""The SQLite file behind the embedded store and the embedded queue: one connection per thread, errors in our words."""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from shared.errors import Retryable

BUSY_SECONDS = 1.5  # a webhook has four seconds in all
_CHECKPOINT_PAGES = 4_000  # 16 MiB of log: at SQLite's 1,000 a busy file spends its time waiting for the disk

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


class SqliteFile:
    """`durable` waits for the disk at every change; without it a power cut, but no crash, may lose the last moments.

    Raises `unavailable` if the file or its disk is unwell, or just busy; a wrong statement is a bug and stays.
    """

    def __init__(
        self,
        path: str,
        unavailable: type[Retryable],
        *,
        durable: bool,
        busy_seconds: float = BUSY_SECONDS,
        text_as_bytes: bool = False,
    ) -> None:
        self._path = path
        self._unavailable = unavailable
        self._durable = durable
        self._busy_seconds = busy_seconds
        self._text_as_bytes = text_as_bytes
        self._local = threading.local()

    def run(self, statement: str, values: Values = ()) -> int:
        """Execute one change by itself and return how many rows it touched."""
        try:
            return self.connection().execute(statement, values).rowcount
        except sqlite3.DatabaseError as error:
            raise self._in_our_words(error) from error

    def row(self, statement: str, values: Values = ()) -> tuple[Any, ...] | None:
        try:
            row: tuple[Any, ...] | None = self.connection().execute(statement, values).fetchone()
        except sqlite3.DatabaseError as error:
            raise self._in_our_words(error) from error
        return row

    def rows(self, statement: str, values: Values = ()) -> list[tuple[Any, ...]]:
        try:
            return self.connection().execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise self._in_our_words(error) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Hold the file's one write lock from the start: what is compared inside cannot change before it is written."""
        connection = self.connection()
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise self._in_our_words(error) from error
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close this thread's connection; those of other threads end with their threads."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            del self._local.connection

    def connection(self) -> sqlite3.Connection:
        """Return this thread's connection."""
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
            raise self._in_our_words(error) from error
        if self._text_as_bytes:
            connection.text_factory = bytes
        return connection

    def _in_our_words(self, error: sqlite3.DatabaseError) -> Exception:
        code = getattr(error, "sqlite_errorcode", None)
        if code is None or code & 0xFF in _OUR_MISTAKES:
            return error
        return self._unavailable(f"the file {self._path}: {error} ({error.sqlite_errorname})")
