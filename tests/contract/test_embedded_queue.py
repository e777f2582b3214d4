"""What only the embedded queue has: leases, dead letters that a person can read and replay, limits across workers."""

import sqlite3
from datetime import timedelta

import pytest

from shared.adapters.embedded_queue import DEAD_KEPT, NAMES_KEPT, EmbeddedQueue
from shared.adapters.queueing.settings import QueueSettings
from shared.adapters.task_delivery import deliver_due
from shared.errors import QueueUnavailable
from tests.contract.queue_lines import EmbeddedLine
from tests.contract.queue_trial import START, a_task
from tests.fakes.clock import VirtualClock

LEASE = QueueSettings().lease


@pytest.fixture
def line(tmp_path):
    return EmbeddedLine(tmp_path)


@pytest.fixture
def clock():
    return VirtualClock(START)


def test_an_empty_queue_has_nothing_due(line):
    assert line.queue.next_due() is None
    assert line.queue.take(START) is None
    assert line.queue.pending_count() == 0


def test_what_is_leased_is_due_again_when_the_lease_ends(line):
    line.queue.put(a_task())
    line.queue.take(START)

    assert line.queue.next_due() == START + LEASE
    assert line.queue.take(START + LEASE - timedelta(microseconds=1)) is None
    assert line.queue.take(START + LEASE).retry_count == 1


def test_a_worker_that_was_too_slow_can_settle_nothing_any_more(line):
    line.queue.put(a_task())
    slow = line.queue.take(START)
    line.clock.move_to(START + LEASE)
    other = line.queue.take(line.clock.now())

    assert not line.queue.done(slow)
    assert not line.queue.retry_later(slow, "answered 500")
    assert not line.queue.bury(slow, "answered 500")
    assert line.queue.pending_count() == 1
    assert line.queue.done(other)
    assert not line.queue.done(other)


def test_a_dead_letter_says_what_it_was_and_why(line):
    line.functions.answers = [(500, None), (500, None), (500, None), (403, None)]
    line.queue.put(a_task(id="ticket-1"))

    line.deliver(3600)

    [letter] = line.queue.dead_letters(10)
    assert (letter.function, letter.name, letter.body) == ("send_message", "alarm-1-g0", b'{"id":"ticket-1"}')
    assert (letter.reason, letter.attempts) == ("answered 403", 4)
    assert letter.died_at == START + timedelta(seconds=70)
    assert line.queue.pending_count() == 0


def test_a_replayed_task_has_all_its_attempts_again(line):
    line.functions.answers = [(500, None)] * 5
    line.queue.put(a_task())
    line.deliver(3600)

    assert line.queue.replay("alarm-1-g0")
    line.deliver(7200)

    retries = [delivery.headers["X-CloudTasks-TaskRetryCount"] for delivery in line.functions.deliveries]
    assert retries == ["0", "1", "2", "3", "0", "1"]
    assert line.queue.dead_letters(10) == []
    assert not line.queue.replay("alarm-1-g0")
    assert not line.queue.replay("never-heard-of")


def test_dead_letters_come_oldest_first_and_not_all_at_once(line):
    for number in range(5):
        line.queue.put(a_task(f"t-{number}"))
        line.queue.bury(line.queue.take(START), "by hand")

    assert [letter.name for letter in line.queue.dead_letters(3)] == ["t-0", "t-1", "t-2"]


def test_a_queue_never_has_more_calls_under_way_than_it_may(tmp_path, clock):
    queue = EmbeddedQueue(tmp_path / "q", clock, {"send_message": QueueSettings(max_concurrent=2)}, durable=False)
    for number in range(4):
        queue.put(a_task(f"mail-{number}"))
    queue.put(a_task("other", function="psa_fetch", after=1))
    clock.move_to(START + timedelta(seconds=1))

    under_way = [queue.take(clock.now()) for _ in range(4)]

    assert [leased.name if leased else None for leased in under_way] == ["mail-0", "mail-1", "other", None]
    assert queue.next_due() == START + timedelta(seconds=1) + LEASE
    queue.done(under_way[0])
    assert queue.next_due() <= clock.now()
    assert queue.take(clock.now()).name == "mail-2"
    queue.retry_later(under_way[1], "answered 500")
    assert queue.take(clock.now()).name == "mail-3"


def test_dead_workers_give_their_places_back(tmp_path, clock):
    queue = EmbeddedQueue(tmp_path / "q", clock, {"send_message": QueueSettings(max_concurrent=1)}, durable=False)
    queue.put(a_task("first"))
    queue.put(a_task("second"))
    queue.take(clock.now())

    moments = []
    deliver_due(queue, lambda *_: moments.append(clock.now()) or (200, None), clock, START + timedelta(hours=1))

    assert moments == [START + LEASE, START + LEASE]


def test_limits_hold_for_processes_that_were_not_told_them(tmp_path, clock):
    settings = {"send_message": QueueSettings(max_concurrent=1)}
    queue = EmbeddedQueue(tmp_path / "q", clock, settings, durable=False)
    EmbeddedQueue(tmp_path / "q", clock, durable=False).put(a_task("first"))
    EmbeddedQueue(tmp_path / "q", clock, durable=False).put(a_task("second"))

    assert queue.take(START).name == "first"
    assert queue.take(START) is None


def rows(tmp_path) -> int:
    with sqlite3.connect(tmp_path / "queue.sqlite3") as connection:
        return connection.execute("SELECT count(*) FROM tasks").fetchone()[0]


def test_what_is_done_is_forgotten_and_the_table_does_not_grow(line, tmp_path):
    waiting_long = 500
    for number in range(waiting_long):
        line.queue.put(a_task(f"far-{number}", after=86_400 * 20))
    for number in range(6_000):
        line.clock.pause(10)
        line.queue.put(a_task(f"t-{number}"))
        line.queue.done(line.queue.take(line.clock.now()))

    in_an_hour = NAMES_KEPT // timedelta(seconds=10)
    assert rows(tmp_path) < (waiting_long + in_an_hour) * 1.5
    assert line.queue.pending_count() == waiting_long


def test_a_dead_letter_is_kept_for_a_month(line, tmp_path):
    line.queue.put(a_task("dead"))
    line.queue.bury(line.queue.take(START), "by hand")
    for days, kept in [(29, 1), (31, 0)]:
        line.clock.move_to(START + timedelta(days=days))
        for number in range(300):
            line.queue.put(a_task(f"t-{days}-{number}"))
            line.queue.done(line.queue.take(line.clock.now()))
        assert len(line.queue.dead_letters(10)) == kept
    assert timedelta(days=30) == DEAD_KEPT


def test_a_locked_file_is_an_unavailable_queue_and_nothing_is_half_done(line, tmp_path):
    line.queue.put(a_task())
    impatient = EmbeddedQueue(tmp_path / "queue.sqlite3", line.clock, durable=False, busy_seconds=0.01)
    with sqlite3.connect(tmp_path / "queue.sqlite3", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        for call in (lambda: impatient.put(a_task("new")), lambda: impatient.take(START)):
            with pytest.raises(QueueUnavailable):
                call()
        assert impatient.next_due() == START
        other.execute("ROLLBACK")

    assert impatient.take(START).retry_count == 0
    assert impatient.take(START) is None


def test_a_full_disk_is_an_unavailable_queue(line):
    def put_many():
        for number in range(1_000):
            line.queue.put(a_task(f"t-{number}", text="x" * 1_000))

    connection = line.queue._file.connection()
    connection.execute("PRAGMA max_page_count = 20")
    with pytest.raises(QueueUnavailable, match="full"):
        put_many()

    accepted = line.queue.pending_count()
    connection.execute("PRAGMA max_page_count = 100000")
    line.queue.put(a_task("after"))
    assert line.queue.pending_count() == accepted + 1


def test_a_place_that_is_no_file_is_an_unavailable_queue(tmp_path, clock):
    with pytest.raises(QueueUnavailable):
        EmbeddedQueue(tmp_path / "no" / "such" / "folder" / "q", clock)


def test_a_file_of_something_else_is_an_unavailable_queue(tmp_path, clock):
    (tmp_path / "q").write_bytes(b"%PDF-1.7 " * 1_000)

    with pytest.raises(QueueUnavailable, match="NOTADB"):
        EmbeddedQueue(tmp_path / "q", clock)


def test_a_wrong_statement_is_a_bug_and_not_an_outage(line):
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        line.queue._file.run("DELETE FROM nowhere")


@pytest.mark.parametrize(("durable", "level"), [(True, 2), (False, 1)])
def test_durable_waits_for_the_disk(tmp_path, clock, durable, level):
    queue = EmbeddedQueue(tmp_path / "q", clock, durable=durable)

    assert queue._file.connection().execute("PRAGMA synchronous").fetchone() == (level,)
    assert queue._file.connection().execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_broken_delivery_passes_through_and_the_task_comes_again(line):
    def bug(_delivery):
        line.functions.decide = None
        raise KeyError("a bug")

    line.functions.decide = bug
    line.queue.put(a_task())
    with pytest.raises(KeyError):
        line.deliver(0)

    line.deliver(3600)

    assert [delivery.at for delivery in line.functions.deliveries] == [START, START + LEASE]


def test_taking_looks_at_a_few_rows_only_however_long_the_backlog(line):
    connection = line.queue._file.connection()
    for number in range(3_000):
        line.queue.put(a_task(f"t-{number}", function="psa_fetch"))
    line.queue.take(START)  # two a second: closed now
    line.queue.put(a_task("open", after=0))
    steps = []
    connection.set_progress_handler(lambda: steps.append(1) and None, 100)

    assert line.queue.take(START).name == "open"
    assert line.queue.take(START) is None
    assert line.queue.next_due() == START + timedelta(seconds=0.5)

    connection.set_progress_handler(None, 0)
    assert len(steps) * 100 < 1_500
