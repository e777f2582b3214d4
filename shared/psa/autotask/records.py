"""Autotask records, as REST answers them, in our vocabulary. Webhook bodies are partial and are never read as records.

Field names: Autotask REST API, entities Tickets, Contacts, Resources and TimeEntries. Times are UTC, 0 to 3 fraction
digits. A ticket names its company, contact, owner, status, priority and queue by id only: the names are looked up and
passed in. Every function raises InvalidRequest naming the field it cannot read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.psa import reading
from shared.psa.facts import PsaContact, PsaMember, PsaPerson, PsaTicket, PsaTimeEntry
from shared.psa.reading import Record

_RESOURCE = 1  # lastActivityPersonType: 1 a resource, 2 a contact


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the ids on a ticket stand for. Keys are ids as text, the picklists' by `picklist`.

    A status, priority or queue that is missing here keeps its id as text; a company or owner that is missing has no
    name. So look all of them up, or do not read the ticket: an owner who flickers looks like a new one.
    """

    statuses: Mapping[str, str] = field(default_factory=dict)
    priorities: Mapping[str, str] = field(default_factory=dict)
    queues: Mapping[str, str] = field(default_factory=dict)
    companies: Mapping[str, str] = field(default_factory=dict)
    contacts: Mapping[str, PsaContact] = field(default_factory=dict)
    resources: Mapping[str, str] = field(default_factory=dict)


NO_NAMES = Names()


def ticket(record: Record, names: Names = NO_NAMES) -> PsaTicket:
    """Read one item of `Tickets`.

    `updated_at` is the later of `lastActivityDate` (notes, time) and `lastTrackedModificationDateTime` (fields): which
    of the two a change moves is not documented. A sweep that filters on one of them needs an overlap.
    """
    times = [
        time
        for name in ("lastActivityDate", "lastTrackedModificationDateTime")
        if (time := reading.optional_instant(record, name, naive_is_utc=True))
    ]
    created_at = reading.instant(record, "createDate", naive_is_utc=True)
    company_id = reading.optional_integer_id(record, "companyID", zero_is_an_id=True)
    owner_id = reading.optional_integer_id(record, "assignedResourceID")
    by_resource = record.get("lastActivityPersonType") == _RESOURCE
    return PsaTicket(
        id=reading.integer_id(record, "id"),
        number=reading.text(record, "ticketNumber"),
        title=reading.title(record, "title"),
        status=_picked(record, "status", names.statuses) or reading.label(record, "status"),
        updated_at=max(times, default=created_at),
        created_at=created_at,
        company_id=company_id,
        company=names.companies.get(company_id or ""),
        contact=_person(record, names.contacts),
        owner=names.resources.get(owner_id or ""),
        priority=_picked(record, "priority", names.priorities),
        board=_picked(record, "queueID", names.queues),
        updated_by=reading.optional_integer_id(record, "lastActivityResourceID") if by_resource else None,
        vendor_reference=reading.optional_text(record, "externalID"),
    )


def contact(record: Record) -> PsaContact:
    """Read one item of `Contacts`."""
    return PsaContact(
        id=reading.integer_id(record, "id"),
        name=reading.full_name(record, "firstName", "lastName"),
        email=reading.optional_email(record, "emailAddress"),
        company_id=reading.optional_integer_id(record, "companyID", zero_is_an_id=True),
        active=reading.optional_flag(record, "isActive") is not False,
    )


def member(record: Record) -> PsaMember:
    """Read one item of `Resources`. The API names no time zone."""
    return PsaMember(
        id=reading.integer_id(record, "id"),
        name=reading.full_name(record, "firstName", "lastName") or reading.text(record, "userName"),
        email=reading.optional_email(record, "email"),
        active=reading.optional_flag(record, "isActive") is not False,
    )


def time_entry(record: Record) -> PsaTimeEntry:
    """Read one item of `TimeEntries`. Without a start there is only `dateWorked`, a day written as its midnight."""
    day = reading.optional_instant(record, "dateWorked", naive_is_utc=True)
    non_billable = reading.optional_flag(record, "isNonBillable")
    return PsaTimeEntry(
        id=reading.integer_id(record, "id"),
        member_id=reading.integer_id(record, "resourceID"),
        ticket_id=reading.optional_integer_id(record, "ticketID"),
        start=reading.optional_instant(record, "startDateTime", naive_is_utc=True),
        end=reading.optional_instant(record, "endDateTime", naive_is_utc=True),
        hours=reading.optional_hours(record, "hoursWorked") or 0.0,
        billable=None if non_billable is None else not non_billable,
        note=reading.note(record, "summaryNotes"),
        entered_at=reading.optional_instant(record, "createDateTime", naive_is_utc=True),
        updated_at=reading.optional_instant(record, "lastModifiedDateTime", naive_is_utc=True),
        worked_on=day.date() if day else None,
    )


def picklist(answer: Record, name: str) -> dict[str, str]:
    """Return value -> label of the picklist `name` in `GET /Tickets/entityInformation/fields`, inactive ones included.

    Empty if the answer has no such picklist.
    """
    fields = answer.get("fields")
    for entry in fields if isinstance(fields, list) else ():
        if reading.is_record(entry) and entry.get("name") == name:
            values = entry.get("picklistValues")
            return {
                reading.label(value, "value"): reading.label(value, "label", "value")
                for value in (values if isinstance(values, list) else ())
                if reading.is_record(value)
            }
    return {}


def _picked(record: Record, name: str, labels: Mapping[str, str]) -> str | None:
    value = reading.optional_label(record, name)
    return None if value is None else labels.get(value, value)


def _person(record: Record, contacts: Mapping[str, PsaContact]) -> PsaPerson | None:
    contact_id = reading.optional_integer_id(record, "contactID")
    if contact_id is None:
        return None
    known = contacts.get(contact_id)
    return PsaPerson(id=contact_id, name=known.name if known else None, email=known.email if known else None)
