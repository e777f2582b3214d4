"""Standard Webhooks (standardwebhooks.com, specification 1.0.0) with our own record shape: docs/generic-webhook.md.

The reference library accepts timestamps like `1700000000.9` or in Arabic digits and signatures with junk in their
base64, and lets other exceptions than its own escape: hence this verifier, with the specification's grammar taken
literally.
"""

import base64
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from shared.config.settings import Generic
from shared.errors import ConfigurationError, Unauthenticated
from shared.psa import reading
from shared.psa.facts import Ignored, PsaEvent, TicketGone
from shared.psa.generic import records
from shared.psa.headers import single_header
from shared.psa.signing import (
    SHA256_SIZE,
    SHORTEST_SECRET,
    any_matches,
    decode_base64,
    hmac_sha256,
    refuse_placeholder,
    usable_secrets,
)
from shared.strict_json import parse_json

TOLERANCE = timedelta(seconds=300)
MAX_SIGNATURES = 10

_PREFIX = "whsec_"
_ID = re.compile(r"[A-Za-z0-9_-]{1,255}", re.ASCII)  # no full stop: it separates id, timestamp and body
_TIMESTAMP = re.compile(r"[0-9]{10}", re.ASCII)
_SIGNATURE = re.compile(r"(v[0-9]{1,3}[a-z]?),([A-Za-z0-9+/]+={0,2})", re.ASCII)
_VERSION = "v1"  # HMAC-SHA256; others may stand beside it and are passed over


class GenericWebhook:
    """One connection to a system that signs by Standard Webhooks. `secrets` are its `whsec_` keys, old and new."""

    transient_status = 503

    def __init__(self, settings: Generic, secrets: tuple[str, ...]) -> None:
        self.settings = settings
        usable_secrets(secrets, "signing key")
        self._keys = tuple(_decoded(secret, place) for place, secret in enumerate(secrets, start=1))

    def verify(self, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
        """Check id, timestamp (at most 300 s from `now`, either way) and signature. Raises Unauthenticated only."""
        message_id = single_header(headers, "webhook-id")
        timestamp = single_header(headers, "webhook-timestamp")
        given = _signatures(single_header(headers, "webhook-signature"))
        if not _ID.fullmatch(message_id) or not _TIMESTAMP.fullmatch(timestamp):
            raise Unauthenticated("webhook-id or webhook-timestamp is malformed")
        if abs(now.timestamp() - int(timestamp)) > TOLERANCE.total_seconds():
            raise Unauthenticated("webhook-timestamp is too far from our clock")
        message = f"{message_id}.{timestamp}.".encode() + body
        expected = [hmac_sha256(key, message) for key in self._keys]
        if not any([any_matches(signature, expected) for signature in given]):  # noqa: C419 - all, for constant time
            raise Unauthenticated("webhook-signature does not fit")

    def parse(self, body: bytes) -> list[PsaEvent]:
        """Return one event. Raises InvalidRequest, nothing else, if the body is not in the documented shape."""
        envelope = reading.unambiguous(reading.as_record(parse_json(body), "the body"))
        kind = reading.text(envelope, "type")
        if kind not in ("ticket.changed", "ticket.deleted"):
            return [Ignored(reason="other_type")]
        ticket = reading.unambiguous(reading.as_record(envelope.get("data"), "data"))
        if kind == "ticket.deleted":
            at = reading.optional_instant(envelope, "timestamp")
            return [TicketGone(ticket_id=reading.opaque_id(ticket, "id"), at=at)]
        return [records.ticket(ticket)]


def _decoded(secret: str, place: int) -> bytes:
    """The key's bytes: `whsec_` and base64, padded or not. The prefix may be left out, as the specification has it."""
    text = secret.removeprefix(_PREFIX).rstrip("=")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise ConfigurationError(f"signing key {place} must be whsec_ and base64") from None
    if len(key) < SHORTEST_SECRET:
        raise ConfigurationError(f"signing key {place} is shorter than {SHORTEST_SECRET} bytes; 24 to 64 are right")
    refuse_placeholder(key, f"signing key {place}")
    return key


def _signatures(header: str) -> list[bytes]:
    """The first ten signatures' `v1` ones. One malformed signature spoils the header: nobody honest sends it."""
    found = []
    for entry in header.split(" ", MAX_SIGNATURES)[:MAX_SIGNATURES]:
        match = _SIGNATURE.fullmatch(entry)
        if match is None:
            raise Unauthenticated("webhook-signature is malformed")
        if match[1] == _VERSION:
            signature = decode_base64(match[2], SHA256_SIZE)
            if signature is None:
                raise Unauthenticated("webhook-signature is malformed")
            found.append(signature)
    return found
