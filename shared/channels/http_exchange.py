"""One HTTP exchange of a channel: bounded in time and size, and honest about whether the request can have arrived."""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, LocationParseError, NameResolutionError, NewConnectionError

from shared.errors import ConfigurationError
from shared.psa.http_bounds import AnswerBroken, AnswerTooLarge, AnswerTooSlow, bounded_session, read_body

_CONNECT_SECONDS = 10.0
_MAX_BYTES = 256 * 1024
_PLAIN_HTTP_HOSTS = frozenset(("localhost", "127.0.0.1", "::1"))


class NeverSent(Exception):
    """There was no connection on which the request could have gone out."""


class AnswerLost(Exception):
    """The request went out, at least in part, and no answer came that can be read."""


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Any status. `body` is None if it could not be read to its end; the status alone is often enough."""

    status: int
    headers: Mapping[str, str]
    body: bytes | None


class HttpExchange:
    """Each call opens a connection of its own: one that was kept and has died meanwhile would look like a lost answer.

    Safe for threads. No redirect, cookie, proxy, .netrc or second try. A call takes at most some 10 s to connect and
    twice `seconds` for the answer. The message of an error names its cause in one word and no address.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        data: bytes | Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """Return the answer, whatever its status. Raises NeverSent or AnswerLost."""
        with bounded_session(self._seconds) as session:
            try:
                response = session.request(
                    method,
                    url,
                    headers={"Connection": "close", **(headers or {})},
                    params=params,
                    data=data,
                    timeout=(min(_CONNECT_SECONDS, self._seconds), self._seconds),
                    allow_redirects=False,
                    stream=True,
                )
            except (requests.RequestException, HTTPError, UnicodeError) as error:
                kind = NeverSent if _never_sent(error) else AnswerLost
                raise kind(type(error).__name__) from error
            return self._read(response)

    def _read(self, response: requests.Response) -> HttpAnswer:
        deadline = time.monotonic() + self._seconds
        with response:
            try:
                body = read_body(response, _MAX_BYTES, deadline, time.monotonic)
            except (AnswerTooLarge, AnswerTooSlow, AnswerBroken):
                body = None
        return HttpAnswer(response.status_code, response.headers, body)


def secret_safe(url: str, setting: str) -> str:
    """Return `url` without a slash at its end. Raises ConfigurationError if secrets would travel in the open."""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _PLAIN_HTTP_HOSTS:
        raise ConfigurationError(f"{setting} must begin with https://")
    return url.rstrip("/")


def _never_sent(error: Exception) -> bool:
    """A broken TLS connection may have carried the request; one whose certificate was refused never did."""
    unsendable = (
        requests.ConnectTimeout,
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidSchema,
        requests.exceptions.InvalidHeader,
        LocationParseError,
        UnicodeError,
    )
    if isinstance(error, unsendable):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, NewConnectionError | NameResolutionError):
        return True
    return any(isinstance(each, ssl.SSLCertVerificationError) for each in (reason, *getattr(reason, "args", ())))
