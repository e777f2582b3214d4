"""Autotask webhooks: only the subscribed fields, escaped as .NET does, signed with HMAC-SHA1. None for time entries."""

import base64
import hashlib
import hmac
import json
import re
from datetime import datetime

from infra.local.fake_psa.access import SECRETS
from infra.local.fake_psa.answers import whole_seconds
from infra.local.fake_psa.autotask import records
from infra.local.fake_psa.autotask.records import Json
from infra.local.fake_psa.setup import Setup
from infra.local.fake_psa.things import Action, Event

_ACTIONS = {Action.CREATED: "Create", Action.CHANGED: "Update", Action.DELETED: "Delete"}
_SUBSCRIBED = {
    "title": ("Title", "title"),
    "status": ("Status", "status"),
    "priority": ("Priority", "priority"),
    "board": ("QueueID", "queueID"),
    "company_id": ("CompanyID", "companyID"),
    "owner_id": ("AssignedResourceID", "assignedResourceID"),
}
"""Field of our ticket -> its name in the webhook and in the REST record."""

_ESCAPED = re.compile("[&<>'\"+`\u007f-\U0010ffff]")


class AutotaskWebhooks:
    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._sequence = 0

    def bodies(self, event: Event, _message_id: str) -> list[bytes]:
        if event.note is not None and event.ticket is not None:
            fields = {
                "TicketID": str(event.ticket.id),
                "Title": "Promisekeeper",
                "NoteType": "1",
                "Publish": "2" if event.note.internal else "1",
            }
            return [self._body(event, "Create", "TicketNote", event.note.id, fields)]
        if event.ticket is None or event.action not in _ACTIONS:
            return []
        return [self._body(event, _ACTIONS[event.action], "Ticket", event.ticket.id, self._fields(event))]

    def headers(self, body: bytes, _message_id: str, _sent_at: object) -> dict[str, str]:
        mac = hmac.new(SECRETS["env:FAKE_AT_SIGNING_KEY"].encode(), body, hashlib.sha1).digest()
        return {"Content-Type": "application/json", "X-Hook-Signature": "sha1=" + base64.b64encode(mac).decode()}

    def _fields(self, event: Event) -> dict[str, str]:
        if event.ticket is None or event.action is Action.DELETED:
            return {}
        record = records.ticket(self._setup.tenant, event.ticket)
        names = _SUBSCRIBED if event.action is Action.CREATED else event.fields
        shown = {"TicketNumber": event.ticket.number}
        for name in names:
            if name in _SUBSCRIBED:
                spelt, held = _SUBSCRIBED[name]
                shown[spelt] = "" if record[held] is None else str(record[held])
        return shown

    def _body(self, event: Event, action: str, entity: str, record_id: int, fields: dict[str, str]) -> bytes:
        self._sequence += 1
        return as_sent(
            {
                "Action": action,
                "Guid": _GUID,
                "EntityType": entity,
                "Id": record_id,
                "Fields": fields,
                "EventTime": whole_seconds(event.at),
                "SequenceNumber": self._sequence,
                "PersonID": event.by,
            }
        )


_GUID = "9b1d2c3e-4f50-4a61-8b72-93a4b5c6d7e8"  # the webhook's own, the same in every message


def deactivated(at: datetime) -> bytes:
    """The body that tells that the webhook was switched off: without an entity, and sent without a signature."""
    return as_sent({"Action": "Deactivated", "Guid": _GUID, "EventTime": whole_seconds(at)})


def as_sent(value: Json) -> bytes:
    """Return the JSON with `& < > ' " + ` and everything beyond ASCII escaped in strings, upper-case hex."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return re.sub(r'"(?:[^"\\]|\\.)*"', lambda found: _escape(found[0]), text).encode()


def _escape(literal: str) -> str:
    inside = literal[1:-1].replace('\\"', "\\u0022")
    return f'"{_ESCAPED.sub(lambda found: _units(found[0]), inside)}"'


def _units(character: str) -> str:
    """A character beyond the basic plane is two UTF-16 units."""
    raw = character.encode("utf-16-be")
    return "".join(f"\\u{raw[place : place + 2].hex().upper()}" for place in range(0, len(raw), 2))
