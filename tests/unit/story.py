"""Plays one ticket's story through the pure rules, on paper time: no store, no queue, no mail."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from functions.ticket_update_notifier.draft import Rules
from functions.ticket_update_notifier.letters import LetterWriter
from functions.ticket_update_notifier.rules import decide
from shared.calendar import BusinessCalendar
from shared.calendar_spec import CalendarSpec
from shared.config.settings import Connection, Updates
from shared.convergence import Intake, converge
from shared.models.finding import Finding
from shared.models.message import Message
from shared.models.ticket import Ticket
from shared.psa.facts import PsaPerson, PsaTicket

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday, 09:00 in London, when the office has just opened."""

OFFICE = CalendarSpec(
    tz="Europe/London", weekly=dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), (("09:00", "17:00"),))
)
CONNECTION = Connection(
    system={"kind": "generic", "signing_keys": ("env:KEY",)},
    statuses={
        "new": ("New",),
        "in_progress": ("Working",),
        "waiting_on_client": ("Waiting on client",),
        "waiting_on_vendor": ("Waiting on vendor",),
        "resolved": ("Resolved",),
        "closed": ("Closed",),
    },
    ignored_boards=("Internal",),
)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def snapshot(at: datetime, status: str, **facts) -> PsaTicket:
    facts.setdefault("created_at", MONDAY)
    facts.setdefault("contact", PsaPerson(name="Dana Fox", email="dana@client.example"))
    return PsaTicket(id="7", number="7", title="VPN drops", status=status, updated_at=at, **facts)


@dataclass
class Story:
    """`happens` tells the ticket what the PSA says; time passes in between, and every alarm is looked at on time."""

    updates: Updates = field(default_factory=Updates)
    ticket: Ticket | None = None
    messages: list[Message] = field(default_factory=list)
    alerts: list[Finding] = field(default_factory=list)
    created: set[str] = field(default_factory=set)
    looks: int = 0

    @property
    def rules(self) -> Rules:
        return Rules(
            updates=self.updates,
            calendar=BusinessCalendar(OFFICE),
            message_domain="msp.example",
            expires_after=timedelta(hours=48),
            write=LetterWriter("en", "Europe/London", "Example MSP", ""),
        )

    def happens(
        self, after: float, status: str, *, arrives: float | None = None, present: bool = False, **facts
    ) -> "Story":
        """At `after` minutes the PSA changed the ticket; we hear of it at `arrives` minutes (at once if left out)."""
        now = MONDAY + minutes(after if arrives is None else arrives)
        self.passes_until(now - timedelta(microseconds=1))
        self.ticket = converge(
            self.ticket,
            snapshot(MONDAY + minutes(after), status, **facts),
            now,
            Intake("main", CONNECTION, self.updates.hold, present),
        ).document
        return self

    def passes(self, after: float) -> "Story":
        """Time passes until `after` minutes from the start."""
        return self.passes_until(MONDAY + minutes(after))

    def passes_until(self, until: datetime) -> "Story":
        while self.ticket is not None and self.ticket.alarm_at is not None and self.ticket.alarm_at <= until:
            now = self.ticket.alarm_at
            decision = decide(self.ticket, now, self.rules)
            self.ticket = decision.document
            self.looks += 1
            assert self.ticket.alarm_at is None or self.ticket.alarm_at > now, "an alarm must lie ahead"
            assert not {d.id for d in decision.creates} & self.created, "what exists cannot come to exist again"
            self.created |= {d.id for d in decision.creates}
            self.messages += [d for d in decision.creates if isinstance(d, Message)]
            self.alerts += [d for d in decision.creates if isinstance(d, Finding)]
        return self

    @property
    def told(self) -> list[str]:
        return [message.touchpoint for message in self.messages]

    @property
    def held(self) -> list[tuple[str, str]]:
        return [(line.touchpoint.value, line.why) for line in self.ticket.held]
