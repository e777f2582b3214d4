"""The whole platform in one process: all functions and the pages behind one address."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from infra.local.answering_phone import AnsweringPhone
from infra.local.host import FunctionHost
from infra.local.pages import Desk, Pages
from infra.local.wsgi_call import Answer
from shared import wiring
from shared.adapters.task_delivery import Answer as TaskAnswer
from shared.channels.mailbox import MailboxChannel
from shared.channels.phone import PhoneChannel
from shared.instant import format_instant
from shared.ports import App

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Platform:
    """A WSGI application. `/<function>/...` goes to the function, everything else to the pages.

    `token` is the one that `app` takes for our own: workers and scheduled functions refuse everybody else. `notice`
    stands on every page.
    """

    def __init__(self, app: App, token: str, *, notice: str = "") -> None:
        wiring.use(app)
        self.app = app
        self.host = FunctionHost()
        channel = app.mail() if app.settings.mail.channel == "mailbox" else None
        self.mailbox = channel if isinstance(channel, MailboxChannel) else None
        self.phone = self._phone(token)
        self.desk = Desk(app, self.mailbox, notice, self.phone)
        self.pages = Pages(self.desk)
        self._ours = {"Authorization": f"Bearer {token}"}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        first = environ.get("PATH_INFO", "/").lstrip("/").partition("/")[0]
        return (self.host if first in self.host.apps else self.pages)(environ, start_response)

    def _phone(self, token: str) -> AnsweringPhone | None:
        """Return the phone of this machine where SMS are kept instead of sent. Without people there is nobody's."""
        alerts = self.app.settings.alerts
        channel = self.app.sms() if alerts.people and alerts.sms.channel == "phone" else None
        if not isinstance(channel, PhoneChannel):
            return None
        return AnsweringPhone(
            channel, self.app, token, lambda body, headers: self.host.post("alert_reply", body, headers, "/sms")
        )

    def deliver(self, function: str, body: bytes, headers: dict[str, str]) -> TaskAnswer:
        """Bring one task to its function, as our queue does."""
        answer = self.host.post(function, body, {**headers, **self._ours})
        retry_after = answer.header("Retry-After")
        return answer.status, float(retry_after) if retry_after else None

    def tick(self, function: str, planned: datetime) -> Answer:
        """Post one tick to a scheduled function, as our scheduler does."""
        planned_at = {"X-CloudScheduler-ScheduleTime": format_instant(planned), "Content-Type": "application/json"}
        return self.host.post(function, b"{}", {**planned_at, **self._ours})
