"""The edge, through the real framework: what may pass, who may call, what is answered, what is logged. Everything twice."""

import gzip
import io
import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from shared import wiring
from shared.callers import SharedToken
from shared.errors import StoreUnavailable
from shared.models.dead_letter import DeadLetter, dead_letter_id
from tests.fakes.clock import VirtualClock
from tests.fakes.memory_store import MemoryStore
from tests.functions.edge import OURS, TOKEN, app_with, client_of, handled

NOW = datetime(2026, 3, 2, 14, 5, 11, tzinfo=UTC)
SAFE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


class Edge:
    """The sample functions on a store and a clock that the test can see."""

    def __init__(self):
        self.store = MemoryStore()
        self.clock = VirtualClock(NOW)
        wiring.use(app_with(self.store, self.clock, SharedToken(TOKEN)))
        self.clients = {name: client_of(name) for name in ("door", "page", "worker", "tick")}
        handled.clear()

    def call(self, target, method="POST", path="/", **request):
        return self.clients[target].open(path, method=method, **request)

    def door(self, body=b"hello", **request):
        return self.call("door", path=request.pop("path", "/in"), data=body, **request)

    def streamed(self, stream, **environ):
        """Knock at the door with a body as a server streams it, whatever its length is said to be."""
        return self.call("door", path="/in", input_stream=stream, environ_overrides=environ)

    def task(self, body, attempt=0, name="task-1", **headers):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        ours = {**OURS, "X-CloudTasks-TaskName": name, "X-CloudTasks-TaskRetryCount": str(attempt), **headers}
        return self.call("worker", data=raw, headers=ours)

    def dead_letter(self, task="task-1"):
        found = self.store.get(DeadLetter, dead_letter_id("worker", task))
        return found.document if found else None


@pytest.fixture
def edge():
    yield Edge()
    wiring.reset()


@pytest.fixture
def lines(capsys):
    """What was logged since the last look."""
    return lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def twice(request):
    """Make the request again: the answer must be the same, but for the id under which the log has it."""
    first, second = request(), request()
    assert (first.status, _without_id(first.data)) == (second.status, _without_id(second.data))
    return second


def _without_id(body):
    return re.sub(rb'"id": "[0-9a-f]+-[0-9a-f]+"', b'"id"', body)


def code(answer):
    return answer.status_code, answer.get_json()["error"]


# ── what may pass (B1 to B11) ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("target", ["door", "worker", "tick"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "HEAD", "QUERY"])
def test_another_method_is_refused_and_told_the_right_one(edge, target, method):
    answer = twice(lambda: edge.call(target, method, headers=OURS))

    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert handled == []


def test_a_function_may_have_several_methods(edge):
    assert twice(lambda: edge.call("page", "GET")).data == b"<p>hello</p>"
    assert edge.call("page", "DELETE").headers["Allow"] == "GET, POST"


class Unread(io.BytesIO):
    def read(self, *_):
        raise AssertionError("the body was read")


def test_a_body_that_says_it_is_too_long_is_refused_unread(edge):
    answer = twice(lambda: edge.streamed(Unread(), CONTENT_LENGTH="1001"))

    assert code(answer) == (413, "too_large")


def test_a_body_of_unknown_length_is_read_up_to_the_cap(edge):
    def post(size):
        stream = io.BytesIO(b"x" * size)
        answer = edge.streamed(stream, **{"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True})
        return answer, stream.tell()

    assert post(1000)[0].get_json() == {"length": 1000}
    assert handled == [b"x" * 1000]
    for _ in range(2):
        answer, read = post(50_000_000)
        assert code(answer) == (413, "too_large")
        assert read == 1001


def test_a_body_that_is_cut_short_is_not_taken_for_the_whole(edge):
    answer = twice(lambda: edge.streamed(io.BytesIO(b"half"), CONTENT_LENGTH="8"))

    assert code(answer) == (400, "invalid_request")
    assert handled == []


def test_headers_of_unusual_size_are_refused(edge):
    answer = twice(lambda: edge.door(headers={f"X-{number}": "x" * 1000 for number in range(40)}))

    assert code(answer) == (431, "request_header_fields_too_large")


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "zstd", "GZIP", "identity, gzip", "x"])
def test_a_compressed_body_is_refused_and_never_inflated(edge, encoding):
    bomb = gzip.compress(b"0" * 900_000)[:1000]

    assert code(twice(lambda: edge.door(bomb, headers={"Content-Encoding": encoding}))) == (
        415,
        "unsupported_media_type",
    )
    assert handled == []


def test_a_body_that_says_it_is_not_compressed_is_read(edge):
    assert edge.door(headers={"Content-Encoding": "identity"}).status_code == 202


def test_a_form_can_still_be_read(edge):
    answer = twice(
        lambda: edge.door(b"a=b&c=d", headers={"X-Form": "1"}, content_type="application/x-www-form-urlencoded")
    )

    assert answer.get_json() == {"form": {"a": "b", "c": "d"}}


@pytest.mark.parametrize(
    "path",
    ["/in/../worker", "/%2e%2e/worker", "/in;a=b", "/IN", "/in/", "/" + "a" * 8000, "/healthz", "/openapi.json", "/docs",
     "/debug", "/.git/config", "/.env", "/in%00", "/robots.txt", "//in"],
)  # fmt: skip
def test_a_path_that_is_not_ours_leads_nowhere(edge, path):
    for target in ("door", "worker"):
        answer = twice(
            lambda target=target: edge.call(target, path=path, headers=OURS, follow_redirects=path != "//in")
        )

        assert answer.status_code in (404, 308)  # Flask sends // to /; there the same rules hold
        assert "Werkzeug" not in str(answer.headers)
    assert handled == []


# ── who may call (B10, B72, B73) ───────────────────────────────────────────────────────────────────────────────────────


STRANGERS = {
    "nobody": {},
    "wrong token": {"Authorization": "Bearer wrong"},
    "almost our token": {"Authorization": f"Bearer {TOKEN}x"},
    "another scheme": {"Authorization": f"Basic {TOKEN}"},
    "two tokens": {"Authorization": f"Bearer {TOKEN}, Bearer {TOKEN}"},
    "not ASCII": {"Authorization": "Bearer \xff\xfe"},
    "empty": {"Authorization": ""},
    "only the headers of a queue": {"X-CloudTasks-TaskName": "task-1", "X-CloudTasks-QueueName": "worker", "User-Agent": "Google-Cloud-Tasks"},
    "only the headers of a scheduler": {"X-CloudScheduler": "true", "X-CloudScheduler-ScheduleTime": "2026-03-02T14:05:00Z"},
}  # fmt: skip


@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize("target", ["worker", "tick"])
def test_a_stranger_gets_the_same_bytes_whatever_was_wrong_and_touches_nothing(edge, target, stranger):
    answer = twice(lambda: edge.call(target, data=b"{}", headers=STRANGERS[stranger]))

    assert (answer.status_code, answer.data) == (401, b'{"error": "unauthenticated"}')
    assert handled == []
    assert (edge.store.gets, edge.store.commits) == (0, 0)


def test_a_public_function_does_not_believe_the_headers_of_a_queue(edge, lines):
    twice(
        lambda: edge.door(
            headers={"X-CloudTasks-TaskName": "task-1", "X-CloudTasks-TaskRetryCount": "9", "X-Fail": "bug"}
        )
    )

    assert all("task" not in line and line["status"] == 500 for line in lines())


# ── tasks ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_task_is_handed_over_as_it_was_put(edge):
    answer = twice(lambda: edge.task({"id": "ticket-1", "at": "2026-03-02T14:05:11Z"}, attempt=3))

    assert answer.get_json() == {"outcome": "done", "looked_at": 3}
    assert (handled[0].body["id"], handled[0].name, handled[0].attempt) == ("ticket-1", "task-1", 3)
    assert handled[0].planned == NOW
    assert edge.dead_letter() is None


def test_a_task_without_a_time_is_not_early(edge):
    assert edge.task({}).status_code == 200
    assert handled[0].planned is None


@pytest.mark.parametrize(("seconds", "status"), [(-86400, 200), (0, 200), (0.001, 503), (600, 503)])
def test_a_task_that_comes_early_is_sent_back_untouched(edge, seconds, status):
    at = (NOW + timedelta(seconds=seconds)).isoformat()
    answer = twice(lambda: edge.task({"at": at}))

    assert answer.status_code == status
    assert len(handled) == (2 if status == 200 else 0)
    if status == 503:
        assert abs(int(answer.headers["Retry-After"]) - seconds) < 1


def test_a_task_that_is_always_early_is_a_dead_letter_in_the_end(edge):
    assert edge.task({"at": "2027-01-01T00:00:00Z"}, attempt=9).status_code == 200
    assert edge.dead_letter().reason == "too_early"


def test_a_passing_fault_is_tried_again_when_the_other_side_said(edge):
    answer = twice(lambda: edge.task({"fail": "busy"}))

    assert code(answer) == (503, "psa_unavailable")
    assert answer.headers["Retry-After"] == "13"
    assert edge.dead_letter() is None


@pytest.mark.parametrize("fault", ["Conflict", "StoreUnavailable", "QueueUnavailable", "Retryable"])
def test_any_passing_fault_is_tried_again(edge, fault):
    assert twice(lambda: edge.task({"fail": fault})).status_code == 503
    assert edge.dead_letter() is None


@pytest.mark.parametrize(
    ("fault", "status"), [("bug", 500), ("ConfigurationError", 500), ("Unauthenticated", 401), ("abort", 409)]
)
def test_any_other_fault_is_tried_again_too(edge, fault, status):
    assert twice(lambda: edge.task({"fail": fault})).status_code == status
    assert edge.dead_letter() is None


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("bug", "internal"), ("busy", "psa_unavailable"), ("Conflict", "conflict"), ("ConfigurationError", "internal")],
)
def test_what_fails_at_its_last_attempt_is_a_dead_letter(edge, fault, reason):
    assert edge.task({"fail": fault, "id": "ticket-1"}, attempt=8).status_code in (500, 503)
    answer = twice(lambda: edge.task({"fail": fault, "id": "ticket-1"}, attempt=9))

    letter = edge.dead_letter()
    assert answer.get_json() == {"dead_letter": letter.id}
    assert (letter.function, letter.task, letter.reason, letter.at) == ("worker", "task-1", reason, NOW)
    assert letter.body == {"fail": fault, "id": "ticket-1"}


@pytest.mark.parametrize("fault", ["PermanentFailure", "RefusedDocument", "InvalidRequest"])
def test_what_no_retry_can_help_is_a_dead_letter_at_once(edge, fault):
    assert twice(lambda: edge.task({"fail": fault})).status_code == 200
    assert edge.store.commits == 1


def test_different_tasks_without_a_name_are_different_dead_letters(edge):
    for ticket in ("1", "2"):
        edge.task({"fail": "PermanentFailure", "id": ticket}, name="")

    assert edge.store.commits == 2


def test_a_dead_letter_that_cannot_be_written_leaves_the_task_on_the_queue(edge, monkeypatch):
    def down(_changes):
        raise StoreUnavailable("canary")

    monkeypatch.setattr(edge.store, "commit", down)

    assert code(twice(lambda: edge.task({"fail": "PermanentFailure"}, attempt=12))) == (503, "store_unavailable")


BAD_BODIES = {
    "empty": b"",
    "spaces": b"   ",
    "not JSON": b"canary",
    "BOM": b"\xef\xbb\xbf{}",
    "UTF-16": '{"id": "canary"}'.encode("utf-16"),
    "Latin-1": b'{"id": "\xff"}',
    "overlong UTF-8": b'{"id": "\xc0\xaf"}',
    "deep list": b"[" * 100_000,
    "deep object": b'{"a":' * 16_000,
    "depth 21": b"[" * 21 + b"]" * 21,
    "list": b"[]",
    "long list": b"[" + b"1," * 9_999 + b"1]",
    "text": b'"canary"',
    "number": b"1",
    "null": b"null",
    "NaN": b'{"id": NaN}',
    "infinity": b'{"id": Infinity}',
    "1e400": b'{"id": 1e400}',
    "5000 digits": b'{"id": ' + b"9" * 5000 + b"}",
    "hexadecimal": b'{"id": 0x10}',
    "leading zero": b'{"id": 01}',
    "a number for text": b'{"id": 1}',
    "null for text": b'{"id": null}',
    "a list for text": b'{"id": ["canary"]}',
    "an object for text": b'{"id": {"a": "canary"}}',
    "key twice": b'{"id": "1", "id": "canary"}',
    "half a character": b'{"id": "\\ud800"}',
    "half a character as a key": b'{"\\ud800": "canary"}',
    "a time without a zone": b'{"at": "2026-03-02T14:05:11"}',
    "no time": b'{"at": "canary"}',
    "form": b"id=canary&at=now",
    "XML": b'<!DOCTYPE x [<!ENTITY a "canary">]><x>&a;</x>',
}


@pytest.mark.parametrize("kind", BAD_BODIES)
def test_a_body_that_no_queue_of_ours_sends_is_a_dead_letter_and_stops_nothing(edge, kind, capsys):
    answer = twice(lambda: edge.task(BAD_BODIES[kind]))

    assert answer.status_code == 200
    assert edge.dead_letter().reason == "invalid_request"
    assert edge.dead_letter().body == {}
    assert handled == []
    assert "canary" not in capsys.readouterr().out


def test_strange_names_are_only_text(edge):
    body = {"__proto__": "a", "constructor": "b", "$where": "c", "__x__": "d", "": "e", "a.b": "f", "k" * 1501: "g"}

    assert edge.task(body).status_code == 200
    assert handled[0].body == body


def test_a_task_over_the_cap_of_the_queue_is_refused(edge):
    assert code(edge.task(b'{"id": "' + b"x" * 100_000 + b'"}')) == (413, "too_large")


@pytest.mark.parametrize(("header", "attempt"), [("", 0), ("-1", 0), ("9" * 40, 0), ("²", 0), ("x", 0), ("7", 7)])
def test_a_retry_count_that_is_no_number_counts_as_the_first_try(edge, header, attempt):
    edge.task({}, **{"X-CloudTasks-TaskRetryCount": header})

    assert handled[0].attempt == attempt


# ── schedules ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_tick_is_the_planned_time_and_the_same_for_a_retry(edge):
    def tick():
        edge.clock.pause(77)
        return edge.call("tick", headers={**OURS, "X-CloudScheduler-ScheduleTime": "2026-03-02T15:00:00+01:00"})

    assert twice(tick).get_json() == {"found": 2}
    assert handled == [datetime(2026, 3, 2, 14, 0, tzinfo=UTC)] * 2


def test_a_run_by_hand_has_the_current_minute_for_its_tick(edge):
    edge.call("tick", headers=OURS)

    assert handled == [datetime(2026, 3, 2, 14, 5, tzinfo=UTC)]


@pytest.mark.parametrize("header", ["yesterday", "2026-03-02T15:00:00", "9" * 100])
def test_a_planned_time_that_is_none_is_refused(edge, header):
    answer = twice(lambda: edge.call("tick", headers={**OURS, "X-CloudScheduler-ScheduleTime": header}))

    assert code(answer) == (400, "invalid_request")
    assert handled == []


# ── answers ────────────────────────────────────────────────────────────────────────────────────────────────────────────


ANSWERS = {
    "InvalidRequest": (400, "invalid_request"),
    "RequestTooLarge": (413, "too_large"),
    "UnsupportedMediaType": (415, "unsupported_media_type"),
    "NotFound": (404, "not_found"),
    "Unauthenticated": (401, "unauthenticated"),
    "PermanentFailure": (200, "permanent"),
    "Conflict": (429, "conflict"),
    "StoreUnavailable": (429, "store_unavailable"),
    "busy": (429, "psa_unavailable"),
    "abort": (409, "conflict"),
    "ConfigurationError": (500, "internal"),
    "bug": (500, "internal"),
}


@pytest.mark.parametrize("fault", ANSWERS)
def test_every_fault_has_its_status_and_a_stable_code(edge, fault, capsys):
    answer = twice(lambda: edge.door(headers={"X-Fail": fault}))

    assert code(answer) == ANSWERS[fault]
    assert set(answer.get_json()) == ({"error"} if fault == "Unauthenticated" else {"error", "id"})
    assert "canary" not in answer.text
    if fault != "ConfigurationError":
        assert "canary" not in capsys.readouterr().out


def test_every_answer_is_kept_by_nobody(edge):
    for answer in (edge.door(), edge.door(headers={"X-Fail": "bug"}), edge.call("door", "GET"), edge.task({})):
        assert SAFE.items() <= dict(answer.headers).items()
        assert answer.content_type == "application/json"


def test_a_page_may_say_itself_how_long_it_is_kept(edge):
    headers = edge.call("page", "GET").headers

    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("private", "nosniff")


def test_a_wrong_setting_is_an_error_that_names_itself_in_the_log(edge, lines, monkeypatch):
    wiring.reset()
    monkeypatch.delenv("PROMISEKEEPER_SETTINGS", raising=False)

    assert edge.door().status_code == 500
    (line,) = lines()
    assert (line["severity"], line["detail"]) == ("ERROR", "PROMISEKEEPER_SETTINGS is not set")


# ── the log line (B51) ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_call_is_one_line_of_facts(edge, lines):
    edge.task({"id": "canary", "at": "2026-03-02T14:05:11Z"}, attempt=2)
    (line,) = lines()

    assert line.pop("ms") >= 0
    assert re.fullmatch(r"[0-9a-f]+-[0-9a-f]+", line.pop("id"))
    assert line == {
        "severity": "INFO",
        "function": "worker",
        "outcome": "done",
        "looked_at": 3,
        "task": "task-1",
        "attempt": 2,
        "status": 200,
    }


def test_the_function_says_which_document_it_worked_on(edge, lines):
    edge.door()

    assert lines()[0]["ticket"] == "ticket-1"


def test_nothing_that_is_sent_can_break_out_of_its_line(edge, capsys):
    evil = 'x"}\\n{"severity": "CRITICAL"}\x1b[31m\u2028\x85'
    edge.door(headers={"X-Note": evil.encode().decode("latin-1")})
    said = capsys.readouterr().out

    assert said.count("\n") == 1
    assert said.isascii()
    assert "\x1b" not in said
    assert json.loads(said)["severity"] == "INFO"


def test_a_huge_field_is_cut(edge, lines):
    edge.door(headers={"X-Note": "y" * 30_000})
    (line,) = lines()

    assert line["said"] == "y" * 2000


def test_a_bug_leaves_its_stack_without_its_values(edge, lines):
    answer = edge.door(headers={"X-Fail": "bug"})
    (line,) = lines()

    assert line["id"] == answer.get_json()["id"]
    assert re.search(r"RuntimeError at .*sample.py:\d+ fail \| from KeyError at .*sample.py:\d+ fail", line["stack"])
    assert line["severity"] == "ERROR"


@pytest.mark.parametrize(
    ("headers", "trace"),
    [
        ({"X-Cloud-Trace-Context": "0123456789abcdef0123456789abcdef/1;o=1"}, "0123456789abcdef0123456789abcdef"),
        (
            {"traceparent": "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"},
            "0123456789abcdef0123456789abcdef",
        ),
        ({"X-Cloud-Trace-Context": "canary"}, None),
        ({}, None),
    ],
)
def test_a_call_can_be_found_by_its_trace(edge, lines, headers, trace):
    edge.door(headers=headers)

    assert lines()[0].get("trace") == trace


def test_a_log_that_cannot_be_written_costs_the_line_and_not_the_answer(edge, monkeypatch):
    class Full(io.StringIO):
        def write(self, _text):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("sys.stdout", Full())

    assert twice(edge.door).status_code == 202


def test_a_fact_outside_of_a_call_is_nobodys():
    from shared.runtime import note

    note(ticket="ticket-1")


def test_the_facts_of_one_call_do_not_reach_the_next(edge, lines):
    edge.door()
    edge.task({})

    assert "ticket" not in lines()[1]
