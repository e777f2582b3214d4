"""Counts what the store is asked for: what a replay reports, and what Firestore would put on the bill."""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.ports import Change, D, Found, Query, Store


class CountingStore:
    """`reads` counts documents asked for by id, there or not; `found` those that a question brought; `writes` changes.

    Only what was answered counts: a lost race costs nothing.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self.reads = 0
        self.found = 0
        self.writes = 0

    def get(self, model: type[D], document_id: str) -> Found[D] | None:
        found = self._store.get(model, document_id)
        with self._lock:
            self.reads += 1
        return found

    def commit(self, changes: Sequence[Change]) -> Sequence[object] | None:
        versions = self._store.commit(changes)
        with self._lock:
            self.writes += len(changes)
        return versions

    def find(
        self,
        query: Query[D],
        *,
        limit: int,
        until: datetime | str | None = None,
        after: D | None = None,
        equals: Mapping[str, str | int | bool] | None = None,
    ) -> list[Found[D]]:
        page = self._store.find(query, limit=limit, until=until, after=after, equals=equals)
        with self._lock:
            self.found += len(page)
        return page
