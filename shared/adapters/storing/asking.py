"""A question as every store understands it: checked against its Query, in the order that an index has."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic

from shared.instant import format_instant, to_instant
from shared.ports import D, Query

Equal = str | int | bool


@dataclass(frozen=True, slots=True)
class Asked(Generic[D]):
    """`until` and `after` are in stored form; `after` is the place (value of `order_by`, id) before the page."""

    query: Query[D]
    equals: tuple[tuple[str, Equal], ...]
    until: str | None
    after: tuple[str, str] | None
    limit: int


def asked(
    query: Query[D],
    *,
    limit: int,
    until: datetime | str | None = None,
    after: D | None = None,
    equals: Mapping[str, Equal] | None = None,
) -> Asked[D]:
    """Return the arguments of `find` in stored form. Raises ValueError for a question that `query` does not allow."""
    given = dict(equals or {})
    if set(given) != set(query.equals):
        raise ValueError(f"{query.name} needs a value for each of {query.equals}, and for nothing else")
    if limit < 1:
        raise ValueError(f"{query.name}: every list has an end, and at least one place")
    return Asked(
        query=query,
        equals=tuple((name, _stored(given[name])) for name in query.equals),
        until=None if until is None else place_text(until),
        after=None if after is None else _place(query, after),
        limit=limit,
    )


def place_text(value: object) -> str:
    """Return a value of an `order_by` field as it is stored. Raises ValueError for what no order is made by."""
    match value:
        case datetime():
            return format_instant(to_instant(value))
        case str():
            return str(value)
        case _:
            raise ValueError(f"nothing is in order by a {type(value).__name__}: use a text or an Instant")


def _place(query: Query[D], document: D) -> tuple[str, str]:
    return place_text(getattr(document, query.order_by)), document.id


def _stored(value: Equal) -> Equal:
    return str(value) if isinstance(value, str) else value  # a StrEnum is stored as its text
