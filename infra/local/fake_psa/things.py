"""What the fake PSA holds, in no vendor's words. Times are aware, UTC."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    id: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    id: int
    name: str
    email: str
    company_id: int
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A technician, a manager or our own API user. `login` is how the PSA names who made a change."""

    id: int
    login: str
    name: str
    email: str
    active: bool = True
    zone: str = "America/New_York"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One version of a ticket. `updated_by` is a member's id; ConnectWise has another path for `is_project` tickets."""

    id: int
    number: str
    title: str
    status: str
    priority: str
    board: str
    company_id: int
    contact_id: int | None
    owner_id: int | None
    vendor_reference: str
    description: str
    created_at: datetime
    updated_at: datetime
    created_by: int
    updated_by: int
    is_project: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    id: int
    ticket_id: int
    text: str
    internal: bool
    member_id: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeEntry:
    """Worked time. `end` is missing where only the hours were entered; `hours` is decimal."""

    id: int
    ticket_id: int | None
    member_id: int
    start: datetime | None
    end: datetime | None
    day: datetime
    hours: float
    billable: bool
    note: str
    entered_at: datetime
    updated_at: datetime


class Action(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"
    NOTED = "noted"
    WORKED = "worked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One change in the tenant's history. `ticket` is the version after it (for a deletion the last one).

    `fields` are the names of the ticket's fields that changed; `by` is a member's id.
    """

    number: int
    at: datetime
    by: int
    action: Action
    ticket: Ticket | None
    fields: tuple[str, ...] = ()
    note: Note | None = None
    entry: TimeEntry | None = None
