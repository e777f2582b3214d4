"""ConnectWise callbacks: the envelope with the whole record as a JSON string, signed with HMAC-SHA256."""

import base64
import hashlib
import hmac
import json

from infra.local.fake_psa.access import COMPANY, SECRETS
from infra.local.fake_psa.connectwise import records
from infra.local.fake_psa.connectwise.records import Json
from infra.local.fake_psa.connectwise.rest import CALLBACK_ID
from infra.local.fake_psa.setup import Setup
from infra.local.fake_psa.things import Action, Event

_TICKET_ACTIONS = {Action.CREATED: "added", Action.DELETED: "deleted"}
_TIME_CALLBACK_ID = CALLBACK_ID + 1


class ConnectWiseCallbacks:
    def __init__(self, setup: Setup) -> None:
        self._setup = setup

    def bodies(self, event: Event, message_id: str) -> list[bytes]:
        """A time entry calls twice: once for itself and once for the ticket that it moved."""
        tenant = self._setup.tenant
        found = []
        if event.entry is not None:
            entity = records.time_entry(tenant, event.entry)
            found.append(self._envelope(event, f"{message_id[:-1]}0", "time", "added", entity, event.entry.id))
        if event.ticket is not None:
            action = _TICKET_ACTIONS.get(event.action, "updated")
            ticket = None if action == "deleted" else records.ticket(tenant, event.ticket)
            found.append(self._envelope(event, message_id, "ticket", action, ticket, event.ticket.id))
        return found

    def headers(self, body: bytes, _message_id: str, _sent_at: object) -> dict[str, str]:
        key = hashlib.sha256(SECRETS["env:FAKE_CW_SIGNING_KEY"].encode()).digest()
        signature = base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()
        return {"Content-Type": "application/json", "x-content-signature": signature}

    def _envelope(
        self, event: Event, message_id: str, kind: str, action: str, entity: Json | None, record_id: int
    ) -> bytes:
        host = "api-na.fakewise.test"
        envelope = {
            "MessageId": message_id,
            "FromUrl": host,
            "CompanyId": COMPANY,
            "MemberId": self._setup.tenant.members[event.by].login,
            "Action": action,
            "Type": kind,
            "ID": record_id,
            "ProductInstanceId": "65f0c2a1b2c3d40001e5f607",
            "PartnerId": "64aa10f2c3d4e50001f60718",
            "Entity": None if entity is None else _compact(entity),
            "Metadata": {
                "key_url": f"https://{host}/v2025_1//system/callbackkey/index.rails?companyName={COMPANY}&id=11111111-2222-4333-8444-555555555555"
            },
            "CallbackObjectRecId": _TIME_CALLBACK_ID if kind == "time" else CALLBACK_ID,
        }
        return _compact(envelope).encode()


def _compact(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
