"""What every store promises about questions: order, pages, bounds, equality."""

from datetime import UTC, datetime, timedelta

import pytest

from shared import queries
from shared.models.ticket import Ticket
from shared.ports import Create, Delete, Put, Query
from tests.contract.stores import BY_PLACE, BY_TIME, DONE_BY_TIME, KIND_BY_TIME, Note

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def note(name: str, at: datetime | None = NOON, **fields: object) -> Note:
    return Note(id=name, at=at, **fields)


def ids(page) -> list[str]:
    return [found.document.id for found in page]


def keep(store, *notes: Note) -> None:
    store.commit([Create(each) for each in notes])


def pages(store, query: Query, limit: int, **asked) -> list[list[str]]:
    """Return all pages, the last one empty."""
    found, after = [], None
    while not found or found[-1]:
        assert len(found) < 20, "the pages do not get on"
        page = store.find(query, limit=limit, after=after, **asked)
        found.append(ids(page))
        after = page[-1].document if page else None
    return found


def test_documents_come_in_order_and_no_more_than_were_asked_for(store):
    keep(store, note("c", NOON), note("a", NOON + 2 * SECOND), note("b", NOON + SECOND))

    assert ids(store.find(BY_TIME, limit=10)) == ["c", "b", "a"]
    assert ids(store.find(BY_TIME, limit=2)) == ["c", "b"]


def test_what_is_found_is_the_document_with_the_version_that_a_put_needs(store):
    keep(store, note("a", text="old"))

    [found] = store.find(BY_TIME, limit=1)
    store.commit([Put(found.document.but(text="new"), found.version)])

    assert found == store.get(Note, "a") or found.document == note("a", text="old")
    assert store.get(Note, "a").document.text == "new"


def test_what_is_equal_in_order_comes_by_id(store):
    names = ["B", "a", "0", "a.b", "a-b", "a:b", "a_b", "Z", "z", "a0"]
    keep(store, *map(note, names))

    assert ids(store.find(BY_TIME, limit=99)) == sorted(names)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_pages_together_are_everything_once(store, limit):
    keep(store, *(note(f"n{number:02}", NOON + SECOND * (number // 4)) for number in range(13)))

    found = pages(store, BY_TIME, limit)

    assert [name for page in found for name in page] == [f"n{number:02}" for number in range(13)]
    assert all(len(page) == limit for page in found[:-2])


def test_a_page_goes_on_where_the_last_one_ended_even_if_that_document_is_gone(store):
    keep(store, note("a"), note("b"), note("c"))
    [first] = store.find(BY_TIME, limit=1)

    store.commit([Delete(Note, "a", first.version)])

    assert ids(store.find(BY_TIME, limit=5, after=first.document)) == ["b", "c"]


def test_the_bound_itself_is_found_and_what_is_later_is_not(store):
    microsecond = timedelta(microseconds=1)
    keep(store, note("before", NOON - microsecond), note("at"), note("after", NOON + microsecond))

    assert ids(store.find(BY_TIME, limit=9, until=NOON)) == ["before", "at"]
    assert ids(store.find(BY_TIME, limit=9, until="2026-03-02T12:00:00.000000Z")) == ["before", "at"]
    assert pages(store, BY_TIME, 1, until=NOON) == [["before"], ["at"], []]


def test_times_with_and_without_fractions_and_zones_come_in_the_order_of_time(store):
    moments = {
        "a": datetime(1066, 10, 14, tzinfo=UTC),
        "b": NOON - timedelta(microseconds=1),
        "c": datetime.fromisoformat("2026-03-02T13:00:00+01:00"),
        "d": NOON + timedelta(microseconds=1),
        "e": NOON + timedelta(milliseconds=500),
        "f": NOON + SECOND,
        "g": datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    }
    keep(store, *(note(name, at) for name, at in reversed(moments.items())))

    assert ids(store.find(BY_TIME, limit=9)) == list(moments)
    assert ids(store.find(BY_TIME, limit=9, until=datetime.fromisoformat("2026-03-02T13:00:00+01:00"))) == [
        "a",
        "b",
        "c",
    ]


def test_what_has_no_place_in_the_order_is_never_found(keeping):
    keep(keeping.store, note("a"), note("null", None))
    keeping.write("notes", "missing", {"id": "missing"})

    assert ids(keeping.store.find(BY_TIME, limit=9)) == ["a"]
    assert ids(keeping.store.find(BY_TIME, limit=9, until=NOON)) == ["a"]
    assert pages(keeping.store, BY_TIME, 1) == [["a"], []]


def test_text_comes_in_the_order_of_its_code_points(store):
    places = ["", " ", "0", "A", "Z", "a", "a!", "é", "\ud7ff", "\ue000", "\uffff", "😀"]
    keep(store, *(Note(id=f"n{number}", place=place) for number, place in enumerate(reversed(places))))

    assert [found.document.place for found in store.find(BY_PLACE, limit=99)] == places


def test_only_what_is_equal_is_found(store):
    keep(
        store,
        note("a", kind="x"),
        note("b", kind="y"),
        note("c", NOON + SECOND, kind="x"),
        note("d", None, kind="x"),
        note("e", kind="X"),
        note("f", kind="x "),
    )

    assert ids(store.find(KIND_BY_TIME, limit=9, equals={"kind": "x"})) == ["a", "c"]
    assert ids(store.find(KIND_BY_TIME, limit=9, equals={"kind": "x"}, until=NOON)) == ["a"]
    assert ids(store.find(KIND_BY_TIME, limit=9, equals={"kind": "z"})) == []
    assert pages(store, KIND_BY_TIME, 1, equals={"kind": "x"}) == [["a"], ["c"], []]


def test_true_is_not_one(store):
    keep(store, note("a", done=True, count=1), note("b", done=False, count=1), note("c", done=True, count=0))

    assert ids(store.find(DONE_BY_TIME, limit=9, equals={"done": True, "count": 1})) == ["a"]
    assert ids(store.find(DONE_BY_TIME, limit=9, equals={"done": False, "count": 1})) == ["b"]
    assert ids(store.find(DONE_BY_TIME, limit=9, equals={"done": True, "count": 0})) == ["c"]
    assert ids(store.find(DONE_BY_TIME, limit=9, equals={"done": 1, "count": 1})) == []
    assert ids(store.find(DONE_BY_TIME, limit=9, equals={"done": True, "count": True})) == []


def test_other_collections_are_not_found(store):
    ticket = Ticket(
        id="t", psa="p", psa_id="1", number="1", title="", status="", created_at=NOON, updated_at=NOON, first_seen=NOON
    )
    store.commit([Create(ticket), Create(note("a"))])

    assert ids(store.find(BY_TIME, limit=9)) == ["a"]
    assert ids(store.find(queries.TICKETS, limit=9)) == ["t"]


@pytest.mark.parametrize("query", queries.ALL, ids=lambda query: query.name)
def test_every_question_of_the_code_is_answered(store, query):
    equals = dict.fromkeys(query.equals, "nothing")

    assert store.find(query, limit=9, equals=equals) == []
    assert store.find(query, limit=9, equals=equals, until=NOON) == []


def test_a_question_that_its_query_does_not_allow_is_a_mistake(store):
    for asked in (
        {"limit": 0},
        {"limit": 9, "equals": {"text": "x"}},
        {"limit": 9, "after": note("a", None)},
        {"limit": 9, "until": datetime(2026, 3, 2)},  # noqa: DTZ001 - guessing its zone is what must not happen
    ):
        with pytest.raises(ValueError):
            store.find(BY_TIME, **asked)
    with pytest.raises(ValueError):
        store.find(KIND_BY_TIME, limit=9)
