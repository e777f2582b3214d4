"""One line of JSON per call on standard output, where Cloud Logging reads it. Facts only: no payload, no address."""

import functools
import hashlib
import itertools
import json
import os
import re
import sys
import time
import traceback
from contextvars import ContextVar

Scalar = str | int | float | bool | None

MAX_FIELD = 2000
_TRACE = re.compile(r"[0-9a-f]{32}")
_numbers = itertools.count(1)
_current: ContextVar["CallLog | None"] = ContextVar("call", default=None)


def note(**facts: Scalar) -> None:
    """Add facts to the log line of the current call, for example `note(ticket=document.id, outcome="unchanged")`.

    Document ids and counts only: never text that came from outside, an address or a secret. Outside of a call, nothing.
    """
    call = _current.get()
    if call is not None:
        call.fields.update(facts)


class CallLog:
    """Collects the facts of one call and writes them when it is over."""

    __slots__ = ("_started", "fields", "id")

    def __init__(self, function: str) -> None:
        self._started = time.perf_counter()
        self.id = f"{_process_mark()}-{next(_numbers):x}"
        self.fields: dict[str, Scalar] = {"severity": "INFO", "function": function, "outcome": "ok", "id": self.id}
        _current.set(self)

    def trace(self, header: str) -> None:
        """Take the trace id of an X-Cloud-Trace-Context or traceparent header, if there is a well-formed one."""
        match = _TRACE.search(header[:64])
        if match is not None:
            self.fields["trace"] = match[0]

    def failed(self, error: BaseException, *, with_stack: bool) -> None:
        """Note what was raised by its type. Its message stays out: it may quote what came from outside."""
        self.fields["error"] = type(error).__name__
        if with_stack:
            self.fields["stack"] = stack_without_values(error)

    def write(self, status: int) -> None:
        """Write the line. A full disk or a closed pipe costs the line, never the answer."""
        fields = self.fields
        fields["status"] = status
        fields["ms"] = round((time.perf_counter() - self._started) * 1000, 2)
        _current.set(None)
        try:
            line = json.dumps({name: _short(value) for name, value in fields.items()})  # ASCII: no line can be broken
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
        except (OSError, ValueError, TypeError):  # nowhere is left to say so
            return


def stack_without_values(error: BaseException) -> str:
    """Return the types of the error and of its causes, each with file, line and function; innermost call last."""
    parts: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(parts) < 5:
        frames = (f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(seen.__traceback__))
        parts.append(f"{type(seen).__name__} at {' > '.join(frames)}")
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return " | from ".join(parts)


def _short(value: Scalar) -> Scalar:
    return value[-MAX_FIELD:] if isinstance(value, str) and len(value) > MAX_FIELD else value


@functools.cache
def _process_mark() -> str:
    """Tell the lines of one process from those of another; made at the first call, so after a server's fork."""
    return hashlib.sha256(f"{os.getpid()} {time.perf_counter_ns()}".encode()).hexdigest()[:12]
