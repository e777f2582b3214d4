"""ConnectWise records, as REST answers them and as a callback's `Entity` carries them, in our vocabulary.

Field names: ConnectWise Developer Guide and the OpenAPI model of API 2025.1. All times are UTC with a `Z`; null members
are left out; the ticket's number is its id. Every function raises InvalidRequest naming the field it cannot read.
"""

from shared.psa import reading
from shared.psa.facts import PsaContact, PsaMember, PsaPerson, PsaTicket, PsaTimeEntry
from shared.psa.reading import Record

_TICKETS = ("ServiceTicket", "ProjectTicket", "ProjectIssue")
_BILLABLE = {"Billable": True, "DoNotBill": False, "NoCharge": False}  # NoDefault says nothing
_NOTHING: Record = {}


def ticket(record: Record) -> PsaTicket:
    """Read `GET /service/tickets/{id}`, `/project/tickets/{id}` or an `Entity`: the same shape."""
    info = reading.part(record, "_info") or _NOTHING
    company = reading.part(record, "company") or _NOTHING
    number = reading.integer_id(record, "id")
    return PsaTicket(
        id=number,
        number=number,
        title=reading.title(record, "summary"),
        status=_name(record, "status") or reading.label(record, "status"),
        updated_at=reading.instant(info, "lastUpdated"),
        created_at=reading.instant(info, "dateEntered"),
        company_id=reading.optional_integer_id(company, "id"),
        company=reading.optional_text(company, "name"),
        contact=_person(record),
        owner=_name(record, "owner"),
        priority=_name(record, "priority"),
        board=_name(record, "board"),
        updated_by=reading.optional_text(info, "updatedBy"),
        vendor_reference=reading.optional_text(record, "externalXRef"),
    )


def is_whole(record: Record) -> bool:
    """Return True if the record says enough for a PsaTicket: a status and its two times."""
    info = record.get("_info")
    if not reading.is_record(info):
        return False
    return bool(record.get("status") and info.get("lastUpdated") and info.get("dateEntered"))


def contact(record: Record) -> PsaContact:
    """Read `GET /company/contacts/{id}`. The address is the e-mail marked as default, else the first one."""
    company = reading.part(record, "company") or _NOTHING
    return PsaContact(
        id=reading.integer_id(record, "id"),
        name=reading.full_name(record, "firstName", "lastName"),
        email=_default_email(record),
        company_id=reading.optional_integer_id(company, "id"),
        active=not reading.optional_flag(record, "inactiveFlag"),
    )


def member(record: Record) -> PsaMember:
    """Read `GET /system/members/{id}`. `defaultEmail` (Office, Mobile, Home) says which of its addresses counts."""
    default = (reading.optional_text(record, "defaultEmail") or "Office").lower()
    zone = reading.part(record, "timeZone") or _NOTHING
    return PsaMember(
        id=reading.integer_id(record, "id"),
        name=reading.full_name(record, "firstName", "lastName") or reading.text(record, "identifier"),
        email=reading.optional_email(record, f"{default}Email") or reading.optional_email(record, "officeEmail"),
        active=not reading.optional_flag(record, "inactiveFlag"),
        zone=reading.optional_text(zone, "name"),
    )


def time_entry(record: Record) -> PsaTimeEntry:
    """Read one item of `GET /time/entries`, or the `Entity` of a `time` callback."""
    info = reading.part(record, "_info") or _NOTHING
    on_ticket = record.get("chargeToType") in _TICKETS
    hours = reading.optional_hours(record, "actualHours")
    return PsaTimeEntry(
        id=reading.integer_id(record, "id"),
        member_id=reading.integer_id(reading.as_record(record.get("member"), "member"), "id"),
        ticket_id=reading.optional_integer_id(record, "chargeToId") if on_ticket else None,
        start=reading.optional_instant(record, "timeStart"),
        end=reading.optional_instant(record, "timeEnd"),
        hours=hours or 0.0,
        billable=_BILLABLE.get(reading.optional_text(record, "billableOption") or ""),
        note=reading.note(record, "notes"),
        entered_at=reading.optional_instant(record, "dateEntered"),
        updated_at=reading.optional_instant(info, "lastUpdated"),
    )


def _name(record: Record, field: str) -> str | None:
    """The name of a reference `{id, identifier, name}`; its identifier or id where the name is left out."""
    reference = reading.part(record, field)
    return None if reference is None else reading.optional_label(reference, "name", "identifier", "id")


def _person(record: Record) -> PsaPerson | None:
    """The contact. Its name and address are copied on the ticket and count before the reference's."""
    reference = reading.part(record, "contact") or _NOTHING
    person = PsaPerson(
        id=reading.optional_integer_id(reference, "id"),
        name=reading.optional_text(record, "contactName") or reading.optional_text(reference, "name"),
        email=reading.optional_email(record, "contactEmailAddress"),
    )
    return None if person == PsaPerson() else person


def _default_email(record: Record) -> str | None:
    items = record.get("communicationItems")
    if not isinstance(items, list):
        return None
    emails = [item for item in items if reading.is_record(item) and item.get("communicationType") == "Email"]
    emails.sort(key=lambda item: item.get("defaultFlag") is not True)
    return next((address for item in emails if (address := reading.optional_email(item, "value"))), None)
