"""A decision in the making: the ticket so far, what comes to exist with it, when to look again."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from functions.ticket_update_notifier.history import History
from shared.alerts.kinds import KINDS
from shared.calendar import BusinessCalendar
from shared.config.settings import Updates
from shared.mail.letter import Letter
from shared.models.document import Document
from shared.models.finding import Finding, finding_id
from shared.models.ticket import Held, Ticket, Touchpoint

MAX_HELD = 60


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What a letter is written from: the update, the ticket as it stands, and what is promised next (UTC)."""

    touchpoint: Touchpoint
    about: datetime
    ticket: Ticket
    past: History
    next_update_by: datetime | None
    first: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything the decision depends on besides the ticket and the time."""

    updates: Updates
    calendar: BusinessCalendar
    message_domain: str
    expires_after: timedelta
    write: Callable[[Occurrence], Letter]


@dataclass(frozen=True, slots=True)
class Draft:
    """A decision in the making."""

    ticket: Ticket
    now: datetime
    creates: tuple[Document, ...] = ()
    looks: tuple[datetime, ...] = ()
    outcome: str = "nothing_to_tell"

    def at(self, *times: datetime | None) -> "Draft":
        return replace(self, looks=(*self.looks, *(time for time in times if time is not None)))


def noted(ticket: Ticket, held: tuple[Held, ...]) -> Ticket:
    """Add to the ledger what it does not say yet."""
    known = {(line.touchpoint, line.about, line.why) for line in ticket.held}
    new = tuple(line for line in held if (line.touchpoint, line.about, line.why) not in known)
    return ticket.but(held=(*ticket.held, *new)[-MAX_HELD:]) if new else ticket


def with_finding(
    draft: Draft,
    kind: str,
    cause: str,
    text: str,
    *,
    since: datetime | None = None,
    owner: str | None = None,
) -> Draft:
    """Add a finding. Its id holds the time too: the same cause found again later is news, not a document that exists.

    `since` is when the trouble began; `owner` who looks after the ticket, as the PSA names them.
    """
    ticket = draft.ticket
    finding = Finding(
        id=finding_id(kind, f"{ticket.id}:{draft.now.isoformat()}"),
        at=draft.now,
        kind=kind,
        dedup_key=f"{ticket.id}:{cause}",
        severity=KINDS[kind].severity,
        audience=KINDS[kind].audience,
        text=text,
        psa=ticket.psa,
        ticket=ticket.id,
        number=ticket.number,
        company=ticket.company,
        company_id=ticket.company_id,
        team=ticket.board,
        owner=owner,
        since=since,
        source=ticket.id,
        alarm_at=draft.now,
    )
    return replace(draft, creates=(*draft.creates, finding), outcome=kind)
