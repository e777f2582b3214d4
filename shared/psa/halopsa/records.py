"""HaloPSA records, as REST answers them and as a webhook's full object carries them, in our vocabulary.

Field names: Halo API v2. Times may lack their `Z` and are UTC; 1900-01-01 means never; id 0 means none; the ticket's
number is its id. Every function raises InvalidRequest naming the field it cannot read.
"""

from datetime import datetime

from shared.errors import InvalidRequest
from shared.psa import reading
from shared.psa.facts import PsaContact, PsaMember, PsaPerson, PsaTicket, PsaTimeEntry
from shared.psa.reading import Record

_NEVER = "1900-01-01"
_NOBODY = "unassigned"  # the agent that holds tickets which nobody has
_NOTHING: Record = {}


def ticket(record: Record, *, updated_by: str | None = None) -> PsaTicket:
    """Read `GET /api/Tickets/{id}?includedetails=true&includeagent=true`, an item of the list, or a full object.

    The record does not say who changed it: `updated_by` is the agent id of the action that came with a webhook.
    """
    number = reading.integer_id(record, "id")
    return PsaTicket(
        id=number,
        number=number,
        title=reading.title(record, "summary"),
        status=reading.label(record, "status_name", "status_id"),
        updated_at=_time(record, "last_update", "lastactiondate"),
        created_at=_time(record, "datecreated", "dateoccurred"),
        company_id=reading.optional_integer_id(record, "client_id"),
        company=reading.optional_text(record, "client_name"),
        contact=_person(record),
        owner=_owner(record),
        priority=_priority(record),
        board=reading.optional_label(record, "team", "tickettype_name"),
        updated_by=updated_by,
        vendor_reference=reading.optional_text(record, "supplier_reference")
        or reading.optional_text(record, "third_party_id_string"),
    )


def contact(record: Record) -> PsaContact:
    """Read `GET /api/Users/{id}`: in Halo a contact is a user, a technician an agent."""
    return PsaContact(
        id=reading.integer_id(record, "id"),
        name=reading.optional_text(record, "name") or reading.full_name(record, "firstname", "surname"),
        email=reading.optional_email(record, "emailaddress"),
        company_id=reading.optional_integer_id(record, "client_id"),
        active=not reading.optional_flag(record, "inactive"),
    )


def member(record: Record) -> PsaMember:
    """Read `GET /api/Agent/{id}`."""
    return PsaMember(
        id=reading.integer_id(record, "id"),
        name=reading.text(record, "name"),
        email=reading.optional_email(record, "email"),
        active=not reading.optional_flag(record, "isdisabled"),
        zone=reading.optional_text(record, "timezone"),
    )


def is_work(record: Record) -> bool:
    """Return False for an item of `GET /api/TimesheetEvent` that is a break or a holiday."""
    return not record.get("break_type") and not record.get("holiday_id")


def time_entry(record: Record) -> PsaTimeEntry:
    """Read an item of `GET /api/TimesheetEvent`, which has no time of entry. `timetaken` is decimal hours."""
    return PsaTimeEntry(
        id=reading.integer_id(record, "id"),
        member_id=reading.integer_id(record, "agent_id"),
        ticket_id=reading.optional_integer_id(record, "ticket_id"),
        start=_optional_time(record, "start_date"),
        end=_optional_time(record, "end_date"),
        hours=reading.optional_hours(record, "timetaken") or 0.0,
        billable=reading.optional_flag(record, "actisbillable"),
        note=reading.note(record, "note"),
        entered_at=None,
        updated_at=None,
    )


def action_time_entry(record: Record) -> PsaTimeEntry | None:
    """Read an item of `GET /api/Actions?timeentriesonly=true`; None if it carries no time.

    An action's `id` counts within its ticket, so the entry's id is `<ticket>-<action>`.
    """
    hours = reading.optional_hours(record, "timetaken")
    if not hours:
        return None
    ticket_id = reading.integer_id(record, "ticket_id")
    return PsaTimeEntry(
        id=f"{ticket_id}-{reading.integer_id(record, 'id')}",
        member_id=reading.integer_id(record, "who_agentid"),
        ticket_id=ticket_id,
        start=_optional_time(record, "actionarrivaldate"),
        end=_optional_time(record, "actioncompletiondate"),
        hours=hours,
        billable=reading.optional_flag(record, "actisbillable"),
        note=reading.note(record, "note"),
        entered_at=_optional_time(record, "actiondatecreated"),
        updated_at=_optional_time(record, "last_updated"),
    )


def is_whole(record: Record) -> bool:
    """Return True if the record says enough for a PsaTicket; the small object with key fields only does not."""
    return (
        "summary" in record
        and _any(record, "status_name", "status_id")
        and _any(record, "last_update", "lastactiondate")
        and _any(record, "datecreated", "dateoccurred")
    )


def _any(record: Record, *fields: str) -> bool:
    return any(record.get(field) not in (None, "") for field in fields)


def _optional_time(record: Record, field: str) -> datetime | None:
    value = record.get(field)
    if isinstance(value, str) and value.startswith(_NEVER):
        return None
    return reading.optional_instant(record, field, naive_is_utc=True)


def _time(record: Record, *fields: str) -> datetime:
    for field in fields:
        found = _optional_time(record, field)
        if found is not None:
            return found
    raise InvalidRequest(f"{fields[0]}: is missing")


def _person(record: Record) -> PsaPerson | None:
    person = PsaPerson(
        id=reading.optional_integer_id(record, "user_id"),
        name=reading.optional_text(record, "user_name"),
        email=reading.optional_email(record, "user_email"),
    )
    return None if person == PsaPerson() else person


def _owner(record: Record) -> str | None:
    """The agent's name. It comes only if it was asked for: without a name nobody is named, never a number."""
    name = reading.optional_text(record, "agent_name")
    return None if name is None or name.casefold() == _NOBODY else name


def _priority(record: Record) -> str | None:
    nested = record.get("priority")
    named = reading.optional_text(nested, "name") if reading.is_record(nested) else None
    return named or reading.optional_label(record, "priority_name", "priority_id")
