"""The index file has what Firestore demands for every question of the code: the emulator would not tell."""

import json

import pytest
from google.cloud.firestore_v1.types import StructuredQuery

from infra import indexes
from shared import queries
from shared.adapters.storing.asking import Asked, asked
from shared.adapters.storing.firestore_requests import Requests
from shared.models.ticket import Ticket
from shared.ports import Query

FILE = json.loads(indexes.FILE.read_text())
EQUAL = StructuredQuery.FieldFilter.Operator.EQUAL


def sent(query: Query) -> list[StructuredQuery]:
    """Return what the store says to Firestore for `query`, in each form that a caller can choose."""
    equals = dict.fromkeys(query.equals, "x")
    every = [asked(query, limit=9, equals=equals), asked(query, limit=9, equals=equals, until="2026")]
    every += [Asked(query, one.equals, one.until, ("2025", "id-1"), 9) for one in every]
    return [Requests("p", "(default)").question(one) for one in every]


def demanded(question: StructuredQuery) -> list[tuple[str, str]]:
    """Return the fields of the index that Firestore demands, by its documentation on index types and query planning.

    First the fields compared for equality, then the order as it is asked for. A bound adds nothing as long as it is on
    the first field of the order, and neither does the name at the end in the direction of the field before it: every
    index ends like that. One field alone is served by the field's own index.
    """
    filters = [one.field_filter for one in question.where.composite_filter.filters if one.field_filter]
    equal = [one.field.field_path for one in filters if one.op == EQUAL]
    bounds = {one.field.field_path for one in filters if one.op != EQUAL}
    bounds |= {one.unary_filter.field.field_path for one in question.where.composite_filter.filters if one.unary_filter}
    order = [(one.field.field_path, one.direction.name) for one in question.order_by]
    assert bounds <= {order[0][0]}, "a bound must be on the first field of the order"
    assert order.pop() == ("__name__", order[-1][1]), "the name comes last, in the same direction"
    return [*((name, "ASCENDING") for name in sorted(equal)), *order]


def written(question: StructuredQuery) -> list[list[tuple[str, str]]]:
    """Return the indexes in the file on the question's collection; equalities of one index may stand in any order."""
    collection = question.from_[0].collection_id
    composite = [
        [(field["fieldPath"], field["order"]) for field in index["fields"]]
        for index in FILE["indexes"]
        if index["collectionGroup"] == collection and index["queryScope"] == "COLLECTION"
    ]
    alone = [
        [(override["fieldPath"], index["order"])]
        for override in FILE["fieldOverrides"]
        for index in override["indexes"]
        if override["collectionGroup"] == collection and index["queryScope"] == "COLLECTION"
    ]
    return [sorted(index[:-1]) + index[-1:] for index in composite + alone]


def test_the_file_is_what_the_code_says():
    assert indexes.FILE.read_text() == indexes.text(), "run `make indexes`"
    assert indexes.main(["--check"]) == 0


@pytest.mark.parametrize("query", queries.ALL, ids=lambda query: query.name)
def test_every_question_has_the_index_that_firestore_demands(query):
    for question in sent(query):
        assert demanded(question) in written(question)


def test_no_index_is_there_for_nothing():
    needed = {(query.model.collection, tuple(demanded(sent(query)[0]))) for query in queries.ALL}
    there = {
        (index["collectionGroup"], tuple(sorted(fields[:-1]) + fields[-1:]))
        for index in FILE["indexes"]
        for fields in [[(field["fieldPath"], field["order"]) for field in index["fields"]]]
    }
    there |= {
        (override["collectionGroup"], ((override["fieldPath"], index["order"]),))
        for override in FILE["fieldOverrides"]
        for index in override["indexes"]
    }
    assert there == needed


def test_no_field_is_indexed_by_itself_unless_it_is_asked_for():
    switched_off = {one["collectionGroup"] for one in FILE["fieldOverrides"] if one["fieldPath"] == "*"}

    assert all(one["indexes"] == [] for one in FILE["fieldOverrides"] if one["fieldPath"] == "*")
    assert switched_off == indexes.collections()
    assert {"tickets", "messages", "contacts", "alerts"} <= switched_off


def test_a_question_that_came_without_its_index_is_noticed(tmp_path):
    file = tmp_path / "firestore.indexes.json"
    assert indexes.main(["--check"], file) == 1

    assert indexes.main([], file) == 0
    assert indexes.main(["--check"], file) == 0

    new = Query("by_board", Ticket, order_by="updated_at", equals=("board", "psa"))
    file.write_text(json.dumps(indexes.definition([new], ["tickets"])))
    assert indexes.main(["--check"], file) == 1
    assert indexes.definition([new], ["tickets"])["indexes"] == [
        {
            "collectionGroup": "tickets",
            "queryScope": "COLLECTION",
            "fields": [{"fieldPath": name, "order": "ASCENDING"} for name in ("board", "psa", "updated_at")],
        }
    ]
