"""The access token for Microsoft Graph: fetched with the app's own credentials, kept until shortly before its end."""

import threading
import time
from urllib.parse import quote

from shared.channels.http_exchange import AnswerLost, HttpAnswer, HttpExchange, NeverSent, secret_safe
from shared.config.settings import Graph
from shared.errors import InvalidRequest
from shared.ports import SendFailed
from shared.psa.reading import is_record
from shared.psa.retry_after import retry_after
from shared.strict_json import parse_json

_RENEWED_BEFORE = 300.0
"""Seconds before its end at which a token is not used any more: a mail must not begin with one that ends under way."""

_SHORTEST_USE = 1.0
_MAX_BYTES = 64 * 1024


class GraphToken:
    """Safe for threads: they wait for one fetch instead of each making its own."""

    def __init__(self, settings: Graph, client_id: str, client_secret: str, http: HttpExchange) -> None:
        login = secret_safe(settings.login_url, "mail.graph.login_url")
        self._url = f"{login}/{quote(settings.tenant, safe='')}/oauth2/v2.0/token"
        self._form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
            "scope": f"{settings.base_url.rstrip('/')}/.default",
        }
        self._http = http
        self._lock = threading.Lock()
        self._value = ""
        self._used_until = 0.0

    def value(self) -> str:
        """Return a token that is good for a while. Raises SendFailed, never permanent: no mail is to blame."""
        with self._lock:
            if not self._value or time.monotonic() >= self._used_until:
                self._fetch()
            return self._value

    def forget(self, value: str) -> None:
        """Drop `value`, which Graph did not accept. A newer token that another thread has fetched stays."""
        with self._lock:
            if self._value == value:
                self._value = ""

    def _fetch(self) -> None:
        asked_at = time.monotonic()
        try:
            answer = self._http.call("POST", self._url, data=self._form)
        except (NeverSent, AnswerLost) as error:
            raise SendFailed(f"Microsoft's login did not answer ({error})", permanent=False) from error
        if answer.status in (400, 401, 403, 404):  # OAuth answers wrong credentials with 400 or 401 (RFC 6749, 5.2)
            raise SendFailed(
                f"Microsoft's login refuses this app (HTTP {answer.status}): check tenant, client_id and client_secret,"
                " and whether the secret has expired",
                permanent=False,
            )
        token, seconds = _token(answer)
        if answer.status != 200 or not token:
            raise SendFailed(
                f"Microsoft's login gave no token (HTTP {answer.status})",
                permanent=False,
                retry_after=retry_after(answer.headers),
            )
        self._value = token
        self._used_until = asked_at + max(_SHORTEST_USE, seconds - _RENEWED_BEFORE)


def _token(answer: HttpAnswer) -> tuple[str, float]:
    """Return the token and the seconds that it lasts; "" if there is none that a header can carry."""
    try:
        body = parse_json(answer.body or b"", max_bytes=_MAX_BYTES)
    except InvalidRequest:
        return "", 0.0
    token = body.get("access_token") if is_record(body) else None
    seconds = body.get("expires_in") if is_record(body) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        return "", 0.0
    return (token, float(seconds)) if isinstance(seconds, int | float) else ("", 0.0)
