"""The four PSAs as a sender sees them: how each proves that a request is its own. Written apart from the code under test."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import standardwebhooks
from pydantic import TypeAdapter

from shared import errors
from shared.config.settings import Connection
from shared.ports import PsaWebhook
from shared.psa import webhook_for

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2026, 5, 11, 9, 44, 3, tzinfo=UTC)
MESSAGE_ID = "msg_2f9c3c1e"

Signer = Callable[[bytes, str, datetime], dict[str, str]]


@dataclass(frozen=True)
class Product:
    """`proof` is the header that carries the proof. `signs_body` is False where a password is all there is."""

    kind: str
    proof: str
    signer: Signer
    secret: str
    other_secret: str
    sample: bytes
    signs_body: bool = True

    def webhook(self, *secrets: str) -> PsaWebhook:
        return webhook_with(self.kind, *(secrets or (self.secret,)))

    def headers(self, body: bytes, secret: str | None = None, now: datetime = NOW) -> dict[str, str]:
        return self.signer(body, secret or self.secret, now)

    def __str__(self) -> str:
        return self.kind


def connection(kind: str, secrets: int = 1) -> Connection:
    """The fixture connection of `kind`, with as many secret references (`env:SECRET_0`) as there are secrets."""
    system = json.loads((FIXTURES / kind / "connection.json").read_text())["system"]
    field = "webhook_passwords" if kind == "halopsa" else "signing_keys"
    system[field] = [f"env:SECRET_{place}" for place in range(secrets)]
    return TypeAdapter(Connection).validate_python({"system": system, "statuses": {"new": ["New"]}})


def webhook_with(kind: str, *secrets: str) -> PsaWebhook:
    by_reference = {f"env:SECRET_{place}": secret for place, secret in enumerate(secrets)}
    return webhook_for(connection(kind, len(secrets)), by_reference.__getitem__)


def connectwise_mac(body: bytes, secret: str) -> bytes:
    return hmac.new(hashlib.sha256(secret.encode()).digest(), body, hashlib.sha256).digest()


def autotask_mac(body: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha1).digest()


def standard_mac(body: bytes, secret: str, message_id: str, timestamp: str) -> bytes:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def refused(webhook: PsaWebhook, body: bytes, headers: Mapping[str, str], now: datetime = NOW) -> bool:
    """True if the request is refused with Unauthenticated. Any other outcome fails the test."""
    with pytest.raises(errors.Unauthenticated):
        webhook.verify(body, headers, now)
    return True


def with_proof(product: Product, value: object) -> dict[str, str]:
    """The headers of an honest request, but with `value` where the proof stands."""
    return {**product.headers(product.sample), product.proof: value}


def proof_of(product: Product) -> tuple[str, str]:
    """The prefix and the base64 of an honest proof."""
    value = product.headers(product.sample)[product.proof]
    prefix = {"connectwise": "", "autotask": "sha1=", "halopsa": "Basic ", "generic": "v1,"}[product.kind]
    assert value.startswith(prefix)
    return prefix, value.removeprefix(prefix)


def _connectwise(body: bytes, secret: str, _now: datetime) -> dict[str, str]:
    return {"x-content-signature": b64(connectwise_mac(body, secret))}


def _autotask(body: bytes, secret: str, _now: datetime) -> dict[str, str]:
    return {"X-Hook-Signature": "sha1=" + b64(autotask_mac(body, secret))}


def _halopsa(_body: bytes, secret: str, _now: datetime) -> dict[str, str]:
    return {"Authorization": "Basic " + b64(f"promisekeeper:{secret}".encode())}


def _generic(body: bytes, secret: str, now: datetime) -> dict[str, str]:
    """Signed by the reference library where the body is text (it takes nothing else), else by hand."""
    timestamp = str(int(now.timestamp()))
    try:
        signature = standardwebhooks.Webhook(secret).sign(MESSAGE_ID, now, body.decode())
    except UnicodeDecodeError:
        signature = "v1," + b64(standard_mac(body, secret, MESSAGE_ID, timestamp))
    return {"webhook-id": MESSAGE_ID, "webhook-timestamp": timestamp, "webhook-signature": signature}


def _fixture(kind: str, event: str) -> bytes:
    return (FIXTURES / kind / f"{event}.json").read_bytes()


CONNECTWISE = Product(
    kind="connectwise",
    proof="x-content-signature",
    signer=_connectwise,
    secret="cw-current-signing-key-41",
    other_secret="cw-another-signing-key-42",
    sample=_fixture("connectwise", "ticket-updated"),
)
AUTOTASK = Product(
    kind="autotask",
    proof="X-Hook-Signature",
    signer=_autotask,
    secret="at-current-secret-key-41",
    other_secret="at-another-secret-key-42",
    sample=_fixture("autotask", "ticket-create"),
)
HALOPSA = Product(
    kind="halopsa",
    proof="Authorization",
    signer=_halopsa,
    secret="halo-current-password-41",
    other_secret="halo-another-password-42",
    sample=_fixture("halopsa", "ticket-status-changed"),
    signs_body=False,
)
GENERIC = Product(
    kind="generic",
    proof="webhook-signature",
    signer=_generic,
    secret="whsec_" + b64(b"generic-current-signing-key-0041"),
    other_secret="whsec_" + b64(b"generic-another-signing-key-0042"),
    sample=_fixture("generic", "ticket-changed"),
)
PRODUCTS = (CONNECTWISE, AUTOTASK, HALOPSA, GENERIC)
SIGNING = tuple(product for product in PRODUCTS if product.signs_body)

every_product = pytest.mark.parametrize("product", PRODUCTS, ids=str)
every_signing_product = pytest.mark.parametrize("product", SIGNING, ids=str)
