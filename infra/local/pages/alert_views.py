"""The pages about alerts: what is open now, what came up on a day, and the story of one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from infra.local.pages.alert_story import LANES, alert_story
from infra.local.pages.alert_words import STANDINGS, Speaker
from infra.local.pages.days import days_of
from infra.local.pages.desk import Desk
from infra.local.pages.view import Missing, View
from shared.alerts.kinds import kind_of
from shared.models.alert import Alert, Standing
from shared.models.finding import Audience
from shared.models.outgoing import Outgoing


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One line of a list: `standing` is whose turn it is, in a sentence; `state` the same in a word or two."""

    alert: Alert
    title: str
    text: str
    standing: str
    state: str


def speaker(desk: Desk) -> Speaker:
    return Speaker(desk.app.settings.alerts, desk.zone, desk.app.clock.now())


def rows(desk: Desk, alerts: Iterable[Alert]) -> list[AlertRow]:
    says = speaker(desk)
    return [AlertRow(a, says.title(a), says.text(a), says.standing(a), _state(a)) for a in alerts]


def alerts(desk: Desk, query: Mapping[str, str]) -> View:
    days = days_of(desk, query)
    ledger = desk.ledger()
    of_day = list(reversed(ledger.alerts(desk.span(days.day))))
    standing = [alert for alert in ledger.standing_alerts() if _waits_for_somebody(alert)]
    standing.sort(key=lambda alert: (-alert.severity.weight, alert.standing is not Standing.OPEN, alert.opened_at))
    return View(
        "alerts.html",
        {
            "days": days,
            "open_now": rows(desk, standing),
            "for_managers": rows(desk, (each for each in of_day if each.audience is Audience.MANAGER)),
            "for_technicians": rows(desk, (each for each in of_day if each.audience is Audience.TECHNICIAN)),
            "nobody": not desk.app.settings.alerts.people,
            "cut": sorted(ledger.cut),
        },
    )


def one_alert(desk: Desk, alert_id: str) -> View:
    ledger = desk.ledger()
    alert = ledger.alert(alert_id)
    if alert is None:
        raise Missing("There is no alert at this address.")
    carriers: dict[str, Outgoing] = {}
    for key in {telling.notice for telling in alert.tellings if telling.notice}:
        found = ledger.notice(key) if key.startswith("notice-") else ledger.note(key)
        if found is not None:
            carriers[key] = found
    says = speaker(desk)
    return View(
        "alert.html",
        {
            "alert": alert,
            "title": kind_of(alert).title,
            "text": says.text(alert),
            "standing": says.standing(alert),
            "told": says.told(alert),
            "lines": alert_story(alert, carriers, says),
            "lanes": LANES,
            "state": _state(alert),
        },
    )


def _waits_for_somebody(alert: Alert) -> bool:
    return alert.audience is Audience.MANAGER and kind_of(alert).lasting


def _state(alert: Alert) -> str:
    """What is only news is told and then put away: nobody has to take it."""
    if alert.standing is Standing.OPEN and not kind_of(alert).lasting:
        return "News"
    return STANDINGS[alert.standing]
