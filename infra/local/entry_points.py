"""Calls a function by its entry point, as functions-framework does once a request has found its function.

The web framework's own part (routing, contexts, signals) is left out. It is the same for every task, a replay has tens
of thousands of them, and it costs each a tenth of its time.
"""

import functools
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

import flask

from infra.local.wsgi_call import Answer, environ_of

if TYPE_CHECKING:
    from shared.runtime import EntryPoint


def post(function: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """POST to one function of this process, at its path `/`."""
    response = _entry_point(function)(flask.Request(environ_of("POST", "/", body, headers)))
    return Answer(response.status_code, list(response.headers), response.get_data())


@functools.cache
def _entry_point(function: str) -> "EntryPoint":
    return cast("EntryPoint", getattr(import_module(f"functions.{function}.main"), function))
