"""Standard Webhooks with the generic record shape: `webhook-id`, `webhook-timestamp`, `webhook-signature`."""

import base64
import hashlib
import hmac
import json
from datetime import datetime

from infra.local.fake_psa.access import SECRETS
from infra.local.fake_psa.answers import microseconds
from infra.local.fake_psa.generic import records
from infra.local.fake_psa.setup import Setup
from infra.local.fake_psa.things import Action, Event


class GenericWebhooks:
    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def bodies(self, event: Event, _message_id: str) -> list[bytes]:
        if event.ticket is None:
            return []
        kind = "ticket.deleted" if event.action is Action.DELETED else "ticket.changed"
        data = records.ticket(self._setup.tenant, event.ticket)
        envelope = {"type": kind, "timestamp": microseconds(event.at), "data": data}
        return [json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()]

    def headers(self, body: bytes, message_id: str, sent_at: datetime) -> dict[str, str]:
        """The id stays the same over all tries, the timestamp is that of the try."""
        key = base64.b64decode(SECRETS["env:FAKE_GENERIC_SIGNING_KEY"].removeprefix("whsec_"))
        timestamp = str(int(sent_at.timestamp()))
        mac = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
        return {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": "v1," + base64.b64encode(mac).decode(),
        }
