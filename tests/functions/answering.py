"""The phone and the browser of somebody at the desk: requests to `alert_reply`, each as it would come from outside."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from infra.local.wsgi_call import Answer, call
from shared import wiring
from shared.models.alert import Alert, Entry, Telling, Way, alert_id
from shared.models.contact_method import ContactMethod, Item, contact_method_id, notice_id
from shared.models.finding import Audience, Severity
from shared.models.notice import Notice
from shared.models.outgoing import OutgoingState
from shared.ports import Create
from shared.sms.twilio_webhook import signature_header
from tests.functions.alerting import BASE, DANA, TOKEN, AlertDesk

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def asks(desk: AlertDesk, method: str, path: str, body: bytes = b"", headers=None) -> Answer:
    wiring.use(desk.app)
    return call(desk.host.apps["alert_reply"], method, path, body, headers or {})


def notice_to(desk: AlertDesk, person: str = "dana", way: Way = Way.SMS) -> Notice:
    """Return the newest notice of that person."""
    return [each for each in desk.notices() if (each.person, each.way) == (person, way)][-1]


def method_of(desk: AlertDesk, number: str = DANA) -> ContactMethod | None:
    found = desk.store.get(ContactMethod, contact_method_id(Way.SMS, number))
    return found.document if found else None


@dataclass
class Browser:
    """Opens one page and presses its buttons; a form is sent as it stands in the page."""

    desk: AlertDesk
    path: str
    answer: Answer = field(default_factory=Answer)

    def opens(self, query: str = "", method: str = "GET") -> "Browser":
        self.answer = asks(self.desk, method, self.path + query)
        return self

    @property
    def text(self) -> str:
        return self.answer.body.decode()

    @property
    def status_words(self) -> str:
        found = re.search(r'role="status">(.*?)</p>', self.text, re.DOTALL)
        return html.unescape(found[1]) if found else ""

    @property
    def mark(self) -> str:
        found = re.search(r'name="shown" value="([^"]+)"', self.text)
        return found[1] if found else ""

    def presses(self, deed: str, alert: str, *, after: float = 5, headers=None, **fields: str) -> Answer:
        """Press a button `after` some seconds of looking; return the answer itself, before any redirect."""
        form = {"deed": deed, "alert": alert, "shown": self.mark, **fields}
        if after:
            self.desk.passes(seconds=after)
        return asks(self.desk, "POST", self.path, urlencode(form).encode(), {**FORM, **(headers or {})})

    def does(self, deed: str, alert: str, **fields: str) -> "Browser":
        """Press a button, and follow where the answer leads."""
        answer = self.presses(deed, alert, **fields)
        assert answer.status == 303, (answer.status, answer.body)
        return self.opens(answer.header("Location") or "")


def digest_of(desk: AlertDesk, alerts: Sequence[Alert]) -> Notice:
    """Put the alerts and one mail about all of them into the store, as if it had been sent now."""
    now, method = desk.clock.now(), contact_method_id(Way.EMAIL, "dana@northwind.example")
    items = tuple(
        Item(alert=each.id, cycle=1, round=0, step=0, severity=each.severity, ready_at=now) for each in alerts
    )
    notice = Notice(
        id=notice_id(method, 1), person="dana", way=Way.EMAIL, method=method, items=items, overflow=True,
        state=OutgoingState.SENT, decided_at=now, expires_at=now + timedelta(hours=12), sent_at=now,
    )  # fmt: skip
    desk.store.commit([Create(each) for each in (*alerts, notice)])
    return notice


def alert(number: int, now: datetime, company: str = "Lakeside Clinic", **changes: Any) -> Alert:
    """Return an alert of the chain's first round, of which Dana was told."""
    key = f"breach-{number}"
    facts = {"severity": Severity.CRITICAL, "kind": "client_in_silence", **changes}
    return Alert(
        id=alert_id(facts["kind"], key), dedup_key=key, audience=Audience.MANAGER, text="Nobody wrote.",
        number=str(number), company=company, owner="Ana Lima", since=now - timedelta(hours=3), opened_at=now,
        found_at=now, changed_at=now, ledger=(Entry(at=now, what="found: Nobody wrote."),),
        tellings=(Telling(cycle=1, round=0, step=0, person="dana", way=Way.EMAIL, at=now, ready_at=now, notice="n"),),
        **facts,
    )  # fmt: skip


def page_of(desk: AlertDesk, person: str = "dana") -> Browser:
    return Browser(desk, f"/n/{desk.links.token(notice_to(desk, person).id)}").opens()


def sid(number: int) -> str:
    return f"SM{number:032x}"


def from_twilio(desk: AlertDesk, path: str, fields: dict[str, str], *, token: str = TOKEN, host: str = "") -> Answer:
    form = list(fields.items())
    headers = {**FORM, "X-Twilio-Signature": signature_header(token, BASE + path, form)}
    return asks(desk, "POST", path, urlencode(form).encode(), headers | ({"Host": host} if host else {}))


def texts(desk: AlertDesk, text: str, number: str = DANA, *, message: int | None = None, **fields: str) -> str:
    """Send an SMS to us; return what the phone gets back, "" for nothing. Every request is made twice."""
    message = message if message is not None else next(_MESSAGES)
    form = {"MessageSid": sid(message), "From": number, "To": "+15005550006", "Body": text, **fields}
    first, again = from_twilio(desk, "/sms", form), from_twilio(desk, "/sms", form)
    assert (first.status, first.body) == (again.status, again.body)
    assert first.status == 200
    found = re.search(r"<Message>(.*)</Message>", first.body.decode())
    return html.unescape(found[1]) if found else ""


def reports(
    desk: AlertDesk, notice: Notice, status: str, *, reference: str = "", error: str = "", twice=True
) -> Answer:
    """Let the provider report what became of the notice, twice."""
    form = {"MessageSid": reference or notice.reference, "MessageStatus": status} | (
        {"ErrorCode": error} if error else {}
    )
    answer = from_twilio(desk, f"/sms/status?notice={notice.id}", form)
    return from_twilio(desk, f"/sms/status?notice={notice.id}", form) if twice else answer


def _count():
    number = 1_000_000
    while True:
        number += 1
        yield number


_MESSAGES = _count()
