"""Does what somebody said about alerts, once: the page and the phone both end here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.alerts.standing import LONGEST_SNOOZE, Actor, Answer, Deed, perform
from shared.config.alerts import AlertSettings
from shared.errors import Conflict
from shared.models.alert import Alert, Standing
from shared.ports import App, Found, Put
from shared.step import Decision, step

TOGETHER = 50
"""So many alerts change in one commit; Firestore takes 500 changes and 10 MiB."""

_LEAVES = {
    Deed.ACKNOWLEDGE: Standing.ACKNOWLEDGED,
    Deed.TAKE_OVER: Standing.ACKNOWLEDGED,
    Deed.SNOOZE: Standing.SNOOZED,
}


@dataclass(frozen=True, slots=True)
class Order:
    """A deed by a person of the settings; `snooze` is how long, None for the usual time.

    `seen_at` (UTC) is when the page was shown from which the order comes: the same button pressed twice is one deed.
    """

    deed: Deed
    person: str
    snooze: timedelta | None = None
    seen_at: datetime | None = None


def act(app: App, alert_id: str, order: Order) -> Answer | None:
    """Apply the order to the alert; None if there is none. The same order twice is done once and answered well."""
    answer: Answer | None = None

    def decide(alert: Alert | None, now: datetime) -> Decision[Alert]:
        nonlocal answer
        if alert is None:
            return Decision(None)
        answer = performed(alert, order, app.settings.alerts, now)
        return Decision(answer.alert)

    step(app, Alert, alert_id, decide)
    return answer


def act_on_all(app: App, found: Sequence[Found[Alert]], order: Order) -> list[Answer]:
    """Apply the order to all of them, many in one commit; if others are at one of them too, one after the other."""
    answers: list[Answer] = []
    for start in range(0, len(found), TOGETHER):
        chunk = found[start : start + TOGETHER]
        try:
            answers += _together(app, chunk, order)
        except Conflict:
            answers += filter(None, (act(app, each.document.id, order) for each in chunk))
    return answers


def performed(alert: Alert, order: Order, settings: AlertSettings, now: datetime) -> Answer:
    """Return what becomes of the order. Pure.

    What somebody else has is put off by nobody else, and taking over what is one's own already changes nothing.
    """
    deed, mine = order.deed, alert.by == order.person
    snooze = order.snooze or timedelta(minutes=settings.snooze_minutes)
    if _is_repeat(alert, order, min(snooze, LONGEST_SNOOZE), now):
        return Answer(alert, True, "Done already.")
    if alert.standing is Standing.ACKNOWLEDGED and deed is Deed.SNOOZE and not mine:
        return Answer(alert, False, f"{alert.by} has it already.")
    if alert.standing is Standing.ACKNOWLEDGED and deed is Deed.TAKE_OVER and mine and order.seen_at is None:
        deed = Deed.ACKNOWLEDGE
    person = settings.people.get(order.person)
    actor = Actor(order.person, person.name if person else order.person)
    lease = timedelta(minutes=settings.lease_minutes.get(alert.severity, 60))
    return perform(alert, deed, actor, now, lease=lease, snooze=snooze)


def _is_repeat(alert: Alert, order: Order, snooze: timedelta, now: datetime) -> bool:
    """Say whether this very order was carried out since the page was shown that it comes from."""
    if order.seen_at is None or alert.by != order.person or alert.changed_at <= order.seen_at:
        return False
    if alert.standing is not _LEAVES.get(order.deed) or alert.until is None:
        return False
    return order.deed is not Deed.SNOOZE or alert.until in (alert.changed_at + snooze, now + snooze)


def _together(app: App, found: Sequence[Found[Alert]], order: Order) -> list[Answer]:
    """Raises Conflict if one of them was changed meanwhile; then none was."""
    answers: list[Answer] = []

    def decide(first_is: Alert | None, now: datetime) -> Decision[Alert]:
        if first_is is not found[0].document:
            raise Conflict("one of them was changed meanwhile")
        answers[:] = [performed(each.document, order, app.settings.alerts, now) for each in found]
        changed = [
            Put(answer.alert, each.version)
            for answer, each in zip(answers, found, strict=True)
            if answer.alert is not each.document
        ]
        first = answers[0].alert
        return Decision(first, along=tuple(put for put in changed if put.document is not first))

    step(app, Alert, found[0].document.id, decide, known=found[0])
    return answers
