"""What happens on the tickets of a crash run, and how their PSA reports it: drawn from a seed."""

import itertools
import json
import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from standardwebhooks import Webhook

from shared.instant import format_instant

CONNECTION = "desk"
KEY = "whsec_Y3Jhc2gtcnVuLXNpZ25pbmcta2V5LW9mLXRoZS1kZXNr"
HOLD = timedelta(seconds=3)
STATUSES = {
    "new": ["New"],
    "in_progress": ["In Progress"],
    "waiting_on_client": ["Waiting on Client"],
    "waiting_on_vendor": ["Waiting on Vendor"],
    "resolved": ["Resolved"],
    "closed": ["Closed"],
}
COURSES = (
    ("New", "In Progress", "Waiting on Client", "Resolved"),
    ("New", "In Progress", "Waiting on Vendor", "Resolved"),
    ("New", "In Progress", "Resolved", "Closed"),
    ("New", "Resolved", "In Progress", "Resolved"),
    ("New", "In Progress", "Waiting on Client", "In Progress"),
)
CONTACTS = 40


def is_done(status: str) -> bool:
    return status in ("Resolved", "Closed")


@dataclass(frozen=True, slots=True)
class Change:
    """One ticket gets one status, so many real seconds after the start."""

    after: float
    ticket: str
    status: str
    place: int


def changes(tickets: int, seconds: float, seed: int) -> list[list[Change]]:
    """Return the course of each ticket; all of them together last about `seconds`."""
    dice = random.Random(seed)
    courses = []
    for number, course in zip(range(1, tickets + 1), itertools.cycle(COURSES), strict=False):
        pauses = [dice.uniform(1.2, 2.6) for _ in course]
        start = dice.uniform(0, max(0.0, seconds - sum(pauses)))
        times = [start, *(start + passed for passed in itertools.accumulate(pauses))]
        courses.append(
            [Change(at, f"T{number}", status, n) for n, (at, status) in enumerate(zip(times, course, strict=False))]
        )
    return courses


def body_of(change: Change, created: datetime, now: datetime) -> bytes:
    """Return the webhook of `change`, which the PSA saw at `now`."""
    number = int(change.ticket[1:])
    person = number % CONTACTS
    record = {
        "id": change.ticket,
        "number": f"{40_000 + number}",
        "title": f"Printer {number} prints nothing",
        "status": change.status,
        "company": {"id": f"c-{person % 8}", "name": f"Client {person % 8}"},
        "contact": {
            "id": f"p-{person}",
            "name": f"Person {person}",
            "email": f"person-{person}@client-{person % 8}.example",
        },
        "created_at": format_instant(created),
        "updated_at": format_instant(now),
    }
    if change.place:
        record["owner"] = "Robin Field"
    return json.dumps({"type": "ticket.changed", "data": record}).encode()


def signed(message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """Return the headers of one try; the id stays the same over all tries."""
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(KEY).sign(message_id, now, body.decode()),
    }
