"""What SMS will cost and look like: whether they are sent at all, how long they get, and what the worst month costs."""

from collections.abc import Iterator
from datetime import timedelta

from shared.config.alert_words import severities_of
from shared.config.alerts import AlertSettings
from shared.config.settings import Settings
from shared.config.sms_length import cut_warnings
from shared.models.alert import Way
from shared.models.finding import Severity
from shared.sms.numbers import country, why_not
from shared.sms.plain import GSM7, plain
from shared.sms.segments import LIMIT_SEGMENTS

_MONTH_MINUTES = timedelta(days=30) / timedelta(minutes=1)


def phones(alerts: AlertSettings) -> dict[str, list[str]]:
    """Return the numbers that get SMS from some chain, each with the people that it belongs to."""
    told: dict[str, list[str]] = {}
    for name, chain in alerts.chains.items():
        for person in dict.fromkeys(person for step in chain.steps for person in step.tell if person in alerts.people):
            number = alerts.people[person].phone
            ways = {way for severity in severities_of(alerts, name) for way in alerts.ways_of(person, severity)}
            if number and Way.SMS in ways and person not in told.get(number, ()):
                told.setdefault(number, []).append(person)
    return told


def sms_story(settings: Settings) -> Iterator[str]:
    alerts, numbers = settings.alerts, phones(settings.alerts)
    how = {
        "phone": "stay here, to be read and answered; none is sent",
        "twilio": "go out through Twilio",
        "off": "are off",
    }
    yield f"SMS {how[alerts.sms.channel]}."
    yield from _inbound(alerts)
    if not numbers:
        return
    yield f"  {_worst_alert(alerts)}"
    most = most_per_month(alerts)
    if most is None:
        yield "  In a month: no limit, for there is no throttle."
    else:
        total = most * len(numbers)
        count = f"{len(numbers)} phone" + ("" if len(numbers) == 1 else "s")
        yield f"  In the worst month: {count}, {total} messages, {_cost(total, alerts)}."


def _inbound(alerts: AlertSettings) -> Iterator[str]:
    """Twilio brings answers only where it was told to; the address for its reports goes with each message."""
    if alerts.sms.channel != "twilio":
        return
    if alerts.link_base is None:
        yield "  Nobody can answer by SMS: alerts.link_base is missing, so there is no address that Twilio could call."
    else:
        where = f"{alerts.link_base.rstrip('/')}/sms"
        yield f"  For answers give Twilio, under A message comes in: {where} (webhook, HTTP POST)."


def sms_warnings(settings: Settings) -> Iterator[str]:
    alerts, numbers = settings.alerts, phones(settings.alerts)
    if not numbers:
        return
    if alerts.sms.channel == "off":
        yield "alerts.sms.channel is off: nobody gets an SMS, whatever the ways say"
    if alerts.sms.channel == "phone":
        yield "alerts.sms.channel is phone: SMS are kept here to be read, and nobody's phone rings"
    allowed = alerts.sms.countries or tuple({country(number) for number in numbers} - {""})
    for number, people in numbers.items():
        reason = why_not(number, allowed)
        if reason:
            yield f"alerts.people.{people[0]}: no SMS may go to {number}. {reason.rstrip('.')}"
    yield from _names_that_cost(settings)
    yield from cut_warnings(settings)


def most_per_month(alerts: AlertSettings) -> int | None:
    """Return how many messages one contact method can get in 30 days; None without a throttle."""
    return min((int(rung.messages * _MONTH_MINUTES / rung.minutes) for rung in alerts.throttle), default=None)


def _worst_alert(alerts: AlertSettings) -> str:
    """One critical alert that nobody takes goes through all rounds of its chain."""
    counts = {
        name: chain.rounds * sum(_gets_sms(alerts, person) for step in chain.steps for person in step.tell)
        for name, chain in alerts.chains.items()
        if Severity.CRITICAL in severities_of(alerts, name)
    }
    name = max(counts, key=lambda name: counts[name], default=None)
    most = counts[name] if name else 0
    return f"A critical alert that nobody takes: up to {most} SMS, {_cost(most, alerts)}" + (
        f" (chain {name})." if most else "."
    )


def _gets_sms(alerts: AlertSettings, person: str) -> bool:
    return person in alerts.people and Way.SMS in alerts.ways_of(person, Severity.CRITICAL)


def _cost(messages: int, alerts: AlertSettings) -> str:
    parts, price = messages * LIMIT_SEGMENTS, alerts.sms.price_per_segment
    billed = (
        f"at {price:g} each {parts * price:.2f}" if price else "of unknown price (sms.price_per_segment is not set)"
    )
    return f"{parts} segments {billed}"


def _names_that_cost(settings: Settings) -> Iterator[str]:
    names = {"msp.name": settings.msp.name}
    names |= {f"alerts.people.{key}.name": person.name for key, person in settings.alerts.people.items()}
    names |= {f"clients[{place}].company": client.company for place, client in enumerate(settings.clients)}
    for where, name in names.items():
        odd = "".join(dict.fromkeys(char for char in name if char not in GSM7))
        if not GSM7.issuperset(plain(name)):
            yield f"{where}: {odd!r} is not in the alphabet of SMS (GSM-7): with it 70 characters fill one, not 160"
