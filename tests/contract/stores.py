"""The stores behind one face, each with a way to its documents past our code, and documents that only tests have."""

import contextlib
import json
import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from shared.adapters.firestore_store import FirestoreStore
from shared.adapters.sqlite_store import SqliteStore
from shared.instant import Instant
from shared.models.document import Document
from shared.ports import Query, Store
from tests.firestore_emulator import FirestoreEmulator


class Note(Document):
    collection: ClassVar[str] = "notes"

    text: str = ""
    kind: str = "plain"
    at: Instant | None = None
    place: str | None = None
    count: int = 0
    done: bool = False
    tags: tuple[str, ...] = ()


class Loose(Document):
    """Holds anything: for what a store must refuse, and for what it must not."""

    collection: ClassVar[str] = "loose"

    value: Any = None


BY_TIME = Query("by_time", Note, order_by="at")
BY_PLACE = Query("by_place", Note, order_by="place")
KIND_BY_TIME = Query("kind_by_time", Note, order_by="at", equals=("kind",))
DONE_BY_TIME = Query("done_by_time", Note, order_by="at", equals=("done", "count"))


class SqliteKeeping:
    """A store in a file. The way past it is a connection that knows only the table."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store: Store = SqliteStore(path, durable=False)

    def read(self, collection: str, document_id: str) -> dict[str, object] | None:
        with self._connection() as connection:
            query = "SELECT body FROM documents WHERE collection = ? AND id = ?"
            row = connection.execute(query, (collection, document_id)).fetchone()
        return None if row is None else json.loads(row[0])

    def write(self, collection: str, document_id: str, fields: dict[str, object]) -> None:
        with self._connection() as connection:
            statement = "INSERT OR REPLACE INTO documents (collection, id, version, body) VALUES (?, ?, ?, ?)"
            connection.execute(statement, (collection, document_id, uuid.uuid4().int >> 70, json.dumps(fields)))

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(self.path, timeout=10)) as connection, connection:
            yield connection


class FirestoreKeeping:
    """A project of its own in the emulator. The way past our store is its REST interface."""

    def __init__(self, emulator: FirestoreEmulator) -> None:
        self.emulator = emulator
        self.project = f"test-{uuid.uuid4().hex[:20]}"
        self.store: Store = FirestoreStore(self.project, emulator_host=emulator.host)

    def read(self, collection: str, document_id: str) -> dict[str, object] | None:
        return self.emulator.read(self.project, collection, document_id)

    def write(self, collection: str, document_id: str, fields: dict[str, object]) -> None:
        assert self.emulator.write(self.project, collection, document_id, fields)


Keeping = SqliteKeeping | FirestoreKeeping
