"""Records as ConnectWise writes them, in REST answers and in a callback's `Entity` alike. Null members are left out."""

from infra.local.fake_psa.answers import whole_seconds
from infra.local.fake_psa.setup import DONE
from infra.local.fake_psa.tenant import Tenant
from infra.local.fake_psa.things import Contact, Member, Note, Ticket, TimeEntry

Json = dict[str, object]


def ticket(tenant: Tenant, ticket: Ticket) -> Json:
    contact = tenant.contacts.get(ticket.contact_id or 0)
    owner = tenant.members.get(ticket.owner_id or 0)
    board_id = tenant.label_id("board", ticket.board)
    record: Json = {
        "id": ticket.id,
        "summary": ticket.title,
        "recordType": "ProjectTicket" if ticket.is_project else "ServiceTicket",
        "board": {"id": board_id, "name": ticket.board},
        "status": {"id": 520 + tenant.label_id("status", ticket.status), "name": ticket.status},
        "company": _company(tenant, ticket.company_id),
        "priority": {"id": tenant.label_id("priority", ticket.priority), "name": ticket.priority},
        "closedFlag": ticket.status in DONE,
        "customFields": [],
        "_info": {
            "lastUpdated": whole_seconds(ticket.updated_at),
            "updatedBy": tenant.members[ticket.updated_by].login,
            "dateEntered": whole_seconds(ticket.created_at),
            "enteredBy": tenant.members[ticket.created_by].login,
        },
    }
    if contact is not None:
        record |= {
            "contact": {"id": contact.id, "name": contact.name},
            "contactName": contact.name,
            "contactEmailAddress": contact.email,
        }
    if owner is not None:
        record |= {"owner": _member(owner), "resources": owner.login}
    if ticket.vendor_reference:
        record["externalXRef"] = ticket.vendor_reference
    return record


def contact(tenant: Tenant, contact: Contact) -> Json:
    first, _, last = contact.name.partition(" ")
    return {
        "id": contact.id,
        "firstName": first,
        "lastName": last,
        "company": _company(tenant, contact.company_id),
        "inactiveFlag": not contact.active,
        "communicationItems": [
            {"id": 1, "value": "5550100123", "defaultFlag": True, "communicationType": "Phone"},
            {"id": 2, "value": contact.email, "defaultFlag": True, "communicationType": "Email"},
        ],
    }


def member(member: Member) -> Json:
    first, _, last = member.name.partition(" ")
    return {
        "id": member.id,
        "identifier": member.login,
        "firstName": first,
        "lastName": last,
        "officeEmail": member.email,
        "defaultEmail": "Office",
        "inactiveFlag": not member.active,
        "timeZone": {"id": 4, "name": "US Eastern"},
    }


def time_entry(tenant: Tenant, entry: TimeEntry) -> Json:
    """ConnectWise demands a start; where only the hours were entered it is the day's midnight and there is no end."""
    record: Json = {
        "id": entry.id,
        "chargeToId": entry.ticket_id or 7,
        "chargeToType": "ServiceTicket" if entry.ticket_id else "ChargeCode",
        "member": _member(tenant.members[entry.member_id]),
        "timeStart": whole_seconds(entry.start or entry.day),
        "actualHours": entry.hours,
        "billableOption": "Billable" if entry.billable else "DoNotBill",
        "notes": entry.note,
        "enteredBy": tenant.members[entry.member_id].login,
        "dateEntered": whole_seconds(entry.entered_at),
        "status": "Open",
        "_info": {"lastUpdated": whole_seconds(entry.updated_at)},
    }
    if entry.end is not None:
        record["timeEnd"] = whole_seconds(entry.end)
    return record


def note(tenant: Tenant, note: Note) -> Json:
    author = tenant.members[note.member_id]
    return {
        "id": note.id,
        "ticketId": note.ticket_id,
        "text": note.text,
        "detailDescriptionFlag": not note.internal,
        "internalAnalysisFlag": note.internal,
        "resolutionFlag": False,
        "member": _member(author),
        "dateCreated": whole_seconds(note.at),
        "createdBy": author.login,
    }


def _company(tenant: Tenant, company_id: int) -> Json:
    name = tenant.companies[company_id].name
    return {"id": company_id, "identifier": name.replace(" ", ""), "name": name}


def _member(member: Member) -> Json:
    return {"id": member.id, "identifier": member.login, "name": member.name}
