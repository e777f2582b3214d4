"""HaloPSA webhooks: the event alone, the full object, or several in one array, with Basic authentication."""

import base64
import json

from infra.local.fake_psa.access import SECRETS, WEBHOOK_USER
from infra.local.fake_psa.answers import milliseconds
from infra.local.fake_psa.halopsa import records
from infra.local.fake_psa.halopsa.records import Json
from infra.local.fake_psa.halopsa.rest import WEBHOOK_ID
from infra.local.fake_psa.setup import DONE, Setup
from infra.local.fake_psa.things import Action, Event


class HaloWebhooks:
    """`payload` is the tenant's choice in Halo: `full`, or `eventonly` (v2.214.1 and later)."""

    def __init__(self, setup: Setup, payload: str) -> None:
        self._setup = setup
        self._payload = payload

    def bodies(self, event: Event, message_id: str) -> list[bytes]:
        item = self.item(event, message_id)
        return [] if item is None else [encoded(item)]

    def item(self, event: Event, message_id: str) -> Json | None:
        if event.ticket is None:
            return None
        item: Json = {
            "id": message_id,
            "notification_id": 31,
            "escmsg_id": 90_100 + event.number,
            "event": _name(event),
            "webhook_id": WEBHOOK_ID,
            "object_id": event.ticket.id,
            "timestamp": milliseconds(event.at),
        }
        if self._payload == "full":
            item["ticket"] = records.ticket(self._setup.tenant, event.ticket)
            item["action"] = records.action(self._setup.tenant, event)
        return item

    def headers(self, _body: bytes, _message_id: str, _sent_at: object) -> dict[str, str]:
        credential = f"{WEBHOOK_USER}:{SECRETS['env:FAKE_HALO_WEBHOOK_PASSWORD']}"
        return {
            "Content-Type": "application/json",
            "Authorization": "Basic " + base64.b64encode(credential.encode()).decode(),
        }


def encoded(value: Json | list[Json]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _name(event: Event) -> str:
    if event.action is Action.CREATED:
        return "New Ticket Logged"
    if event.action is Action.DELETED:
        return "Ticket Deleted"
    if "status" in event.fields:
        return "Closed" if event.ticket is not None and event.ticket.status in DONE else "Ticket Status Changed"
    return "Ticket Reassigned" if "owner_id" in event.fields else "Ticket Updated by User"
