"""What only Cloud Tasks has: the request by its values, the time a put may take, and an API that fails."""

import threading
import time
from datetime import UTC, datetime, timedelta, timezone

import grpc
import pytest
from google.cloud import tasks_v2

from shared.adapters.cloud_tasks_queue import CloudTasksQueue, create_task_request
from shared.callers import OidcClaims
from shared.errors import QueueUnavailable, RefusedTask
from shared.ports import Task
from shared.step import alarm_task
from shared.wiring import SystemClock
from tests.cloud_tasks_engine import ApiError, CloudTasksEngine
from tests.cloud_tasks_stand_in import CloudTasksStandIn
from tests.contract.queue_lines import CloudLine
from tests.contract.queue_trial import START, a_task
from tests.fakes.clock import VirtualClock

QUEUE = "projects/p/locations/l/queues/send-message"
URL = "https://europe-west3-p.cloudfunctions.net/send_message"


@pytest.fixture
def line(tmp_path):
    made = CloudLine(tmp_path)
    yield made
    made.close()


def a_request(task: Task) -> tasks_v2.CreateTaskRequest:
    return create_task_request(task, parent=QUEUE, url=URL, service_account="tasks@p.example", audience="https://aud")


def test_the_request_by_its_values():
    request = a_request(Task("send_message", "alarm-0123-g4", {"id": "ticket-1", "who": "Zoë"}, START))

    task = request.task
    assert request.parent == QUEUE
    assert task.name == f"{QUEUE}/tasks/alarm-0123-g4"
    assert task.schedule_time.timestamp() == START.timestamp()
    assert task.dispatch_deadline == timedelta(minutes=5)
    assert task.http_request.url == URL
    assert task.http_request.http_method == tasks_v2.HttpMethod.POST
    assert dict(task.http_request.headers) == {"Content-Type": "application/json"}
    assert task.http_request.body == b'{"id":"ticket-1","who":"Zo\\u00eb"}'
    assert task.http_request.oidc_token.service_account_email == "tasks@p.example"
    assert task.http_request.oidc_token.audience == "https://aud"


@pytest.mark.parametrize("microsecond", [0, 1, 123456, 999999])
def test_a_time_of_any_zone_is_kept_to_the_microsecond(microsecond):
    at = datetime(2026, 10, 25, 2, 30, 0, microsecond, tzinfo=timezone(timedelta(hours=5, minutes=45)))

    stamp = tasks_v2.Task.pb(a_request(Task("send_message", "n", {}, at)).task).schedule_time

    assert stamp.ToDatetime(tzinfo=UTC) == at


def test_the_name_of_an_alarm_is_a_legal_task_id():
    from shared.models.document import Watched
    from shared.models.finding import Finding
    from shared.models.ticket import Ticket

    watched = [model for model in (Ticket, Finding) if issubclass(model, Watched)]
    assert watched
    document = watched[0].model_construct(id="ticket-1", alarm_generation=12)

    assert a_request(alarm_task(document, START)).task.name.startswith(f"{QUEUE}/tasks/alarm-")


def test_each_function_has_its_queue_its_url_and_its_audience():
    queue = CloudTasksQueue(
        "p", "l", "https://base.example/", "tasks@p.example",
        urls={"survey_page": "https://survey.run.app"}, audience=lambda url: f"aud:{url}", queue_prefix="pk-",
    )  # fmt: skip

    usual, special = queue.request(a_task(function="psa_fetch")), queue.request(a_task(function="survey_page"))

    assert usual.parent == "projects/p/locations/l/queues/pk-psa-fetch"
    assert usual.task.http_request.url == "https://base.example/psa_fetch"
    assert usual.task.http_request.oidc_token.audience == "aud:https://base.example/psa_fetch"
    assert special.task.http_request.url == "https://survey.run.app"


def test_nothing_of_google_is_asked_before_the_first_put():
    def connect():
        raise AssertionError("too early")

    CloudTasksQueue("p", "l", "https://f.example", "tasks@p.example", connect=connect)


def test_the_call_carries_an_identity_that_our_functions_accept(line):
    line.queue.put(a_task())
    line.deliver(0)

    url = "https://f.example/send_message"
    accepts = OidcClaims(frozenset({"tasks@p.example"}), frozenset({url}), line.clock.now)
    rejects = OidcClaims(frozenset({"tasks@p.example"}), frozenset({"https://f.example/psa_fetch"}), line.clock.now)
    headers = line.functions.deliveries[0].headers
    assert accepts(headers)
    assert not rejects(headers)


class Api:
    """The engine's create_task with faults in front: each is raised, or an answer that is lost, or a silence."""

    def __init__(self, engine, monkeypatch):
        self.calls, self.faults, self.release = 0, [], threading.Event()
        real = engine.create_task

        def create_task(parent, task):
            self.calls += 1
            fault = self.faults.pop(0) if self.faults else None
            if fault == "lost answer":
                real(parent, task)
                raise ApiError(grpc.StatusCode.UNAVAILABLE, "connection lost")
            if fault == "silence":
                self.release.wait(20)
            elif fault is not None:
                raise ApiError(fault, "by order of the test")
            return real(parent, task)

        monkeypatch.setattr(engine, "create_task", create_task)


@pytest.fixture
def api(line, monkeypatch):
    made = Api(line.engine, monkeypatch)
    yield made
    made.release.set()


PASSING = [
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
    grpc.StatusCode.DEADLINE_EXCEEDED,
]


@pytest.mark.parametrize("fault", [*PASSING, "lost answer"], ids=str)
def test_one_fault_of_the_service_is_not_noticed(line, api, fault):
    api.faults = [fault]
    line.queue.put(a_task())

    line.deliver(0)

    assert api.calls == 2
    assert len(line.functions.deliveries) == 1


@pytest.mark.parametrize("fault", PASSING, ids=str)
def test_two_faults_are_an_unavailable_queue_and_the_next_put_works(line, api, fault):
    api.faults = [fault, fault]
    with pytest.raises(QueueUnavailable):
        line.queue.put(a_task())

    line.queue.put(a_task())
    line.deliver(0)

    assert api.calls == 3
    assert len(line.functions.deliveries) == 1


@pytest.mark.parametrize(
    "fault",
    [grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.FAILED_PRECONDITION],
    ids=str,
)
def test_a_refusal_is_not_asked_again_but_leaves_the_task_to_the_caller(line, api, fault):
    api.faults = [fault]

    with pytest.raises(QueueUnavailable):
        line.queue.put(a_task())

    assert api.calls == 1


def test_a_queue_that_is_not_there_is_unavailable(line):
    with pytest.raises(QueueUnavailable, match="NotFound"):
        line.queue.put(a_task(function="nobody_made_it"))


def test_what_the_service_calls_invalid_is_refused_for_good(line, api):
    api.faults = [grpc.StatusCode.INVALID_ARGUMENT]

    with pytest.raises(RefusedTask):
        line.queue.put(a_task())


def test_a_silent_service_costs_less_than_two_seconds(line, api):
    api.faults = ["silence"] * 2
    started = time.monotonic()

    with pytest.raises(QueueUnavailable, match="DeadlineExceeded"):
        line.queue.put(a_task())

    assert time.monotonic() - started < 2.5  # 1.6 s, and the machine's own slowness


def test_a_service_that_comes_back_is_used_at_once():
    engine = CloudTasksEngine(VirtualClock(START), lambda *_: (200, None))
    first = CloudTasksStandIn(engine)
    first.client().create_queue(parent="projects/p/locations/l", queue=tasks_v2.Queue(name=QUEUE))
    serving = [first]

    def connect():
        return serving[-1].client()

    queue = CloudTasksQueue("p", "l", "https://f.example", "t@p.example", connect=connect)
    queue.put(a_task("before"))
    first.stop()
    with pytest.raises(QueueUnavailable):
        queue.put(a_task("during"))
    serving.append(CloudTasksStandIn(engine))

    queue.put(a_task("after"))

    assert [task.name.rsplit("/")[-1] for task in serving[-1].client().list_tasks(parent=QUEUE)] == ["before", "after"]
    serving[-1].stop()


def test_many_threads_put_through_one_queue(line):
    threads = [
        threading.Thread(target=lambda n=n: [line.queue.put(a_task(f"t-{n}-{m}")) for m in range(10)]) for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    line.deliver(0)

    assert len({delivery.name for delivery in line.functions.deliveries}) == 80


def test_a_paused_queue_holds_its_tasks_until_it_is_resumed(line):
    line.queue.put(a_task(after=5))
    line.client.pause_queue(name=QUEUE)
    line.deliver(3600)
    assert line.functions.deliveries == []

    line.client.resume_queue(name=QUEUE)
    line.deliver(3601)
    assert len(line.functions.deliveries) == 1


def test_the_stand_in_delivers_in_real_time_too():
    delivered = threading.Event()
    engine = CloudTasksEngine(SystemClock(), lambda *_: delivered.set() or (200, None))
    server = CloudTasksStandIn(engine)
    server.client().create_queue(parent="projects/p/locations/l", queue=tasks_v2.Queue(name=QUEUE))
    queue = CloudTasksQueue("p", "l", "https://f.example", "t@p.example", connect=server.client)

    with server.running():
        queue.put(Task("send_message", "soon", {}, SystemClock().now() + timedelta(seconds=0.1)))
        assert delivered.wait(20)
    server.stop()
