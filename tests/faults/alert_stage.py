"""The platform in processes of its own, between those who find something and the phones and mailboxes of a few people.

Who finds and who takes writes into the same store and queue as the functions do, in threads of this process.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Self

from functions.alert_reply.acting import Order, act
from infra.local.queues import queue_settings
from shared import wiring
from shared.adapters.embedded_queue import EmbeddedQueue
from shared.adapters.sqlite_store import SqliteStore
from shared.alerts.standing import Answer, Deed
from shared.errors import Retryable
from shared.models.alert import Errand, Standing, alert_id
from shared.models.finding import Finding
from shared.ports import App
from shared.step import Decision, step
from tests.fakes import twilio
from tests.faults.alert_stock import AlertStock
from tests.faults.alert_stories import CHAINS, PEOPLE, SNOOZE, Do, Event, Raise, kind_and_key
from tests.faults.slow_twilio import SlowTwilio
from tests.faults.stage import Stage

HANDS = 4
AGAIN_SECONDS = 0.05
POST_SECONDS = 60.0  # of the fast clock: shorter than a claim's lease
ACKNOWLEDGED_FOR = timedelta(days=2)  # longer than a run: what somebody has stays with them
STEP, AGAIN = timedelta(minutes=3), timedelta(minutes=6)
LADDER = ((6, 1), (66, 15))  # messages, minutes: so that Twilio's list of 100 reaches back over a doubt
_HELD = {Standing.ACKNOWLEDGED, Standing.SNOOZED, Standing.RESOLVED}


class AlertStage(Stage):
    conversations = ("envelope", "content", "dot", "dot", "header", "posted", "posted", "posted")
    stock: AlertStock

    def set_up(self, seed: int) -> None:
        self.twilio = SlowTwilio(self.history, self.phases, self.clock, seed)
        self._stopping = threading.Event()
        for name, steps in CHAINS.items():
            self.history.add("chain", name=name, people=sorted({person for step in steps for person in step}))

    def open_stock(self) -> AlertStock:
        return AlertStock(self.file, self.clock)

    def __enter__(self) -> Self:
        app = wiring.build(self.environ, self.clock)
        store = SqliteStore(self.file, durable=False)
        queue = EmbeddedQueue(self.file, self.clock, queue_settings(), durable=False)
        self.app: App = replace(app, store=store, queue=queue)
        self.twilio.__enter__()
        super().__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        super().__exit__()
        self.twilio.__exit__()

    def play(self, events: list[Event]) -> None:
        """Let everything happen at its time; return when the last is stored."""
        started = time.monotonic()
        with ThreadPoolExecutor(HANDS) as pool:
            for done in [pool.submit(self._play, events[hand::HANDS], started) for hand in range(HANDS)]:
                done.result()

    def _play(self, events: list[Event], started: float) -> None:
        for event in events:
            if self._stopping.wait(max(0.0, started + event.after - time.monotonic())):
                return
            self._until_stored(event)

    def _until_stored(self, event: Event) -> None:
        while not self._stopping.is_set():
            try:
                return self.find(event) if isinstance(event, Raise) else self.do(event)
            except Retryable:
                self._stopping.wait(AGAIN_SECONDS)
        return None

    def find(self, event: Raise) -> None:
        """Raise a finding in a commit of its own, as a sweep does."""
        began = self.history.after(time.monotonic())
        new = event.finding(self.clock.now())
        step(self.app, Finding, new.id, lambda known, _now: Decision(known or new))
        alert = alert_id(new.kind, new.dedup_key)
        self.history.add("finding", id=new.id, alert=alert, over=new.over, severity=new.severity.value, began=began)

    def do(self, event: Do) -> None:
        """Let somebody act on an alert, as the page and the phone do; note what is theirs as soon as it is stored."""
        key = alert_id(*kind_and_key(event.alert))
        answer = act(self.app, key, Order(event.deed, event.person, snooze=SNOOZE))
        if answer is None or not answer.done or answer.alert.standing not in _HELD:
            return
        lasts = self.clock.real(SNOOZE.total_seconds()) if event.deed is Deed.SNOOZE else None
        self.history.add("took", alert=key, deed=event.deed.value, person=event.person, turn=_turn(answer), lasts=lasts)

    def secrets(self) -> dict[str, str]:
        return {
            **super().secrets(),
            "SMS_ACCOUNT": twilio.ACCOUNT,
            "SMS_TOKEN": twilio.TOKEN,
            "LINK_KEY": "a-key-for-links-that-is-long-enough",
        }

    def settings(self) -> dict[str, object]:
        account = {
            "account": "env:SMS_ACCOUNT",
            "auth_tokens": ["env:SMS_TOKEN"],
            "sender": twilio.SENDER,
            "base_url": self.twilio.url,
            "timeout_seconds": self.clock.real(POST_SECONDS),
        }
        people = {
            key: {"name": name, "phone": phone, "email": f"{key}@msp.example"} for key, (name, phone) in PEOPLE.items()
        }
        chains = {
            name: {
                "steps": [
                    {"tell": list(tell), "after_minutes": _minutes(STEP) if n else 0} for n, tell in enumerate(s)
                ],
                "rounds": 2,
                "again_after_minutes": _minutes(AGAIN),
            }
            for name, s in CHAINS.items()
        }
        alerts = {
            "people": people,
            "chains": chains,
            "routes": [{"teams": [name], "chain": name} for name in CHAINS],
            "first_wait_seconds": 10,
            "throttle": [{"messages": messages, "minutes": minutes} for messages, minutes in LADDER],
            "lease_minutes": dict.fromkeys(("info", "warning", "critical"), _minutes(ACKNOWLEDGED_FOR)),
            "link_base": "https://alerts.msp.example/alert_reply",
            "link_keys": ["env:LINK_KEY"],
            "sms": {"channel": "twilio", "twilio": account},
        }
        return {**super().settings(), "alerts": alerts}


def _turn(answer: Answer) -> list[int]:
    """Return the (cycle, round) up to which the alert was told when it was taken."""
    alert = answer.alert
    news = [(t.cycle, t.round) for t in alert.tellings if t.errand is Errand.NEWS]
    return list(max(news, default=(alert.cycle, -1)))


def _minutes(span: timedelta) -> float:
    return span.total_seconds() / 60
