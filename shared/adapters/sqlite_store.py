"""The store of one machine: documents in a SQLite file, as strict as Firestore and with the same three calls."""

import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from os import PathLike, fspath
from typing import Any

from shared import queries
from shared.adapters.sqlite_file import SqliteFile
from shared.adapters.storing.asking import asked
from shared.adapters.storing.reading import from_text
from shared.adapters.storing.sqlite_questions import find_statement, index_changes
from shared.adapters.storing.storable import as_text, check_changes, is_id, key_of
from shared.errors import Conflict, StoreUnavailable
from shared.ports import Change, Create, D, Delete, Found, Put, Query

# The id comes first in the key, so that SQLite never takes the key for a way to all documents of a collection.
_TABLE = """CREATE TABLE IF NOT EXISTS documents (
    collection TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (id, collection))"""
_INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'documents' AND sql IS NOT NULL"
_GET = "SELECT version, body FROM documents WHERE collection = ? AND id = ?"
_CREATE = "INSERT INTO documents (collection, id, version, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
# Like Firestore's update time, a version stays where nothing changed.
_PUT = """UPDATE documents SET version = version + (body <> ?1), body = ?1
    WHERE collection = ?2 AND id = ?3 AND version = ?4 RETURNING version"""
_DELETE = "DELETE FROM documents WHERE collection = ? AND id = ? AND version = ?"


class SqliteStore:
    """Waits at most 1.5 s for another writer, then raises StoreUnavailable. Safe to share between threads.

    `durable` waits for the disk at every commit; without it a power cut, but no crash, may lose the last moments.
    """

    def __init__(self, path: str | PathLike[str], *, durable: bool = True) -> None:
        self._file = SqliteFile(
            fspath(path), StoreUnavailable, durable=durable, text_as_bytes=True
        )  # JSON is read as bytes
        with self._file.writing() as connection:
            connection.execute(_TABLE)
            present = {name.decode(): text.decode() for name, text in connection.execute(_INDEXES)}
            for statement in index_changes(queries.ALL, present):
                connection.execute(statement)

    def get(self, model: type[D], document_id: str) -> Found[D] | None:
        row = self._file.row(_GET, (model.collection, document_id)) if is_id(document_id) else None
        return None if row is None else Found(from_text(model, document_id, row[1]), row[0])

    def commit(self, changes: Sequence[Change]) -> Sequence[object]:
        check_changes(changes)
        written = [(change, "" if isinstance(change, Delete) else as_text(change.document)) for change in changes]
        with self._file.writing() as connection:
            return [_apply(connection, change, body) for change, body in written]

    def find(
        self,
        query: Query[D],
        *,
        limit: int,
        until: datetime | str | None = None,
        after: D | None = None,
        equals: Mapping[str, str | int | bool] | None = None,
    ) -> list[Found[D]]:
        statement, values = find_statement(asked(query, limit=limit, until=until, after=after, equals=equals))
        rows = self._file.rows(statement, values)
        return [Found(from_text(query.model, key.decode(), body), version) for version, key, body in rows]

    def close(self) -> None:
        """Close this thread's connection; those of other threads end with their threads."""
        self._file.close()


def _apply(connection: sqlite3.Connection, change: Change, body: str) -> int | None:
    """Apply one change inside the transaction and return the document's version. Raises Conflict."""
    collection, document_id = key_of(change)
    version: int | None = None
    match change:
        case Create():
            # Not counted from 1: a document deleted and made anew must not answer to a version of its former life.
            version = secrets.randbits(62)
            done = connection.execute(_CREATE, (collection, document_id, version, body)).rowcount == 1
        case Put():
            rows: list[Any] = connection.execute(_PUT, (body, collection, document_id, change.version)).fetchall()
            done = len(rows) == 1
            version = rows[0][0] if done else None
        case Delete():
            done = connection.execute(_DELETE, (collection, document_id, change.version)).rowcount == 1
    if not done:
        raise Conflict(f"{collection} {document_id} was changed by somebody else, or exists already")
    return version
