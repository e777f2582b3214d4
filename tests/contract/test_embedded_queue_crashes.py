"""What the embedded queue keeps when processes die, restart and compete for one file."""

import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from shared.adapters.embedded_queue import EmbeddedQueue
from shared.adapters.queueing.settings import QueueSettings
from shared.adapters.task_delivery import deliver_due
from tests.contract.queue_lines import EmbeddedLine
from tests.contract.queue_trial import QUEUES, START, a_task
from tests.fakes.clock import VirtualClock

ROOT = Path(__file__).parents[2]
LEASE = QueueSettings().lease


@pytest.fixture
def line(tmp_path):
    return EmbeddedLine(tmp_path)


@contextmanager
def another_process(folder, job):
    command = [sys.executable, "-m", "tests.contract.queue_worker", folder / "queue.sqlite3", START.isoformat(), job]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def names(line) -> list[str]:
    return [delivery.name for delivery in line.functions.deliveries]


def test_the_task_of_a_killed_worker_comes_again_when_its_lease_ends(line, tmp_path):
    line.queue.put(a_task())
    with another_process(tmp_path, "hold") as worker:
        assert worker.stdout.readline().strip() == "alarm-1-g0"
        worker.kill()
        worker.wait()

    line.deliver(LEASE.total_seconds() - 1)
    assert names(line) == []

    line.deliver(LEASE.total_seconds())
    assert names(line) == ["alarm-1-g0"]
    assert line.functions.deliveries[0].headers["X-CloudTasks-TaskRetryCount"] == "1"
    assert line.functions.deliveries[0].headers["X-CloudTasks-TaskExecutionCount"] == "0"


def test_while_a_worker_lives_its_task_is_nobody_elses(line, tmp_path):
    line.queue.put(a_task("held"))
    line.queue.put(a_task("free"))
    with another_process(tmp_path, "hold") as worker:
        assert worker.stdout.readline().strip() == "held"

        line.deliver(60)

        assert names(line) == ["free"]


def test_a_task_that_kills_every_worker_is_given_up(line):
    line.queue.put(a_task())
    for attempt in range(QUEUES["send_message"].max_attempts):
        assert line.queue.take(START + attempt * LEASE) is not None

    line.deliver(86_400)

    assert names(line) == []
    [letter] = line.queue.dead_letters(10)
    assert (letter.name, letter.reason, letter.attempts) == ("alarm-1-g0", "the worker died", 4)


def test_every_put_that_was_accepted_survives_kill_9(line, tmp_path):
    with another_process(tmp_path, "fill") as writer:
        accepted = [writer.stdout.readline().strip() for _ in range(300)]
        writer.kill()
        accepted += writer.stdout.read().split()

    line.deliver(1)

    delivered = names(line)
    assert len(accepted) >= 300
    assert set(accepted) <= set(delivered)
    assert len(delivered) == len(set(delivered)) <= len(accepted) + 1


def test_two_processes_never_hold_one_task(line, tmp_path):
    for number in range(1_000):
        line.queue.put(a_task(f"alarm-{number}-g0"))
    with another_process(tmp_path, "drain") as first, another_process(tmp_path, "drain") as second:
        both = (first, second)
        for process in both:
            assert process.stdout.readline().strip() == "ready"
        for process in both:
            process.stdin.write("go\n")
            process.stdin.flush()
        taken = [process.stdout.read().split() for process in both]
        assert [process.wait() for process in both] == [0, 0]

    assert sorted(taken[0] + taken[1]) == sorted(f"alarm-{number}-g0" for number in range(1_000))
    assert all(taken)


def test_a_new_file_can_be_opened_by_many_at_once(tmp_path):
    command = (
        "from tests.contract.queue_trial import *; from shared.adapters.embedded_queue import EmbeddedQueue\n"
        "EmbeddedQueue('queue.sqlite3', VirtualClock(START)).put(a_task('t-%s'))"
    )
    many = [
        subprocess.Popen([sys.executable, "-c", command % number], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)})
        for number in range(6)
    ]

    assert [process.wait() for process in many] == [0] * 6
    assert EmbeddedLine(tmp_path).queue.pending_count() == 6


def test_a_restart_keeps_everything(tmp_path):
    before = EmbeddedLine(tmp_path)
    before.functions.decide = lambda delivery: ({"ends": 200, "dies": 500, "fails": 500}[delivery.name], None)
    for name, after in [("ends", 0), ("dies", 0), ("fails", 1795), ("waits", 7200)]:
        before.queue.put(a_task(name, after))
    before.deliver(1800)
    before.close()

    after = EmbeddedLine(tmp_path)
    after.clock.move_to(before.clock.now())
    for name in ("ends", "dies", "fails", "waits"):
        after.queue.put(a_task(name, after=1800))
    after.deliver(7200)

    assert [(d.name, d.seconds) for d in after.functions.deliveries] == [("fails", 1805.0), ("waits", 7200.0)]
    assert after.functions.deliveries[0].headers["X-CloudTasks-TaskRetryCount"] == "1"
    assert [letter.name for letter in after.queue.dead_letters(10)] == ["dies"]


def test_restarts_do_not_make_a_queue_faster(tmp_path):
    clock, moments = VirtualClock(START), []

    def call(*_):
        moments.append((clock.now() - START).total_seconds())
        return 200, None

    for restart in range(50):
        queue = EmbeddedQueue(tmp_path / "q", clock, {"psa_fetch": QueueSettings(per_second=1)}, durable=False)
        queue.put(a_task(f"task-{restart}", function="psa_fetch"))
        deliver_due(queue, call, clock)
        queue.close()
        clock.pause(0.1)

    assert moments == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_a_clock_that_was_set_back_does_not_close_a_queue(tmp_path):
    settings = {"psa_fetch": QueueSettings(per_second=1)}
    wrong = EmbeddedQueue(tmp_path / "q", VirtualClock(START + timedelta(days=20)), settings)
    wrong.put(a_task("early", function="psa_fetch"))
    assert wrong.take(START + timedelta(days=20))

    queue = EmbeddedQueue(tmp_path / "q", VirtualClock(START), settings)
    queue.put(a_task("now", function="psa_fetch"))

    assert queue.next_due() == START + timedelta(seconds=1)
