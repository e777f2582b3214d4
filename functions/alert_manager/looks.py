"""The steps around the rules: what is read, what is asked, and which two documents change together."""

from datetime import datetime
from functools import partial

from functions.alert_manager.batch import NoRoom, flushed, gathered
from functions.alert_manager.chain import all_unreached, unreached
from functions.alert_manager.intake import taken_in
from functions.alert_manager.notes import noted_in_psa
from functions.alert_manager.routing import parents_of
from functions.alert_manager.rules import Situation, decide, to_be_gathered
from shared import queries
from shared.alerts.source import why_over
from shared.edge.task_call import TaskCall
from shared.models.alert import Alert, Standing, Telling, Way, alert_id
from shared.models.canary import Canary
from shared.models.contact_method import ContactMethod, contact_method_id
from shared.models.finding import Finding
from shared.models.notice import Notice, Unreached
from shared.models.ticket import Ticket
from shared.outgoing.find_work import nothing_there
from shared.ports import App, Found, Put
from shared.step import Decision, step

MOST_PARENTS = 50


def take_in(app: App, call: TaskCall) -> str:
    """Take a finding into its alert, once: the finding is marked in the same commit. Then look at the alert."""
    found = app.store.get(Finding, call.body["id"])
    if found is None:
        return nothing_there(call, app.clock.now())
    if found.document.taken:
        return "taken_already"
    finding = found.document
    marked = Put(finding.but(taken=True, alarm_at=None), found.version)
    key = alert_id(finding.kind, finding.dedup_key)
    decision = step(
        app,
        Alert,
        key,
        lambda alert, now: Decision(taken_in(alert, finding, now), along=(marked,), outcome="taken_in"),
    )
    if decision.document is None or decision.document.alarm_at is None:
        return "over_already"
    return gather_and_look(app, key)


def look_again(app: App, call: TaskCall) -> str:
    return gather_and_look(app, call.body["id"])


def gather_and_look(app: App, key: str) -> str:
    """Decide about one alert, then find a message for everything that is to be said, then set the next look."""
    found = app.store.get(Alert, key)
    if found is None:
        return "no_alert"
    situation = _situation(app, found.document)
    look = partial(decide, situation=situation)
    decision = step(app, Alert, key, look, known=found)
    if decision.document is None or not to_be_gathered(decision.document, app.clock.now(), app.settings.alerts):
        return decision.outcome
    try:
        _gather(app, key)
    except NoRoom:  # the alert is looked at again a little later, see `rules.GATHERED_BY`
        return "no_room"
    return step(app, Alert, key, look).outcome


def _situation(app: App, alert: Alert) -> Situation:
    settings = app.settings.alerts
    over = "" if alert.standing is Standing.RESOLVED else why_over(app.store, alert)
    rules = () if alert.standing is Standing.RESOLVED else parents_of(alert.kind, settings)
    kinds = {rule.parent for rule in rules}
    standing = tuple(
        parent.document
        for kind in sorted(kinds)
        for state in (Standing.OPEN, Standing.ACKNOWLEDGED)
        for parent in app.store.find(
            queries.ALERTS_OF_KIND, limit=MOST_PARENTS, equals={"kind": kind, "standing": state.value}
        )
    )
    return Situation(settings, lambda name, at: app.settings.calendar(name).is_open(at), over, standing)


def _gather(app: App, key: str) -> None:
    """Find a message for each telling, one after the other: telling and message change in one commit."""
    while (found := app.store.get(Alert, key)) is not None:
        left = to_be_gathered(found.document, app.clock.now(), app.settings.alerts)
        if not left:
            return
        _gather_one(app, found, left[0])


def _gather_one(app: App, found: Found[Alert], telling: Telling) -> None:
    alert, settings = found.document, app.settings.alerts
    if telling.way is Way.PSA_NOTE:
        ticket = app.store.get(Ticket, alert.ticket) if alert.ticket else None
        step(app, Alert, alert.id, lambda now_is, now: noted_in_psa(now_is, telling, ticket, app.settings, now))
        return
    address = settings.address(telling.person, telling.way)
    if address is None:
        reason = "the settings have no address any more"

        def without(now_is: Alert | None, now: datetime) -> Decision[Alert]:
            here = now_is is not None and telling in now_is.tellings
            return Decision(unreached(now_is, telling, reason, settings, now) if now_is and here else now_is)

        step(app, Alert, alert.id, without, known=found)
        return
    method_id = contact_method_id(telling.way, address)
    empty = ContactMethod(id=method_id, person=telling.person, way=telling.way)

    def put_in(method: ContactMethod | None, now: datetime) -> Decision[ContactMethod]:
        mine = (method or empty).but(person=telling.person)  # who has the address by now
        after, notice = gathered(mine, telling, alert, settings, now)
        return Decision(after, along=(Put(alert.with_telling(telling, notice=notice), found.version),))

    step(app, ContactMethod, method_id, put_in)


def let_leave(app: App, call: TaskCall) -> str:
    settings = app.settings.alerts
    return step(app, ContactMethod, call.body["id"], lambda method, now: flushed(method, settings, now)).outcome


def go_on_elsewhere(app: App, call: TaskCall) -> str:
    """Tell every alert of a message that did not arrive to go on; each is looked at by itself a moment later."""
    found = app.store.get(Unreached, call.body["id"])
    if found is None:
        return nothing_there(call, app.clock.now())
    if found.document.alarm_at is None:
        return "gone_on_already"
    lost = found.document
    settings = app.settings.alerts
    for key in _alerts_of(app, lost):
        step(
            app,
            Alert,
            key,
            lambda alert, now: Decision(
                None if alert is None else all_unreached(alert, lost.notice, lost.reason, settings, now)
            ),
        )
    step(app, Unreached, lost.id, lambda each, _now: Decision(each and each.but(alarm_at=None)))
    return "gone_on"


def _alerts_of(app: App, lost: Unreached) -> list[str]:
    if lost.alert is not None:
        return [lost.alert]
    notice = app.store.get(Notice, lost.notice)
    return list(dict.fromkeys(item.alert for item in notice.document.items)) if notice else []


def sing(app: App, call: TaskCall) -> str:
    """Answer the heartbeat: this function is reached through the queue, and what it writes is kept."""

    def answered(canary: Canary | None, now: datetime) -> Decision[Canary]:
        return Decision(canary and canary.but(answered_at=now, alarm_at=None, alarm_generation=0), outcome="answered")

    return step(app, Canary, call.body["id"], answered).outcome
