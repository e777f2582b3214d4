"""A store in a dictionary, as strict as the real ones where a function could notice: versions, conflicts, stored text."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from shared.errors import Conflict, RefusedDocument, StoreUnavailable
from shared.instant import format_instant
from shared.ports import Change, Create, D, Delete, Found, Query


class MemoryStore:
    """Documents are kept as JSON text, so what comes out went through the same writing and reading as in a real store.

    `gets` and `commits` count the calls that the store answered, `written` the documents in them.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[str, int]] = {}
        self._versions = 0
        self.gets = 0
        self.commits = 0
        self.written = 0

    def get(self, model: type[D], document_id: str) -> Found[D] | None:
        self.gets += 1
        kept = self._kept.get((model.collection, document_id))
        return None if kept is None else self._read(model, *kept)

    def commit(self, changes: Sequence[Change]) -> Sequence[object]:
        for change in changes:
            key = _key(change)
            stored = self._kept.get(key)
            if isinstance(change, Create) and stored is not None:
                raise Conflict(f"{key} exists")
            if not isinstance(change, Create) and (stored is None or stored[1] != change.version):
                raise Conflict(f"{key} has another version")
        self.commits += 1
        self.written += len(changes)
        return [self._apply(change) for change in changes]

    def find(
        self,
        query: Query[D],
        *,
        limit: int,
        until: datetime | str | None = None,
        after: D | None = None,
        equals: Mapping[str, str | int | bool] | None = None,
    ) -> list[Found[D]]:
        found = [
            self._read(query.model, *kept) for (where, _), kept in self._kept.items() if where == query.model.collection
        ]
        wanted = {**(equals or {})}
        if set(wanted) != set(query.equals):
            raise ValueError(f"{query.name} asks for {query.equals}")
        chosen = [
            (_order(each.document, query), each)
            for each in found
            if getattr(each.document, query.order_by) is not None
            and all(getattr(each.document, name) == value for name, value in wanted.items())
        ]
        bound = format_instant(until) if isinstance(until, datetime) else until
        chosen = [(place, each) for place, each in chosen if bound is None or place[0] <= bound]
        if after is not None:
            chosen = [(place, each) for place, each in chosen if place > _order(after, query)]
        return [each for _, each in sorted(chosen, key=lambda pair: pair[0])[:limit]]

    def _apply(self, change: Change) -> object:
        self._versions += 1
        if isinstance(change, Delete):
            del self._kept[_key(change)]
            return None
        text = change.document.model_dump_json(warnings="error")
        _refuse_lists_in_lists(json.loads(text), in_list=False)
        self._kept[_key(change)] = (text, self._versions)
        return self._versions

    def _read(self, model: type[D], text: str, version: int) -> Found[D]:
        document = model.model_validate_json(text)
        if document.schema_version > model.current_schema:
            raise StoreUnavailable("newer than this code")
        return Found(document, version)


def _key(change: Change) -> tuple[str, str]:
    if isinstance(change, Delete):
        return change.model.collection, change.id
    return change.document.collection, change.document.id


def _refuse_lists_in_lists(value: object, *, in_list: bool) -> None:
    if isinstance(value, list) and in_list:
        raise RefusedDocument("a list inside a list")
    for inner in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        _refuse_lists_in_lists(inner, in_list=isinstance(value, list))


def _order(document: D, query: Query[D]) -> tuple[str, str]:
    value = getattr(document, query.order_by)
    return (format_instant(value) if isinstance(value, datetime) else str(value)), document.id
