"""One HTTP exchange with Twilio: bounded in time and size, and clear about whether the request was written."""

import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import requests
from urllib3.exceptions import HTTPError

from shared.psa.http_bounds import AnswerBroken, AnswerTooLarge, AnswerTooSlow, Bounds, bounded_session, read_body

_FORM_TYPE = "application/x-www-form-urlencoded"


class NoAnswer(Exception):
    """No whole answer came. The words name kinds of errors only: addresses and numbers stand in their messages."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is decoded and within the cap; header names ignore case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Form(io.BytesIO):
    """The body of a POST. It is first read when the connection stands and the header is written: the last moment.

    A server cannot act on a header that announces a body: until the first read the request is surely without effect.
    """

    def __init__(self, content: bytes, before_commitment: Callable[[], None]) -> None:
        super().__init__(content)
        self._before_commitment = before_commitment
        self.begun = False
        self.begun_at: float | None = None
        """When the commitment was made (monotonic seconds): what that took is not the provider's slowness."""
        self.failure: BaseException | None = None
        """What `before_commitment` raised: the library below would take some errors for its own."""

    def read(self, size: int | None = -1, /) -> bytes:
        if not self.begun:
            try:
                self._before_commitment()
            except BaseException as error:
                self.failure = error
                raise
            self.begun = True
            self.begun_at = time.monotonic()
        return super().read(size)


class Exchange:
    """Each call has a connection of its own: a kept one may be closed at the far end just when it is written to.

    No redirect is followed, and no proxy, cookie or .netrc of the surroundings is used.
    """

    def __init__(self, login: tuple[str, str], bounds: Bounds) -> None:
        self._login = login
        self._bounds = bounds

    def post(self, url: str, form: Form) -> Answer:
        """Raises NoAnswer, and what the form's `before_commitment` raises if it is no OSError (see `Form.failure`)."""
        return self._call("POST", url, form=form, headers={"Content-Type": _FORM_TYPE})

    def get(self, url: str, params: Mapping[str, str]) -> Answer:
        """Raises NoAnswer."""
        return self._call("GET", url, params=params)

    def _call(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        form: Form | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        bounds = self._bounds
        started = time.monotonic()
        headers = {"Accept": "application/json", "Connection": "close", **(headers or {})}
        request = requests.Request(method, url, headers=headers, params=params, data=form, auth=self._login)
        with bounded_session(bounds.total_seconds) as session:
            try:
                prepared = session.prepare_request(request)
                # Not session.send: it reads the body of a redirect to its end, however long, even if it may not follow.
                timeout = (bounds.connect_seconds, bounds.read_seconds)
                response = session.get_adapter(prepared.url or url).send(prepared, stream=True, timeout=timeout)
                with response:
                    deadline = ((form.begun_at if form else None) or started) + bounds.total_seconds
                    body = read_body(response, bounds.max_bytes, deadline, time.monotonic)
            except (OSError, HTTPError, AnswerTooLarge, AnswerTooSlow, AnswerBroken) as error:
                raise NoAnswer(_kinds(error)) from None
            return Answer(response.status_code, response.headers, body)


def _kinds(error: BaseException) -> str:
    """The kinds of the error and of what caused it, the outermost first: `ConnectionError: NewConnectionError`."""
    kinds = [type(error).__name__]
    inner: object = error.args[0] if error.args else None
    inner = getattr(inner, "reason", None) or inner
    if isinstance(inner, BaseException):
        kinds.append(type(inner).__name__)
    return ": ".join(kinds)
