"""What a PSA tells us, in one vocabulary for all of them. Whatever a PSA does not say is None, never a guess."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class PsaPerson:
    """The contact of a ticket. `email` as the PSA has it: unchecked text, to be parsed before it is used."""

    id: str | None = None
    name: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PsaTicket:
    """A ticket as the PSA had it at `updated_at` (the PSA's own clock, UTC): a snapshot.

    `status`, `priority` and `board` are the PSA's labels where it has labels, else its ids as text; what a status means
    is the status map's business. `updated_by` is the member who made the change, where the PSA says so.
    """

    id: str
    number: str
    title: str
    status: str
    updated_at: datetime
    created_at: datetime
    company_id: str | None = None
    company: str | None = None
    contact: PsaPerson | None = None
    owner: str | None = None
    priority: str | None = None
    board: str | None = None
    updated_by: str | None = None
    vendor_reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketHint:
    """Something happened to ticket `ticket_id`; the body says too little. `version` tells repeats of one hint apart."""

    ticket_id: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketGone:
    """The ticket was deleted. `at` is the PSA's time where the body has one."""

    ticket_id: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Authentic and well formed, but nothing for us. `reason` is a short stable word: it is counted."""

    reason: str


PsaEvent = PsaTicket | TicketHint | TicketGone | Ignored


@dataclass(frozen=True, slots=True, kw_only=True)
class PsaContact:
    id: str
    name: str | None
    email: str | None
    company_id: str | None
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PsaMember:
    """A technician or manager. `zone` is the PSA's own name for it, where it has one."""

    id: str
    name: str
    email: str | None
    active: bool
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PsaTimeEntry:
    """Worked time in decimal hours, never minutes. `start` and `end` may be missing: only hours were entered.

    `worked_on` is then the day the PSA books it on, where it has one: a date without a zone, as the member means it.
    """

    id: str
    member_id: str
    ticket_id: str | None
    start: datetime | None
    end: datetime | None
    hours: float
    billable: bool | None
    note: str
    entered_at: datetime | None
    updated_at: datetime | None
    worked_on: date | None = None


class RegistrationState(StrEnum):
    ACTIVE = "active"
    SWITCHED_OFF = "switched_off"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRegistration:
    """Whether the PSA would still call us. `detail` says what to do about it, for a person."""

    state: RegistrationState
    detail: str
