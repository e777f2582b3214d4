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
from shared.step import AFTER_THE_COMMIT

IN_ORDER_OF_URGENCY = (Way.SMS, Way.EMAIL, Way.CHAT, Way.PSA_NOTE)


def told_now(alert: Alert, plan: Plan, settings: AlertSettings, now: datetime) -> Alert:
    """Return the alert with everybody told whose turn has come: those who slept, and the steps that are due."""
    awake = {waiting.person: waiting for waiting in alert.waiting if waiting.until <= now}  # each with the latest turn
    if awake:
        alert = alert.but(waiting=tuple(waiting for waiting in alert.waiting if waiting.until > now))
    for person, waiting in awake.items():
        ways = settings.ways_of(person, alert.severity) if person in settings.people else ()
        alert = _tell(alert, (waiting.round, waiting.step, person), ways, settings, now)
    while alert.step_at is not None and alert.step_at <= now and plan.chain is not None:
        alert = _take_step(alert, plan, settings, now)
    return alert


def _take_step(alert: Alert, plan: Plan, settings: AlertSettings, now: datetime) -> Alert:
    """Take one step of the chain and set the time of the next. A step that reaches nobody does not cost its delay."""
    steps = plan.chain.steps if plan.chain else ()
    if alert.step >= len(steps):  # the settings were shortened while it ran
        return _after_the_last(alert, plan, now, since=now)
    told, wakes = False, []
    alert, people = _people(alert, steps[alert.step], settings, now)
    for person in people:
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
    since = max(now, alert.opened_at + settings.first_wait)
    if wakes and not told and not _somebody_is_awake(alert, steps[alert.step + 1 :], settings, now):
        since = min(wakes)
    return _next_step(alert, plan, now, since=since, reached=told or bool(wakes))


def _next_step(alert: Alert, plan: Plan, now: datetime, *, since: datetime, reached: bool) -> Alert:
    """Say when the next step is due. What is but news goes on only until somebody was there to be told."""
    steps = plan.chain.steps if plan.chain else ()
    following = alert.step + 1
    if reached and (alert.severity is Severity.INFO or not kind_of(alert).lasting):
        return alert.but(step=following, step_at=None)
    if following < len(steps):
        wait = timedelta(minutes=steps[following].after_minutes) if reached else timedelta()
        return alert.but(step=following, step_at=since + wait if reached else now)
    return _after_the_last(alert.but(step=following), plan, now, since=since)


def _after_the_last(alert: Alert, plan: Plan, now: datetime, *, since: datetime) -> Alert:
    """Begin again, or stop: an alert that nobody takes in any round stands on the pages and in the daily word."""
    anybody = any(t.cycle == alert.cycle for t in alert.tellings) or alert.waiting
    lasting = kind_of(alert).lasting and alert.severity is not Severity.INFO
    if plan.chain is not None and lasting and alert.round + 1 - alert.first_round < plan.chain.rounds:
        again = since + timedelta(minutes=max(1.0, plan.chain.again_after_minutes))
        return alert.but(round=alert.round + 1, step=0, step_at=again)
    last = "that was the last step of the last round" if anybody else "the chain has nobody who could be told"
    return noted(alert, now, last).but(step_at=None)


def _somebody_is_awake(alert: Alert, later: Iterable[Step], settings: AlertSettings, now: datetime) -> bool:
    """Say whether a later step reaches somebody who does not sleep now; otherwise the chain sleeps, too."""
    people = {person for step in later for person in _people(alert, step, settings, now)[1]}
    return any(
        settings.ways_of(person, alert.severity) and _quiet(alert, person, settings, now) is None for person in people
    )


def _people(alert: Alert, step: Step, settings: AlertSettings, now: datetime) -> tuple[Alert, tuple[str, ...]]:
    """Return who is in the step, each once, and the alert with a line for an owner whom the settings do not name."""
    seen: dict[str, None] = {}
    for name in step.tell:
        person = settings.owner(alert.owner) if name == OWNER else name
        if person is not None and person in settings.people:
            seen[person] = None
        elif name == OWNER:
            who = f"{alert.owner} is not among alerts.people" if alert.owner else "nobody owns the ticket"
            alert = noted(alert, now, f"the owner cannot be told: {who}")
    return alert, tuple(seen)


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
    """Return the alert after a message with it did not arrive; to be looked at in a moment if that changes anything."""
    before = alert
    for telling in alert.tellings:
        if telling.notice == notice and telling.errand is Errand.NEWS and not telling.unreached:
            alert = unreached(alert, telling, reason, settings, now)
    if alert is before or not alert.is_open:
        return alert
    soon = now + AFTER_THE_COMMIT
    return alert.but(alarm_at=min(alert.alarm_at or soon, soon), alarm_generation=0)


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
    urgent = alert.severity is not Severity.INFO  # nobody's phone rings because a mail of no consequence came back
    left = [
        way
        for way in IN_ORDER_OF_URGENCY
        if urgent and way not in used and _is_there(alert, lost.person, way, settings)
    ]
    if left:
        return _tell(alert, (lost.round, lost.step, lost.person), left[:1], settings, now, ready_at=now)
    if any(not telling.unreached for telling in same):
        return alert  # another way to the same person still stands
    turn = [t for t in alert.tellings if (t.cycle, t.round, t.step) == (lost.cycle, lost.round, lost.step)]
    same_round = alert.round == lost.round and alert.step > lost.step  # never over the pause between two rounds
    if alert.step_at is not None and alert.step_at > now and same_round and all(t.unreached for t in turn):
        return noted(alert, now, "nobody of this step was reached: the next step now").but(step_at=now)
    return alert


def _is_there(alert: Alert, person: str, way: Way, settings: AlertSettings) -> bool:
    return alert.ticket is not None if way is Way.PSA_NOTE else settings.address(person, way) is not None


def _turn(telling: Telling) -> tuple[int, int, int, str]:
    return (telling.cycle, telling.round, telling.step, telling.person)


def _latest_round(alert: Alert) -> tuple[int, int]:
    return max(((telling.cycle, telling.round) for telling in alert.tellings), default=(0, 0))
