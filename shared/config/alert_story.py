"""Says in plain words who is told of what needs a person, in which order, and what keeps it from being told."""

from collections.abc import Iterator
from datetime import datetime

from shared.config.alert_words import (
    OWNER,
    WORST_FIRST,
    by,
    covered,
    default_chain,
    listed,
    name_of,
    severities_of,
    span,
)
from shared.config.alerts import AlertSettings, Chain, Person, Quiet, Step
from shared.config.settings import Settings
from shared.config.sms_story import sms_story
from shared.models.finding import Severity


def alert_story(settings: Settings, now: datetime) -> list[str]:
    """Return the lines. `now` (UTC) decides which maintenance is over."""
    alerts = settings.alerts
    if not alerts.people:
        return ["Alerts reach nobody: alerts.people is empty. They only stand on the pages here."]
    return [
        "Who can be told that something needs a person:",
        *(line for key in alerts.people for line in _person(alerts, key)),
        *(line for name, chain in alerts.chains.items() for line in _chain(alerts, name, chain)),
        "Which chain an alert takes; the first that fits:",
        *_routes(alerts),
        *_kept_back(alerts, now),
        *_pace(alerts),
        *sms_story(settings),
        *_answers_and_watch(alerts),
    ]


def _person(alerts: AlertSettings, key: str) -> Iterator[str]:
    person = alerts.people[key]
    where = [address for address in (person.phone, person.email) if address]
    yield f"  {person.name}: {', '.join([*where, *(['a chat'] if person.chat else [])]) or 'no address at all'}"
    told = [f"{severity} {_by_ways(alerts, key, severity)}" for severity in WORST_FIRST]
    yield f"    {'; '.join(told)}"
    for quiet in person.quiet:
        yield f"    {_quiet(quiet, person)}"
    if person.psa_names:
        yield f"    owns the tickets of {listed((person.name, *person.psa_names))}"


def _by_ways(alerts: AlertSettings, person: str, severity: Severity) -> str:
    ways = alerts.ways_of(person, severity)
    return f"by {by(ways)}" if ways else "not at all"


def _quiet(quiet: Quiet, person: Person) -> str:
    length = "all day" if quiet.start == quiet.end == "00:00" else f"{quiet.start}-{quiet.end}"
    named = listed(day.capitalize() for day in quiet.days)
    days = (f"in the nights of {named}" if quiet.end < quiet.start else f"on {named}") if named else "every day"
    return f"quiet {length} {days} ({person.timezone}): then only what is critical; the rest waits for the end"


def _chain(alerts: AlertSettings, name: str, chain: Chain) -> Iterator[str]:
    severities = severities_of(alerts, name)
    yield f"Chain {name}:" if severities else f"Chain {name} (no route leads there):"
    for severity in severities or WORST_FIRST:
        info = severity is Severity.INFO
        parts = [_step(alerts, step, severity, first=index == 0) for index, step in enumerate(chain.steps)]
        rounds = f"again after {span(chain.again_after_minutes)}, {chain.rounds} rounds in all"
        again = rounds if chain.rounds > 1 else "no more"
        yield f"  {severity}: {'; '.join([parts[0], 'no more'] if info else [*parts, again])}"


def _step(alerts: AlertSettings, step: Step, severity: Severity, *, first: bool) -> str:
    told: dict[str, list[str]] = {}
    for person in step.tell:
        ways = "" if person == OWNER else f" {_by_ways(alerts, person, severity)}"
        told.setdefault(ways, []).append(name_of(alerts, person))
    who = listed(f"{listed(names)}{ways}" for ways, names in told.items())
    if not step.after_minutes:
        return f"{who} at once"
    return f"after {span(step.after_minutes)} {who}" if first else f"{span(step.after_minutes)} later {who}"


def _routes(alerts: AlertSettings) -> Iterator[str]:
    yield "  a nudge for a technician: the ticket's owner and nobody else"
    for number, route in enumerate(alerts.routes, 1):
        told = f"chain {route.chain}" if route.chain else f"nobody is told ({route.suppress})"
        yield f"  {number}. {covered(route)}: {told}"
    chain = default_chain(alerts)
    yield f"  everything else: {f'chain {chain}' if chain else 'nobody is told (there is no chain)'}"


def _kept_back(alerts: AlertSettings, now: datetime) -> Iterator[str]:
    for work in sorted(alerts.maintenance, key=lambda work: work.start):
        if work.end > now:
            when = f"{work.start:%Y-%m-%d %H:%M} to {work.end:%Y-%m-%d %H:%M} UTC"
            running = ", now running" if work.start <= now else ""
            yield f"Maintenance {when}{running} ({work.reason}), of {covered(work)}: nobody is told until it is over."
    same = {"everything": "", "client": " of the same client", "team": " of the same team", "psa": " of the same PSA"}
    for rule in alerts.inhibitions:
        yield f"While {rule.parent} stands, {listed(rule.mutes)}{same[rule.same]} are not told: it explains them."


def _pace(alerts: AlertSettings) -> Iterator[str]:
    if alerts.first_wait_seconds:
        yield f"What is over within {alerts.first_wait_seconds:g} s is told to nobody."
    ladder = listed(f"{rung.messages} in {span(rung.minutes)}" for rung in alerts.throttle)
    yield f"To one phone or address at most: {ladder or 'no limit'} (messages)."
    yield (
        f"What there is no room for is gathered for {span(alerts.digest_minutes)} and comes as one digest; "
        f"{span(alerts.urgent_digest_minutes)} if something critical is in it."
    )
    leases = [f"{span(alerts.lease_minutes[each])} ({each})" for each in WORST_FIRST if each in alerts.lease_minutes]
    yield f"Who takes an alert has it for {listed(leases)}; then all are told again if it still stands."
    yield f"Who puts it off is told again after {span(alerts.snooze_minutes)}."
    yield f"It is put away unanswered after {span(alerts.give_up_days * 1440)}."


def _answers_and_watch(alerts: AlertSettings) -> Iterator[str]:
    if alerts.link_base:
        yield f"Messages carry a link to {alerts.link_base}, where one says that one has it."
    watched = "is called while all is well" if alerts.heartbeat_url else "is not set: nobody watches this system"
    yield f"The outside watch (heartbeat_url) {watched}."
    chain = default_chain(alerts)
    if alerts.all_quiet_at and chain:
        told = listed(name_of(alerts, person) for person in alerts.chains[chain].steps[0].tell)
        yield f"Every day at {alerts.all_quiet_at} a word on how quiet it is goes to {told}."
