"""ConnectWise callbacks: who sent it, and what it says. Source: ConnectWise Developer Guide, PSA callbacks.

ConnectWise waits 5 s, then gives the callback up; it tries again only after 404, 409, 419 and 429. A callback carries
the whole record as a JSON string in `Entity`; there is no event time, so `Entity._info.lastUpdated` orders them.
"""

import dataclasses
import hashlib
from collections.abc import Mapping
from datetime import datetime

from shared.config.settings import ConnectWise
from shared.errors import InvalidRequest, Unauthenticated
from shared.psa import reading
from shared.psa.connectwise import records
from shared.psa.facts import Ignored, PsaEvent, TicketGone, TicketHint
from shared.psa.headers import single_header
from shared.psa.reading import Record
from shared.psa.signing import SHA256_SIZE, any_matches, decode_base64, hmac_sha256, usable_secrets
from shared.psa.versions import body_version
from shared.strict_json import parse_json


class ConnectWiseWebhook:
    """One ConnectWise connection. `secrets` are the signing keys as the callback's key_url gave them, old and new."""

    transient_status = 429

    def __init__(self, settings: ConnectWise, secrets: tuple[str, ...]) -> None:
        self.settings = settings
        # The MAC's key is not the signing key but its SHA-256, as 32 raw bytes.
        self._keys = tuple(hashlib.sha256(key).digest() for key in usable_secrets(secrets, "ConnectWise signing key"))

    def verify(self, body: bytes, headers: Mapping[str, str], now: datetime) -> None:  # noqa: ARG002 - nothing is timed
        """Check `x-content-signature`: base64 of the raw body's HMAC-SHA256. Raises Unauthenticated, nothing else."""
        given = decode_base64(single_header(headers, "x-content-signature"), SHA256_SIZE)
        if given is None or not any_matches(given, [hmac_sha256(key, body) for key in self._keys]):
            raise Unauthenticated("x-content-signature does not fit the body")

    def parse(self, body: bytes) -> list[PsaEvent]:
        """Return one event. Raises InvalidRequest, nothing else, if the body is not a callback."""
        return [_event(reading.unambiguous(reading.as_record(parse_json(body), "the body")), body_version(body))]


def _event(envelope: Record, body: str) -> PsaEvent:
    kind, action = reading.text(envelope, "Type").lower(), reading.text(envelope, "Action").lower()
    if kind != "ticket":
        return Ignored(reason="other_type")
    ticket_id = reading.integer_id(envelope, "ID")
    if action == "deleted":
        return TicketGone(ticket_id=ticket_id)
    if action not in ("added", "updated"):
        return Ignored(reason="other_action")
    entity = _entity(envelope)
    if entity is None or not records.is_whole(entity):
        return TicketHint(ticket_id=ticket_id, version=reading.optional_text(envelope, "MessageId") or body)
    ticket = records.ticket(entity)
    if ticket.id != ticket_id:
        raise InvalidRequest("Entity: is about another ticket than ID")
    if ticket.updated_by is None:
        return dataclasses.replace(ticket, updated_by=reading.optional_text(envelope, "MemberId"))
    return ticket


def _entity(envelope: Record) -> Record | None:
    """The record, a JSON text within the JSON: the limits of the outer one hold for it too."""
    entity = envelope.get("Entity")
    if entity is None or entity == "":
        return None
    if not isinstance(entity, str):
        raise InvalidRequest("Entity: must be JSON as text")
    return reading.unambiguous(reading.as_record(parse_json(entity.encode()), "Entity"))
