"""Each store against a dictionary: whatever is asked in whatever order, both say the same."""

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from shared.errors import Conflict
from shared.ports import Change, Create, Delete, Put
from tests.contract.stores import BY_TIME, KIND_BY_TIME, Keeping, Note

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
IDS = st.sampled_from(["a", "b", "c", "B", "b-1"])
KINDS = st.sampled_from(["x", "y"])
MOMENTS = st.none() | st.integers(0, 3).map(lambda seconds: NOON + timedelta(seconds=seconds))
NOTES = st.builds(
    Note, id=IDS, kind=KINDS, at=MOMENTS, text=st.text(max_size=3), count=st.integers(-(2**63), 2**63 - 1)
)


class Kept:
    """A document in the dictionary. Every change of it makes another one, so it is its own version."""

    def __init__(self, note: Note, version: object) -> None:
        self.note = note
        self.version = version


class StoreAndDictionary(RuleBasedStateMachine):
    keeping: Keeping  # one for all runs: each begins by clearing it

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, Kept] = {}
        self.former: dict[str, object] = {}

    @initialize()
    def begin_with_nothing(self) -> None:
        for name in ("a", "b", "c", "B", "b-1"):
            found = self.keeping.store.get(Note, name)
            if found:
                self.keeping.store.commit([Delete(Note, name, found.version)])

    @rule(notes=st.lists(NOTES, min_size=1, max_size=3, unique_by=lambda note: note.id), data=st.data())
    def commit(self, notes: list[Note], data: st.DataObject) -> None:
        changes = [data.draw(st.sampled_from(self._possible(note))) for note in notes]
        wins = all(self._matches(change) for change in changes)
        try:
            versions = self.keeping.store.commit(changes)
        except Conflict:
            assert not wins
        else:
            assert wins
            for change, version in zip(changes, versions, strict=True):
                self._apply(change, version)

    @rule(name=IDS)
    def get(self, name: str) -> None:
        found = self.keeping.store.get(Note, name)
        kept = self.kept.get(name)
        assert (found and (found.document, found.version)) == (kept and (kept.note, kept.version))

    @rule(limit=st.integers(1, 4), until=MOMENTS, kind=st.none() | KINDS)
    def find(self, limit: int, until: datetime | None, kind: str | None) -> None:
        found, page = [], None
        while page is None or len(page) == limit:
            after = found[-1].document if found else None
            query, equals = (BY_TIME, None) if kind is None else (KIND_BY_TIME, {"kind": kind})
            page = self.keeping.store.find(query, limit=limit, until=until, after=after, equals=equals)
            found += page
            assert len(found) <= len(self.kept), "the pages do not get on"
        expected = [
            kept
            for kept in self.kept.values()
            if kept.note.at is not None
            and (until is None or kept.note.at <= until)
            and (kind is None or kept.note.kind == kind)
        ]
        expected.sort(key=lambda kept: (kept.note.at, kept.note.id))
        assert [(each.document, each.version) for each in found] == [(each.note, each.version) for each in expected]

    @invariant()
    def what_lies_there_is_what_was_written(self) -> None:
        for name in ("a", "b-1"):
            kept = self.kept.get(name)
            assert self.keeping.read("notes", name) == (kept and kept.note.model_dump(mode="json"))

    def _possible(self, note: Note) -> list[Change]:
        kept, former = self.kept.get(note.id), self.former.get(note.id)
        changes: list[Change] = [Create(note)]
        if kept:
            changes += [Put(note, kept.version), Put(kept.note, kept.version), Delete(Note, note.id, kept.version)]
        if former:
            changes += [Put(note, former), Delete(Note, note.id, former)]
        return changes

    def _matches(self, change: Change) -> bool:
        if isinstance(change, Create):
            return change.document.id not in self.kept
        kept = self.kept.get(change.id if isinstance(change, Delete) else change.document.id)
        return kept is not None and kept.version == change.version

    def _apply(self, change: Change, version: object) -> None:
        name = change.id if isinstance(change, Delete) else change.document.id
        kept = self.kept.pop(name, None)
        if not isinstance(change, Delete):
            self.kept[name] = Kept(change.document, version)
        if kept and (isinstance(change, Delete) or kept.version != version):
            self.former[name] = kept.version


def test_a_store_and_a_dictionary_say_the_same(keeping):
    class Machine(StoreAndDictionary):
        pass

    Machine.keeping = keeping
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    limits = settings(max_examples=30, stateful_step_count=10, deadline=None, suppress_health_check=checks)
    run_state_machine_as_test(Machine, settings=limits)
