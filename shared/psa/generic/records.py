"""Our own record shape for systems that have no adapter: documented in docs/generic-webhook.md.

Times are ISO 8601 with a zone. Ids are whole numbers above 0, or 1 to 64 letters, digits and `_.:-`. Unknown members
are left alone. Every function raises InvalidRequest naming the field it cannot read.
"""

from shared.errors import InvalidRequest
from shared.psa import reading
from shared.psa.facts import PsaContact, PsaMember, PsaPerson, PsaTicket, PsaTimeEntry
from shared.psa.reading import Record

_NOTHING: Record = {}


def ticket(record: Record) -> PsaTicket:
    """Read a ticket: `id`, `title`, `status`, `created_at`, `updated_at` are needed; `number` is the id if left out."""
    ticket_id = reading.opaque_id(record, "id")
    company = reading.part(record, "company") or _NOTHING
    return PsaTicket(
        id=ticket_id,
        number=reading.optional_label(record, "number") or ticket_id,
        title=reading.title(record, "title"),
        status=reading.label(record, "status"),
        updated_at=reading.instant(record, "updated_at"),
        created_at=reading.instant(record, "created_at"),
        company_id=reading.optional_opaque_id(company, "id"),
        company=reading.optional_text(company, "name"),
        contact=_person(record),
        owner=reading.optional_text(record, "owner"),
        priority=reading.optional_label(record, "priority"),
        board=reading.optional_label(record, "board"),
        updated_by=reading.optional_label(record, "updated_by"),
        vendor_reference=reading.optional_label(record, "vendor_reference"),
    )


def contact(record: Record) -> PsaContact:
    """Read a contact: `id`, `name`, `email`, `company_id`, `active` (true if left out)."""
    return PsaContact(
        id=reading.opaque_id(record, "id"),
        name=reading.optional_text(record, "name"),
        email=reading.optional_email(record, "email"),
        company_id=reading.optional_opaque_id(record, "company_id"),
        active=reading.optional_flag(record, "active") is not False,
    )


def member(record: Record) -> PsaMember:
    """Read a member: `id`, `name`, `email`, `active` (true if left out), `zone` (IANA)."""
    return PsaMember(
        id=reading.opaque_id(record, "id"),
        name=reading.text(record, "name"),
        email=reading.optional_email(record, "email"),
        active=reading.optional_flag(record, "active") is not False,
        zone=reading.optional_text(record, "zone"),
    )


def time_entry(record: Record) -> PsaTimeEntry:
    """Read a time entry: `id`, `member_id`, `hours` (decimal) and what else there is of our own field names."""
    hours = reading.optional_hours(record, "hours")
    if hours is None:
        raise InvalidRequest("hours: is missing")
    return PsaTimeEntry(
        id=reading.opaque_id(record, "id"),
        member_id=reading.opaque_id(record, "member_id"),
        ticket_id=reading.optional_opaque_id(record, "ticket_id"),
        start=reading.optional_instant(record, "start"),
        end=reading.optional_instant(record, "end"),
        hours=hours,
        billable=reading.optional_flag(record, "billable"),
        note=reading.note(record, "note"),
        entered_at=reading.optional_instant(record, "entered_at"),
        updated_at=reading.optional_instant(record, "updated_at"),
    )


def _person(record: Record) -> PsaPerson | None:
    person = reading.part(record, "contact")
    if person is None:
        return None
    return PsaPerson(
        id=reading.optional_opaque_id(person, "id"),
        name=reading.optional_text(person, "name"),
        email=reading.optional_email(person, "email"),
    )
