"""The edge of every function: who calls, what may pass, how a result or an error becomes an answer, one log line.

A function never sees an unchecked caller, an oversized body or a task that came early, and it catches nothing itself.
"""

import functools
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import cast

import flask
import functions_framework

from shared import wiring
from shared.edge.answers import Answerable, answering, as_json, failure, success
from shared.edge.call_log import CallLog, note
from shared.edge.dead_letters import bury, is_hopeless
from shared.edge.guard import check_envelope, leave_body_unread, read_body
from shared.edge.task_call import MAX_TASK_BYTES, TaskCall, attempt, read_task, read_tick, task_name
from shared.errors import ConfigurationError, NotFound, PromisekeeperError, Retryable, Unauthenticated
from shared.ports import App

__all__ = ["TaskCall", "answering", "http_function", "note", "scheduled_function", "task_function"]

EntryPoint = Callable[[flask.Request], flask.Response]
_Work = Callable[[flask.Request, App, CallLog], flask.Response]

EARLY_SECONDS = 0.0  # a look that comes early finds nothing due, and no other is set
_POST = frozenset(("POST",))


class TooEarly(Retryable):
    """The task came before its time. The queue should bring it again; nothing was looked at."""

    code = "too_early"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"{seconds:.0f} s before its time")
        self.retry_after = seconds


def http_function(
    *, methods: Iterable[str] = ("POST",), max_bytes: int = 1_048_576
) -> Callable[[Callable[[flask.Request, App], Answerable]], EntryPoint]:
    """Make an entry point that anybody may call. The function itself checks who does, over `request.get_data()`."""
    allowed = frozenset(methods)

    def decorate(handler: Callable[[flask.Request, App], Answerable]) -> EntryPoint:
        def work(request: flask.Request, app: App, _call: CallLog) -> flask.Response:
            read_body(request, max_bytes)
            return success(handler(request, app))

        return _entry_point(handler, work, allowed, max_bytes)

    return decorate


def task_function(handler: Callable[[TaskCall, App], Mapping[str, object]]) -> EntryPoint:
    """Make an entry point that only our own queue may call.

    A task that cannot succeed, and any that fails at its last attempt, becomes a dead letter and is answered with 200.
    """

    def work(request: flask.Request, app: App, call: CallLog) -> flask.Response:
        headers = _of_our_caller(request, app)
        name, tries = task_name(headers), attempt(headers)
        call.fields.update(task=name, attempt=tries)
        body: Mapping[str, str] = {}
        try:
            task = read_task(read_body(request, MAX_TASK_BYTES), headers)
            body = task.body
            _wait_for(task, app)
            return _result(handler(task, app), call)
        except Exception as error:
            if not is_hopeless(error, tries):
                raise
            letter = bury(app, handler.__name__, name, body, error)
            call.fields.update(severity="ERROR", outcome="dead_letter", dead_letter=letter)
            call.failed(error, with_stack=not isinstance(error, PromisekeeperError))
            return as_json({"dead_letter": letter}, 200)

    return _entry_point(handler, work, _POST, MAX_TASK_BYTES)


def scheduled_function(handler: Callable[[datetime, App], Mapping[str, object]]) -> EntryPoint:
    """Make an entry point that only our own scheduler may call. `tick` is the planned time: a retry sees the same."""

    def work(request: flask.Request, app: App, call: CallLog) -> flask.Response:
        headers = _of_our_caller(request, app)
        read_body(request, MAX_TASK_BYTES)
        return _result(handler(read_tick(headers, app.clock.now()), app), call)

    return _entry_point(handler, work, _POST, MAX_TASK_BYTES)


def _entry_point(handler: Callable[..., object], work: _Work, methods: frozenset[str], max_bytes: int) -> EntryPoint:
    @functools.wraps(handler)
    def entry(request: flask.Request) -> flask.Response:
        call = CallLog(handler.__name__)
        call.trace(request.environ.get("HTTP_X_CLOUD_TRACE_CONTEXT") or request.environ.get("HTTP_TRACEPARENT", ""))
        try:
            check_envelope(request, methods, max_bytes)
            response = work(request, wiring.app(), call)
        except Exception as error:  # noqa: BLE001 - the last door: whatever it was, the caller gets an answer
            leave_body_unread(request)
            response = failure(error, call.id)
            _log_failure(call, error, response.status_code)
        call.write(response.status_code)
        return response

    return cast("EntryPoint", functions_framework.http(entry))


def _of_our_caller(request: flask.Request, app: App) -> Mapping[str, str]:
    headers = cast("Mapping[str, str]", request.headers)
    if not app.caller_is_ours(headers):
        raise Unauthenticated("not one of our own callers")
    if request.path != "/":
        raise NotFound("a worker has one path")
    return headers


def _wait_for(task: TaskCall, app: App) -> None:
    if task.planned is not None:
        early = (task.planned - app.clock.now()).total_seconds()
        if early > EARLY_SECONDS:
            raise TooEarly(early)


def _result(result: Mapping[str, object], call: CallLog) -> flask.Response:
    for name, value in result.items():
        if isinstance(value, str | int | float | bool) and (name == "outcome" or name not in call.fields):
            call.fields[name] = value
    return as_json(result, 200)


def _log_failure(call: CallLog, error: Exception, status: int) -> None:
    passing = isinstance(error, Retryable) or 400 <= status < 500
    call.fields.update(severity="WARNING" if passing else "ERROR", outcome="failed")
    call.failed(error, with_stack=status == 500)
    if isinstance(error, ConfigurationError):
        call.fields["detail"] = str(error)  # names settings and references, never their values
