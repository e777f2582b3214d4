"""The figures of one day: who was told what, which promises held, what was kept back and why. Pure."""

from collections import Counter
from collections.abc import Container, Iterable
from dataclasses import dataclass, field

from infra.local.pages import words
from infra.local.pages.ledger import LOOK_BACK, Ledger
from infra.local.pages.span import Span
from shared.alerts.kinds import kind_of
from shared.models.alert import Alert, Standing, Way
from shared.models.finding import Audience, Severity
from shared.models.message import Message
from shared.models.notice import Notice
from shared.models.outgoing import OutgoingState
from shared.models.ticket import PromiseOutcome, Ticket, Touchpoint


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something was not sent, how often, and a ticket to look at."""

    why: str
    count: int
    ticket: str
    number: str


@dataclass(frozen=True, slots=True)
class Figures:
    """`told` counts mails to clients that went out. `alerts` came up in the day; `notices` told our own people.

    `unsent_notes` counts the promises kept by a holding note whose mail has not gone out, for example for want of an
    address.
    """

    tickets: tuple[Ticket, ...]
    told: Counter[str] = field(default_factory=Counter)
    on_their_way: int = 0
    promises: Counter[PromiseOutcome] = field(default_factory=Counter)
    unsent_notes: int = 0
    reasons: tuple[Reason, ...] = ()
    alerts: tuple[Alert, ...] = ()
    notices: tuple[Notice, ...] = ()
    uncertain: int = 0

    @property
    def sent(self) -> int:
        return self.told.total()

    @property
    def held(self) -> int:
        return sum(reason.count for reason in self.reasons)

    @property
    def due(self) -> int:
        """How many promised times came or were answered in the day."""
        return sum(self.promises[o] for o in (PromiseOutcome.KEPT, PromiseOutcome.KEPT_BY_NOTE, PromiseOutcome.BROKEN))

    @property
    def noted(self) -> int:
        """How many promised times were kept only by a holding note."""
        return self.promises[PromiseOutcome.KEPT_BY_NOTE]

    @property
    def kept_percent(self) -> int | None:
        """Rounded down: 100 % is said only when it is all of them."""
        return (self.due - self.promises[PromiseOutcome.BROKEN]) * 100 // self.due if self.due else None

    @property
    def for_managers(self) -> tuple[Alert, ...]:
        return tuple(alert for alert in self.alerts if alert.audience is Audience.MANAGER)

    @property
    def nudges(self) -> tuple[Alert, ...]:
        """What technicians were to hear before a promise was missed."""
        return tuple(alert for alert in self.alerts if alert.audience is Audience.TECHNICIAN)

    @property
    def nudged(self) -> int:
        """How many nudges went, or will go, to somebody: the settings may not know a ticket's owner."""
        return sum(bool(alert.tellings or alert.waiting) for alert in self.nudges)

    @property
    def by_standing(self) -> dict[Standing, int]:
        """The alerts for managers that last until somebody has them or they are over, by whose turn it is now."""
        counted = Counter(alert.standing for alert in self.for_managers if kind_of(alert).lasting)
        return {standing: counted[standing] for standing in Standing}

    @property
    def news(self) -> int:
        """The alerts for managers that are told once, like the word of the day: nobody has to take them."""
        return sum(not kind_of(alert).lasting for alert in self.for_managers)

    @property
    def people_told(self) -> dict[Way, int]:
        """The messages to our own people that went out, by their way."""
        counted = Counter(notice.way for notice in self.notices if notice.state is OutgoingState.SENT)
        return {way: counted[way] for way in Way if counted[way]}

    @property
    def slept(self) -> int:
        """The alerts that wait, or waited, for the end of somebody's quiet hours."""
        return sum(any(" sleeps: held until " in entry.what for entry in alert.ledger) for alert in self.alerts)

    @property
    def taken(self) -> int:
        """The alerts that somebody said they have."""
        return sum(any(entry.what.endswith(" has it") for entry in alert.ledger) for alert in self.for_managers)

    @property
    def by_touchpoint(self) -> list[tuple[str, int]]:
        """The touchpoints that were used, in the order of a ticket's life."""
        return [(touchpoint.value, self.told[touchpoint]) for touchpoint in Touchpoint if self.told[touchpoint]]

    @property
    def by_severity(self) -> list[tuple[Severity, int]]:
        return _by_severity(self.for_managers)

    @property
    def standing_by_severity(self) -> list[tuple[Severity, int]]:
        """The alerts for managers that are not over, and not only news."""
        left = (each for each in self.for_managers if each.standing is not Standing.RESOLVED)
        return _by_severity(alert for alert in left if kind_of(alert).lasting)


def _by_severity(alerts: Iterable[Alert]) -> list[tuple[Severity, int]]:
    counted = Counter(alert.severity for alert in alerts)
    return [(severity, counted[severity]) for severity in reversed(Severity) if counted[severity]]


def figures(ledger: Ledger, span: Span) -> Figures:
    """Read and count the day `span`."""
    by_state = {state: ledger.messages(span, state) for state in OutgoingState}
    recent = ledger.tickets(Span(span.start - LOOK_BACK, span.end))
    stopped = by_state[OutgoingState.HELD] + by_state[OutgoingState.DEAD]
    waiting = (OutgoingState.PENDING, OutgoingState.CLAIMED, OutgoingState.COMMITTING)
    return Figures(
        tickets=tuple(ticket for ticket in recent if span.has(ticket.first_seen)),
        told=Counter(message.touchpoint for message in by_state[OutgoingState.SENT]),
        on_their_way=sum(len(by_state[state]) for state in waiting),
        promises=_promises(recent, span),
        unsent_notes=_unsent_notes(recent, {message.id for message in by_state[OutgoingState.SENT]}, span),
        reasons=_reasons(recent, stopped, span),
        alerts=tuple(ledger.alerts(span)),
        notices=tuple(ledger.notices(span)),
        uncertain=len(by_state[OutgoingState.UNCERTAIN]) + len(ledger.notes(span, OutgoingState.UNCERTAIN)),
    )


def _promises(tickets: Iterable[Ticket], span: Span) -> Counter[PromiseOutcome]:
    """Count what was settled in the day, and what is still open."""
    return Counter(
        promise.outcome
        for ticket in tickets
        for promise in ticket.promises
        if span.has(promise.settled) or (promise.settled is None and promise.made < span.end)
    )


def _unsent_notes(tickets: Iterable[Ticket], sent: Container[str], span: Span) -> int:
    return sum(
        told.message not in sent
        for ticket in tickets
        for promise in ticket.promises
        if promise.outcome is PromiseOutcome.KEPT_BY_NOTE and span.has(promise.settled)
        for told in ticket.told
        if told.at == promise.settled
    )


def _reasons(tickets: Iterable[Ticket], stopped: Iterable[Message], span: Span) -> tuple[Reason, ...]:
    lines = [
        (words.reason(held.why), ticket.id, ticket.number)
        for ticket in tickets
        for held in ticket.held
        if span.has(held.at)
    ]
    lines += [(words.reason(message.reason), message.ticket, message.number) for message in stopped]
    counted = Counter(why for why, _, _ in lines)
    examples = {why: (ticket, number) for why, ticket, number in reversed(lines)}
    return tuple(Reason(why, count, *examples[why]) for why, count in counted.most_common())
