"""What is found in a crash run of the alerts, and what people do about it: drawn from a seed."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.alerts.standing import Deed
from shared.models.finding import Audience, Finding, Severity, finding_id

PEOPLE = {
    "dana": ("Dana Ortiz", "+353871110001"),
    "robin": ("Robin Vega", "+353871110002"),
    "kim": ("Kim Osei", "+353871110003"),
    "lee": ("Lee Novak", "+353871110004"),
    "noor": ("Noor Haddad", "+353871110005"),
    "sam": ("Sam Iyer", "+353871110006"),
    "ash": ("Ash Moreau", "+353871110007"),
}
CHAINS = {
    "north": (("dana",), ("robin", "kim")),
    "east": (("lee",), ("dana",)),
    "south": (("noor",), ("sam",), ("robin",)),
    "west": (("ash", "sam"), ("lee",)),
}
KINDS = ("client_in_silence", "undelivered_message", "client_not_reached")
SNOOZE = timedelta(minutes=6)
CRITICAL_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Raise:
    """One thing is found, so many real seconds after the start."""

    after: float
    alert: int
    place: int
    severity: Severity
    over: bool = False

    def finding(self, now: datetime) -> Finding:
        kind, key = kind_and_key(self.alert)
        client = self.alert % 23
        return Finding(
            id=finding_id(kind, f"{key}.{self.place}"),
            at=now,
            kind=kind,
            dedup_key=key,
            severity=self.severity,
            audience=Audience.MANAGER,
            text=f"Found in place {self.place}: the client has heard nothing.",
            number=str(40_000 + self.alert),
            company=f"Client {client}",
            company_id=f"c-{client}",
            team=chain_of(self.alert),
            since=now - timedelta(hours=2),
            over=self.over,
            alarm_at=now,
        )


@dataclass(frozen=True, slots=True)
class Do:
    """One person does something about one alert, so many real seconds after the start."""

    after: float
    alert: int
    person: str
    deed: Deed


Event = Raise | Do


def kind_and_key(alert: int) -> tuple[str, str]:
    return KINDS[alert % len(KINDS)], f"thing-{alert}"


def chain_of(alert: int) -> str:
    return list(CHAINS)[alert % len(CHAINS)]


def events(alerts: int, seconds: float, seed: int) -> list[Event]:
    """Return what happens about so many alerts, in order; all of it is over after `seconds`."""
    dice = random.Random(seed)
    drawn = [event for alert in range(alerts) for event in _course(alert, dice, seconds)]
    return sorted((event for event in drawn if event.after <= seconds), key=lambda event: event.after)


def _course(alert: int, dice: random.Random, seconds: float) -> list[Event]:
    start = dice.uniform(0, seconds * 0.9)
    critical = dice.random() < CRITICAL_SHARE
    severity = Severity.CRITICAL if critical else Severity.WARNING
    course: list[Event] = [Raise(start, alert, 0, severity)]
    for place in range(1, dice.choice((1, 1, 2, 4))):  # found again, a warning perhaps as something graver
        severity = Severity.CRITICAL if dice.random() < CRITICAL_SHARE else severity
        course.append(Raise(start + dice.uniform(0.3, 6.0), alert, place, severity))
    course += _fate(alert, start, dice)
    return course


def _fate(alert: int, start: float, dice: random.Random) -> list[Event]:
    """What ends it: a person very soon or after some messages, the trouble itself, or nothing."""
    person = dice.choice(list(PEOPLE))
    at = start + dice.choice((dice.uniform(0.1, 0.5), dice.uniform(0.5, 8.0)))
    match dice.choices(("nothing", "taken", "ended", "put_off", "over"), (40, 25, 15, 12, 8))[0]:
        case "taken":
            return [Do(at, alert, person, Deed.ACKNOWLEDGE), Do(at + 0.4, alert, "kim", Deed.TAKE_OVER)]
        case "ended":
            again = [Raise(at + 3.0, alert, 90, Severity.CRITICAL)] if dice.random() < 0.4 else []
            return [Do(at, alert, person, Deed.RESOLVE), *again]
        case "put_off":
            return [Do(at, alert, person, Deed.SNOOZE)]
        case "over":
            return [Raise(at, alert, 91, Severity.CRITICAL, over=True)]
        case _:
            return []
