"""Records as HaloPSA writes them: 1900 for never, 0 and agent 1 for nobody, now and then a time without its `Z`."""

from infra.local.fake_psa.answers import NEVER, milliseconds
from infra.local.fake_psa.setup import DONE
from infra.local.fake_psa.tenant import Tenant
from infra.local.fake_psa.things import Contact, Event, Member, Ticket, TimeEntry

Json = dict[str, object]

UNASSIGNED = 1


def ticket(tenant: Tenant, ticket: Ticket, *, include_agent: bool = True) -> Json:
    """`last_update` has no `Z` on every second ticket. The agent's name comes only if it was asked for."""
    contact = tenant.contacts.get(ticket.contact_id or 0)
    owner = tenant.members.get(ticket.owner_id or 0)
    done = ticket.status in DONE
    record: Json = {
        "id": ticket.id,
        "dateoccurred": milliseconds(ticket.created_at),
        "datecreated": milliseconds(ticket.created_at),
        "summary": ticket.title,
        "details": ticket.description,
        "status_id": tenant.label_id("status", ticket.status),
        "status_name": ticket.status,
        "tickettype_id": 1,
        "tickettype_name": "Incident",
        "priority_id": tenant.label_id("priority", ticket.priority),
        "priority_name": ticket.priority,
        "client_id": ticket.company_id,
        "client_name": tenant.companies[ticket.company_id].name,
        "user_id": contact.id if contact else 0,
        "user_name": contact.name if contact else "",
        "user_email": contact.email if contact else "",
        "team": ticket.board,
        "agent_id": owner.id if owner else UNASSIGNED,
        "supplier_id": 0,
        "supplier_reference": ticket.vendor_reference,
        "third_party_id_string": "",
        "hasbeenclosed": done,
        "dateclosed": milliseconds(ticket.updated_at) if done else NEVER,
        "deadlinedate": NEVER,
        "lastactiondate": milliseconds(ticket.created_at),
        "last_update": milliseconds(ticket.updated_at, zone=ticket.id % 2 == 0),
        "inactive": False,
        "customfields": [],
    }
    if include_agent:
        record["agent_name"] = owner.name if owner else "Unassigned"
    return record


def user(tenant: Tenant, contact: Contact) -> Json:
    return {
        "id": contact.id,
        "name": contact.name,
        "emailaddress": contact.email,
        "client_id": contact.company_id,
        "client_name": tenant.companies[contact.company_id].name,
        "inactive": not contact.active,
    }


def agent(member: Member) -> Json:
    return {
        "id": member.id,
        "name": member.name,
        "email": member.email,
        "isdisabled": not member.active,
        "timezone": member.zone,
    }


def timesheet_event(tenant: Tenant, entry: TimeEntry) -> Json:
    client = tenant.tickets[entry.ticket_id].company_id if entry.ticket_id in tenant.tickets else 0
    return {
        "id": entry.id,
        "event_type": 0,
        "start_date": milliseconds(entry.start) if entry.start else milliseconds(entry.day),
        "end_date": milliseconds(entry.end) if entry.end else NEVER,
        "timetaken": entry.hours,
        "agent_id": entry.member_id,
        "ticket_id": entry.ticket_id or 0,
        "action_number": 2,
        "note": entry.note,
        "client_id": client,
        "actisbillable": entry.billable,
        "charge_rate": 1,
        "break_type": 0,
        "holiday_id": 0,
    }


def action(tenant: Tenant, event: Event) -> Json:
    """What a member did to a ticket: a note, worked time or only the change of a field."""
    author = tenant.members[event.by]
    hours = event.entry.hours if event.entry else 0.0
    return {
        "ticket_id": event.ticket.id if event.ticket else 0,
        "id": event.number,
        "outcome": "Private Note" if event.note else "Update",
        "who": author.name,
        "who_type": 1,
        "who_agentid": author.id,
        "datetime": milliseconds(event.at),
        "actiondatecreated": milliseconds(event.at),
        "last_updated": milliseconds(event.at),
        "note": event.note.text if event.note else event.entry.note if event.entry else "",
        "hiddenfromuser": event.note.internal if event.note else True,
        "timetaken": hours,
        "actionchargehours": hours if event.entry and event.entry.billable else 0.0,
        "actisbillable": event.entry.billable if event.entry else True,
    }
