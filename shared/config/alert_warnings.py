"""What the settings of alerts allow and yet probably nobody means. The gravest is said first."""

import difflib
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import pairwise
from urllib.parse import urlsplit

from shared.alerts.kinds import KINDS
from shared.config.alert_nights import night_warnings
from shared.config.alert_reach import reach_warnings
from shared.config.alert_words import listed, severities_of, span
from shared.config.alerts import AlertSettings
from shared.config.settings import Settings
from shared.config.sms_story import sms_warnings
from shared.models.alert import Way
from shared.models.finding import Severity

_SHORTEST_LEASE = 5.0
_OURSELVES = ("127.0.0.1", "::1", "localhost")


def alert_warnings(settings: Settings, now: datetime) -> list[str]:
    """Return the warnings. `now` (UTC) is where the coming week and the coming year begin."""
    alerts = settings.alerts
    if not alerts.people:
        return [
            "alerts.people is empty: NOBODY is told when a client is left waiting, a mail comes back or a PSA is down"
        ]
    return [
        *reach_warnings(settings, now),
        *_same_address(alerts),
        *sms_warnings(settings),
        *_links(alerts),
        *night_warnings(alerts, now),
        *_lasting(alerts),
        *_throttle(alerts),
        *_unknown_kinds(alerts),
        *_watch(alerts),
    ]


def _same_address(alerts: AlertSettings) -> Iterator[str]:
    for way, what in ((Way.SMS, "phone"), (Way.EMAIL, "email")):
        owners: dict[str, list[str]] = {}
        for person in alerts.people:
            address = alerts.address(person, way)
            if address:
                owners.setdefault(address.casefold(), []).append(person)
        for people in owners.values():
            if len(people) > 1:
                yield f"alerts.people: {listed(people)} have the same {what}: one of them tells nobody new"


def _links(alerts: AlertSettings) -> Iterator[str]:
    """A message that cannot be answered rings again until its rounds are over."""
    told = {person for chain in alerts.chains.values() for step in chain.steps for person in step.tell}
    ways = {
        way for person in told & set(alerts.people) for severity in Severity for way in alerts.ways_of(person, severity)
    }
    if alerts.link_base is None:
        if ways & {Way.SMS, Way.EMAIL, Way.CHAT}:
            yield "alerts.link_base is missing: only at this machine can anybody say from a message that they have it"
        return
    address = urlsplit(alerts.link_base)
    if address.scheme != "https" and address.hostname not in _OURSELVES:
        yield "alerts.link_base is not https: whoever listens on the way can answer in a colleague's name"
    if not alerts.link_keys:
        yield "alerts.link_keys is missing: links cannot be signed, so messages carry none"


def _lasting(alerts: AlertSettings) -> Iterator[str]:
    for severity in Severity:
        minutes = alerts.lease_minutes.get(severity)
        if minutes is None:
            yield f"alerts.lease_minutes lacks {severity}: write how long somebody has such an alert"
        elif minutes < _SHORTEST_LEASE:
            yield f"alerts.lease_minutes.{severity} is {span(minutes)}: who takes it is told again before they can act"
        elif minutes > alerts.give_up_days * 1440:
            yield f"alerts.lease_minutes.{severity} is longer than give_up_days: what was taken is never told again"
    for name, chain in alerts.chains.items():
        once = sum(step.after_minutes for step in chain.steps)
        whole = once * chain.rounds + chain.again_after_minutes * (chain.rounds - 1)
        if once >= alerts.give_up_days * 1440:
            yield f"alerts.chains.{name}: an alert is put away (give_up_days) before its last step: it tells nobody"
        elif whole >= alerts.give_up_days * 1440:
            yield f"alerts.chains.{name}: an alert is put away (give_up_days) before all {chain.rounds} rounds are over"
        if chain.rounds > 1 and chain.again_after_minutes < _SHORTEST_LEASE and severities_of(alerts, name):
            yield f"alerts.chains.{name} begins again after {span(chain.again_after_minutes)}: nobody answers so fast"


def _throttle(alerts: AlertSettings) -> Iterator[str]:
    ladder = alerts.throttle
    if not ladder:
        yield "alerts.throttle is empty: nothing bounds how often a phone rings on a bad day"
        return
    for lower, upper in pairwise(ladder):
        if upper.minutes <= lower.minutes or upper.messages <= lower.messages:
            yield (
                f"alerts.throttle: {upper.messages} in {span(upper.minutes)} after {lower.messages} in "
                f"{span(lower.minutes)} does not ascend: one of the two never matters"
            )
    for rung in ladder:
        if rung.messages * 60 < rung.minutes:
            yield f"alerts.throttle: {rung.messages} in {span(rung.minutes)} is less than one message an hour"


def _unknown_kinds(alerts: AlertSettings) -> Iterator[str]:
    named: list[tuple[str, Iterable[str]]] = [
        *((f"alerts.routes[{place}]", route.kinds) for place, route in enumerate(alerts.routes)),
        *((f"alerts.maintenance[{place}]", work.kinds) for place, work in enumerate(alerts.maintenance)),
        *((f"alerts.inhibitions[{n}]", (rule.parent, *rule.mutes)) for n, rule in enumerate(alerts.inhibitions)),
    ]
    for where, kinds in named:
        for kind in kinds:
            if kind not in KINDS:
                close = difflib.get_close_matches(kind, KINDS, n=1)
                meant = f"did you mean {close[0]}?" if close else f"there are {', '.join(sorted(KINDS))}"
                yield f"{where}: no alert is of the kind {kind!r}; {meant}"


def _watch(alerts: AlertSettings) -> Iterator[str]:
    if alerts.heartbeat_url is None:
        yield "alerts.heartbeat_url is missing: nobody notices if this system itself dies"
    if alerts.all_quiet_at is None:
        yield "alerts.all_quiet_at is missing: on a quiet day nobody knows whether it is quiet or broken"
