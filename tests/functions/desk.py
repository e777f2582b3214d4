"""The functions at work: real framework apps, an obedient store, queue and clock, and four PSAs that can call."""

import json
from dataclasses import replace
from datetime import timedelta

from infra.local.host import FunctionHost
from infra.local.virtual_clock import VirtualClock
from infra.local.wsgi_call import Answer
from shared import wiring
from shared.config.settings import Settings
from shared.ports import App, Task
from shared.psa import webhook_for
from tests.fakes.mail import RecordingChannel
from tests.fakes.memory_store import MemoryStore
from tests.fakes.psa import RecordingPsa
from tests.fakes.queue import RecordingQueue
from tests.psa_products import NOW, PRODUCTS, connection

STATUSES = {
    "new": ["New"],
    "in_progress": ["In Progress", "Assigned"],
    "waiting_on_client": ["Waiting on Client"],
    "waiting_on_vendor": ["Waiting on Vendor"],
    "resolved": ["Resolved", "Completed"],
    "closed": ["Closed"],
}
TOKEN = "a-token-that-only-this-desk-knows-0123456789"
FUNCTIONS = (
    "psa_webhook",
    "psa_fetch",
    "psa_sweep",
    "alarm_sweep",
    "ticket_update_notifier",
    "send_message",
    "psa_note",
    "alert_manager",
    "send_notice",
)
_host = FunctionHost(FUNCTIONS)


def desk_settings(**changes) -> Settings:
    week = {day: [["08:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    return Settings.model_validate(
        {
            "msp": {"name": "Example MSP", "mail_from": "support@msp.example", "own_domains": ["msp.example"]},
            "calendars": {"office": {"tz": "Europe/London", "weekly": week}},
            "psa": {
                product.kind: {"system": connection(product.kind).system.model_dump(), "statuses": STATUSES}
                for product in PRODUCTS
            },
            **changes,
        }
    )


class Desk:
    """`calls` sends a webhook, `works` lets everything due up to then happen, as the queue would."""

    def __init__(self, **settings) -> None:
        self.clock = VirtualClock(NOW)
        self.store = MemoryStore()
        self.queue = RecordingQueue()
        self.mail = RecordingChannel()
        self.psa = RecordingPsa()
        secrets = {product.kind: product.secret for product in PRODUCTS}
        configured = desk_settings(**settings)
        webhooks = {
            name: webhook_for(entry, lambda _reference, name=name: secrets[name])
            for name, entry in configured.psa.items()
        }
        self.app = App(
            settings=configured,
            store=self.store,
            queue=self.queue,
            clock=self.clock,
            psa_webhook=webhooks.get,
            psa_client=lambda _name: self.psa,
            mail=lambda: self.mail,
            caller_is_ours=lambda headers: headers.get("Authorization") == f"Bearer {TOKEN}",
        )

    def replaced(self, **ports) -> "Desk":
        self.app = replace(self.app, **ports)
        return self

    def calls(self, product, body: bytes | None = None, path: str | None = None, **headers) -> Answer:
        body = product.sample if body is None else body
        signed = {"Content-Type": "application/json", **product.headers(body, now=self.clock.now()), **headers}
        return self.posts("psa_webhook", body, signed, path or f"/{product.kind}")

    def posts(self, function: str, body: bytes, headers, path: str = "/") -> Answer:
        wiring.use(self.app)
        return _host.post(function, body, headers, path)

    def runs(self, task: Task) -> Answer:
        headers = {"Authorization": f"Bearer {TOKEN}", "X-CloudTasks-TaskName": task.name}
        return self.posts(task.function, json.dumps(dict(task.body)).encode(), headers)

    def ticks(self, function: str) -> Answer:
        return self.posts(function, b"{}", {"Authorization": f"Bearer {TOKEN}"})

    def works(self, *, until: timedelta) -> "Desk":
        end = NOW + until
        while (due := self.queue.next_at()) is not None and due <= end:
            self.clock.move_to(due)
            answer = self.runs(self.queue.next())
            assert answer.status == 200, answer.body
        self.clock.move_to(end)
        return self
