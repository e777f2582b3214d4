"""Somebody presses a button of the page. A program that looks through links and presses at once changes nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import flask

from functions.alert_reply.acting import Order, act, act_on_all
from functions.alert_reply.forms import Form, field_of, form_of
from functions.alert_reply.outcome import Message, Outcome, of_all, of_one
from functions.alert_reply.page import back_to_page
from functions.alert_reply.reading import alerts_of, news_of, told_in
from functions.alert_reply.view import Again
from functions.alert_reply.visit import Visit
from shared.alerts.kinds import kind_of
from shared.alerts.standing import LONGEST_SNOOZE, Deed
from shared.errors import InvalidRequest, Unauthenticated
from shared.models.alert import Standing
from shared.runtime import note

READING_TIME = timedelta(seconds=2)
"""Nobody reads the page and finds a button sooner; a program that presses every button does."""

STALE_AFTER = timedelta(hours=12)
ALL = "all"
MORNING = "morning"
_AGAIN = "Nothing was changed yet. Please press once more, so that we know it is you."
_WORDS = {
    Deed.ACKNOWLEDGE: "I have it",
    Deed.TAKE_OVER: "Take it over",
    Deed.RESOLVE: "It is resolved",
    Deed.SNOOZE: "Later",
}


@dataclass(frozen=True, slots=True)
class Press:
    """What the form asks for. `minutes` is as the button says it: a number or "morning"; "" where it does not count."""

    deed: Deed
    alert: str
    minutes: str

    @property
    def words(self) -> str:
        return "I have all of them" if self.alert == ALL else _WORDS[self.deed]


def press(visit: Visit, request: flask.Request) -> flask.Response:
    """Do what the button says and lead back to the page, which says what came of it.

    Raises InvalidRequest for a form that no page of ours has.
    """
    form = form_of(request)
    pressed = _pressed(form, visit)
    seen_at = _seen_at(form, visit)
    if seen_at is None or request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        note(outcome="asked_once_more")
        again = Again(pressed.deed.value, pressed.alert, pressed.minutes, pressed.words)
        return visit.page({}, Message(_AGAIN, good=False), again)
    outcome = _carried_out(pressed, visit, seen_at)
    note(outcome=outcome.said.value, deed=pressed.deed.value, alert=pressed.alert, done=outcome.done)
    return back_to_page(outcome.query)


def _pressed(form: Form, visit: Visit) -> Press:
    try:
        deed = Deed(field_of(form, "deed"))
    except ValueError as error:
        raise InvalidRequest("deed is none of ours") from error
    alert, minutes = field_of(form, "alert"), field_of(form, "minutes") if deed is Deed.SNOOZE else ""
    if alert != ALL and alert not in told_in(visit.notice):
        raise InvalidRequest("alert is not in this notice")
    if alert == ALL and deed is not Deed.ACKNOWLEDGE:
        raise InvalidRequest("all can only be acknowledged")
    if deed is Deed.SNOOZE and minutes != MORNING and not _is_minutes(minutes):
        raise InvalidRequest("minutes is a number from 1 to 10080, or morning")
    return Press(deed, alert, minutes)


def _is_minutes(text: str) -> bool:
    most = LONGEST_SNOOZE // timedelta(minutes=1)
    return text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= most


def _seen_at(form: Form, visit: Visit) -> datetime | None:
    """Return when the page was shown that was pressed; None if it was none of ours, just now, or long ago."""
    try:
        shown = visit.app.alert_links().shown_at(visit.notice.id, field_of(form, "shown"))
    except Unauthenticated:
        return None
    return shown if READING_TIME <= visit.now - shown <= STALE_AFTER else None


def _carried_out(pressed: Press, visit: Visit, seen_at: datetime) -> Outcome:
    app, order = visit.app, Order(pressed.deed, visit.notice.person, _snooze(pressed, visit), seen_at)
    if pressed.alert != ALL:
        return of_one(pressed.alert, act(app, pressed.alert, order))
    found = alerts_of(app.store, news_of(visit.notice))
    to_take = [
        each
        for each in found
        if kind_of(each.document).lasting and each.document.standing not in (Standing.RESOLVED, Standing.SNOOZED)
    ]
    return of_all(act_on_all(app, to_take, order))


def _snooze(pressed: Press, visit: Visit) -> timedelta | None:
    if pressed.minutes == MORNING:
        return visit.reader.morning(visit.now) - visit.now
    return timedelta(minutes=int(pressed.minutes)) if pressed.minutes else None
