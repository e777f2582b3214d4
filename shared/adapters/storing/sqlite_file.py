"""The SQLite file behind the embedded store: one connection per thread, and its errors in our words."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from shared.errors import StoreUnavailable

BUSY_SECONDS = 1.5  # a webhook has four seconds in all
_CHECKPOINT_PAGES = 4_000  # 16 MiB of log: at SQLite's 1,000 a busy store spends its time waiting for the disk

_UNWELL = frozenset(
    (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    )
)


class SqliteFile:
    """`durable` waits for the disk at every commit; without it a power cut, but no crash, may lose the last moments."""

    def __init__(self, path: str, *, durable: bool) -> None:
        self._path = path
        self._durable = durable
        self._local = threading.local()

    def row(self, statement: str, values: Sequence[object]) -> tuple[Any, ...] | None:
        try:
            row: tuple[Any, ...] | None = self.connection().execute(statement, values).fetchone()
        except sqlite3.DatabaseError as error:
            raise in_our_words(error) from error
        return row

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        try:
            return self.connection().execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise in_our_words(error) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Hold the file's one write lock from the start: what is compared inside cannot change before it is written."""
        connection = self.connection()
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise in_our_words(error) from error
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
        """Return this thread's connection. Raises StoreUnavailable."""
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
        return connection

    def _connect(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {'FULL' if self._durable else 'NORMAL'}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        except sqlite3.DatabaseError as error:
            raise in_our_words(error) from error
        connection.text_factory = bytes  # the JSON is read as bytes anyway
        return connection


def in_our_words(error: sqlite3.DatabaseError) -> Exception:
    """Return StoreUnavailable if the file or its disk is unwell, or just busy; any other error is a bug and stays."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & 0xFF in _UNWELL:
        return StoreUnavailable(f"the store's file: {error} ({error.sqlite_errorname})")
    return error
