"""Records in the generic shape of docs/generic-webhook.md."""

from infra.local.fake_psa.answers import microseconds
from infra.local.fake_psa.tenant import Tenant
from infra.local.fake_psa.things import Contact, Member, Ticket, TimeEntry

Json = dict[str, object]


def ticket(tenant: Tenant, ticket: Ticket) -> Json:
    found = tenant.contacts.get(ticket.contact_id or 0)
    owner = tenant.members.get(ticket.owner_id or 0)
    return {
        "id": ticket.id,
        "number": ticket.number,
        "title": ticket.title,
        "status": ticket.status,
        "priority": ticket.priority,
        "board": ticket.board,
        "company": {"id": ticket.company_id, "name": tenant.companies[ticket.company_id].name},
        "contact": {"id": found.id, "name": found.name, "email": found.email} if found else None,
        "owner": owner.name if owner else None,
        "vendor_reference": ticket.vendor_reference or None,
        "created_at": microseconds(ticket.created_at),
        "updated_at": microseconds(ticket.updated_at),
        "updated_by": tenant.members[ticket.updated_by].login,
    }


def contact(contact: Contact) -> Json:
    return {
        "id": contact.id,
        "name": contact.name,
        "email": contact.email,
        "company_id": contact.company_id,
        "active": contact.active,
    }


def member(member: Member) -> Json:
    return {
        "id": member.id,
        "name": member.name,
        "email": member.email,
        "active": member.active,
        "zone": member.zone,
    }


def time_entry(entry: TimeEntry) -> Json:
    return {
        "id": entry.id,
        "member_id": entry.member_id,
        "ticket_id": entry.ticket_id,
        "start": microseconds(entry.start) if entry.start else None,
        "end": microseconds(entry.end) if entry.end else None,
        "hours": entry.hours,
        "billable": entry.billable,
        "note": entry.note,
        "entered_at": microseconds(entry.entered_at),
        "updated_at": microseconds(entry.updated_at),
    }
