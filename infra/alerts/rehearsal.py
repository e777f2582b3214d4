"""Plays one made-up alert through the real rules over virtual time, as if nobody took it. No store, no queue."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from functions.alert_manager.chain import unreached
from functions.alert_manager.intake import taken_in
from functions.alert_manager.rules import Situation, decide, to_be_gathered
from shared.config.settings import Settings
from shared.models.alert import Alert, Errand, Standing, Telling, Way
from shared.models.finding import Finding, Severity
from shared.quiet_hours import quiet_until
from shared.sms.numbers import country, why_not

MOST_LOOKS = 5000
"""More than any chain needs: 20 rounds of 50 steps, each with a look at the source in between."""


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody is told at `at` (UTC). `lost` is why the message would not go out; `turn` is (round, step) from 1.

    `errand` tells whether they hear that it is there, or that it is over.
    """

    at: datetime
    person: str
    way: Way
    turn: tuple[int, int]
    errand: Errand
    lost: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """What the alert's own ledger says beside who is told: a route, a maintenance, somebody who sleeps."""

    at: datetime
    what: str


Event = Told | Remark


def rehearsed(settings: Settings, finding: Finding, at: datetime) -> list[Event]:
    """Return what happens from `at` (UTC) to the end of the chain, in order, if no other message waits anywhere."""
    opened = taken_in(None, finding, at)
    return [] if opened is None else sorted(_play(settings, opened, at), key=lambda event: event.at)


def told(events: list[Event]) -> list[Told]:
    """Return who surely hears that it is there; a note in the PSA wakes nobody."""
    heard = (event for event in events if isinstance(event, Told) and not event.lost and event.errand is Errand.NEWS)
    return [event for event in heard if event.way is not Way.PSA_NOTE]


def _play(settings: Settings, alert: Alert, now: datetime) -> Iterator[Event]:
    situation = Situation(settings.alerts, lambda name, at: settings.calendar(name).is_open(at))
    lost: list[tuple[datetime, Telling, str]] = []
    for _ in range(MOST_LOOKS):
        before = len(alert.ledger)
        for due in [each for each in lost if each[0] <= now]:
            lost.remove(due)
            alert = unreached(alert, due[1], due[2], settings.alerts, now)
        alert = decide(alert, now, situation).document or alert
        yield from (Remark(entry.at, entry.what) for entry in alert.ledger[before:] if not _is_a_turn(entry.what))
        for telling in to_be_gathered(alert, now, settings.alerts):
            at, reason = _leaves(telling, alert, settings), _why_lost(telling, settings)
            yield Told(at, telling.person, telling.way, (telling.round + 1, telling.step + 1), telling.errand, reason)
            carried = telling.model_copy(update={"notice": "rehearsed"})
            alert = alert.with_telling(telling, notice="rehearsed")
            lost += [(at, carried, reason)] if reason else []
        following = _next(alert, now, lost, situation)
        if following is None:
            return
        now = following


def _next(
    alert: Alert, now: datetime, lost: list[tuple[datetime, Telling, str]], situation: Situation
) -> datetime | None:
    """Return when something happens next; None at the end of the chain."""
    if alert.standing is Standing.RESOLVED:
        return None
    still = alert.step_at is not None or alert.waiting or alert.to_gather
    looks = [decide(alert, now, situation).document or alert] if still else []
    times = [look.alarm_at for look in looks if look.alarm_at is not None] + [at for at, _, _ in lost]
    return max(now, min(times)) if times else None


def _is_a_turn(what: str) -> bool:
    return what.startswith(("round ", "found: "))


def _leaves(telling: Telling, alert: Alert, settings: Settings) -> datetime:
    """Return when it leaves: whoever fell asleep within the first wait is not woken by what is not critical."""
    if alert.severity is Severity.CRITICAL:
        return telling.ready_at
    return quiet_until(settings.alerts.people[telling.person].quiet_hours, telling.ready_at) or telling.ready_at


def _why_lost(telling: Telling, settings: Settings) -> str:
    """Return why an SMS would surely not go out with these settings; "" if it would."""
    alerts = settings.alerts
    if telling.way is not Way.SMS:
        return ""
    if alerts.sms.channel == "off":
        return "SMS is switched off"
    own = {country(person.phone) for person in alerts.people.values() if person.phone}
    return why_not(alerts.address(telling.person, Way.SMS) or "", alerts.sms.countries or own)
