"""Plays a log as if it were a PSA: a signed webhook for every change, and the change feed that a sweep reads."""

import base64
import hmac
import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from infra.local.event_log import Change
from shared.ids import stable_id
from shared.instant import format_instant, parse_instant
from shared.ports import Clock

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PAGE = 200


@dataclass(frozen=True, slots=True)
class Webhook:
    body: bytes
    headers: dict[str, str]


class LogPsa:
    """Knows the whole log, but shows only what has happened by its clock's time."""

    def __init__(self, changes: Sequence[Change], clock: Clock, key: bytes) -> None:
        self._clock = clock
        self._key = key
        created: dict[str, datetime] = {}
        for change in changes:
            created[change.ticket] = min(change.at, created.get(change.ticket, change.at))
        self._created = created
        self._feed = sorted(changes, key=lambda change: change.at)
        self._feed_times = [change.at for change in self._feed]

    def webhook(self, change: Change) -> Webhook:
        """Return the change as Standard Webhooks has it, signed now. The same change has the same id, however often."""
        body = json.dumps(
            {"type": "ticket.changed", "data": self.record(change)}, ensure_ascii=False, separators=(",", ":")
        ).encode()
        message = stable_id("msg", change.ticket, format_instant(change.at), change.status, change.owner)
        stamp = str(int(self._clock.now().timestamp()))
        mac = hmac.digest(self._key, f"{message}.{stamp}.".encode() + body, "sha256")
        return Webhook(
            body,
            {
                "Content-Type": "application/json",
                "webhook-id": message,
                "webhook-timestamp": stamp,
                "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
            },
        )

    def record(self, change: Change) -> dict[str, Any]:
        """Return the ticket as it was after `change`, in the generic record shape. Nobody is named who was not."""
        person = change.contact or f"Client of {change.ticket}"
        address = person if "@" in person else f"{_slug(person)}@client.example"
        record: dict[str, Any] = {
            "id": change.ticket,
            "number": change.ticket,
            "title": change.title or f"Request {change.ticket}",
            "status": change.status,
            "contact": {"name": None if "@" in person else person, "email": address},
            "created_at": format_instant(self._created[change.ticket]),
            "updated_at": format_instant(change.at),
        }
        if change.company:
            record["company"] = {"name": change.company}
        if change.owner:
            record["owner"] = change.owner
        if change.priority:
            record["priority"] = change.priority
        return record

    def happened_between(self, start: datetime, end: datetime) -> bool:
        """True if anything changed in (start, end]."""
        return bisect_right(self._feed_times, end) > bisect_right(self._feed_times, start)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer `GET /changes?since=&after=&limit=` (all up to now, the oldest first) and `GET /tickets/<id>`."""
        query = {name: values[0] for name, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        path = environ["PATH_INFO"]
        if path.startswith("/tickets/"):
            return self._ticket(path.removeprefix("/tickets/"), start_response)
        if path != "/changes":
            start_response("404 Not Found", [("Content-Type", "application/json")])
            return [b"{}"]
        limit = min(PAGE, int(query.get("limit", PAGE)))
        first = (
            int(query["after"]) if query.get("after") else bisect_left(self._feed_times, parse_instant(query["since"]))
        )
        happened = bisect_right(self._feed_times, self._clock.now())
        last = min(first + limit, happened)
        page = {
            "changes": [self.record(change) for change in self._feed[first:last]],
            "next": str(last) if last < happened else None,
        }
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(page).encode()]

    def _ticket(self, ticket: str, start_response: "StartResponse") -> Iterable[bytes]:
        happened = bisect_right(self._feed_times, self._clock.now())
        latest = next((c for c in reversed(self._feed[:happened]) if c.ticket == ticket), None)
        start_response("200 OK" if latest else "404 Not Found", [("Content-Type", "application/json")])
        return [json.dumps(self.record(latest) if latest else {}).encode()]


def _slug(text: str) -> str:
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in text.lower())
    return "-".join(part for part in plain.split("-") if part) or "client"
