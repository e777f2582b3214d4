"""A platform on which messages are sent: the real functions and their edge, with a store, queue and clock that obey."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import flask
from werkzeug.test import EnvironBuilder

from functions.alert_manager.main import alert_manager
from functions.psa_note.main import psa_note
from functions.send_message.main import send_message
from shared import wiring
from shared.config.settings import Settings
from shared.models.message import Message
from shared.models.ticket import Moment, Person, Ticket, TicketState, Touchpoint
from shared.ports import App, Create, Found, Put, Task
from shared.step import Decision, step
from tests.fakes.clock import VirtualClock
from tests.fakes.mail import RecordingChannel
from tests.fakes.memory_store import MemoryStore
from tests.fakes.psa import RecordingPsa
from tests.fakes.queue import RecordingQueue
from tests.letters import RECEIVED

AT = datetime(2026, 3, 2, 14, 5, 11, tzinfo=UTC)
ADDRESS = "dana@client.example"
FUNCTIONS: dict[str, Callable[[flask.Request], flask.Response]] = {
    "send_message": send_message,
    "psa_note": psa_note,
    "alert_manager": alert_manager,
}
QUEUE_PAUSE = timedelta(seconds=10)


def settings(**changes: Any) -> Settings:
    return Settings.model_validate(
        {
            "msp": {
                "name": "Northwind IT",
                "mail_from": "support@northwind.example",
                "reply_to": "help@northwind-desk.example",
                "own_domains": ["Northwind.example"],
            },
            "calendars": {"office": {"tz": "Europe/Berlin", "weekly": {"mon": [["09:00", "17:00"]]}}},
            "psa": {
                "main": {
                    "system": {
                        "kind": "generic",
                        "base_url": "https://psa.example",
                        "token": "env:TOKEN",
                        "signing_keys": ["env:KEY"],
                    },
                    "statuses": {"new": ["New"], "resolved": ["Done"]},
                }
            },
            "mail": {"channel": "mailbox"},
            **changes,
        }
    )


def ticket(state: TicketState = TicketState.IN_PROGRESS, email: str | None = ADDRESS, **changes: object) -> Ticket:
    return Ticket(
        id="ticket-1",
        psa="main",
        psa_id="900",
        number="4711",
        title="Scanner does not send to mail",
        status="New",
        company="Client Ltd",
        company_id="77",
        contact=Person(name="Dana Smith", email=email),
        created_at=AT,
        updated_at=AT,
        first_seen=AT,
        moments=(Moment(at=AT, state=TicketState.NEW), Moment(at=AT, state=state)),
    ).but(**changes)


def message(number: int = 1, **changes: object) -> Message:
    return Message(
        id=f"message-{number}",
        ticket="ticket-1",
        number="4711",
        touchpoint=Touchpoint.RECEIVED,
        why="a new ticket",
        letter=RECEIVED,
        decided_at=AT,
        expires_at=AT + timedelta(hours=48),
        message_id=f"<message-{number}@northwind.example>",
        alarm_at=AT,
    ).but(**changes)


class Platform:
    """Runs tasks in the order of their times. A task that is not answered with 2xx comes again, as a queue would do it.

    `twice` brings every answered task once more.
    """

    def __init__(self, channel: RecordingChannel | None = None, *, twice: bool = False, **of_settings: Any) -> None:
        self.memory = MemoryStore()
        self.tasks = RecordingQueue()
        self.clock = VirtualClock(AT)
        self.channel = channel or RecordingChannel()
        self.psa = RecordingPsa()
        self.twice = twice
        self.answers: list[dict[str, str]] = []
        self.app = App(
            settings=settings(**of_settings),
            store=self.memory,
            queue=self.tasks,
            clock=self.clock,
            psa_webhook=lambda _name: None,
            psa_client=lambda _name: self.psa,
            mail=lambda: self.channel,
            caller_is_ours=lambda _headers: True,
        )

    def has(self, *documents: Ticket | Message) -> None:
        for document in documents:
            if isinstance(document, Message):
                found = Found(document, 0)
                step(self.app, Message, document.id, lambda _none, _now, new=found.document: Decision(new))
            else:
                self.memory.commit([Create(document)])
        self.memory.gets = self.memory.commits = self.memory.written = 0

    def ticket_becomes(self, changed: Ticket) -> None:
        found = self.memory.get(Ticket, changed.id)
        assert found is not None
        self.memory.commit([Put(changed, found.version)])

    def call(self, task: Task, attempt: int = 0) -> flask.Response:
        headers = {"X-CloudTasks-TaskName": task.name, "X-CloudTasks-TaskRetryCount": str(attempt)}
        builder = EnvironBuilder(method="POST", path="/", headers=headers, json=dict(task.body))
        wiring.use(self.app)
        return FUNCTIONS[task.function](flask.Request(builder.get_environ()))

    def run_next(self, *functions: str) -> bool:
        """Bring the next task until it is answered; return False if none is waiting."""
        task = self.tasks.next(*functions)
        if task is None:
            return False
        self.clock.move_to(task.at)
        for attempt in range(10):
            answered = self._bring(task, attempt)
            if answered:
                break
            self.clock.pause(QUEUE_PAUSE.total_seconds())
        if self.twice:
            self._bring(task, 0)
        return True

    def _bring(self, task: Task, attempt: int) -> bool:
        try:
            response = self.call(task, attempt)
        except Crash:
            return False
        if response.status_code == 200:
            self.answers.append(json.loads(response.data))
        return response.status_code == 200

    def run(self, *functions: str) -> None:
        """Run until nothing waits any more."""
        while self.run_next(*functions):
            pass

    def message(self, number: int = 1) -> Message:
        found = self.memory.get(Message, f"message-{number}")
        assert found is not None
        return found.document


class Crash(BaseException):
    """The process is gone: nothing catches it, nothing after it runs."""
