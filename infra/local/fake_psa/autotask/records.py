"""Records as Autotask's REST interface writes them: ids instead of names, times with 0 to 3 fraction digits."""

from infra.local.fake_psa.answers import trimmed_milliseconds
from infra.local.fake_psa.setup import DONE
from infra.local.fake_psa.tenant import Tenant
from infra.local.fake_psa.things import Company, Contact, Member, Note, Ticket, TimeEntry

Json = dict[str, object]

PICKLISTS = {"status": "status", "priority": "priority", "queueID": "board"}
"""Field of a ticket -> the tenant's labels behind it."""


def ticket(tenant: Tenant, ticket: Ticket) -> Json:
    done = ticket.status in DONE
    return {
        "id": ticket.id,
        "assignedResourceID": ticket.owner_id,
        "companyID": ticket.company_id,
        "completedDate": trimmed_milliseconds(ticket.updated_at) if done else None,
        "contactID": ticket.contact_id,
        "createDate": trimmed_milliseconds(ticket.created_at),
        "creatorResourceID": ticket.created_by,
        "description": ticket.description,
        "externalID": ticket.vendor_reference,
        "lastActivityDate": trimmed_milliseconds(ticket.updated_at),
        "lastActivityPersonType": 1,
        "lastActivityResourceID": ticket.updated_by,
        "lastTrackedModificationDateTime": trimmed_milliseconds(ticket.updated_at),
        "priority": tenant.label_id("priority", ticket.priority),
        "queueID": tenant.label_id("board", ticket.board),
        "resolvedDateTime": trimmed_milliseconds(ticket.updated_at) if done else None,
        "status": tenant.label_id("status", ticket.status),
        "ticketNumber": ticket.number,
        "title": ticket.title,
        "userDefinedFields": [],
    }


def company(company: Company) -> Json:
    return {"id": company.id, "companyName": company.name, "isActive": True}


def contact(contact: Contact) -> Json:
    first, _, last = contact.name.partition(" ")
    return {
        "id": contact.id,
        "companyID": contact.company_id,
        "firstName": first,
        "lastName": last,
        "emailAddress": contact.email,
        "isActive": int(contact.active),  # Autotask writes 1 and 0 for contacts, true and false for resources
    }


def resource(member: Member) -> Json:
    first, _, last = member.name.partition(" ")
    return {
        "id": member.id,
        "firstName": first,
        "lastName": last,
        "userName": member.login,
        "email": member.email,
        "isActive": member.active,
    }


def time_entry(entry: TimeEntry) -> Json:
    return {
        "id": entry.id,
        "ticketID": entry.ticket_id,
        "resourceID": entry.member_id,
        "dateWorked": trimmed_milliseconds(entry.day),
        "startDateTime": trimmed_milliseconds(entry.start) if entry.start else None,
        "endDateTime": trimmed_milliseconds(entry.end) if entry.end else None,
        "hoursWorked": entry.hours,
        "summaryNotes": entry.note,
        "isNonBillable": not entry.billable,
        "createDateTime": trimmed_milliseconds(entry.entered_at),
        "lastModifiedDateTime": trimmed_milliseconds(entry.updated_at),
    }


def note(note: Note) -> Json:
    return {
        "id": note.id,
        "ticketID": note.ticket_id,
        "title": "Promisekeeper",
        "description": note.text,
        "noteType": 1,
        "publish": 2 if note.internal else 1,
        "creatorResourceID": note.member_id,
        "createDateTime": trimmed_milliseconds(note.at),
    }


def ticket_fields(tenant: Tenant) -> Json:
    """The answer of `GET Tickets/entityInformation/fields`: plain fields, and picklists with values as text."""
    plain = [
        {"name": name, "dataType": kind, "isQueryable": True, "isPickList": False, "picklistValues": None}
        for name, kind in (
            ("lastActivityDate", "datetime"),
            ("lastTrackedModificationDateTime", "datetime"),
            ("title", "string"),
        )
    ]
    lists = [_picklist(name, tenant.labels(kind)) for name, kind in PICKLISTS.items()]
    return {"fields": [*plain, *lists]}


def note_fields() -> Json:
    """The answer of `GET TicketNotes/entityInformation/fields`."""
    return {
        "fields": [
            _picklist("noteType", {"Task Summary": 1, "Task Notes": 3}),
            _picklist("publish", {"All Autotask Users": 1, "Internal Users Only": 2}),
        ]
    }


def _picklist(name: str, labels: dict[str, int]) -> Json:
    values = [
        {"value": str(number), "label": label, "sortOrder": number, "isActive": True, "isSystem": number in (1, 5)}
        for label, number in labels.items()
    ]
    return {"name": name, "dataType": "integer", "isQueryable": True, "isPickList": True, "picklistValues": values}
