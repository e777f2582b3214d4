"""A ticket as we watch it: what the PSA said when, what the client was told, and what was promised."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from shared.instant import Instant
from shared.models.document import Watched


class TicketState(StrEnum):
    """What a PSA status means to a client. The status map in the settings translates; UNKNOWN changes nothing."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    WAITING_ON_CLIENT = "waiting_on_client"
    WAITING_ON_VENDOR = "waiting_on_vendor"
    SCHEDULED = "scheduled"
    RESOLVED = "resolved"
    CLOSED = "closed"
    UNKNOWN = "unknown"

    @property
    def is_done(self) -> bool:
        return self in (TicketState.RESOLVED, TicketState.CLOSED)


class Touchpoint(StrEnum):
    """A moment at which a client hears from us. The names are stable: files, settings and reports use them."""

    RECEIVED = "received"
    TRIAGED = "triaged"
    ASSIGNED = "assigned"
    WORK_STARTED = "work_started"
    NEEDS_YOU = "needs_you"
    NEEDS_YOU_REMINDER = "needs_you_reminder"
    APPOINTMENT = "appointment"
    ON_THE_WAY = "on_the_way"
    WAITING_ON_VENDOR = "waiting_on_vendor"
    ESCALATED = "escalated"
    PROGRESS = "progress"
    RESTORED = "restored"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REOPENED = "reopened"
    DELAYED = "delayed"
    MERGED = "merged"


class Fact(BaseModel):
    """Base of the small records inside a document."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Person(Fact):
    """The client's contact as the PSA last named it."""

    id: str | None = None
    name: str | None = None
    email: str | None = None


class Moment(Fact):
    """The ticket as the PSA had it from `at` on (the PSA's clock), as far as a client could see it."""

    at: Instant
    state: TicketState
    owner: str | None = None
    priority: str | None = None

    def same_facts(self, other: "Moment") -> bool:
        return (self.state, self.owner, self.priority) == (other.state, other.owner, other.priority)


class Told(Fact):
    """One update that was decided for the client.

    `about` is when the thing that it tells began (the PSA's clock): it ties the message to a stretch of the ticket's
    history even when late snapshots move that stretch's edges. `order` counts the ticket's messages from 0.
    """

    touchpoint: Touchpoint
    at: Instant
    about: Instant
    order: int
    message: str
    why: str
    owner: str | None = None
    priority: str | None = None


class Held(Fact):
    """One update that was not sent, and why: the answer to "why was this client not told?"."""

    touchpoint: Touchpoint
    at: Instant
    about: Instant
    why: str


class PromiseOutcome(StrEnum):
    OPEN = "open"
    KEPT = "kept"  # the client heard something real in time, or the ticket was resolved in time
    KEPT_BY_NOTE = "kept_by_note"  # the client heard in time, but only "nothing new yet"
    BROKEN = "broken"  # the time passed in silence; a manager was told
    WITHDRAWN = "withdrawn"  # the ball went to the client before the time came


class Promise(Fact):
    """The client hears from us by `by`. Made at `made`, settled at `settled` (None while open)."""

    made: Instant
    by: Instant
    outcome: PromiseOutcome = PromiseOutcome.OPEN
    settled: Instant | None = None
    nudged: bool = False


class Ticket(Watched):
    """One ticket of one PSA connection. It converges on the newest snapshot; the moments keep what came between.

    `gone`: deleted in the PSA. `set_aside`: it lies on a board that the settings say to leave alone.
    """

    collection: ClassVar[str] = "tickets"
    watcher: ClassVar[str] = "ticket_update_notifier"

    psa: str
    psa_id: str
    number: str
    title: str
    status: str
    company_id: str | None = None
    company: str | None = None
    contact: Person | None = None
    board: str | None = None
    vendor_reference: str | None = None
    created_at: Instant
    updated_at: Instant
    first_seen: Instant
    gone: bool = False
    set_aside: bool = False
    moments: tuple[Moment, ...] = ()
    told: tuple[Told, ...] = ()
    held: tuple[Held, ...] = ()
    promises: tuple[Promise, ...] = ()
    silence_alerts: int = 0
    silence_alert_at: Instant | None = None

    @property
    def promise(self) -> Promise | None:
        """The open promise, if there is one."""
        last = self.promises[-1] if self.promises else None
        return last if last is not None and last.outcome is PromiseOutcome.OPEN else None

    @property
    def last_told_at(self) -> datetime | None:
        return self.told[-1].at if self.told else None
