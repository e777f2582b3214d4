"""The bearer token of HaloPSA: fetched with our client credentials, renewed before it ends or when Halo forgot it."""

import threading
from collections.abc import Callable, Mapping

from shared.config.settings import HaloPsa
from shared.errors import PsaAccessDenied, PsaRefused, PsaUnavailable
from shared.psa import reading
from shared.psa.rest import RestApi

RENEWED_BEFORE = 120.0
"""Seconds before its end at which a token is not used any more: a call must not begin with one that ends under way."""

_SHORTEST_USE = 1.0


class Token:
    """Safe to be shared by threads: they wait for one fetch instead of each making its own.

    `login` is the interface of the authorisation server. Times are on the clock `monotonic`, in seconds.
    """

    def __init__(
        self, login: RestApi, settings: HaloPsa, secret: Callable[[str], str], monotonic: Callable[[], float]
    ) -> None:
        self._login = login
        self._settings = settings
        self._secret = secret
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._value = ""
        self._used_until = 0.0

    def value(self) -> str:
        """Return a token that is good for a while. Raises PsaAccessDenied or PsaUnavailable."""
        with self._lock:
            if not self._value or self._monotonic() >= self._used_until:
                self._fetch()
            return self._value

    def forget(self, value: str) -> None:
        """Drop `value`, which Halo did not accept. A newer token that another thread has fetched stays."""
        with self._lock:
            if self._value == value:
                self._value = ""

    def _fetch(self) -> None:
        settings = self._settings
        form = {
            "grant_type": "client_credentials",
            "client_id": self._secret(settings.client_id),
            "client_secret": self._secret(settings.client_secret),
            "scope": "all",
        }
        params: Mapping[str, str] = {"tenant": settings.tenant} if settings.tenant else {}
        asked_at = self._monotonic()
        try:
            body = self._login.ask_form("/auth/token", form, params).body
        except PsaRefused as error:  # OAuth answers wrong credentials with 400 (RFC 6749, section 5.2)
            raise PsaAccessDenied(
                "HaloPSA gives us no token. Check client_id, client_secret, tenant and base_url, and that the API "
                "application is active and of the type client credentials."
            ) from error
        value = body.get("access_token") if reading.is_record(body) else None
        lasts = body.get("expires_in") if reading.is_record(body) else None
        if not isinstance(value, str) or not value or isinstance(lasts, bool) or not isinstance(lasts, int | float):
            raise PsaUnavailable("HaloPSA answered a token request without a token")
        self._value = value
        self._used_until = asked_at + max(_SHORTEST_USE, lasts - RENEWED_BEFORE)
