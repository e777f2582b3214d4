"""A Query as SQL: its index, and the statement that this index answers.

To SQLite a text ends at a NUL character: in order and equality what follows one does not count.
"""

import re
from collections.abc import Sequence
from typing import Any

from shared.adapters.storing.asking import Asked, Equal
from shared.ports import Query

# Names stand in the statement itself, because SQLite finds an index by its text: so they are letters and nothing else.
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PREFIX = "find_"


def index_name(query: Query[Any]) -> str:
    return _PREFIX + _checked(query.name)


def index_statement(query: Query[Any]) -> str:
    """Return the statement that makes the index, letter by letter as SQLite keeps it."""
    parts = ", ".join([*map(_field, query.equals), _field(query.order_by), "id"])
    return f"CREATE INDEX {index_name(query)} ON documents ({parts}) WHERE {_scope(query)}"


def index_changes(wanted: Sequence[Query[Any]], present: dict[str, str]) -> list[str]:
    """Return the statements that make the indexes `wanted` out of those `present` (name: statement)."""
    statements = {index_name(query): index_statement(query) for query in wanted}
    gone = [name for name, text in present.items() if name.startswith(_PREFIX) and statements.get(name) != text]
    missing = [text for name, text in statements.items() if present.get(name) != text]
    return [f"DROP INDEX {_checked(name)}" for name in gone] + missing


def find_statement(asked: Asked[Any]) -> tuple[str, list[Equal]]:
    """Return the statement for `asked` and its values; its rows are version, id and body."""
    order = _field(asked.query.order_by)
    conditions, values = [_scope(asked.query)], list[Equal]()
    for name, value in asked.equals:
        conditions.append(f"{_field(name)} = ?{_of_its_kind(name, value)}")
        values.append(value)
    if asked.until is not None:
        conditions.append(f"{order} <= ?")
        values.append(asked.until)
    if asked.after is not None:
        conditions.append(f"({order}, id) > (?, ?)")
        values.extend(asked.after)
    text = f"SELECT version, id, body FROM documents WHERE {' AND '.join(conditions)} ORDER BY {order}, id LIMIT ?"  # noqa: S608
    return text, [*values, asked.limit]


def _scope(query: Query[Any]) -> str:
    return f"collection = '{_checked(query.model.collection)}' AND {_field(query.order_by)} IS NOT NULL"


def _of_its_kind(name: str, value: Equal) -> str:
    """SQLite takes true for 1; Firestore does not."""
    if isinstance(value, str):
        return ""
    kinds = "('true', 'false')" if isinstance(value, bool) else "('integer', 'real')"
    return f" AND json_type(body, '$.{_checked(name)}') IN {kinds}"


def _field(name: str) -> str:
    return f"json_extract(body, '$.{_checked(name)}')"


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a name for a collection, a field or a query")
    return name
