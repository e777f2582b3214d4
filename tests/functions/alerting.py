"""A desk with people at it: findings come in, alerts go out by mail and SMS, on a clock that is moved by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.local.host import FunctionHost
from infra.local.virtual_clock import VirtualClock
from shared import queries, wiring
from shared.alerts.links import AlertLinks
from shared.config.settings import Settings
from shared.models.alert import Alert
from shared.models.finding import Audience, Finding, Severity, finding_id
from shared.models.notice import Notice
from shared.ports import App, Task
from shared.sms.twilio_webhook import TwilioWebhook
from shared.step import Decision, step
from tests.fakes.mail import RecordingChannel
from tests.fakes.memory_store import MemoryStore
from tests.fakes.psa import RecordingPsa
from tests.fakes.queue import RecordingQueue
from tests.fakes.sms import RecordingPhone

AT = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
TOKEN = "a-token-that-only-these-alerts-know-0123456789"
BASE = "https://alerts.northwind.example/alert_reply"
DANA, ROBIN, KIM = "+353871110001", "+353871110002", "+353871110003"
FUNCTIONS = ("alert_manager", "send_notice", "alert_reply", "psa_note", "alarm_sweep")

PEOPLE: dict[str, Any] = {
    "dana": {"name": "Dana Ortiz", "email": "dana@northwind.example", "phone": DANA, "psa_names": ["dortiz"]},
    "robin": {"name": "Robin Vega", "email": "robin@northwind.example", "phone": ROBIN},
    "kim": {"name": "Kim Osei", "email": "kim@northwind.example", "phone": KIM},
}
CHAINS: dict[str, Any] = {
    "managers": {
        "steps": [{"tell": ["dana"]}, {"tell": ["robin"], "after_minutes": 15}, {"tell": ["kim"], "after_minutes": 15}],
        "rounds": 2,
        "again_after_minutes": 60,
    }
}


def alert_settings(**changes: Any) -> Settings:
    return Settings.model_validate(
        {
            "msp": {"name": "Northwind IT", "mail_from": "support@northwind.example"},
            "calendars": {"office": {"tz": "Europe/Dublin", "weekly": {"mon": [["09:00", "17:00"]]}}},
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
            "alerts": {
                "people": PEOPLE,
                "chains": CHAINS,
                "link_base": BASE,
                "link_keys": ["env:LINK_KEY"],
                **changes,
            },
        }
    )


def finding(
    key: str = "silence-1", at: datetime = AT, severity: Severity = Severity.CRITICAL, **changes: Any
) -> Finding:
    facts = {
        "kind": "client_in_silence",
        "audience": Audience.MANAGER,
        "text": "The client of 4711 has heard nothing for hours.",
        "number": "4711",
        "company": "Lakeside Clinic",
        "owner": "Ana Lima",
        "since": at - timedelta(hours=3),
        **changes,
    }
    identity = finding_id(facts["kind"], f"{key}:{at.isoformat()}:{facts.get('over')}:{facts['text']}")
    return Finding(id=identity, at=at, dedup_key=key, severity=severity, alarm_at=at, **facts)


class AlertDesk:
    """`finds` raises a finding, `passes` lets time go by and everything due in it happen, as the queue would."""

    def __init__(self, store: Any = None, **settings: Any) -> None:
        self.clock = VirtualClock(AT)
        self.store = store or MemoryStore()
        self.queue = RecordingQueue()
        self.mail = RecordingChannel()
        self.phone = RecordingPhone()
        self.psa = RecordingPsa()
        self.links = AlertLinks(BASE, ["a-key-for-links-that-is-long-enough"])
        self.twilio = TwilioWebhook([TOKEN])
        self.host = FunctionHost(FUNCTIONS)
        self.app = App(
            settings=alert_settings(**settings),
            store=self.store,
            queue=self.queue,
            clock=self.clock,
            psa_webhook=lambda _name: None,
            psa_client=lambda _name: self.psa,
            mail=lambda: self.mail,
            sms=lambda: self.phone,
            sms_webhook=lambda: self.twilio,
            alert_links=lambda: self.links,
            caller_is_ours=lambda headers: headers.get("Authorization") == f"Bearer {TOKEN}",
        )

    def with_settings(self, **changes: Any) -> "AlertDesk":
        self.app = replace(self.app, settings=alert_settings(**changes))
        return self

    def finds(self, *findings: Finding) -> "AlertDesk":
        for each in findings:
            step(self.app, Finding, each.id, lambda known, _now, new=each: Decision(known or new))
        return self

    def passes(self, **span: float) -> "AlertDesk":
        """Let a span of time go by. Whatever task is due in it is brought, and must be answered well."""
        end = self.clock.now() + timedelta(**span)
        while (due := self.queue.next_at()) is not None and due <= end:
            self.clock.move_to(max(due, self.clock.now()))
            task = self.queue.next()
            assert task is not None
            answer = self.runs(task)
            assert answer.status == 200, (task, answer.status, answer.body)
            assert b"dead_letter" not in answer.body, (task, answer.body)
        self.clock.move_to(end)
        return self

    def runs(self, task: Task, function: str | None = None):
        import json

        wiring.use(self.app)
        headers = {"Authorization": f"Bearer {TOKEN}", "X-CloudTasks-TaskName": task.name}
        return self.host.post(function or task.function, json.dumps(dict(task.body)).encode(), headers)

    @property
    def texts(self) -> list[tuple[str, str]]:
        """Return what the phones have got: number and text, in order."""
        return [(sms.recipient, sms.text) for sms in self.phone.sent]

    def texts_to(self, number: str) -> list[str]:
        return [text for recipient, text in self.texts if recipient == number]

    def alerts(self) -> list[Alert]:
        return [found.document for found in self.store.find(queries.ALERTS, limit=5000)]

    def alert(self) -> Alert:
        (only,) = self.alerts()
        return only

    def notices(self) -> list[Notice]:
        return [found.document for found in self.store.find(queries.NOTICES, limit=5000)]
