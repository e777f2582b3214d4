"""The words in which the settings of alerts are told, and what follows from the settings as a whole."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from shared.alerts.standing import span_words
from shared.config.alerts import AlertSettings, Chain, Maintenance, Route
from shared.models.alert import Way
from shared.models.finding import Severity

OWNER = "owner"
WORST_FIRST = tuple(reversed(Severity))
_WAYS = {Way.SMS: "SMS", Way.EMAIL: "e-mail", Way.CHAT: "chat", Way.PSA_NOTE: "a note in the PSA"}


def listed(words: Iterable[str], last: str = "and") -> str:
    """Return "a", "a and b", "a, b and c"; "" for nothing."""
    *most, end = list(words) or [""]
    return f"{', '.join(most)} {last} {end}" if most else end


def by(ways: Iterable[Way]) -> str:
    return listed(_WAYS[way] for way in ways)


def span(minutes: float) -> str:
    """Return a number of minutes as a person says it: "45 min", "1 h 30 min", "7 days"; "30 s" below a minute."""
    return span_words(timedelta(minutes=minutes)) if minutes >= 1 else f"{minutes * 60:g} s"


def covered(what: Route | Maintenance) -> str:
    """Return what a route or a maintenance is about: "critical, kind stuck, client Lakeside"; "everything"."""
    parts = [listed(what.severities, "or")] if isinstance(what, Route) and what.severities else []
    if what.kinds:
        parts.append(f"kind {listed(what.kinds, 'or')}")
    if what.clients:
        parts.append(f"client {listed(what.clients, 'or')}")
    if what.teams:
        parts.append(f"team {listed(what.teams, 'or')}")
    if isinstance(what, Route) and what.hours != "any":
        parts.append(f"while {what.calendar} is {what.hours}")
    return ", ".join(parts) or "everything"


def name_of(alerts: AlertSettings, person: str) -> str:
    return "the ticket's owner" if person == OWNER else alerts.people[person].name


def default_chain(alerts: AlertSettings) -> str | None:
    """Return the chain for whatever no route fits; None if there are no chains."""
    return alerts.default_chain or next(iter(alerts.chains), None)


def severities_of(alerts: AlertSettings, chain: str) -> tuple[Severity, ...]:
    """Return of what severities the chain may be told, the worst first; none if nothing leads there."""
    if chain == default_chain(alerts):
        return WORST_FIRST
    wanted = {severity for route in alerts.routes if route.chain == chain for severity in route.severities or Severity}
    return tuple(severity for severity in WORST_FIRST if severity in wanted)


def ways_that_arrive(alerts: AlertSettings, person: str, severity: Severity) -> tuple[Way, ...]:
    """Return the ways by which a person of the settings surely hears of it: not a note, not what is switched off."""
    ways: Sequence[Way] = alerts.ways_of(person, severity) if person in alerts.people else ()
    off = {Way.PSA_NOTE, Way.SMS} if alerts.sms.channel == "off" else {Way.PSA_NOTE}
    return tuple(way for way in ways if way not in off)


def reached(alerts: AlertSettings, chain: Chain, severity: Severity) -> tuple[str, ...]:
    """Return who of the chain hears of something so severe; INFO does not go beyond the first step."""
    steps = chain.steps[:1] if severity is Severity.INFO else chain.steps
    told = dict.fromkeys(person for step in steps for person in step.tell)
    return tuple(person for person in told if ways_that_arrive(alerts, person, severity))
