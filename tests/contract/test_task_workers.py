"""Delivery in real time by threads: everything once, nothing held up, and nobody spins while there is nothing to do."""

import threading
import time
from collections import Counter
from datetime import timedelta

import pytest

from shared.adapters import task_workers
from shared.adapters.embedded_queue import EmbeddedQueue
from shared.adapters.queueing.settings import QueueSettings
from shared.adapters.task_workers import LONGEST_WAIT_SECONDS, TaskWorkers
from shared.errors import QueueUnavailable
from shared.ports import Task
from shared.wiring import SystemClock

PATIENCE = 20


@pytest.fixture
def queue(tmp_path):
    settings = {
        "send_message": QueueSettings(max_concurrent=2, min_backoff=timedelta(milliseconds=20), max_attempts=3),
    }
    return EmbeddedQueue(tmp_path / "queue.sqlite3", SystemClock(), settings, durable=False)


def a_task(name: str, function: str = "psa_fetch", after: float = 0.0) -> Task:
    return Task(function, name, {"id": name}, SystemClock().now() + timedelta(seconds=after))


class Called:
    """Counts calls, and says when as many came as were expected."""

    def __init__(self, expected: int) -> None:
        self.names = Counter()
        self.all = threading.Event()
        self._expected = expected
        self._lock = threading.Lock()

    def __call__(self, function, body, headers):
        with self._lock:
            self.names[headers["X-CloudTasks-TaskName"]] += 1
            if self.names.total() == self._expected:
                self.all.set()
        return 200, None


def test_threads_deliver_everything_once(queue):
    called = Called(300)
    for number in range(150):
        queue.put(a_task(f"before-{number}"))
    with TaskWorkers(queue, called, SystemClock(), threads=6):
        for number in range(150):
            queue.put(a_task(f"while-{number}"))
        assert called.all.wait(PATIENCE)

    assert set(called.names.values()) == {1}
    assert len(called.names) == 300
    assert queue.pending_count() == 0


def test_a_task_of_the_near_future_comes_at_its_time(queue):
    called = Called(1)
    task = a_task("soon", after=0.15)
    with TaskWorkers(queue, called, SystemClock()):
        queue.put(task)
        assert called.all.wait(PATIENCE)
        late = (SystemClock().now() - task.at).total_seconds()

    assert 0 <= late < LONGEST_WAIT_SECONDS


def test_what_another_process_puts_is_seen_soon(queue, tmp_path):
    called = Called(1)
    another = EmbeddedQueue(tmp_path / "queue.sqlite3", SystemClock(), durable=False)
    with TaskWorkers(queue, called, SystemClock()):
        queue.put(a_task("far", after=3600))
        another.put(a_task("near"))
        started = time.monotonic()
        assert called.all.wait(PATIENCE)
        waited = time.monotonic() - started

    assert called.names == {"near": 1}
    assert waited < LONGEST_WAIT_SECONDS + 1


def test_idle_workers_wait_and_do_not_spin(queue, monkeypatch):
    looks, waits, enough = [], [], threading.Event()
    next_due, wait = queue.next_due, queue.signal.wait

    def noted_wait(seen, seconds):
        waits.append(seconds)
        if len(waits) == 6:
            enough.set()
        wait(seen, seconds)

    queue.put(a_task("far", after=3600))
    monkeypatch.setattr(queue, "next_due", lambda: looks.append(1) or next_due())
    monkeypatch.setattr(queue.signal, "wait", noted_wait)
    with TaskWorkers(queue, Called(1), SystemClock(), threads=4):
        assert enough.wait(PATIENCE)

    assert set(waits) == {LONGEST_WAIT_SECONDS}
    assert len(looks) == len(waits)


def test_a_put_of_the_same_process_wakes_a_worker_at_once(queue, monkeypatch):
    monkeypatch.setattr(task_workers, "LONGEST_WAIT_SECONDS", PATIENCE + 40)
    waits, called = threading.Semaphore(0), Called(1)
    wait = queue.signal.wait
    monkeypatch.setattr(queue.signal, "wait", lambda seen, seconds: (waits.release(), wait(seen, seconds)))
    with TaskWorkers(queue, called, SystemClock(), threads=2):
        assert waits.acquire(timeout=PATIENCE)
        assert waits.acquire(timeout=PATIENCE)
        queue.put(a_task("now"))
        assert called.all.wait(PATIENCE)


def test_a_slow_queue_does_not_hold_up_the_others(queue):
    release, others = threading.Event(), Called(20)

    def call(function, body, headers):
        if function == "send_message":
            release.wait(PATIENCE)
            return 200, None
        return others(function, body, headers)

    for number in range(10):
        queue.put(a_task(f"slow-{number}", "send_message"))
    for number in range(20):
        queue.put(a_task(f"quick-{number}"))
    with TaskWorkers(queue, call, SystemClock(), threads=4):
        assert others.all.wait(PATIENCE)
        release.set()


def test_a_call_that_breaks_is_logged_tried_again_and_ends_no_worker(queue, caplog):
    good = Called(1)
    broke = threading.Event()

    def call(function, body, headers):
        if headers["X-CloudTasks-TaskName"] == "bad":
            if headers["X-CloudTasks-TaskRetryCount"] == "2":
                broke.set()
            raise KeyError("a bug")
        return good(function, body, headers)

    queue.put(a_task("bad", "send_message"))
    with TaskWorkers(queue, call, SystemClock(), threads=1):
        assert broke.wait(PATIENCE)
        queue.put(a_task("good"))
        assert good.all.wait(PATIENCE)

    [letter] = queue.dead_letters(10)
    assert (letter.name, letter.reason) == ("bad", "no answer: KeyError")
    assert "a delivery broke" in caplog.text


def test_workers_live_through_an_outage_of_the_queue(queue, monkeypatch, caplog):
    called, take, outages = Called(1), queue.take, iter([1, 1])

    def unwell(now):
        if next(outages, None):
            queue.signal.changed()  # so that the workers look again at once
            raise QueueUnavailable("the disk is full")
        return take(now)

    monkeypatch.setattr(queue, "take", unwell)
    queue.put(a_task("patient"))
    with TaskWorkers(queue, called, SystemClock(), threads=1):
        assert called.all.wait(PATIENCE)

    assert caplog.text.count("the queue does not answer") == 2


def test_a_task_that_could_not_be_settled_waits_for_its_lease(queue, monkeypatch, caplog):
    called, done = Called(1), queue.done

    def unwell(leased):
        monkeypatch.setattr(queue, "done", done)
        raise QueueUnavailable("the disk is full")

    monkeypatch.setattr(queue, "done", unwell)
    queue.put(a_task("settled-late"))
    with TaskWorkers(queue, called, SystemClock(), threads=1):
        assert called.all.wait(PATIENCE)

    assert queue.next_due() > SystemClock().now() + timedelta(minutes=5)
    assert "a delivery broke" not in caplog.text


def test_stopping_ends_the_calls_under_way_and_leaves_the_rest(queue):
    under_way, release = threading.Event(), threading.Event()

    def call(function, body, headers):
        under_way.set()
        release.wait(PATIENCE)
        return 200, None

    for number in range(3):
        queue.put(a_task(f"t-{number}"))
    workers = TaskWorkers(queue, call, SystemClock(), threads=1)
    workers.start()
    assert under_way.wait(PATIENCE)
    stopper = threading.Thread(target=workers.stop)
    stopper.start()
    workers._stopping.wait(PATIENCE)
    release.set()
    stopper.join()

    assert queue.pending_count() == 2
