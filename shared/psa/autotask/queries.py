"""Queries to Autotask: POST, and their pages behind `nextPageUrl`, asked for with the same method and body."""

from collections.abc import Iterator
from dataclasses import dataclass

from shared.errors import PsaUnavailable
from shared.psa import reading
from shared.psa.paging import Onward, rows
from shared.psa.reading import Record
from shared.psa.rest import RestApi

NAME = "Autotask"
EVERYTHING: Record = {"filter": [{"op": "gte", "field": "id", "value": 0}]}
"""A query has to have a filter."""


@dataclass(frozen=True, slots=True)
class Page:
    rows: list[object]
    has_next: bool


def pages(api: RestApi, entity: str, question: Record, size: int) -> Iterator[Page]:
    """Yield the pages of a query, in the order of ids. Raises PsaUnavailable for one that lacks its rows."""
    onward = Onward(NAME)
    path = f"/{entity}/query"
    whole = {"MaxRecords": size, **question}
    while True:
        body = api.ask(onward.to(path), whole).body
        details = body.get("pageDetails") if reading.is_record(body) else None
        if not reading.is_record(body) or not reading.is_record(details):
            raise PsaUnavailable("Autotask answered a query without pageDetails")
        found = rows(body.get("items"), NAME)
        following = details.get("nextPageUrl")
        if details.get("count") not in (None, len(found)) or (following and not found):
            raise PsaUnavailable("Autotask answered a page that lacks its rows")
        yield Page(found, bool(following))
        if not following:
            return
        path = str(following)


def all_rows(api: RestApi, entity: str, question: Record, size: int) -> list[object]:
    return [row for page in pages(api, entity, question, size) for row in page.rows]


def count(api: RestApi, entity: str, question: Record) -> int:
    """Return how many records a query would find."""
    body = api.ask(f"/{entity}/query/count", {"filter": question["filter"]}).body
    found = body.get("queryCount") if reading.is_record(body) else None
    if not isinstance(found, int) or isinstance(found, bool):
        raise PsaUnavailable(f"Autotask did not count its {entity}")
    return found
