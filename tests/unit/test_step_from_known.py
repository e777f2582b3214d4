"""A step that starts from what is known saves the read, and is never fooled by what became old."""

from datetime import UTC, datetime

from shared.models.contact import Contact
from shared.ports import App, Create, Put
from shared.step import Decision, step
from tests.fakes.clock import VirtualClock
from tests.fakes.memory_store import MemoryStore
from tests.fakes.queue import RecordingQueue
from tests.functions.sending import settings

AT = datetime(2026, 3, 2, 14, 5, 11, tzinfo=UTC)


def bundle(store: MemoryStore) -> App:
    def nothing(*_: object) -> object:
        raise NotImplementedError

    return App(settings(), store, RecordingQueue(), VirtualClock(AT), nothing, nothing, nothing, nothing)


def add_a_reason(contact: Contact | None, _now: datetime) -> Decision[Contact]:
    assert contact is not None
    return Decision(contact.but(blocked_reason=contact.blocked_reason + "x"))


def test_each_step_hands_the_next_one_what_it_needs_to_know():
    store = MemoryStore()
    store.commit([Create(Contact(id="c"))])
    known = step(bundle(store), Contact, "c", add_a_reason).found
    known = step(bundle(store), Contact, "c", add_a_reason, known).found
    unchanged = step(bundle(store), Contact, "c", lambda contact, _now: Decision(contact), known).found

    assert unchanged == known
    assert known is not None
    assert (known.document.blocked_reason, store.gets) == ("xx", 1)


def test_what_became_old_is_read_again():
    store = MemoryStore()
    store.commit([Create(Contact(id="c"))])
    old = store.get(Contact, "c")
    assert old is not None
    store.commit([Put(old.document.but(blocked_reason="y"), old.version)])
    decision = step(bundle(store), Contact, "c", add_a_reason, old)

    assert decision.document is not None
    assert decision.document.blocked_reason == "yx"


def test_a_store_that_does_not_say_its_versions_costs_a_read_and_nothing_else():
    class Silent(MemoryStore):
        def commit(self, changes):
            super().commit(changes)

    store = Silent()
    store.commit([Create(Contact(id="c"))])
    decision = step(bundle(store), Contact, "c", add_a_reason)

    assert decision.found is None
    assert isinstance(step(bundle(store), Contact, "c", add_a_reason, decision.found).document, Contact)
    assert store.gets == 2
