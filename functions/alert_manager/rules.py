"""Decides what happens about one alert at one time: who is told, what keeps it back, when to look again. Pure.

Read `decide` first. What is over is told to whoever was told of it. What somebody has, or put off, rests until their
time runs out. Everything else goes down its chain, unless planned work or a graver alert explains it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.alert_manager.chain import told_now
from functions.alert_manager.routing import Plan, maintenance_at, muted_by, plan_for, plan_named
from shared.alerts.kinds import kind_of
from shared.alerts.standing import next_round, noted, resolved
from shared.config.alerts import AlertSettings
from shared.models.alert import Alert, Errand, Standing, Telling, Way
from shared.quiet_hours import quiet_until
from shared.step import Decision

MUTED_LOOK = timedelta(minutes=5)
SOURCE_LOOK = timedelta(minutes=15)
UNTOLD_LOOK = timedelta(hours=1)
"""How soon the source is asked again; both grow with the alert's age. Nobody waits for the end of what nobody heard."""

GATHERED_BY = timedelta(minutes=1)
"""What is to be said is put into a message by the very task that decides so. If it dies, or there is no room, this is
when somebody looks again."""

NEWS_LIVES = timedelta(hours=24)
"""After that what was only news is put away: it was told, or the message about it has expired."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What the decision depends on besides the alert and the time.

    `why_over` is what the source said when it was asked a moment ago, "" if the alert still holds. `standing` are the
    alerts that might explain this one.
    """

    settings: AlertSettings
    is_open: Callable[[str, datetime], bool]
    why_over: str = ""
    standing: tuple[Alert, ...] = ()


def decide(alert: Alert | None, now: datetime, situation: Situation) -> Decision[Alert]:
    """Return what to store and when to look again, for `alert` at `now` (UTC)."""
    if alert is None:
        return Decision(None, outcome="no_alert")
    settings = situation.settings
    after = _ended(alert, now, situation)
    if after.standing is Standing.RESOLVED:
        return _done(alert, _told_that_it_is_over(after, settings, now), None, now, settings)
    if after.standing is not Standing.OPEN and after.until is not None and now < after.until:
        return _done(alert, after, after.until, now, settings)
    if after.standing is not Standing.OPEN:
        after = _opened_again(after, now)
    kept_back = _kept_back(after, now, situation)
    if kept_back is not None:
        return _done(alert, *kept_back, now, settings)
    plan = plan_named(after.chain, after, settings) if after.chain else None
    if plan is None:
        plan = plan_for(after, settings, after.opened_at, situation.is_open)
        after = noted(after, now, plan.why).but(chain=plan.name, step_at=_begins(after, plan, now))
    if plan.chain is None:
        return _done(alert, after.but(step_at=None), _next_look(after, plan, now, settings), now, settings)
    after = told_now(after, plan, settings, now)
    return _done(alert, after, _next_look(after, plan, now, settings), now, settings)


def _begins(alert: Alert, plan: Plan, now: datetime) -> datetime:
    """Return when the first step is due. Where nobody could be told so far, a repaired file tells them now."""
    if alert.step_at is None or plan.chain is None or alert.round > 0:
        return alert.step_at or now
    return alert.step_at + timedelta(minutes=plan.chain.steps[0].after_minutes)


def _ended(alert: Alert, now: datetime, situation: Situation) -> Alert:
    if alert.standing is Standing.RESOLVED:
        return alert
    if situation.why_over:
        return resolved(alert, "the system", now, f"over: {situation.why_over}")
    if now >= _end_of(alert, situation.settings):
        lasting = kind_of(alert).lasting
        why = f"given up after {situation.settings.give_up_days:g} days: nobody closed it" if lasting else "put away"
        return resolved(alert, "the system", now, why)
    return alert


def _end_of(alert: Alert, settings: AlertSettings) -> datetime:
    return alert.opened_at + (timedelta(days=settings.give_up_days) if kind_of(alert).lasting else NEWS_LIVES)


def _opened_again(alert: Alert, now: datetime) -> Alert:
    """A lease or a snooze ran out and it still holds: everybody from the first step on, in a new round."""
    what = "had it, and the time for it ran out" if alert.standing is Standing.ACKNOWLEDGED else "put it off until now"
    return noted(alert, now, f"{alert.by} {what}: told again").but(
        standing=Standing.OPEN,
        by="",
        until=None,
        changed_at=now,
        round=next_round(alert),
        first_round=next_round(alert),
        step=0,
        step_at=now,
    )


def _kept_back(alert: Alert, now: datetime, situation: Situation) -> tuple[Alert, datetime] | None:
    """Return the alert and when to look again if nobody may be told now."""
    window = maintenance_at(alert, situation.settings, now)
    if window is not None:
        line = f"suppressed by maintenance until {window.end:%Y-%m-%d %H:%M} UTC: {window.reason}"
        return noted(alert, now, line), window.end
    parent = muted_by(alert, situation.settings, situation.standing)
    if parent is not None:
        return noted(alert, now, f"inhibited by {parent.kind} ({parent.id}) while that stands"), now + MUTED_LOOK
    return None


def _told_that_it_is_over(alert: Alert, settings: AlertSettings, now: datetime) -> Alert:
    """Whoever was told of it in this cycle hears once that it is over, in the hours that are theirs, by the same way.

    Not who ended it, and not of news that nobody has to act on. If the message about the alert itself never left,
    neither does this: that is seen when it is about to leave.
    """
    if not kind_of(alert).lasting:
        return alert
    told = {
        (telling.person, telling.way): telling
        for telling in alert.tellings
        if telling.cycle == alert.cycle and telling.notice and telling.way is not Way.PSA_NOTE
    }
    known = {(t.person, t.way) for t in alert.tellings if t.cycle == alert.cycle and t.errand is Errand.RESOLVED}
    new = []
    for (person, way), telling in told.items():
        if person == alert.by or person not in settings.people or (person, way) in known:
            continue
        ready_at = quiet_until(settings.people[person].quiet_hours, now) or now
        changes = {"errand": Errand.RESOLVED, "at": now, "ready_at": ready_at, "notice": "", "unreached": ""}
        new.append(telling.model_copy(update=changes))
    return alert.but(tellings=(*alert.tellings, *new)) if new else alert


def _next_look(alert: Alert, plan: Plan, now: datetime, settings: AlertSettings) -> datetime:
    looks = [_end_of(alert, settings), *(waiting.until for waiting in alert.waiting)]
    if alert.step_at is not None and plan.chain is not None:
        looks.append(alert.step_at)
    if settings.people and kind_of(alert).lasting:
        told = any(telling.cycle == alert.cycle for telling in alert.tellings)
        age = now - alert.opened_at
        looks.append(now + (max(SOURCE_LOOK, age / 4) if told else max(UNTOLD_LOOK, age)))
    return min(looks)


def to_be_gathered(alert: Alert, now: datetime, settings: AlertSettings) -> tuple[Telling, ...]:
    """Return the tellings whose message is to be found now; one that is held until later waits in the alert."""
    return tuple(telling for telling in alert.to_gather if telling.ready_at <= now + settings.first_wait)


def _done(
    before: Alert, after: Alert, look: datetime | None, now: datetime, settings: AlertSettings
) -> Decision[Alert]:
    """Set the next look. A telling that no message carries yet is work for this task, or for when it may leave."""
    looks = [] if look is None else [look]
    soon = to_be_gathered(after, now, settings)
    looks += [telling.ready_at - settings.first_wait for telling in after.to_gather if telling not in soon]
    look = min([*looks, now + GATHERED_BY]) if soon else min(looks, default=None)
    if after.alarm_at != look:
        after = after.but(alarm_at=look, alarm_generation=0)
    if after == before:
        return Decision(before, outcome="unchanged")
    return Decision(after, outcome=after.standing.value)
