"""Bounds for one HTTP exchange: a deadline for the header and for the whole body, and a cap on its size.

The read timeout of a socket starts anew with every byte: an answer that drips one byte a second would never end.
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import HTTPResponse

_CHUNK = 65_536


class AnswerTooLarge(Exception):
    """The body is over the cap. The rest of it was not read."""


class AnswerTooSlow(Exception):
    """The deadline passed before the body ended."""


class AnswerBroken(Exception):
    """The connection or the compression broke in the middle of the body."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds and bytes. `read_seconds` is for each read, `total_seconds` for the whole answer with its body."""

    connect_seconds: float = 5.0
    read_seconds: float = 15.0
    total_seconds: float = 30.0
    max_bytes: int = 8 * 1024 * 1024


def read_body(response: requests.Response, max_bytes: int, deadline: float, monotonic: Callable[[], float]) -> bytes:
    """Return the decoded body of a response that was opened with `stream=True`. `deadline` is on the clock `monotonic`.

    Raises AnswerTooLarge, AnswerTooSlow or AnswerBroken. Each read takes what is there, so that the deadline is looked
    at again after it; one that waits for the rest of a line or a chunk finds the connection shut when the time is over.
    """
    raw: HTTPResponse = response.raw
    chunks: list[bytes] = []
    size = 0
    with _after(max(0.0, deadline - monotonic()), raw.shutdown):
        while True:
            try:
                chunk = raw.read1(_CHUNK, decode_content=True)
            except (HTTPError, OSError) as error:
                raise AnswerBroken(type(error).__name__) from error
            if monotonic() > deadline:
                raise AnswerTooSlow("the answer did not end in time")
            if not chunk:
                return b"".join(chunks)
            size += len(chunk)
            if size > max_bytes:
                raise AnswerTooLarge(f"the answer is larger than {max_bytes} bytes")
            chunks.append(chunk)


def bounded_session(header_seconds: float) -> requests.Session:
    """Return a session that gives up a header which has not come whole within `header_seconds`.

    It keeps no cookies, follows no proxy or .netrc of the environment and never tries again by itself.
    """
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(_NoCookies())
    adapter = _DeadlineAdapter(header_seconds)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class _NoCookies(DefaultCookiePolicy):
    """A session is shared by threads and by all calls to one PSA; nothing of one answer may colour the next."""

    def set_ok(self, cookie: object, request: object) -> bool:  # noqa: ARG002
        return False


@contextlib.contextmanager
def _after(seconds: float, shut: Callable[[], None]) -> Iterator[None]:
    """Shut the connection if the block takes longer: `http.client` waits for a line's last byte for ever."""

    def act() -> None:
        with contextlib.suppress(OSError, ValueError):  # closed already, or never a socket
            shut()

    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _shutting(connection: HTTPConnection) -> Callable[[], None]:
    return lambda: connection.sock.shutdown(socket.SHUT_RDWR) if connection.sock is not None else None


class _DeadlineAdapter(HTTPAdapter):
    def __init__(self, header_seconds: float) -> None:
        self._header_seconds = header_seconds
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - the signature is requests'
        super().init_poolmanager(*args, **kwargs)
        seconds = self._header_seconds

        class Plain(HTTPConnection):
            def getresponse(self) -> HTTPResponse:  # type: ignore[override] # as urllib3 itself does
                with _after(seconds, _shutting(self)):
                    return super().getresponse()

        class Secure(HTTPSConnection):
            def getresponse(self) -> HTTPResponse:  # type: ignore[override] # as urllib3 itself does
                with _after(seconds, _shutting(self)):
                    return super().getresponse()

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
