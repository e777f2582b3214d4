"""The settings of alerts: who there is, how each is reached, who is told of what, in which order and when not."""

import re
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from shared.calendar import BusinessCalendar
from shared.calendar_spec import Weekday
from shared.config.fields import Address, HttpsUrl, SecretReference, Section, TimeOfDay, Zone
from shared.instant import Instant
from shared.models.alert import Way
from shared.models.finding import Severity
from shared.quiet_hours import quiet_hours

MinutesAhead = Annotated[float, Field(ge=0, le=7 * 24 * 60)]


def _e164(value: str) -> str:
    number = re.sub(r"[ ().-]", "", value)
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", number):
        raise ValueError(f"{value!r} is not a phone number with its country; write for example +353 87 555 0142")
    return number


Phone = Annotated[str, AfterValidator(_e164)]


class Quiet(Section):
    """Hours of the day, in the person's own zone, in which only what is critical comes through.

    `days` are those on which they begin; none means every day. An `end` that is not later is on the next day.
    """

    start: TimeOfDay
    end: TimeOfDay
    days: tuple[Weekday, ...] = ()


class Person(Section):
    """Somebody at the MSP. `psa_names` are the names under which tickets know them as their owner."""

    name: str = Field(min_length=1, max_length=80, pattern=r"\S")
    email: Address | None = None
    phone: Phone | None = None
    chat: SecretReference | None = None
    timezone: Zone | None = None
    quiet: tuple[Quiet, ...] = ()
    psa_names: tuple[str, ...] = ()
    ways: dict[Severity, tuple[Way, ...]] = Field(default={})
    """Instead of the ways for all; by severity."""

    @model_validator(mode="after")
    def _quiet_somewhere(self) -> "Person":
        if self.quiet and self.timezone is None:
            raise ValueError("quiet hours need the person's timezone: they are hours of their own day")
        return self

    @cached_property
    def quiet_hours(self) -> BusinessCalendar | None:
        """The calendar that is open while it is quiet for this person; None if it never is."""
        if not self.quiet or self.timezone is None:
            return None
        return quiet_hours(self.timezone, [(span.start, span.end, span.days) for span in self.quiet])


class Step(Section):
    """`after_minutes` counts from the step before; for the first, from when the alert came up."""

    tell: tuple[str, ...] = Field(min_length=1)
    after_minutes: MinutesAhead = 0


class Chain(Section):
    """Who is told, one step after the other, until somebody has it. After the last step it begins again, `rounds` times
    in all, `again_after_minutes` apart.
    """

    steps: tuple[Step, ...] = Field(min_length=1)
    rounds: int = Field(default=3, ge=1, le=20)
    again_after_minutes: MinutesAhead = 60


class Route(Section):
    """The first route that fits says who is told. What is left empty fits everything.

    `hours` asks whether the calendar is open when the alert comes up. `chain` names the chain; `suppress` says instead
    that nobody is told, and why.
    """

    severities: tuple[Severity, ...] = ()
    kinds: tuple[str, ...] = ()
    clients: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    hours: Literal["any", "open", "closed"] = "any"
    calendar: str | None = None
    chain: str | None = None
    suppress: str = ""

    @model_validator(mode="after")
    def _one_outcome(self) -> "Route":
        if (self.chain is None) == (self.suppress == ""):
            raise ValueError("a route needs either chain (who is told) or suppress (why nobody is)")
        if self.hours != "any" and self.calendar is None:
            raise ValueError("hours open or closed needs the calendar that is meant")
        return self


class Maintenance(Section):
    """Planned work: nobody is told of what it covers until it is over. What is left empty covers everything."""

    reason: str = Field(min_length=1, max_length=120)
    start: Instant
    end: Instant
    clients: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _has_a_length(self) -> "Maintenance":
        if self.end <= self.start:
            raise ValueError("the maintenance ends before it starts")
        return self


class Inhibition(Section):
    """While an alert of the kind `parent` is open, those of the kinds `mutes` are not told: it explains them.

    `same` narrows that to the same client, team or PSA connection.
    """

    parent: str
    mutes: tuple[str, ...] = Field(min_length=1)
    same: Literal["everything", "client", "team", "psa"] = "everything"


class Rung(Section):
    """At most `messages` to one contact method in any `minutes`."""

    messages: int = Field(ge=1, le=1000)
    minutes: int = Field(ge=1, le=24 * 60)


_LADDER = tuple(Rung(messages=m, minutes=t) for m, t in ((1, 1), (5, 15), (11, 60), (21, 180)))
_WAYS: dict[Severity, tuple[Way, ...]] = {
    Severity.INFO: (Way.EMAIL,),
    Severity.WARNING: (Way.EMAIL,),
    Severity.CRITICAL: (Way.SMS, Way.EMAIL),
}
_LEASE = {Severity.INFO: 24 * 60.0, Severity.WARNING: 8 * 60.0, Severity.CRITICAL: 60.0}


class Twilio(Section):
    """`sender` is a number of ours, or `messaging_service` a service with several. `base_url` is for tests."""

    account: SecretReference
    auth_tokens: tuple[SecretReference, ...] = Field(min_length=1)
    """The first one sends; all of them may sign what Twilio calls us with, so that a change needs no pause."""
    sender: Phone | None = None
    messaging_service: SecretReference | None = None
    base_url: HttpsUrl = "https://api.twilio.com"
    timeout_seconds: float = Field(default=15, gt=0, le=60)

    @model_validator(mode="after")
    def _somebody_sends(self) -> "Twilio":
        if (self.sender is None) == (self.messaging_service is None):
            raise ValueError("either sender (a number) or messaging_service is needed, not both")
        return self


class SmsSettings(Section):
    """`phone` keeps every SMS here, to be looked at and answered; `twilio` sends; `off` sends none: the kill switch."""

    channel: Literal["phone", "twilio", "off"] = "phone"
    twilio: Twilio | None = None
    countries: tuple[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], ...] = ()
    """Where numbers may be; others are refused. Empty means: the countries of the people's own numbers."""
    price_per_segment: float = Field(default=0.0, ge=0, le=5)
    """For the estimate of `make check-config`; in whatever currency the provider bills."""

    @model_validator(mode="after")
    def _twilio_needs_an_account(self) -> "SmsSettings":
        if self.channel == "twilio" and self.twilio is None:
            raise ValueError("channel is twilio, so a section twilio with account and auth_tokens is needed")
        return self


class AlertSettings(Section):
    """Who hears of what needs a person. Without people nobody is told: alerts then only stand on the pages."""

    people: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")], Person] = Field(default={})
    chains: dict[str, Chain] = Field(default={})
    routes: tuple[Route, ...] = ()
    default_chain: str | None = None
    """For whatever no route fits; None means the first chain."""
    maintenance: tuple[Maintenance, ...] = ()
    inhibitions: tuple[Inhibition, ...] = (
        Inhibition(parent="sweep_blind", mutes=("client_in_silence", "update_overdue", "update_due_soon"), same="psa"),
    )
    ways: dict[Severity, tuple[Way, ...]] = _WAYS
    first_wait_seconds: float = Field(default=30, ge=0, le=3600)
    digest_minutes: float = Field(default=10, gt=0, le=24 * 60)
    urgent_digest_minutes: float = Field(default=6, gt=0, le=24 * 60)
    """The same for a digest that holds something critical."""
    throttle: tuple[Rung, ...] = _LADDER
    lease_minutes: dict[Severity, Annotated[float, Field(ge=1, le=7 * 24 * 60)]] = _LEASE
    snooze_minutes: MinutesAhead = 60
    give_up_days: float = Field(default=7, gt=0, le=90)
    link_base: HttpsUrl | None = None
    """The address under which people's phones reach the function alert_reply."""
    link_keys: tuple[SecretReference, ...] = ()
    """What links are signed with; the first one signs, all of them are believed."""
    sms: SmsSettings = SmsSettings()
    heartbeat_url: SecretReference | None = None
    """Called every few minutes while all is well: an outside watch rings when the calls stop."""
    all_quiet_at: TimeOfDay | None = None
    """When the daily "all quiet" goes to the first step of the default chain; None means not at all."""

    @model_validator(mode="after")
    def _names_are_known(self) -> "AlertSettings":
        for name, chain in self.chains.items():
            for step in chain.steps:
                if unknown := sorted(set(step.tell) - set(self.people) - {"owner"}):
                    raise ValueError(f"chains.{name} names {unknown[0]!r}, who is not among the people")
        wanted = [route.chain for route in self.routes if route.chain is not None]
        for chain_name in [*wanted, *([self.default_chain] if self.default_chain else [])]:
            if chain_name not in self.chains:
                known = ", ".join(sorted(self.chains)) or "none"
                raise ValueError(f"the chain {chain_name!r} is not defined (defined: {known})")
        return self

    @model_validator(mode="after")
    def _nothing_mutes_itself(self) -> "AlertSettings":
        muted_by: dict[str, set[str]] = {}
        for rule in self.inhibitions:
            for kind in rule.mutes:
                muted_by.setdefault(kind, set()).update({rule.parent} - {kind})
        for kind, parents in muted_by.items():
            above, seen = set(parents), set[str]()
            while above:
                parent = above.pop()
                if parent == kind:
                    raise ValueError(f"inhibitions: {kind} mutes itself, directly or through others: nobody is told")
                if parent not in seen:
                    seen.add(parent)
                    above |= muted_by.get(parent, set())
        return self

    @property
    def first_wait(self) -> timedelta:
        return timedelta(seconds=self.first_wait_seconds)

    def ways_of(self, person: str, severity: Severity) -> tuple[Way, ...]:
        """Return how `person` is told of something so severe: the ways for which the settings have an address."""
        who = self.people[person]
        wanted = who.ways.get(severity, self.ways.get(severity, ()))
        return tuple(way for way in wanted if way is Way.PSA_NOTE or self.address(person, way) is not None)

    def address(self, person: str, way: Way) -> str | None:
        """Return where `person` is reached; for chat the reference of the secret address. None if nowhere."""
        who = self.people.get(person)
        if who is None:
            return None
        return {Way.SMS: who.phone, Way.EMAIL: who.email, Way.CHAT: who.chat, Way.PSA_NOTE: None}[way]

    def owner(self, psa_name: str | None) -> str | None:
        """Return the person under whose name a PSA has the owner of a ticket; None if nobody has that name."""
        wanted = (psa_name or "").strip().casefold()
        for key, person in self.people.items():
            if wanted and wanted in {name.strip().casefold() for name in (person.name, *person.psa_names)}:
                return key
        return None
