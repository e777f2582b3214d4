"""Outages: Firestore is frozen, unreachable, or the line is cut. Every call ends in time, and work goes on afterwards."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.adapters.firestore_store import FirestoreStore
from shared.adapters.storing.firestore_connection import open_client
from shared.errors import StoreUnavailable
from shared.ports import Create
from tests.contract.stores import BY_TIME, FirestoreKeeping, Note
from tests.tcp_proxy import TcpProxy

pytestmark = pytest.mark.emulator

GET, COMMIT, FIND = 1.0, 2.0, 5.5  # seconds


@pytest.fixture
def keeping(emulator):
    return FirestoreKeeping(emulator)


@pytest.fixture
def proxy(emulator):
    proxy = TcpProxy(emulator.host)
    yield proxy
    proxy.close()


@pytest.fixture
def through_proxy(keeping, proxy):
    store = FirestoreStore(keeping.project, emulator_host=proxy.host)
    store.get(Note, "nothing")  # the line is up
    return store


def seconds_to_fail(call) -> float:
    started = time.monotonic()
    with pytest.raises(StoreUnavailable):
        call()
    return time.monotonic() - started


def seconds_to_answer(call, at_most: float) -> float:
    """Call until there is an answer; each try that fails takes its own time."""
    started = time.monotonic()
    while True:
        try:
            call()
        except StoreUnavailable:
            assert time.monotonic() - started < at_most
        else:
            return time.monotonic() - started


def test_a_frozen_store_is_answered_for_in_time_and_works_again_when_it_thaws(keeping):
    if not keeping.emulator.is_ours:
        pytest.skip("only an emulator of our own can be frozen")
    store = keeping.store
    store.commit([Create(Note(id="kept"))])

    with keeping.emulator.frozen():
        assert seconds_to_fail(lambda: store.get(Note, "kept")) < GET
        assert seconds_to_fail(lambda: store.commit([Create(Note(id="n1"))])) < COMMIT
        assert seconds_to_fail(lambda: store.find(BY_TIME, limit=1)) < FIND

    seconds_to_answer(lambda: store.get(Note, "kept"), at_most=5)
    assert store.get(Note, "kept").document == Note(id="kept")
    store.commit([Create(Note(id="n2"))])


def test_sixteen_callers_of_a_frozen_store_are_all_answered_in_time(keeping):
    if not keeping.emulator.is_ours:
        pytest.skip("only an emulator of our own can be frozen")
    keeping.store.get(Note, "nothing")
    before = threading.active_count()

    with keeping.emulator.frozen(), ThreadPoolExecutor(16) as pool:
        calls = [pool.submit(seconds_to_fail, lambda: keeping.store.get(Note, "n1")) for _ in range(16)]
        assert max(call.result() for call in calls) < GET + 0.5  # sixteen threads on few cores

    assert threading.active_count() <= before + 2


def test_a_store_that_takes_no_call_is_noticed_at_once_and_works_again_when_it_does(through_proxy, proxy):
    proxy.refuse()
    assert seconds_to_fail(lambda: through_proxy.get(Note, "n1")) < GET
    assert seconds_to_fail(lambda: through_proxy.commit([Create(Note(id="n1"))])) < COMMIT

    proxy.accept_again()

    assert seconds_to_answer(lambda: through_proxy.commit([Create(Note(id="n1"))]), at_most=5) < 3


def test_a_store_that_never_answers_a_first_call_is_left_in_time(keeping, proxy):
    proxy.hold_answers()
    store = FirestoreStore(keeping.project, emulator_host=proxy.host)

    assert seconds_to_fail(lambda: store.get(Note, "n1")) < GET
    assert seconds_to_fail(lambda: store.commit([Create(Note(id="n1"))])) < COMMIT

    proxy.cut()
    seconds_to_answer(lambda: store.get(Note, "n1"), at_most=5)


def test_a_line_cut_before_the_answer_is_made_anew_and_the_commit_is_recognised(keeping, through_proxy, proxy):
    proxy.hold_answers()

    with ThreadPoolExecutor(1) as pool:
        commit = pool.submit(through_proxy.commit, [Create(Note(id="n1", text="mine"))])
        end = time.monotonic() + 5
        while keeping.read("notes", "n1") is None:
            assert time.monotonic() < end
        proxy.cut()
        [version] = commit.result()

    assert keeping.store.get(Note, "n1").version == version


def test_a_read_on_a_cut_line_is_asked_again(keeping, through_proxy, proxy):
    keeping.store.commit([Create(Note(id="n1"))])

    proxy.cut()

    assert through_proxy.get(Note, "n1").document == Note(id="n1")


def test_a_line_on_which_nothing_works_any_more_is_given_up_for_a_new_one(keeping, emulator, proxy):
    lines = []

    def open_line():
        lines.append(open_client(emulator.host if lines else proxy.host))
        return lines[-1]

    store = FirestoreStore(keeping.project, emulator_host=proxy.host, open_line=open_line, patience=1.0)
    store.get(Note, "nothing")
    proxy.hold_answers()

    seconds_to_fail(lambda: store.get(Note, "n1"))
    assert len(lines) == 1
    assert seconds_to_answer(lambda: store.get(Note, "n1"), at_most=5) < 3
    assert len(lines) == 2
