"""Somebody opens the page of a notice: shown as its alerts are now, and nothing changes however often it is opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import flask

from functions.alert_reply.outcome import Message, message_of, outcome_in
from functions.alert_reply.page import alerts_page, expired_page, no_such_page
from functions.alert_reply.reading import alerts_of, notice_to_show, told_in
from functions.alert_reply.view import Again, view_of
from functions.alert_reply.wording import Reader
from shared.alerts.links import VALID_FOR
from shared.errors import Unauthenticated
from shared.models.notice import Notice
from shared.ports import App
from shared.runtime import note


@dataclass(frozen=True, slots=True)
class Visit:
    """A link that still acts: the notice that it is for, and when it is looked at (UTC)."""

    app: App
    token: str
    notice: Notice
    now: datetime

    @property
    def reader(self) -> Reader:
        return Reader(self.app.settings, self.notice.person)

    def page(
        self, query: Mapping[str, str], message: Message | None = None, again: Again | None = None
    ) -> flask.Response:
        """Return the page; `query` may carry what came of a press."""
        found = {each.document.id: each.document for each in alerts_of(self.app.store, told_in(self.notice))}
        outcome = outcome_in(query)
        if message is None and outcome is not None:
            message = message_of(outcome, found, self.reader, self.now)
        view = view_of(tuple(found.values()), self.reader, self.now, message, again)
        shown = self.app.alert_links().shown(self.notice.id, self.now)
        return alerts_page(view, msp=self.app.settings.msp.name, token=self.token, shown=shown)


def visit(app: App, token: str) -> Visit | flask.Response:
    """Return the visit, or the page that says why there is none: not a link of ours, or one that is too old."""
    settings = app.settings.alerts
    if settings.link_base is None or not settings.link_keys:
        return no_such_page()
    try:
        notice = notice_to_show(app, app.alert_links().notice(token))
    except Unauthenticated:
        notice = None
    if notice is None:
        note(outcome="not_a_link")
        return no_such_page()
    now = app.clock.now()
    note(notice=notice.id)
    if now >= notice.decided_at + VALID_FOR:
        note(outcome="expired")
        return expired_page(app.settings.msp.name)
    return Visit(app, token, notice, now)
