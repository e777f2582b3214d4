"""What every request must pass before a function sees it: method, encoding, sizes. The body is read within its cap."""

import io
import socket
from collections.abc import Iterable

import flask
from werkzeug.exceptions import MethodNotAllowed, RequestHeaderFieldsTooLarge

from shared.edge.slow_bodies import slow_bodies
from shared.errors import InvalidRequest, RequestTooLarge, UnsupportedMediaType

MAX_HEADER_BYTES = 32_768  # the server allows 100 headers of 8 kB each; no sender of ours needs a tenth of that


def check_envelope(request: flask.Request, methods: frozenset[str], max_bytes: int) -> None:
    """Return if the method, the headers and the announced length are acceptable; nothing of the body was read then.

    Raises MethodNotAllowed, RequestHeaderFieldsTooLarge, UnsupportedMediaType or RequestTooLarge.
    """
    if request.method not in methods:
        raise MethodNotAllowed(sorted(methods))
    environ = request.environ
    if _header_bytes(environ.items()) > MAX_HEADER_BYTES:
        raise RequestHeaderFieldsTooLarge
    if environ.get("HTTP_CONTENT_ENCODING", "identity").strip().lower() not in ("", "identity"):
        raise UnsupportedMediaType("a compressed body is never inflated here")
    if (request.content_length or 0) > max_bytes:
        raise RequestTooLarge(f"over {max_bytes} bytes")


def read_body(request: flask.Request, max_bytes: int) -> bytes:
    """Return the raw body; `request.get_data()` gives the same bytes from now on.

    Read here and not by Werkzeug, which hands out what it has when a body is cut short or grows over its cap.
    Raises RequestTooLarge, and InvalidRequest for a body that is shorter than announced or came too slowly.
    """
    environ, length = request.environ, request.content_length
    if length is None and not environ.get("wsgi.input_terminated"):
        length = 0  # this server cannot tell where such a body ends
    connection = environ.get("gunicorn.socket") or environ.get("werkzeug.socket")
    body = _read(environ["wsgi.input"], max_bytes + 1 if length is None else length, connection)
    if length is not None and len(body) < length:
        raise InvalidRequest("the body was cut short")
    if len(body) > max_bytes:
        raise RequestTooLarge("the body grew over its cap")
    request.stream = io.BytesIO(body)
    return body


def leave_body_unread(request: flask.Request) -> None:
    """Keep the framework from reading what is left: it would take all of a refused body before it answers."""
    request.stream = io.BytesIO()


def _read(stream: io.BufferedIOBase, size: int, connection: socket.socket | None) -> bytes:
    if connection is None:
        return stream.read(size)
    slow_bodies.begin(connection)
    try:
        return stream.read(size)
    except Exception as error:  # every server has errors of its own for a broken chunk or a lost sender
        raise InvalidRequest("the body could not be read to its end") from error
    finally:
        slow_bodies.end(connection)


def _header_bytes(environ: Iterable[tuple[str, object]]) -> int:
    return sum(len(name) + len(value) for name, value in environ if name.startswith("HTTP_") and isinstance(value, str))
