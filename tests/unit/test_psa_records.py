"""REST records of each PSA, in the vendor's shape, become our facts. Tickets are covered by the webhook fixtures too."""

from datetime import UTC, date, datetime

import pytest

from shared.errors import InvalidRequest
from shared.psa.autotask import records as autotask
from shared.psa.connectwise import records as connectwise
from shared.psa.facts import PsaContact, PsaMember, PsaPerson, PsaTimeEntry
from shared.psa.generic import records as generic
from shared.psa.halopsa import records as halopsa


def at(hour, minute=0, day=11):
    return datetime(2026, 5, day, hour, minute, tzinfo=UTC)


# ── ConnectWise ────────────────────────────────────────────────────────────────────────────────────────────────────

CW_MEMBER = {
    "id": 42, "identifier": "NOSuill", "firstName": "Niamh", "lastName": "O'Súilleabháin", "officeEmail": "niamh@brightwell.example",
    "mobileEmail": "niamh@phone.example", "defaultEmail": "Office", "inactiveFlag": False, "timeZone": {"id": 9, "name": "GMT Standard Time"},
}  # fmt: skip


def test_a_connectwise_member_is_reached_where_the_default_says():
    member = connectwise.member(CW_MEMBER)

    assert member == PsaMember(
        id="42", name="Niamh O'Súilleabháin", email="niamh@brightwell.example", active=True, zone="GMT Standard Time"
    )
    assert connectwise.member({**CW_MEMBER, "defaultEmail": "Mobile"}).email == "niamh@phone.example"
    assert connectwise.member({**CW_MEMBER, "defaultEmail": "Home"}).email == "niamh@brightwell.example"
    assert connectwise.member({"id": 1, "identifier": "API", "inactiveFlag": True}).name == "API"


def test_a_connectwise_contact_is_reached_at_its_default_address():
    items = [
        {"id": 1, "communicationType": "Phone", "value": "5550142077", "defaultFlag": True},
        {"id": 2, "communicationType": "Email", "value": "old@cafe-mueller.example", "defaultFlag": False},
        {"id": 3, "communicationType": "Email", "value": "zoe@cafe-mueller.example", "defaultFlag": True},
    ]
    record = {"id": 530, "firstName": "Zoë", "lastName": "Müller", "company": {"id": 118}, "communicationItems": items}

    assert connectwise.contact(record) == PsaContact(
        id="530", name="Zoë Müller", email="zoe@cafe-mueller.example", company_id="118", active=True
    )
    assert connectwise.contact({**record, "communicationItems": items[:2]}).email == "old@cafe-mueller.example"
    assert connectwise.contact({"id": 1, "inactiveFlag": True, "communicationItems": None}).email is None


CW_TIME = {
    "id": 5501, "chargeToId": 7731, "chargeToType": "ServiceTicket", "member": {"id": 42, "identifier": "NOSuill"}, "timeStart": "2026-05-11T09:00:00Z",
    "timeEnd": "2026-05-11T09:45:00Z", "actualHours": 0.75, "billableOption": "Billable", "notes": "Treiber\r\nneu", "internalNotes": "x",
    "dateEntered": "2026-05-11T09:46:00Z", "_info": {"lastUpdated": "2026-05-11T09:50:00Z"},
}  # fmt: skip


def test_a_connectwise_time_entry_is_hours_on_a_ticket():
    assert connectwise.time_entry(CW_TIME) == PsaTimeEntry(
        id="5501", member_id="42", ticket_id="7731", start=at(9), end=at(9, 45), hours=0.75, billable=True,
        note="Treiber\nneu", entered_at=at(9, 46), updated_at=at(9, 50),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("option", "billable"), [("DoNotBill", False), ("NoCharge", False), ("NoDefault", None), (None, None)]
)
def test_whether_connectwise_bills_is_no_guess(option, billable):
    assert billable is connectwise.time_entry({**CW_TIME, "billableOption": option}).billable


@pytest.mark.parametrize("without", ["status", "lastUpdated", "dateEntered"])
def test_a_connectwise_record_is_whole_with_a_status_and_both_times(without):
    info = {"lastUpdated": "2026-05-11T09:44:03Z", "dateEntered": "2026-05-11T07:02:41Z"}
    record = {"id": 1, "status": {"id": 1, "name": "New"}, "_info": {**info, without: None}}
    if without == "status":
        record["status"] = None

    assert not connectwise.is_whole(record)
    assert connectwise.is_whole({"status": {"id": 1}, "_info": info})


@pytest.mark.parametrize(("status", "label"), [({"id": 5, "name": "New"}, "New"), ({"id": 5}, "5")])
def test_a_connectwise_reference_without_a_name_is_its_id(status, label):
    info = {"lastUpdated": "2026-05-11T09:44:03Z", "dateEntered": "2026-05-11T07:02:41Z"}

    assert connectwise.ticket({"id": 1, "status": status, "_info": info}).status == label


def test_connectwise_time_on_a_charge_code_is_on_no_ticket():
    entry = connectwise.time_entry({**CW_TIME, "chargeToType": "ChargeCode", "timeEnd": None})

    assert entry.ticket_id is None
    assert entry.end is None


# ── Autotask ───────────────────────────────────────────────────────────────────────────────────────────────────────

AT_TICKET = {
    "id": 64177, "ticketNumber": "T20260511.0008", "title": "Scanner", "status": 12, "priority": 2, "queueID": 8, "companyID": 212, "contactID": 30684,
    "assignedResourceID": 29682901, "createDate": "2026-05-11T07:02:41.473Z", "lastActivityDate": "2026-05-11T09:44:03.12Z",
    "lastTrackedModificationDateTime": "2026-05-11T09:40:00Z", "lastActivityResourceID": 29682901, "lastActivityPersonType": 1, "externalID": "RMA-5520",
}  # fmt: skip
AT_FIELDS = {
    "fields": [
        {
            "name": "status",
            "picklistValues": [{"value": "12", "label": "Waiting Vendor"}, {"value": "5", "label": "Complete"}],
        },
        {"name": "priority", "picklistValues": [{"value": "2", "label": "Medium"}]},
    ]
}
AT_CONTACT = {
    "id": 30684,
    "companyID": 0,
    "firstName": "Zoë",
    "lastName": "Müller",
    "emailAddress": "zoe@x.example",
    "isActive": 1,
}


def test_an_autotask_ticket_gets_its_names_from_the_lookups():
    names = autotask.Names(
        statuses=autotask.picklist(AT_FIELDS, "status"),
        priorities=autotask.picklist(AT_FIELDS, "priority"),
        companies={"212": "Søn & Frères"},
        contacts={"30684": autotask.contact(AT_CONTACT)},
        resources={"29682901": "Niamh"},
    )
    ticket = autotask.ticket(AT_TICKET, names)

    assert (ticket.id, ticket.number, ticket.status, ticket.priority) == (
        "64177",
        "T20260511.0008",
        "Waiting Vendor",
        "Medium",
    )
    assert (ticket.company_id, ticket.company, ticket.owner) == ("212", "Søn & Frères", "Niamh")
    assert ticket.contact == PsaPerson(id="30684", name="Zoë Müller", email="zoe@x.example")
    assert ticket.board == "8"
    assert ticket.updated_by == "29682901"
    assert ticket.vendor_reference == "RMA-5520"


def test_an_autotask_ticket_without_lookups_keeps_ids_and_names_nobody():
    ticket = autotask.ticket(AT_TICKET)

    assert (ticket.status, ticket.priority) == ("12", "2")
    assert (ticket.company, ticket.owner) == (None, None)
    assert ticket.contact == PsaPerson(id="30684")


def test_an_autotask_ticket_was_updated_when_either_of_its_times_says_so():
    later = {**AT_TICKET, "lastTrackedModificationDateTime": "2026-05-11T09:50:00Z"}

    assert autotask.ticket(AT_TICKET).updated_at == datetime(2026, 5, 11, 9, 44, 3, 120000, tzinfo=UTC)
    assert autotask.ticket(later).updated_at == at(9, 50)
    neither = {**AT_TICKET, "lastActivityDate": None, "lastTrackedModificationDateTime": None}
    assert autotask.ticket(neither).updated_at == autotask.ticket(neither).created_at


def test_a_clients_activity_is_not_a_technicians():
    assert autotask.ticket({**AT_TICKET, "lastActivityPersonType": 2}).updated_by is None


def test_autotasks_company_zero_is_the_msp_itself():
    assert autotask.contact(AT_CONTACT).company_id == "0"
    assert autotask.ticket({**AT_TICKET, "companyID": 0}).company_id == "0"


def test_an_autotask_resource_is_a_member():
    record = {
        "id": 5,
        "firstName": "Niamh",
        "lastName": "",
        "userName": "niamh",
        "email": "niamh@x.example",
        "isActive": False,
    }

    assert autotask.member(record) == PsaMember(id="5", name="Niamh", email="niamh@x.example", active=False)


def test_an_autotask_time_entry_may_have_a_day_and_hours_only():
    record = {
        "id": 880, "resourceID": 5, "ticketID": None, "dateWorked": "2026-05-11T00:00:00Z", "startDateTime": None, "endDateTime": None,
        "hoursWorked": 1.5, "isNonBillable": True, "summaryNotes": "Backup", "createDateTime": "2026-05-12T08:00:00Z", "lastModifiedDateTime": None,
    }  # fmt: skip

    assert autotask.time_entry(record) == PsaTimeEntry(
        id="880", member_id="5", ticket_id=None, start=None, end=None, hours=1.5, billable=False, note="Backup",
        entered_at=at(8, day=12), updated_at=None, worked_on=date(2026, 5, 11),
    )  # fmt: skip


@pytest.mark.parametrize(
    "answer", [{}, {"fields": None}, {"fields": [None, {"name": "other"}]}, {"fields": [{"name": "status"}]}]
)
def test_a_picklist_that_is_not_there_is_empty(answer):
    assert autotask.picklist(answer, "status") == {}


# ── HaloPSA ────────────────────────────────────────────────────────────────────────────────────────────────────────

HALO_TICKET = {
    "id": 4096, "summary": "x", "status_id": 1, "status_name": "New", "priority_id": 3, "client_id": 31, "client_name": "Søn", "user_id": 0, "user_name": "",
    "team": "Desk", "agent_id": 1, "agent_name": "Unassigned", "datecreated": "2026-05-11T07:02:41", "last_update": "2026-05-11T09:44:03.1Z",
}  # fmt: skip


def test_an_unassigned_halo_ticket_has_no_owner():
    assert halopsa.ticket(HALO_TICKET).owner is None
    assert halopsa.ticket({**HALO_TICKET, "agent_name": "Niamh"}).owner == "Niamh"


def test_a_halo_ticket_names_its_priority_in_one_of_three_ways():
    assert halopsa.ticket(HALO_TICKET).priority == "3"
    assert halopsa.ticket({**HALO_TICKET, "priority_name": "Low"}).priority == "Low"
    assert halopsa.ticket({**HALO_TICKET, "priority": {"id": 3, "name": "Low"}}).priority == "Low"


def test_a_halo_ticket_without_a_user_has_no_contact():
    assert halopsa.ticket(HALO_TICKET).contact is None


def test_halos_year_1900_is_never():
    ticket = halopsa.ticket(
        {**HALO_TICKET, "last_update": "1900-01-01T00:00:00", "lastactiondate": "2026-05-11T09:50:00"}
    )

    assert ticket.updated_at == at(9, 50)
    with pytest.raises(InvalidRequest, match="last_update"):
        halopsa.ticket({**HALO_TICKET, "last_update": "1900-01-01T00:00:00"})


def test_halo_users_are_contacts_and_agents_are_members():
    user = {"id": 208, "name": "Zoë Müller", "emailaddress": "zoe@x.example", "client_id": 31, "inactive": True}
    agent = {"id": 5, "name": "Niamh", "email": "niamh@x.example", "isdisabled": False}

    assert halopsa.contact(user) == PsaContact(
        id="208", name="Zoë Müller", email="zoe@x.example", company_id="31", active=False
    )
    assert halopsa.member(agent) == PsaMember(id="5", name="Niamh", email="niamh@x.example", active=True)


HALO_EVENT = {
    "id": 55, "start_date": "2026-05-11T09:00:00", "end_date": "2026-05-11T09:31:00Z", "timetaken": 0.00853, "agent_id": 5, "ticket_id": 0,
    "note": "Anruf", "charge_rate": 1, "break_type": 0, "holiday_id": 0,
}  # fmt: skip


def test_halos_time_is_in_decimal_hours():
    entry = halopsa.time_entry(HALO_EVENT)

    assert (entry.hours, entry.start, entry.end) == (0.00853, at(9), at(9, 31))
    assert entry.ticket_id is None
    assert entry.billable is None


def test_breaks_and_holidays_are_no_work():
    assert halopsa.is_work(HALO_EVENT)
    assert not halopsa.is_work({**HALO_EVENT, "break_type": 2})
    assert not halopsa.is_work({**HALO_EVENT, "holiday_id": 7})


def test_a_halo_action_with_time_is_an_entry_whose_id_holds_the_ticket():
    action = {"ticket_id": 4096, "id": 2, "who_agentid": 5, "timetaken": 0.25, "actisbillable": True, "note": "x",
              "actionarrivaldate": "1900-01-01T00:00:00", "actiondatecreated": "2026-05-11T09:44:03Z", "last_updated": None}  # fmt: skip
    entry = halopsa.action_time_entry(action)

    assert entry is not None
    assert (entry.id, entry.ticket_id, entry.member_id, entry.hours) == ("4096-2", "4096", "5", 0.25)
    assert entry.start is None
    assert halopsa.action_time_entry({**action, "timetaken": 0.0}) is None


# ── generic ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_our_own_records_need_little():
    assert generic.contact({"id": "p-1"}) == PsaContact(id="p-1", name=None, email=None, company_id=None, active=True)
    assert generic.member({"id": 1, "name": "Niamh", "active": False}) == PsaMember(
        id="1", name="Niamh", email=None, active=False
    )
    entry = generic.time_entry({"id": 1, "member_id": 2, "hours": 0.5})
    assert (entry.id, entry.member_id, entry.hours, entry.start) == ("1", "2", 0.5, None)


def test_an_own_time_entry_without_hours_is_refused():
    with pytest.raises(InvalidRequest, match="hours"):
        generic.time_entry({"id": 1, "member_id": 2})


@pytest.mark.parametrize(
    "read",
    [connectwise.ticket, autotask.ticket, halopsa.ticket, generic.ticket, connectwise.time_entry, halopsa.member],
)
@pytest.mark.parametrize("record", [{}, {"id": 1}, {"id": "x", "_info": 5}, {"id": 1, "_info": {}, "member": 7}])
def test_half_a_record_is_an_invalid_request(read, record):
    with pytest.raises(InvalidRequest):
        read(record)
