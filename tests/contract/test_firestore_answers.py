"""Lost answers: Firestore did it, or did not, and we were not told. What was asked is done once or not at all."""

from collections.abc import Callable, Iterable
from functools import partial

import pytest
from google.api_core import exceptions as google
from google.auth.exceptions import DefaultCredentialsError

from shared.adapters.firestore_store import FirestoreStore
from shared.adapters.storing.firestore_connection import open_client
from shared.errors import Conflict, StoreUnavailable
from shared.ports import Create, Delete, Put
from tests.contract.stores import FirestoreKeeping, Note

pytestmark = pytest.mark.emulator

DOUBTFUL = (
    google.DeadlineExceeded,
    google.ServiceUnavailable,
    google.Aborted,
    google.InternalServerError,
    google.Unknown,
    google.Cancelled,
    google.ResourceExhausted,
)
Mishap = Callable[[Callable[[], object]], object]


class UnreliableClient:
    """Google's client, but each commit meets the next of `commits`, and each read the next of `reads`.

    A mishap is given the true call, to make or not to make. When there are none left, all goes well.
    """

    def __init__(self, host: str, commits: Iterable[Mishap] = (), reads: Iterable[Mishap] = ()) -> None:
        client = open_client(host)
        self.calls: list[str] = []
        self.commit = self._troubled("commit", client.commit, commits)
        self.batch_get_documents = self._troubled("read", client.batch_get_documents, reads)
        self.run_query = self._troubled("find", client.run_query, ())

    def _troubled(self, name: str, true_call: Callable, mishaps: Iterable[Mishap]) -> Callable:
        waiting = iter(mishaps)

        def call(**asked) -> object:
            self.calls.append(name)
            assert asked["retry"] is None, "nothing repeats itself unasked"
            assert 0 < asked["timeout"] <= 5
            return next(waiting, well)(partial(true_call, **asked))

        return call


def well(call):
    return call()


def answer_lost(error: type[Exception]) -> Mishap:
    def mishap(call):
        call()
        raise error("lost on the way back")

    return mishap


def request_lost(error: type[Exception]) -> Mishap:
    def mishap(_):
        raise error("lost on the way")

    return mishap


@pytest.fixture
def keeping(emulator):
    return FirestoreKeeping(emulator)


@pytest.fixture
def unreliable(keeping):
    """Return a store on the same documents whose commits meet these mishaps, and its client."""

    def make(*mishaps: Mishap) -> tuple[FirestoreStore, UnreliableClient]:
        client = UnreliableClient(keeping.emulator.host, commits=mishaps)
        store = FirestoreStore(keeping.project, emulator_host=keeping.emulator.host, open_line=lambda: client)
        return store, client

    return make


@pytest.mark.parametrize("error", DOUBTFUL)
def test_a_commit_whose_answer_was_lost_is_recognised_as_done(keeping, unreliable, error):
    put, deleted = keeping.store.commit([Create(Note(id="put")), Create(Note(id="deleted"))])
    store, client = unreliable(answer_lost(error))

    versions = store.commit(
        [Create(Note(id="new")), Put(Note(id="put", text="2"), put), Delete(Note, "deleted", deleted)]
    )

    assert client.calls == ["commit", "read"]
    assert versions[:2] == [keeping.store.get(Note, name).version for name in ("new", "put")]
    assert keeping.read("notes", "put")["text"] == "2"
    assert keeping.read("notes", "deleted") is None


@pytest.mark.parametrize("error", DOUBTFUL)
def test_a_commit_that_was_lost_on_the_way_is_tried_once_more(keeping, unreliable, error):
    [version] = keeping.store.commit([Create(Note(id="put"))])
    store, client = unreliable(request_lost(error))

    store.commit([Create(Note(id="new")), Put(Note(id="put", text="2"), version)])

    assert client.calls == ["commit", "read", "commit"]
    assert keeping.read("notes", "new") is not None
    assert keeping.read("notes", "put")["text"] == "2"


def test_a_commit_that_arrives_late_meets_itself_and_is_recognised_as_done(keeping, unreliable):
    waiting = []

    def late(call):
        waiting.append(call)
        raise google.DeadlineExceeded("still on the way")

    def overtaken(call):
        waiting.pop()()
        return call()

    store, client = unreliable(late, overtaken)
    [version] = store.commit([Create(Note(id="n1", text="mine"))])

    assert client.calls == ["commit", "read", "commit", "read"]
    assert keeping.store.get(Note, "n1").version == version


def test_a_commit_that_is_lost_twice_is_given_up_and_said_to_be_in_doubt(keeping, unreliable):
    store, client = unreliable(*[request_lost(google.DeadlineExceeded)] * 2)

    with pytest.raises(StoreUnavailable):
        store.commit([Create(Note(id="n1"))])

    assert client.calls == ["commit", "read", "commit", "read"]
    assert keeping.read("notes", "n1") is None


def test_two_lost_answers_are_one_commit(keeping, unreliable):
    store, _ = unreliable(request_lost(google.ServiceUnavailable), answer_lost(google.DeadlineExceeded))

    [version] = store.commit([Create(Note(id="n1", text="mine"))])

    assert keeping.store.get(Note, "n1").version == version


def test_what_somebody_else_changed_after_the_lost_answer_is_a_conflict(keeping, unreliable):
    [version] = keeping.store.commit([Create(Note(id="n1"))])

    def answer_lost_and_then_changed(call):
        call()
        found = keeping.store.get(Note, "n1")
        keeping.store.commit([Put(found.document.but(text="theirs"), found.version)])
        raise google.DeadlineExceeded("lost on the way back")

    store, client = unreliable(answer_lost_and_then_changed)
    with pytest.raises(Conflict):
        store.commit([Put(Note(id="n1", text="mine"), version)])

    assert client.calls == ["commit", "read"]
    assert keeping.read("notes", "n1")["text"] == "theirs"


def test_a_race_lost_under_a_lost_answer_is_a_conflict(keeping, unreliable):
    def overtaken_and_lost(_):
        keeping.store.commit([Create(Note(id="n1", text="theirs"))])
        raise google.ServiceUnavailable("lost on the way")

    store, _ = unreliable(overtaken_and_lost)
    with pytest.raises(Conflict):
        store.commit([Create(Note(id="n1", text="mine")), Create(Note(id="other"))])

    assert keeping.read("notes", "other") is None


def test_a_commit_of_which_only_a_part_is_there_was_not_ours(keeping, unreliable):
    """Somebody else wrote one of the two, in the very same words."""

    def overtaken_and_lost(_):
        keeping.store.commit([Create(Note(id="n1", text="same"))])
        raise google.ServiceUnavailable("lost on the way")

    store, _ = unreliable(overtaken_and_lost)
    with pytest.raises(Conflict):
        store.commit([Create(Note(id="n1", text="same")), Create(Note(id="other"))])

    assert keeping.read("notes", "other") is None


def test_a_plain_no_is_believed_even_where_the_content_is_the_same(keeping, unreliable):
    """Two who claim the same with the same words: the second one did not win."""
    keeping.store.commit([Create(Note(id="n1", text="same"))])
    store, client = unreliable()

    with pytest.raises(Conflict):
        store.commit([Create(Note(id="n1", text="same"))])

    assert client.calls == ["commit"]


@pytest.mark.parametrize("error", [google.PermissionDenied, google.Unauthenticated])
def test_a_closed_door_is_not_knocked_at_twice(unreliable, error):
    store, client = unreliable(request_lost(error))

    with pytest.raises(StoreUnavailable, match=error.__name__):
        store.commit([Create(Note(id="n1"))])

    assert client.calls == ["commit"]


def test_a_machine_without_credentials_says_so(keeping):
    def open_line():
        raise DefaultCredentialsError("there are none")

    store = FirestoreStore("project", open_line=open_line)

    with pytest.raises(StoreUnavailable, match="DefaultCredentialsError: there are none"):
        store.get(Note, "n1")


def test_a_failure_now_and_then_is_read_again_and_keeps_the_line(keeping):
    failure = request_lost(google.ServiceUnavailable)
    client = UnreliableClient(keeping.emulator.host, reads=[failure, well] * 3 + [failure, failure])
    lines = []

    def open_line():
        lines.append(client)
        return client

    store = FirestoreStore(keeping.project, emulator_host=keeping.emulator.host, open_line=open_line, patience=0.0)
    for _ in range(3):
        assert store.get(Note, "n1") is None
    with pytest.raises(StoreUnavailable):
        store.get(Note, "n1")
    assert len(lines) == 1

    assert store.get(Note, "n1") is None
    assert len(lines) == 2
