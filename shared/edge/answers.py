"""From a result or an error to an HTTP answer: the one table of statuses."""

import json
import math
from collections.abc import Mapping
from types import TracebackType

import flask
from werkzeug.exceptions import HTTPException

from shared.errors import (
    InvalidRequest,
    NotFound,
    PermanentFailure,
    PromisekeeperError,
    RequestTooLarge,
    Retryable,
    Unauthenticated,
    UnsupportedMediaType,
)

_STATUS: tuple[tuple[type[PromisekeeperError], int], ...] = (
    (RequestTooLarge, 413),
    (UnsupportedMediaType, 415),
    (NotFound, 404),
    (InvalidRequest, 400),
    (Unauthenticated, 401),
    (PermanentFailure, 200),  # a sender that is told of an error sends the same thing again
)

Answerable = flask.Response | Mapping[str, object] | tuple[Mapping[str, object], int]


class answering:  # noqa: N801 - reads as a verb: `with answering(transient=429):`
    """Answer a passing fault inside the block with `transient`, for a sender that repeats on that status alone."""

    def __init__(self, *, transient: int) -> None:
        self._transient = transient

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, _type: type[BaseException] | None, error: BaseException | None, _at: TracebackType | None
    ) -> None:
        if isinstance(error, Retryable):
            error.http_status = self._transient


def success(result: Answerable) -> flask.Response:
    """Return a handler's result as a response that no one stores and no browser takes for something else."""
    if isinstance(result, flask.Response):
        headers = result.headers
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Cache-Control", "no-store")
        return result
    body, status = result if isinstance(result, tuple) else (result, 200)
    return as_json(body, status)


def failure(error: Exception, call_id: str) -> flask.Response:
    """Return the answer to `error`: a stable code and the id under which the log has it, nothing of the input."""
    status, code = status_and_code(error)
    if status == 401:
        return as_json({"error": code}, status)  # the same bytes for every wrong caller
    response = as_json({"error": code, "id": call_id}, status)
    if isinstance(error, Retryable) and error.retry_after is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    if isinstance(error, HTTPException):
        response.headers.extend((name, value) for name, value in error.get_headers() if name == "Allow")
    return response


def status_and_code(error: Exception) -> tuple[int, str]:
    if isinstance(error, Retryable):
        return error.http_status, error.code
    if isinstance(error, PromisekeeperError):
        status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
        return status, error.code if status != 500 else "internal"
    if isinstance(error, HTTPException) and error.code is not None:
        return error.code, error.name.lower().replace(" ", "_")
    return 500, "internal"


def as_json(body: Mapping[str, object], status: int) -> flask.Response:
    response = flask.Response(json.dumps(body), status, content_type="application/json")
    response.headers.extend((("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store")))
    return response
