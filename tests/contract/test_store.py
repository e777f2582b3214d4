"""What every store promises about single documents and about commits."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from shared.adapters.counting_store import CountingStore
from shared.errors import Conflict, NewerDocument, RefusedDocument, Retryable, UnreadableDocument
from shared.models.contact import Contact, Mailing
from shared.models.dead_letter import DeadLetter
from shared.models.ticket import Moment, Person, Ticket, TicketState
from shared.ports import Create, Delete, Put
from tests.contract.stores import BY_TIME, Note

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

TICKET = Ticket(
    id="ticket-1",
    psa="main",
    psa_id="4711",
    number="4711",
    title="Prïnter\u2028\x00 on fire 🔥 \"'\\",
    status="New",
    contact=Person(name="Zoë"),
    created_at=NOON,
    updated_at=NOON + timedelta(microseconds=1),
    first_seen=NOON,
    alarm_at=NOON + timedelta(hours=1),
    moments=(Moment(at=NOON, state=TicketState.NEW), Moment(at=NOON, state=TicketState.RESOLVED, owner="Rob")),
)


def test_what_was_created_comes_back_as_it_was(store):
    documents = [
        TICKET,
        Contact(id="contact-1", mailings=(Mailing(at=NOON, message="m", ticket="t"),), blocked_until=NOON),
        DeadLetter(id="dead-1", at=NOON, function="f", task="t", body={"a.b": "1", "c/d`": "2"}, reason="r"),
        Note(id="a.b_c:d-1", count=-(2**63), tags=("", "x")),
    ]

    store.commit([Create(document) for document in documents])

    assert [store.get(type(each), each.id).document for each in documents] == documents


def test_what_was_created_lies_there_for_everybody_to_read(keeping):
    keeping.store.commit([Create(TICKET)])

    assert keeping.read("tickets", "ticket-1") == TICKET.model_dump(mode="json")


def test_what_somebody_else_wrote_is_read(keeping):
    keeping.write("notes", "n1", {"id": "n1", "text": "by hand", "at": "2026-03-02T12:00:00.000000Z", "unknown": [1]})

    assert keeping.store.get(Note, "n1").document == Note(id="n1", text="by hand", at=NOON)


def test_what_is_not_there_is_none(store):
    assert store.get(Note, "nothing") is None


@pytest.mark.parametrize("never_an_id", ["", "a/b", "..", "ü", "a b", "-a", "a" * 201, "\ud800", "a\n"])
def test_what_can_never_be_there_is_none(store, never_an_id):
    assert store.get(Note, never_an_id) is None


def test_collections_do_not_mix(store):
    store.commit([Create(Note(id="same")), Create(Contact(id="same"))])

    assert store.get(Note, "same").document == Note(id="same")
    assert store.get(Contact, "same").document == Contact(id="same")


def test_what_exists_is_not_created_again(store):
    store.commit([Create(Note(id="n1", text="first"))])

    with pytest.raises(Conflict):
        store.commit([Create(Note(id="n1", text="second"))])

    assert store.get(Note, "n1").document.text == "first"


def test_of_sixteen_creators_at_once_one_wins(store):
    start = threading.Barrier(16)

    def create(text: str) -> str | None:
        start.wait()
        try:
            store.commit([Create(Note(id="n1", text=text))])
        except Conflict:
            return None
        return text

    with ThreadPoolExecutor(16) as pool:
        winners = [text for text in pool.map(create, map(str, range(16))) if text is not None]

    assert [store.get(Note, "n1").document.text] == winners


def test_of_sixteen_creators_of_the_very_same_one_wins(store):
    start = threading.Barrier(16)

    def create(_: int) -> bool:
        start.wait()
        try:
            store.commit([Create(Note(id="n1"))])
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(create, range(16))) == 1


def test_a_put_replaces_all_of_the_document(keeping):
    store = keeping.store
    keeping.write("notes", "n1", {"id": "n1", "text": "old", "tags": ["a"], "left_over": "x"})

    found = store.get(Note, "n1")
    store.commit([Put(found.document.but(text="new", tags=()), found.version)])

    assert keeping.read("notes", "n1") == Note(id="n1", text="new").model_dump(mode="json")


def test_a_commit_returns_the_versions_that_it_made(store):
    [version] = store.commit([Create(Note(id="n1"))])
    assert store.get(Note, "n1").version == version

    [second, other] = store.commit([Put(Note(id="n1", text="2"), version), Create(Note(id="n2"))])
    assert [store.get(Note, "n1").version, store.get(Note, "n2").version] == [second, other]

    store.commit([Put(Note(id="n1", text="3"), second), Delete(Note, "n2", other)])
    assert store.get(Note, "n1").document.text == "3"


def test_a_stale_put_conflicts_and_nothing_of_its_commit_is_written(store):
    [first, kept] = store.commit([Create(Note(id="n1")), Create(Note(id="kept"))])
    store.commit([Put(Note(id="n1", text="newer"), first)])

    for changes in (
        [Create(Note(id="other")), Put(Note(id="n1", text="stale"), first)],
        [Put(Note(id="n1", text="stale"), first), Create(Note(id="other"))],
        [Delete(Note, "kept", kept), Put(Note(id="n1", text="stale"), first)],
        [Delete(Note, "n1", first), Create(Note(id="other"))],
        [Put(Note(id="kept", text="changed"), kept), Create(Note(id="n1"))],
    ):
        with pytest.raises(Conflict):
            store.commit(changes)

    assert store.get(Note, "n1").document.text == "newer"
    assert store.get(Note, "kept").document.text == ""
    assert store.get(Note, "other") is None


def test_what_was_deleted_is_gone_and_cannot_be_put_or_deleted(store):
    [version] = store.commit([Create(Note(id="n1"))])

    store.commit([Delete(Note, "n1", version)])

    assert store.get(Note, "n1") is None
    for change in (Put(Note(id="n1"), version), Delete(Note, "n1", version)):
        with pytest.raises(Conflict):
            store.commit([change])
    assert store.get(Note, "n1") is None


def test_what_was_made_anew_does_not_answer_to_its_former_version(store):
    [former] = store.commit([Create(Note(id="n1", text="former"))])
    store.commit([Delete(Note, "n1", former)])
    store.commit([Create(Note(id="n1", text="anew"))])

    for change in (Put(Note(id="n1", text="stale"), former), Delete(Note, "n1", former)):
        with pytest.raises(Conflict):
            store.commit([change])

    assert store.get(Note, "n1").document.text == "anew"


def test_a_put_that_changes_nothing_leaves_the_version(store):
    [version] = store.commit([Create(Note(id="n1", text="same"))])

    assert store.commit([Put(Note(id="n1", text="same"), version)]) == [version]
    assert store.get(Note, "n1").version == version


def test_counting_together_counts_exactly(store):
    store.commit([Create(Note(id="n1"))])

    def count(_: int) -> int:
        conflicts = 0
        while True:
            found = store.get(Note, "n1")
            try:
                store.commit([Put(found.document.but(count=found.document.count + 1), found.version)])
            except Conflict:
                conflicts += 1
            else:
                return conflicts

    with ThreadPoolExecutor(6) as pool:
        conflicts = sum(pool.map(count, range(30)))

    assert store.get(Note, "n1").document.count == 30, f"after {conflicts} conflicts"


def test_the_same_document_twice_in_one_commit_is_refused(store):
    with pytest.raises(RefusedDocument):
        store.commit([Create(Note(id="n1")), Create(Note(id="n1", text="other"))])

    assert store.get(Note, "n1") is None


def test_an_empty_commit_is_done(store):
    assert list(store.commit([])) == []


class NoteOfTomorrow(Note):
    current_schema = 3

    colour: str = "red"


def test_an_older_form_is_read_and_written_as_the_form_of_today(keeping):
    keeping.write("notes", "n1", {"id": "n1", "schema_version": 2, "text": "old"})

    found = keeping.store.get(NoteOfTomorrow, "n1")
    keeping.store.commit([Put(found.document.but(text="new"), found.version)])

    assert keeping.read("notes", "n1")["schema_version"] == 3


@pytest.mark.parametrize("body", [{"text": "new"}, {"text": {"a": "form of its own"}}])
def test_a_newer_form_is_left_alone(keeping, body):
    newer = {"id": "n1", "schema_version": 2, "at": "2026-03-02T12:00:00.000000Z", **body}
    keeping.write("notes", "n1", newer)

    with pytest.raises(NewerDocument) as error:
        keeping.store.get(Note, "n1")
    with pytest.raises(NewerDocument):
        keeping.store.find(BY_TIME, limit=10)
    with pytest.raises(Conflict):
        keeping.store.commit([Create(Note(id="n1"))])

    assert isinstance(error.value, Retryable)
    assert keeping.read("notes", "n1") == newer


def test_what_does_not_fit_its_model_is_named_and_nothing_of_it_is_told(keeping):
    keeping.write("notes", "n1", {"id": "n1", "text": {"a person's": "secret"}, "count": "many"})

    with pytest.raises(UnreadableDocument) as error:
        keeping.store.get(Note, "n1")

    assert str(error.value) == "notes n1: text: string_type; count: int_parsing"
    assert error.value.__cause__ is None


def test_what_was_asked_for_is_counted(store):
    counting = CountingStore(store)

    [version] = counting.commit([Create(Note(id="n1", at=NOON))])
    counting.commit([Put(Note(id="n1", at=NOON, text="2"), version), Create(Note(id="n2", at=NOON))])
    with pytest.raises(Conflict):
        counting.commit([Create(Note(id="n1"))])
    counting.get(Note, "n1")
    counting.get(Note, "nothing")
    counting.find(BY_TIME, limit=5)

    assert (counting.writes, counting.reads, counting.found) == (3, 2, 2)
