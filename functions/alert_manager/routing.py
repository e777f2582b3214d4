"""Who is to be told of an alert: the first route that fits names the chain, or says why nobody is told. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.config.alerts import AlertSettings, Chain, Inhibition, Maintenance, Route, Step
from shared.models.alert import Alert
from shared.models.finding import Audience

OWNER = "owner"
"""The chain of a nudge: the ticket's owner and nobody else. In a step of any chain: whoever owns the ticket."""

THE_DAILY_WORD = "all_quiet"
"""It says that the alerts themselves work, so no rule keeps it back or sends it elsewhere."""

IsOpen = Callable[[str, datetime], bool]
"""Says whether the calendar of that name is open at that time."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`chain` is None when nobody is told; `why` says which rule decided, in words for the ledger."""

    name: str
    chain: Chain | None
    why: str


def plan_for(alert: Alert, settings: AlertSettings, at: datetime, is_open: IsOpen) -> Plan:
    """Return who is told of an alert that comes up at `at` (UTC)."""
    if not settings.people:
        return Plan("", None, "suppressed: the settings name nobody under alerts.people")
    if alert.audience is Audience.TECHNICIAN:
        return _owner_plan(alert, settings)
    if alert.kind == THE_DAILY_WORD:
        return _default_plan(settings)
    for number, route in enumerate(settings.routes, 1):
        if not _fits(route, alert, at, is_open):
            continue
        if route.chain is None:
            return Plan("", None, f"suppressed by route {number}: {route.suppress}")
        return Plan(route.chain, settings.chains[route.chain], f"route {number} leads to the chain {route.chain}")
    return _default_plan(settings)


def plan_named(name: str, alert: Alert, settings: AlertSettings) -> Plan | None:
    """Return the plan that was made when the alert came up, as the settings have it now; None if it is gone."""
    if name == OWNER:
        return _owner_plan(alert, settings)
    chain = settings.chains.get(name)
    return Plan(name, chain, f"the chain {name}") if chain else None


def _default_plan(settings: AlertSettings) -> Plan:
    default = settings.default_chain or next(iter(settings.chains), None)
    if default is None:
        return Plan("", None, "suppressed: the settings have no chain under alerts.chains")
    return Plan(default, settings.chains[default], f"no route fits, so the chain {default}")


def _owner_plan(alert: Alert, settings: AlertSettings) -> Plan:
    if settings.owner(alert.owner) is None:
        who = f"{alert.owner} is not among alerts.people" if alert.owner else "nobody owns the ticket"
        return Plan("", None, f"suppressed: {who}")
    return Plan(OWNER, Chain(steps=(Step(tell=(OWNER,)),), rounds=1), "a nudge for the ticket's owner")


def _fits(route: Route, alert: Alert, at: datetime, is_open: IsOpen) -> bool:
    if route.severities and alert.severity not in route.severities:
        return False
    if route.kinds and alert.kind not in route.kinds:
        return False
    if not covers(alert, clients=route.clients, teams=route.teams):
        return False
    if route.hours == "any" or route.calendar is None:
        return True
    return is_open(route.calendar, at) is (route.hours == "open")


def covers(alert: Alert, *, clients: tuple[str, ...] = (), teams: tuple[str, ...] = ()) -> bool:
    """Say whether the alert is of one of the clients (by PSA id or name) and teams; none named means all."""
    if clients and not _named(clients, alert.company_id, alert.company):
        return False
    return not teams or _named(teams, alert.team)


def maintenance_at(alert: Alert, settings: AlertSettings, at: datetime) -> Maintenance | None:
    """Return the planned work that keeps this alert back at `at`; of several, the one that ends last."""
    running = [
        window
        for window in settings.maintenance
        if window.start <= at < window.end
        and alert.kind != THE_DAILY_WORD
        and (not window.kinds or alert.kind in window.kinds)
        and covers(alert, clients=window.clients, teams=window.teams)
    ]
    return max(running, key=lambda window: window.end, default=None)


def parents_of(kind: str, settings: AlertSettings) -> tuple[Inhibition, ...]:
    return tuple(rule for rule in settings.inhibitions if kind in rule.mutes and rule.parent != kind)


def muted_by(alert: Alert, settings: AlertSettings, standing: Iterable[Alert]) -> Alert | None:
    """Return the alert, among those that are `standing`, that explains this one and so mutes it."""
    rules = parents_of(alert.kind, settings)
    for parent in standing:
        explains = any(rule.parent == parent.kind and _same(rule, alert, parent) for rule in rules)
        if explains and parent.id != alert.id:
            return parent
    return None


def _same(rule: Inhibition, alert: Alert, parent: Alert) -> bool:
    if rule.same == "everything":
        return True
    if rule.same == "client":
        return _named(tuple(filter(None, (parent.company_id, parent.company))), alert.company_id, alert.company)
    if rule.same == "team":
        return parent.team is not None and _named((parent.team,), alert.team)
    return parent.psa is not None and parent.psa == alert.psa


def _named(names: tuple[str, ...], *candidates: str | None) -> bool:
    wanted = {name.strip().casefold() for name in names}
    return any(candidate is not None and candidate.strip().casefold() in wanted for candidate in candidates)
