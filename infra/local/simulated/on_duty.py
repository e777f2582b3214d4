"""The service manager of the played day: reads the SMS on her phone, and answers by SMS or on the page."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from infra.local.answering_phone import AnsweringPhone
from infra.local.platform import Platform
from infra.local.wsgi_call import Answer, call
from shared.channels.phone import KeptText
from shared.models.alert import Way

REACTION = timedelta(minutes=4)
READING = timedelta(seconds=20)
MOST = 50

_ANSWERS = ("a", "r", "s12")
_CODE = re.compile(r"\b([0-9]{1,2})a=mine")
_FIELDS = re.compile(r'name="(shown|alert)" value="([^"]*)"')

Ask = Callable[[str, str, bytes], Answer]
"""Calls the function alert_reply: method, path, body."""


@dataclass(slots=True)
class _Page:
    """A page that lies open before her."""

    path: str
    html: str
    press_at: datetime


class OnDuty:
    """`number` is her phone. She takes what is new, every other time on the page; when it comes back she calls the
    client and says that it is resolved; and when it comes back again, it can wait until tomorrow.
    """

    def __init__(self, phone: AnsweringPhone, number: str, link_base: str, ask: Ask) -> None:
        self._phone, self._number, self._ask = phone, number, ask
        self._link = re.compile(re.escape(link_base.rstrip("/")) + r"(/n/[A-Za-z0-9_.-]+)")
        self._seen = 0
        self._to_answer: list[tuple[datetime, KeptText]] = []
        self._page: _Page | None = None
        self._answered: Counter[str] = Counter()

    def looks(self, now: datetime) -> None:
        """Let her phone ring: whatever came in since is answered after a while."""
        for text in self._phone.conversation(self._number, MOST):
            if text.place > self._seen:
                self._seen = text.place
                if not text.from_person and _CODE.search(text.text):
                    self._to_answer.append((now + REACTION, text))

    def next_at(self) -> datetime | None:
        times = [at for at, _ in self._to_answer] + ([self._page.press_at] if self._page else [])
        return min(times, default=None)

    def acts(self, now: datetime) -> None:
        """Let her do whatever she had in mind until `now`."""
        if self._page is not None and self._page.press_at <= now:
            self._press(self._page)
        while self._to_answer and self._to_answer[0][0] <= now:
            self._answer(self._to_answer.pop(0)[1], now)

    def _answer(self, text: KeptText, now: datetime) -> None:
        code, link = _CODE.search(text.text), self._link.search(text.text)
        if code is None:
            return
        before = self._answered[code[1]]
        self._answered[code[1]] += 1
        if before == 0 and len(self._answered) % 2 == 0 and link is not None:
            page = self._ask("GET", link[1], b"")
            self._page = _Page(link[1], page.body.decode(), now + READING)
        else:
            self._phone.typed(self._number, code[1] + _ANSWERS[min(before, len(_ANSWERS) - 1)], str(text.place))

    def _press(self, page: _Page) -> None:
        """Press "I have it" of the first alert on the page; if nothing is left to take there, put the phone away."""
        self._page = None
        fields = dict(reversed(_FIELDS.findall(page.html)))
        if fields and 'value="acknowledge"' in page.html:
            self._ask("POST", page.path, urlencode({**fields, "deed": "acknowledge"}).encode())


def on_duty(platform: Platform) -> OnDuty | None:
    """Return whoever the gravest alerts go to first, with their phone; None where the settings say nothing of it."""
    alerts, phone = platform.app.settings.alerts, platform.phone
    first = next(iter(alerts.chains.values()), None)
    number = alerts.address(first.steps[0].tell[0], Way.SMS) if first else None
    if phone is None or number is None or alerts.link_base is None:
        return None
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    function = platform.host.apps["alert_reply"]
    return OnDuty(
        phone,
        number,
        alerts.link_base,
        lambda method, path, body: call(function, method, path, body, form if body else {}),
    )
