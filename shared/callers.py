"""Who may call our private functions: our own queue and scheduler, proven by a shared token or by an OIDC identity."""

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

MIN_TOKEN = 32


@dataclass(frozen=True, slots=True)
class SharedToken:
    """The local platform's proof: one token that its queue and scheduler send along as `Authorization: Bearer`."""

    token: str

    def __call__(self, headers: Mapping[str, str]) -> bool:
        return hmac.compare_digest(_bearer(headers).encode("utf-8", "replace"), self.token.encode())


@dataclass(frozen=True, slots=True)
class OidcClaims:
    """The cloud's proof: the claims of a token that Cloud Run has verified before it let the call through.

    On a service that requires authentication Cloud Run checks signature, expiry, audience and the right to invoke,
    answers 401 or 403 itself, and removes the signature; there is nothing left to verify here. Looking at the claims
    again only keeps one worker's caller from calling another, and is worth nothing on a service that is public.
    """

    invokers: frozenset[str]
    audiences: frozenset[str]
    now: Callable[[], datetime]

    def __call__(self, headers: Mapping[str, str]) -> bool:
        claims = _claims(_bearer(headers))
        expires = claims.get("exp")
        return (
            str(claims.get("email")) in self.invokers
            and claims.get("email_verified") is True
            and str(claims.get("aud")) in self.audiences
            and isinstance(expires, int)
            and expires > self.now().timestamp()
        )


def _bearer(headers: Mapping[str, str]) -> str:
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _claims(token: str) -> Mapping[str, object]:
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}
