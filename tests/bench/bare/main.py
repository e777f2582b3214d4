"""What psa_webhook is measured against: the framework and the same calls of store and queue, and nothing else."""

import json
import os
from datetime import UTC, datetime, timedelta

import flask
import functions_framework

from shared.adapters.embedded_queue import EmbeddedQueue
from shared.adapters.sqlite_store import SqliteStore
from shared.models.ticket import Ticket
from shared.ports import Create, Task
from shared.wiring import SystemClock

_path = os.environ["BENCH_FILE"]
_store = SqliteStore(_path)
_queue = EmbeddedQueue(_path, SystemClock())


@functions_framework.http
def bare(request: flask.Request) -> dict[str, int]:
    """One get, one create, one task: what a new ticket costs psa_webhook."""
    identity = json.loads(request.get_data())["data"]["id"]
    now = datetime.now(UTC)
    if _store.get(Ticket, f"ticket-{identity}") is None:
        ticket = Ticket(
            id=f"ticket-{identity}", psa="log", psa_id=identity, number=identity, title="", status="New",
            created_at=now, updated_at=now, first_seen=now,
        )  # fmt: skip
        _store.commit([Create(ticket)])
        _queue.put(Task("ticket_update_notifier", f"task-{identity}", {"id": identity}, now + timedelta(minutes=3)))
    return {"new": 1}
