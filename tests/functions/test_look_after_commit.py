"""A look that is put on the queue before the commit that it is about must not be spent before that commit is there."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.convergence import ticket_id
from shared.models.ticket import Ticket
from shared.ports import Task
from tests.fakes.queue import RecordingQueue
from tests.functions.desk import Desk
from tests.psa_products import GENERIC, NOW


class QuickQueue(RecordingQueue):
    """Runs what is due in the very moment in which it is put: no runner is ever quicker. What fails comes again."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    def put(self, task: Task) -> None:
        super().put(task)
        if task in self.waiting and task.at <= self._desk.clock.now():
            self.waiting.remove(task)
            if self._desk.runs(task).status != 200:
                self.waiting.append(replace(task, at=self._desk.clock.now() + timedelta(seconds=10)))


@pytest.fixture
def desk():
    desk = Desk()
    desk.queue = QuickQueue(desk)
    return desk.replaced(queue=desk.queue)


def report(desk: Desk, status: str, ago: timedelta) -> None:
    record = {
        "id": "7",
        "number": "7",
        "title": "Printer",
        "status": status,
        "contact": {"name": "Dana Fox", "email": "dana@client.example"},
        "created_at": (NOW - timedelta(hours=1)).isoformat(),
        "updated_at": (NOW - ago).isoformat(),
    }
    body = json.dumps({"type": "ticket.changed", "data": record}).encode()
    assert desk.calls(GENERIC, body).status == 200


def told(desk: Desk) -> list[str]:
    found = desk.store.get(Ticket, ticket_id("generic", "7"))
    return [told.touchpoint.value for told in found.document.told]


def test_a_ticket_that_we_hear_of_after_the_hold_is_told_without_the_help_of_a_sweep(desk):
    report(desk, "New", ago=timedelta(minutes=30))
    desk.works(until=timedelta(minutes=10))

    assert told(desk) == ["received"]


def test_a_change_that_we_hear_of_after_the_hold_is_told_without_the_help_of_a_sweep(desk):
    report(desk, "New", ago=timedelta(minutes=30))
    desk.works(until=timedelta(minutes=10))
    report(desk, "Waiting on Client", ago=timedelta(minutes=5))
    desk.works(until=timedelta(minutes=20))

    assert told(desk) == ["received", "needs_you"]
