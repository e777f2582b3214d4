"""The one place that talks HTTP to a PSA: every bound, every status and every broken answer is dealt with here."""

import copy
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NameResolutionError, NewConnectionError

from shared.errors import (
    ConfigurationError,
    InvalidRequest,
    PsaAccessDenied,
    PsaOutcomeUnknown,
    PsaRefused,
    PsaUnavailable,
)
from shared.psa.call_budget import CallBudget
from shared.psa.http_bounds import AnswerBroken, AnswerTooLarge, AnswerTooSlow, Bounds, bounded_session, read_body
from shared.psa.plain_text import one_line
from shared.psa.reading import is_record
from shared.psa.retry_after import retry_after
from shared.strict_json import parse_json

_QUOTED_MESSAGE = 120
_PLAIN_HTTP_HOSTS = frozenset(("localhost", "127.0.0.1", "::1"))
_RESERVED_ENDINGS = (".test", ".example", ".invalid", ".localhost")  # RFC 2606: no such host exists outside


class PsaNotFound(PsaRefused):
    """404, and JSON said so. Whether that means "no such record" is the product's secret: ask its client."""


class CredentialsRefused(PsaAccessDenied):
    """401: this key or token is not known there (any more)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A success. `body` is what strict JSON held, never null; header names ignore case."""

    body: object
    headers: Mapping[str, str]
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """What is peculiar about one product. `check` tells a person what to look at when it does not let us in.

    `denies` recognises a refusal of access that hides behind another status, from the status and the parsed body.
    """

    name: str
    check: str
    denies: Callable[[int, object], bool] = lambda _status, _body: False


class RestApi:
    """One PSA's REST interface. Safe to be shared by threads.

    `credentials` gives the headers that let us in and is asked before each call, so that a rotated key is used at once.
    `admit` is asked before each call too and may raise to forbid it.
    """

    def __init__(
        self,
        product: Product,
        base_url: str,
        credentials: Callable[[], Mapping[str, str]],
        *,
        session: requests.Session | None = None,
        bounds: Bounds | None = None,
        admit: Callable[[], None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises ConfigurationError for plain HTTP to another machine: the keys would travel in the open."""
        self._product = product
        self._base = base_url.rstrip("/")
        self._origin = _origin(self._base)
        if self._origin[0] != "https" and not _stays_here(self._origin[1]):
            raise ConfigurationError(f"{product.name}: base_url must begin with https://")
        self._credentials = credentials
        self._bounds = bounds or Bounds()
        self._session = session or bounded_session(self._bounds.total_seconds)
        self._admit = admit
        self._monotonic = monotonic
        self._budget: CallBudget | None = None

    def within(self, budget: CallBudget) -> "RestApi":
        """Return this interface with each call counted on `budget`; one too many raises BudgetSpent."""
        limited = copy.copy(self)
        limited._budget = budget  # noqa: SLF001 - our own copy
        return limited

    @property
    def calls_left(self) -> int:
        """How many calls the budget still holds; without one, as many as anybody could want."""
        return sys.maxsize if self._budget is None else self._budget.left

    def find(self, path: str, params: Mapping[str, str] | None = None) -> Answer | None:
        """GET a path below the base, or a whole URL that this PSA gave us. None for 404."""
        try:
            return self._call(path, params=params)
        except PsaNotFound:
            return None

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """GET like `find` what must be there: 404 is PsaUnavailable."""
        answer = self.find(path, params)
        if answer is None:
            raise PsaUnavailable(f"{self._product.name} does not know one of its own paths; look at base_url")
        return answer

    def ask(self, path: str, question: object) -> Answer:
        """POST a query as JSON: it changes nothing, so a lost answer is only PsaUnavailable, and so is 404."""
        try:
            return self._call(path, json=question)
        except PsaNotFound as error:
            raise PsaUnavailable(
                f"{self._product.name} does not know one of its own paths; look at base_url"
            ) from error

    def ask_form(self, path: str, form: Mapping[str, str], params: Mapping[str, str]) -> Answer:
        """POST a form that changes nothing, without credentials: it is how they are fetched. Raises PsaRefused too."""
        return self._call(path, form=form, params=params, credentials=dict, refused=PsaRefused)

    def change(self, path: str, record: object) -> Answer:
        """POST something that changes the PSA.

        Raises PsaOutcomeUnknown if the answer was lost on the way, PsaRefused (PsaNotFound for 404) if it will not.
        """
        return self._call(path, json=record, lost=PsaOutcomeUnknown, refused=PsaRefused)

    def _call(
        self,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
        form: Mapping[str, str] | None = None,
        credentials: Callable[[], Mapping[str, str]] | None = None,
        lost: type[PsaUnavailable] = PsaUnavailable,
        refused: type[PsaUnavailable | PsaRefused] = PsaUnavailable,
    ) -> Answer:
        url = self._url(path)
        if self._budget is not None:
            self._budget.spend()
        self._admit()
        headers = {"Accept": "application/json", **(credentials or self._credentials)()}
        bounds, name = self._bounds, self._product.name
        deadline = self._monotonic() + bounds.total_seconds
        try:
            response = self._session.request(
                "GET" if json is None and form is None else "POST",
                url,
                params=params,
                json=json,
                data=form,
                headers=headers,
                timeout=(bounds.connect_seconds, bounds.read_seconds),
                allow_redirects=False,
                stream=True,
            )
        except requests.RequestException as error:
            raise (PsaUnavailable if _never_sent(error) else lost)(f"{name} did not answer") from error
        except UnicodeEncodeError as error:
            raise ConfigurationError(f"{name}: a key or user name has letters that no HTTP header can carry") from error
        with response:
            try:
                raw = read_body(response, bounds.max_bytes, deadline, self._monotonic)
            except (AnswerTooLarge, AnswerTooSlow, AnswerBroken) as error:
                raise lost(f"{name} did not answer to the end: {error}") from error
        return self._judge(response, raw, lost, refused)

    def _judge(
        self,
        response: requests.Response,
        raw: bytes,
        lost: type[PsaUnavailable],
        refused: type[PsaUnavailable | PsaRefused],
    ) -> Answer:
        """Turn status and body into an answer or an error: `lost` if it may have been done, `refused` for other 4xx."""
        status, name = response.status_code, self._product.name
        wait = retry_after(response.headers)
        body = self._parsed(response, raw)
        if 200 <= status < 300:
            if body is None:
                raise lost(f"{name} answered {status} with something that is not JSON, or with null")
            return Answer(body, response.headers, response.url)
        if status == 401:
            raise CredentialsRefused(f"{name} does not accept our credentials. {self._product.check}")
        if status == 403 or self._product.denies(status, body):
            raise PsaAccessDenied(f"{name} denies access. {self._product.check}")
        if 300 <= status < 400:
            raise PsaUnavailable(f"{name} answered with a redirect; base_url must be the address that it leads to")
        if status in (408, 425, 429):
            raise PsaUnavailable(f"{name} asks us to wait (HTTP {status})", wait)
        if status >= 500:
            raise lost(f"{name} is unwell (HTTP {status})", wait)
        if body is None:
            raise PsaUnavailable(f"{name} answered HTTP {status} without JSON: a proxy, or a wrong base_url")
        kind = PsaNotFound if status == 404 else refused
        raise kind(f"{name} refused (HTTP {status}){_reason(body)}")

    def _parsed(self, response: requests.Response, raw: bytes) -> object:
        """Return the JSON in the body; None if it is none, or null."""
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != "application/json" and not kind.endswith("+json"):
            return None
        try:
            return parse_json(raw, max_bytes=self._bounds.max_bytes)
        except InvalidRequest:
            return None

    def _url(self, path: str) -> str:
        """A whole URL must lead to the host that our credentials are for: it came out of an answer."""
        if path.startswith("/"):
            return self._base + path
        if _origin(path) != self._origin:
            raise PsaUnavailable(f"{self._product.name} names a page on another host; it was not called")
        return path


def _origin(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port. What is no URL has none that anything could be equal to."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "", url, None
    default = 443 if parts.scheme == "https" else 80
    return parts.scheme, parts.hostname or "", default if port is None else port


def _stays_here(host: str) -> bool:
    return host in _PLAIN_HTTP_HOSTS or host.endswith(_RESERVED_ENDINGS)


def _never_sent(error: requests.RequestException) -> bool:
    """True if the request surely did not reach the PSA: there was no connection to send it on."""
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.SSLError | requests.exceptions.ProxyError):
        return True
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError | NameResolutionError)


def _reason(body: object) -> str:
    """The PSA's own first words about a refusal, cut short: they help the person who has to find the cause."""
    if not is_record(body):
        return ""
    errors = body.get("errors")
    words = body.get("message") or body.get("Message") or (errors[0] if isinstance(errors, list) and errors else None)
    return f": {one_line(words, _QUOTED_MESSAGE)}" if isinstance(words, str) else ""
