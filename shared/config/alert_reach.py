"""Who is never told, and which alerts reach nobody: read off the people, the chains and the order of the routes."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from shared.config.alert_words import (
    OWNER,
    WORST_FIRST,
    default_chain,
    listed,
    reached,
    severities_of,
    ways_that_arrive,
)
from shared.config.alerts import AlertSettings, Route
from shared.config.settings import Settings
from shared.models.finding import Severity

_LOOK = timedelta(minutes=15)
_WEEK = timedelta(days=7)

IsOpen = Callable[[str, datetime], bool]


def reach_warnings(settings: Settings, now: datetime) -> Iterator[str]:
    alerts = settings.alerts
    if not alerts.chains:
        yield "alerts.chains is empty: NOBODY is told of anything but the nudges for a ticket's owner"
        return
    yield from _gap(settings, now)
    for place, route in enumerate(alerts.routes):
        if _taken_before(route, alerts.routes[:place]):
            yield f"alerts.routes[{place}] never fits: the routes before it take everything that it would"
    for name in alerts.chains:
        yield from _steps_that_reach_nobody(alerts, name)
    yield from _never_told(alerts)


def _gap(settings: Settings, now: datetime) -> Iterator[str]:
    """Look at the coming week as a critical alert would that only the routes for everything fit."""
    alerts = settings.alerts
    moments = [now + number * _LOOK for number in range(int(_WEEK / _LOOK))]
    deaf = [(at, why) for at in moments if (why := _why_deaf(settings, at))]
    if deaf:
        at, why = deaf[0]
        hours = len(deaf) * _LOOK / timedelta(hours=1)
        when = (
            "at any hour"
            if len(deaf) == len(moments)
            else f"for {hours:g} h of the coming week, first {at:%a %d %b %H:%M} UTC"
        )
        yield f"alerts: what is critical reaches NOBODY {when}: {why}"
    for place, route in enumerate(alerts.routes):
        narrow = route.kinds or route.clients or route.teams
        if narrow and route.chain is None and (not route.severities or Severity.CRITICAL in route.severities):
            yield f"alerts.routes[{place}] tells nobody, also of what is critical; add severities if that is not meant"


def _why_deaf(settings: Settings, at: datetime) -> str:
    """Return why a critical alert would reach nobody at `at`; "" if it reaches somebody."""
    alerts = settings.alerts
    for place, route in enumerate(alerts.routes):
        if route.kinds or route.clients or route.teams:
            continue
        if route.severities and Severity.CRITICAL not in route.severities:
            continue
        if route.calendar and route.hours != "any":
            is_open = settings.calendar(route.calendar).is_open(at)
            if is_open != (route.hours == "open"):
                continue
        if route.chain is None:
            return f"alerts.routes[{place}] tells nobody ({route.suppress})"
        return _why_chain_is_deaf(alerts, route.chain)
    chain = default_chain(alerts)
    return _why_chain_is_deaf(alerts, chain) if chain else "there is no chain"


def _why_chain_is_deaf(alerts: AlertSettings, name: str) -> str:
    if reached(alerts, alerts.chains[name], Severity.CRITICAL):
        return ""
    owner = any(OWNER in step.tell for step in alerts.chains[name].steps)
    unsure = " but the ticket's owner, if it has one" if owner else ""
    return f"nobody in chains.{name}{unsure} has an address for it"


def _taken_before(route: Route, earlier: tuple[Route, ...]) -> bool:
    wider = [each for each in earlier if _as_wide(each, route)]
    if any(each.hours == "any" or (each.hours, each.calendar) == (route.hours, route.calendar) for each in wider):
        return True
    both = [
        {each.hours for each in wider if each.calendar == calendar} for calendar in {each.calendar for each in wider}
    ]
    return any({"open", "closed"} <= hours for hours in both)


def _as_wide(wide: Route, narrow: Route) -> bool:
    pairs = [
        (wide.severities, narrow.severities or tuple(Severity)),
        (wide.kinds, narrow.kinds),
        (wide.clients, narrow.clients),
        (wide.teams, narrow.teams),
    ]
    return all(not every or (few and _folded(few) <= _folded(every)) for every, few in pairs)


def _folded(names: tuple[str, ...]) -> set[str]:
    return {name.strip().casefold() for name in names}


def _steps_that_reach_nobody(alerts: AlertSettings, name: str) -> Iterator[str]:
    for place, step in enumerate(alerts.chains[name].steps):
        people = [person for person in step.tell if person != OWNER]
        deaf = [
            severity
            for severity in severities_of(alerts, name)
            if people
            and OWNER not in step.tell
            and (place == 0 or severity is not Severity.INFO)
            and not any(ways_that_arrive(alerts, person, severity) for person in people)
        ]
        if deaf:
            why = f"no address for it of {listed(people)}"
            yield f"alerts.chains.{name}.steps[{place}] reaches nobody for {listed(deaf)}: {why}"


def _never_told(alerts: AlertSettings) -> Iterator[str]:
    used = [name for name in alerts.chains if severities_of(alerts, name)]
    yield from (f"alerts.chains.{name}: no route leads there" for name in alerts.chains if name not in used)
    told = {person for name in used for step in alerts.chains[name].steps for person in step.tell}
    for key, person in alerts.people.items():
        if not any(ways_that_arrive(alerts, key, severity) for severity in WORST_FIRST):
            yield f"alerts.people.{key} is told of nothing: no address for any of the ways"
        elif key not in told and not person.psa_names:
            yield f"alerts.people.{key} is in no chain that is used, and has no psa_names: hardly ever told"
