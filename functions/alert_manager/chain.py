"""The escalation chain: whose turn it is, through which ways, and when the next one's comes. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from functions.alert_manager.routing import OWNER, Plan
from shared.alerts.kinds import kind_of
from shared.alerts.standing import noted
from shared.config.alerts import AlertSettings, Step
from shared.models.alert import Alert, Errand, Telling, Waiting, Way
from shared.models.finding import Severity
from shared.quiet_hours import quiet_until

IN_ORDER_OF_URGENCY = (Way.SMS, Way.EMAIL, Way.CHAT, Way.PSA_NOTE)


def told_now(alert: Alert, plan: Plan, settings: AlertSettings, now: datetime) -> Alert:
    """Return the alert with everybody told whose turn has come: those who slept, and the steps that are due."""
    for waiting in alert.waiting:
        if waiting.until <= now:
            alert = alert.but(waiting=tuple(each for each in alert.waiting if each != waiting))
            ways = settings.ways_of(waiting.person, alert.severity) if waiting.person in settings.people else ()
            alert = _tell(alert, (waiting.round, waiting.step, waiting.person), ways, settings, now)
    while alert.step_at is not None and alert.step_at <= now and plan.chain is not None:
        alert = _take_step(alert, plan, settings, now)
    return alert


def _take_step(alert: Alert, plan: Plan, settings: AlertSettings, now: datetime) -> Alert:
    """Take one step of the chain and set the time of the next. A step that reaches nobody does not cost its delay."""
    steps = plan.chain.steps if plan.chain else ()
    if alert.step >= len(steps):  # the settings were shortened while it ran
        return _after_the_last(alert, plan, now)
    step, told, wakes = steps[alert.step], False, []
    for person in _people(step, alert, settings):
        ways = settings.ways_of(person, alert.severity)
        if not ways:
            alert = noted(alert, now, f"{person} has no address for what is {alert.severity}")
            continue
        until = _quiet(alert, person, settings, now)
        if until is not None:
            waiting = Waiting(round=alert.round, step=alert.step, person=person, until=until)
            alert = noted(alert, now, f"{person} sleeps: held until {until:%Y-%m-%d %H:%M} UTC")
            alert = alert.but(waiting=(*alert.waiting, waiting))
            wakes.append(until)
            continue
        alert, told = _tell(alert, (alert.round, alert.step, person), ways, settings, now), True
    since = now if told or not wakes else min(wakes)
    return _next_step(alert, plan, since=since, reached=told or bool(wakes))


def _next_step(alert: Alert, plan: Plan, *, since: datetime, reached: bool) -> Alert:
    steps = plan.chain.steps if plan.chain else ()
    following = alert.step + 1
    if alert.severity is Severity.INFO or not kind_of(alert).lasting:
        return alert.but(step=following, step_at=None)
    if following < len(steps):
        wait = timedelta(minutes=steps[following].after_minutes) if reached else timedelta()
        return alert.but(step=following, step_at=since + wait)
    return _after_the_last(alert.but(step=following), plan, since)


def _after_the_last(alert: Alert, plan: Plan, since: datetime) -> Alert:
    """Begin again, or stop: an alert that is not taken after all rounds stands on the pages and in the digest."""
    rounds = plan.chain.rounds if plan.chain else 1
    cycle_rounds = alert.round + 1
    if plan.chain is not None and cycle_rounds < rounds:
        again = since + timedelta(minutes=max(1.0, plan.chain.again_after_minutes))
        return alert.but(round=cycle_rounds, step=0, step_at=again)
    return noted(alert, since, "the end of the chain: everybody in it was told, and nobody took it").but(step_at=None)


def _people(step: Step, alert: Alert, settings: AlertSettings) -> Iterable[str]:
    seen: dict[str, None] = {}
    for name in step.tell:
        person = settings.owner(alert.owner) if name == OWNER else name
        if person is not None and person in settings.people:
            seen[person] = None
    return seen


def _quiet(alert: Alert, person: str, settings: AlertSettings, now: datetime) -> datetime | None:
    """Return until when the person is not to be disturbed by this; None if now is a good time."""
    if alert.severity is Severity.CRITICAL:
        return None
    return quiet_until(settings.people[person].quiet_hours, now)


def _tell(
    alert: Alert,
    turn: tuple[int, int, str],
    ways: Iterable[Way],
    settings: AlertSettings,
    now: datetime,
    *,
    ready_at: datetime | None = None,
) -> Alert:
    """Add what is to be said in this turn: (round, step, person).

    In the first round the first wait still has to pass: what ends within it tells nobody.
    """
    round_, step, person = turn
    if ready_at is None:
        ready_at = max(now, alert.opened_at + settings.first_wait)
    known = {telling.key for telling in alert.tellings}
    new = [
        Telling(cycle=alert.cycle, round=round_, step=step, person=person, way=way, at=now, ready_at=ready_at)
        for way in ways
    ]
    new = [telling for telling in new if telling.key not in known]
    if not new:
        return alert
    how = " and ".join(telling.way.value for telling in new)
    alert = noted(alert, now, f"round {round_ + 1}, step {step + 1}: {person} by {how}")
    return alert.but(tellings=(*alert.tellings, *new))


def all_unreached(alert: Alert, notice: str, reason: str, settings: AlertSettings, now: datetime) -> Alert:
    """Return the alert after a notice with it did not arrive."""
    for telling in alert.tellings:
        if telling.notice == notice and telling.errand is Errand.NEWS and not telling.unreached:
            alert = unreached(alert, telling, reason, settings, now)
    return alert


def unreached(alert: Alert, lost: Telling, reason: str, settings: AlertSettings, now: datetime) -> Alert:
    """Return the alert after one telling did not arrive: the person's next way now, else the next person now."""
    alert = alert.with_telling(lost, unreached=reason)
    alert = noted(alert, now, f"{lost.person} was not reached by {lost.way}: {reason}")
    if alert.is_open and lost.errand is Errand.NEWS and (lost.cycle, lost.round) == _latest_round(alert):
        alert = _other_way(alert, lost, settings, now)
    return alert


def _other_way(alert: Alert, lost: Telling, settings: AlertSettings, now: datetime) -> Alert:
    same = [t for t in alert.tellings if (t.cycle, t.round, t.step, t.person) == _turn(lost)]
    used = {telling.way for telling in same}
    left = [way for way in IN_ORDER_OF_URGENCY if way not in used and settings.address(lost.person, way) is not None]
    if left:
        return _tell(alert, (lost.round, lost.step, lost.person), left[:1], settings, now, ready_at=now)
    if any(not telling.unreached for telling in same):
        return alert  # another way to the same person still stands
    turn = [t for t in alert.tellings if (t.cycle, t.round, t.step) == (lost.cycle, lost.round, lost.step)]
    if alert.step_at is not None and alert.step_at > now and all(telling.unreached for telling in turn):
        return noted(alert, now, "nobody of this step was reached: the next step now").but(step_at=now)
    return alert


def _turn(telling: Telling) -> tuple[int, int, int, str]:
    return (telling.cycle, telling.round, telling.step, telling.person)


def _latest_round(alert: Alert) -> tuple[int, int]:
    return max(((telling.cycle, telling.round) for telling in alert.tellings), default=(0, 0))
