"""What every queue promises, proved on each: the embedded one, and Cloud Tasks through its stand-in."""

import json
from collections import Counter
from datetime import timedelta

import pytest

from shared.errors import RefusedTask
from shared.ports import Task
from tests.cloud_tasks_engine import Mischief
from tests.contract.queue_lines import CloudLine, EmbeddedLine
from tests.contract.queue_trial import START, a_task

LINES = {"embedded": EmbeddedLine, "cloud": CloudLine}


@pytest.fixture(params=LINES.values(), ids=LINES.keys())
def line(request, tmp_path):
    made = request.param(tmp_path)
    yield made
    made.close()


@pytest.fixture(params=LINES.values(), ids=LINES.keys())
def rough_line(request, tmp_path):
    mischief = Mischief(duplicates=0.3, delay=timedelta(minutes=5), shuffle=True, seed=7)
    made = request.param(tmp_path, mischief)
    yield made
    made.close()


def names(line) -> list[str]:
    return [delivery.name for delivery in line.functions.deliveries]


def seconds(line) -> list[float]:
    return [round(delivery.seconds, 1) for delivery in line.functions.deliveries]


def test_a_task_comes_at_its_time_and_not_before(line):
    line.queue.put(a_task(after=60))

    line.deliver(59.9)
    assert names(line) == []

    line.deliver(60)
    assert seconds(line) == [60.0]


def test_a_task_of_the_past_comes_at_once(line):
    line.queue.put(a_task(after=-3600))

    line.deliver(0)

    assert seconds(line) == [0.0]


def test_tasks_come_by_time_and_then_as_they_were_put(line):
    for name, after in [("d", 9), ("b", 5), ("c", 5), ("a", 1)]:
        line.queue.put(a_task(name, after))

    line.deliver(10)

    assert names(line) == ["a", "b", "c", "d"]


def test_a_finished_task_never_comes_again(line):
    line.queue.put(a_task())

    line.deliver(0)
    line.deliver(86_400)

    assert names(line) == ["alarm-1-g0"]


def test_putting_twice_is_one_delivery(line):
    line.queue.put(a_task(after=5))
    line.queue.put(a_task(after=7))

    line.deliver(60)

    assert seconds(line) == [5.0]


def test_a_name_is_remembered_after_its_delivery_and_free_again_after_an_hour(line):
    line.queue.put(a_task())
    line.deliver(0)

    line.queue.put(a_task(after=1))
    line.deliver(3599)
    assert len(names(line)) == 1

    line.deliver(3600)
    line.queue.put(a_task(after=3600))
    line.deliver(3601)
    assert len(names(line)) == 2


def test_the_same_name_for_two_functions_is_two_tasks(line):
    line.queue.put(a_task("same"))
    line.queue.put(a_task("same", function="psa_fetch"))

    line.deliver(1)

    assert sorted(delivery.function for delivery in line.functions.deliveries) == ["psa_fetch", "send_message"]


def test_a_task_put_by_a_delivery_comes_in_the_same_run(line):
    def put_another(delivery):
        if delivery.name == "first":
            line.queue.put(a_task("second", after=30))
        return 200, None

    line.functions.decide = put_another
    line.queue.put(a_task("first"))

    line.deliver(60)

    assert seconds(line) == [0.0, 30.0]


def test_the_headers_say_which_task_it_is(line):
    line.queue.put(a_task(after=2.5))

    line.deliver(5)

    headers = line.functions.deliveries[0].headers
    assert headers["Content-Type"] == "application/json"
    assert headers["X-CloudTasks-QueueName"] == "send-message"
    assert headers["X-CloudTasks-TaskName"] == "alarm-1-g0"
    assert headers["X-CloudTasks-TaskRetryCount"] == "0"
    assert headers["X-CloudTasks-TaskExecutionCount"] == "0"
    assert headers["X-CloudTasks-TaskETA"] == f"{START.timestamp() + 2.5:.6f}"


@pytest.mark.parametrize("status", [300, 302, 400, 404, 408, 500, 501, 503])
def test_only_a_2xx_ends_a_task(line, status):
    line.functions.answers = [(status, None), (204, None)]
    line.queue.put(a_task())

    line.deliver(60)

    assert seconds(line) == [0.0, 10.0]


def test_a_call_without_an_answer_is_a_failure(line):
    def break_off(_delivery):
        line.functions.decide = None
        raise ConnectionResetError

    line.functions.decide = break_off
    line.queue.put(a_task())

    line.deliver(60)

    assert seconds(line) == [0.0, 10.0]


def test_failures_are_repeated_after_growing_waits_and_counted(line):
    line.functions.answers = [(500, None), (404, None), (503, None)]
    line.queue.put(a_task())

    line.deliver(3600)

    assert seconds(line) == [0.0, 10.0, 30.0, 70.0]
    headers = [delivery.headers for delivery in line.functions.deliveries]
    assert [h["X-CloudTasks-TaskRetryCount"] for h in headers] == ["0", "1", "2", "3"]
    assert [h["X-CloudTasks-TaskExecutionCount"] for h in headers] == ["0", "0", "1", "1"]
    assert headers[2]["X-CloudTasks-TaskETA"] == f"{START.timestamp() + 30:.6f}"


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_function_says_when_it_wants_to_be_asked_again(line, status):
    line.functions.answers = [(status, 123.0)]
    line.queue.put(a_task())

    line.deliver(3600)

    assert seconds(line) == [0.0, 123.0]


def test_the_attempts_end_and_only_a_new_generation_is_delivered_then(line):
    line.functions.decide = lambda delivery: (500 if delivery.name.endswith("g0") else 200, None)
    line.queue.put(a_task("alarm-1-g0"))
    line.deliver(1800)
    assert names(line) == ["alarm-1-g0"] * 4

    line.queue.put(a_task("alarm-1-g0", after=1800))
    line.queue.put(a_task("alarm-1-g1", after=1800))
    line.deliver(3000)

    assert names(line)[4:] == ["alarm-1-g1"]


def test_a_poison_task_does_not_hold_up_the_others(line):
    line.functions.decide = lambda delivery: (500 if delivery.name == "poison" else 200, None)
    line.queue.put(a_task("poison"))
    for number in range(20):
        line.queue.put(a_task(f"good-{number}", after=number))

    line.deliver(19)

    assert [name for name in names(line) if name != "poison"] == [f"good-{number}" for number in range(20)]


def test_many_tasks_all_arrive_though_deliveries_fail_double_and_mix(rough_line):
    def fail_now_and_then(_delivery):
        return (503 if len(rough_line.functions.deliveries) % 5 == 0 else 200), None

    rough_line.functions.decide = fail_now_and_then
    for number in range(300):
        rough_line.queue.put(a_task(f"alarm-{number}-g0", after=number % 60))

    rough_line.deliver(3600)

    times = Counter(names(rough_line))
    assert set(times) == {f"alarm-{number}-g0" for number in range(300)}
    assert max(times.values()) > 1
    for delivery in rough_line.functions.deliveries:
        assert delivery.seconds >= int(delivery.name.split("-")[1]) % 60


@pytest.mark.parametrize(
    "text",
    ["Zoë Müller 東京 🛠", "line\nbreak\ttab \x00 \u2028", '"quoted" \\ </script>', "", "é" * 5_000, "A" * 90_000],
)
def test_a_body_arrives_as_it_was_put(line, text):
    line.queue.put(a_task(text=text, id="1"))

    line.deliver(0)

    body = line.functions.deliveries[0].body
    assert json.loads(body) == {"text": text, "id": "1"}


def test_every_queue_sends_the_same_bytes(tmp_path):
    bodies = []
    for make in LINES.values():
        line = make(tmp_path)
        line.queue.put(a_task(id="ticket-1", at="2026-03-02T09:00:00.000000Z", name_="Zoë"))
        line.deliver(0)
        line.close()
        bodies.append(line.functions.deliveries[0].body)

    assert bodies[0] == bodies[1]


@pytest.mark.parametrize(
    "task",
    [
        a_task(after=30 * 86_400 + 1),
        a_task(text="x" * 100_000),
        a_task(text="é" * 20_000),
        a_task(name=""),
        a_task(name="a/b"),
        a_task(name="zoë"),
        a_task(name="a" * 501),
        a_task(name="line\n"),
        a_task(function="Send-Message"),
        a_task(function=""),
    ],
    ids=[
        "too-far",
        "too-large",
        "too-large-encoded",
        "no-name",
        "slash",
        "umlaut",
        "long-name",
        "break",
        "function",
        "no-function",
    ],
)
def test_what_no_queue_takes_is_refused_by_all(line, task):
    with pytest.raises(RefusedTask):
        line.queue.put(task)

    line.deliver(31 * 86_400)
    assert names(line) == []


def test_a_time_without_a_zone_is_refused(line):
    with pytest.raises((TypeError, ValueError)):
        line.queue.put(Task("send_message", "alarm-1-g0", {}, START.replace(tzinfo=None)))


def test_thirty_days_ahead_is_taken(line):
    line.queue.put(a_task(after=30 * 86_400))

    line.deliver(30 * 86_400)

    assert seconds(line) == [30 * 86_400.0]


def test_a_queue_flows_no_faster_than_its_rate_and_holds_up_no_other(line):
    for number in range(20):
        line.queue.put(a_task(f"slow-{number}", function="psa_fetch"))
        line.queue.put(a_task(f"fast-{number}"))

    line.deliver(60)

    slow = [delivery.seconds for delivery in line.functions.deliveries if delivery.function == "psa_fetch"]
    fast = [delivery.seconds for delivery in line.functions.deliveries if delivery.function == "send_message"]
    assert slow == pytest.approx([number * 0.5 for number in range(20)], abs=0.001)
    assert fast == [0.0] * 20


def test_a_rest_saves_up_no_burst(line):
    line.queue.put(a_task("one", function="psa_fetch"))
    line.deliver(3000)
    for number in range(4):
        line.queue.put(a_task(f"later-{number}", function="psa_fetch"))

    line.deliver(4000)

    assert seconds(line) == pytest.approx([0.0, 3000.0, 3000.5, 3001.0, 3001.5], abs=0.001)


def test_a_purge_drops_what_waits_on_one_queue_and_keeps_its_names(line):
    line.queue.put(a_task("gone-g0", after=5))
    line.queue.put(a_task("stays", function="psa_fetch", after=5))
    line.purge("send_message")

    line.queue.put(a_task("gone-g0", after=6))
    line.queue.put(a_task("gone-g1", after=6))
    line.deliver(60)

    assert names(line) == ["stays", "gone-g1"]


def test_what_a_purge_overtakes_is_not_delivered_again(line):
    def purge_under_way(_delivery):
        line.purge("send_message")
        return 500, None

    line.functions.decide = purge_under_way
    line.queue.put(a_task())

    line.deliver(3600)

    assert names(line) == ["alarm-1-g0"]
