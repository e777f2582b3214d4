"""What every request must pass before a function sees it: method, encoding, sizes. The body is read within its cap."""

import io
from collections.abc import Iterable

import flask
from werkzeug.exceptions import MethodNotAllowed, RequestEntityTooLarge, RequestHeaderFieldsTooLarge

from shared.errors import RequestTooLarge, UnsupportedMediaType

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
    request.max_content_length = max_bytes  # from here on reading is capped: a chunked body announces no length


def read_body(request: flask.Request) -> bytes:
    """Return the raw body and keep it on the request: signatures cover bytes. Raises RequestTooLarge."""
    try:
        return request.get_data(cache=True)
    except RequestEntityTooLarge as error:
        raise RequestTooLarge("the body grew over its cap") from error


def leave_body_unread(request: flask.Request) -> None:
    """Keep the framework from reading what is left: it would take all of a refused body before it answers."""
    request.stream = io.BytesIO()


def _header_bytes(environ: Iterable[tuple[str, object]]) -> int:
    return sum(len(name) + len(value) for name, value in environ if name.startswith("HTTP_") and isinstance(value, str))
