"""The phone of this machine: keeps the SMS to our own people, and lets somebody answer as they would from theirs.

An answer takes the way that it takes from the provider: a signed form to the function alert_reply, whose reply is kept.
"""

import hashlib
import html
import re
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from infra.local.wsgi_call import Answer
from shared.channels.phone import Conversation, KeptText, PhoneChannel
from shared.ports import App
from shared.sms.twilio_webhook import signature_header

LONGEST_TEXT = 1600
"""Characters; no provider takes more in one message."""

OUR_NUMBER = "+15005550006"  # the one that providers keep for tests
_MESSAGE = re.compile(r"<Message>(.*?)</Message>", re.DOTALL)

Post = Callable[[bytes, Mapping[str, str]], Answer]
"""Posts a form to the function alert_reply at /sms."""


class NotTaken(Exception):
    """The function did not take the text. The message says what it answered."""


class AnsweringPhone:
    """`token` signs what is typed; the function believes the same one."""

    def __init__(self, channel: PhoneChannel, app: App, token: str, post: Post) -> None:
        self.channel = channel
        self._app, self._token, self._post = app, token, post

    @property
    def can_answer(self) -> bool:
        """False where the settings have no address for answers."""
        return self._app.settings.alerts.link_base is not None

    def conversation(self, number: str, limit: int = 200) -> list[KeptText]:
        return self.channel.conversation(number, limit)

    def numbers(self) -> list[Conversation]:
        return self.channel.numbers()

    def typed(self, number: str, text: str, after: str) -> None:
        """Let the owner of `number` write `text`. Raises NotTaken.

        `after` names what they saw last: the same text after the same one is the same message, as when a provider
        brings one again, and has no second effect.
        """
        now = self._app.clock.now()
        sid = f"SM{hashlib.sha256(chr(0).join((number, after, text)).encode()).hexdigest()[:32]}"
        self.channel.received(sid, number, text, now)
        answer = self._post(*self._form(sid, number, text))
        if answer.status != 200:
            raise NotTaken(f"alert_reply answered {answer.status}: {answer.body.decode('utf-8', 'replace')[:200]}")
        if found := _MESSAGE.search(answer.body.decode()):
            self.channel.replied(f"{sid}-reply", number, html.unescape(found[1]), now)

    def _form(self, sid: str, number: str, text: str) -> tuple[bytes, dict[str, str]]:
        """Return body and headers as Twilio sends them."""
        form = [
            ("AccountSid", "AC" + "0" * 32),
            ("MessageSid", sid),
            ("From", number),
            ("To", OUR_NUMBER),
            ("Body", text),
            ("NumMedia", "0"),
        ]
        base = (self._app.settings.alerts.link_base or "").rstrip("/")
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": signature_header(self._token, f"{base}/sms", form),
        }
        return urlencode(form).encode(), headers
