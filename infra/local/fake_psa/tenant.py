"""The fake PSA's memory: one tenant with its people, its tickets and every change that was ever made."""

from dataclasses import replace
from datetime import datetime, timedelta

from infra.local.fake_psa.things import Action, Company, Contact, Event, Member, Note, Ticket, TimeEntry

API_LOGIN = "promisekeeper"
"""The member that our own REST calls act as."""

MAIL_LOGIN = "EmailConnector"
"""Who makes a ticket of a client's mail, in every PSA some member that is no person."""

_CHANGEABLE = frozenset(
    ("title", "status", "priority", "board", "company_id", "contact_id", "owner_id", "vendor_reference", "description")
)
_FIRST_IDS = {"company": 250, "contact": 910, "member": 176, "ticket": 48_000, "note": 9001, "entry": 70_400}


class Tenant:
    """All calls name the member by login and say when; a ticket's time never runs backwards (ValueError)."""

    def __init__(self) -> None:
        self.companies: dict[int, Company] = {}
        self.contacts: dict[int, Contact] = {}
        self.members: dict[int, Member] = {}
        self.tickets: dict[int, Ticket] = {}
        self.notes: dict[int, Note] = {}
        self.entries: dict[int, TimeEntry] = {}
        self.history: list[Event] = []
        self._next_ids = dict(_FIRST_IDS)
        self._labels: dict[str, dict[str, int]] = {
            "status": {"New": 1, "Complete": 5},
            "priority": {},
            "board": {},
        }
        self.api_member = self.add_member("Promisekeeper", login=API_LOGIN, email="promisekeeper@examplemsp.example")
        self.add_member("Email Connector", login=MAIL_LOGIN, email="support@examplemsp.example")

    # ── people ────────────────────────────────────────────────────────────────────────────────────────────────────

    def add_company(self, name: str) -> Company:
        company = Company(id=self._next_id("company"), name=name)
        self.companies[company.id] = company
        return company

    def add_contact(self, name: str, email: str, company: Company) -> Contact:
        contact = Contact(id=self._next_id("contact"), name=name, email=email, company_id=company.id)
        self.contacts[contact.id] = contact
        return contact

    def add_member(
        self,
        name: str,
        *,
        login: str | None = None,
        email: str | None = None,
        active: bool = True,
        zone: str = "America/New_York",
    ) -> Member:
        """`login` is made of the name if it is left out: Robin Vega becomes RVega."""
        first, _, last = name.partition(" ")
        login = login or f"{first[:1]}{last.replace(' ', '') or first[1:]}"
        if any(member.login == login for member in self.members.values()):
            raise ValueError(f"there is a member {login} already")
        member = Member(
            id=self._next_id("member"),
            login=login,
            name=name,
            email=email or f"{login.lower()}@examplemsp.example",
            active=active,
            zone=zone,
        )
        self.members[member.id] = member
        return member

    def change_contact(self, contact_id: int, *, email: str | None = None, active: bool | None = None) -> None:
        contact = self.contacts[contact_id]
        self.contacts[contact_id] = replace(
            contact,
            email=contact.email if email is None else email,
            active=contact.active if active is None else active,
        )

    def member(self, login: str) -> Member:
        """Raises ValueError for a login that nobody has."""
        found = next((member for member in self.members.values() if member.login == login), None)
        if found is None:
            raise ValueError(f"there is no member {login}")
        return found

    def label_id(self, kind: str, label: str) -> int:
        """Return the id of a status, priority or board; a label that is new gets the next free one."""
        labels = self._labels[kind]
        return labels.setdefault(label, max(labels.values(), default=0) + 1)

    def labels(self, kind: str) -> dict[str, int]:
        return dict(self._labels[kind])

    # ── tickets ───────────────────────────────────────────────────────────────────────────────────────────────────

    def create_ticket(  # noqa: PLR0913 - a ticket has many sides
        self,
        at: datetime,
        *,
        title: str,
        contact: Contact | None,
        company: Company | None = None,
        by: str = MAIL_LOGIN,
        status: str = "New",
        priority: str = "Medium",
        board: str = "Help Desk",
        owner: str | None = None,
        vendor_reference: str = "",
        description: str = "",
        is_project: bool = False,
    ) -> Event:
        """`company` is needed only where there is no contact to take it from."""
        company_id = contact.company_id if contact is not None else company.id if company is not None else None
        if company_id is None:
            raise ValueError("a ticket needs a contact or a company")
        ticket_id = self._next_id("ticket")
        member = self.member(by)
        ticket = Ticket(
            id=ticket_id,
            number=f"T{at:%Y%m%d}.{ticket_id - _FIRST_IDS['ticket']:04d}",
            title=title,
            status=status,
            priority=priority,
            board=board,
            company_id=company_id,
            contact_id=contact.id if contact is not None else None,
            owner_id=self.member(owner).id if owner else None,
            vendor_reference=vendor_reference,
            description=description,
            created_at=at,
            updated_at=at,
            created_by=member.id,
            updated_by=member.id,
            is_project=is_project,
        )
        self._take_labels(ticket)
        self.tickets[ticket_id] = ticket
        return self._record(Action.CREATED, ticket, at, member)

    def change_ticket(self, ticket_id: int, at: datetime, *, by: str, **fields: object) -> Event:
        """Set title, status, priority, board, vendor_reference, description, `owner` (a login or None) or `contact`.

        `contact` is a Contact or None; with one the ticket moves to that contact's company.
        """
        ticket = self._known(ticket_id, at)
        values = self._as_stored(fields)
        unknown = set(values) - _CHANGEABLE
        if unknown:
            raise ValueError(f"a ticket has no {', '.join(sorted(unknown))} to change")
        changed = tuple(name for name, value in values.items() if getattr(ticket, name) != value)
        member = self.member(by)
        ticket = replace(ticket, **values, updated_at=at, updated_by=member.id)  # type: ignore[arg-type]
        self._take_labels(ticket)
        self.tickets[ticket_id] = ticket
        return self._record(Action.CHANGED, ticket, at, member, fields=changed)

    def delete_ticket(self, ticket_id: int, at: datetime, *, by: str) -> Event:
        ticket = self._known(ticket_id, at)
        del self.tickets[ticket_id]
        return self._record(Action.DELETED, ticket, at, self.member(by))

    def add_note(self, ticket_id: int, at: datetime, text: str, *, by: str, internal: bool) -> Event:
        """A note also moves the ticket's time of change."""
        member = self.member(by)
        ticket = self._touch(ticket_id, at, member)
        note = Note(
            id=self._next_id("note"), ticket_id=ticket_id, text=text, internal=internal, member_id=member.id, at=at
        )
        self.notes[note.id] = note
        return self._record(Action.NOTED, ticket, at, member, note=note)

    def log_time(  # noqa: PLR0913 - a time entry has many sides
        self,
        at: datetime,
        *,
        by: str,
        ticket_id: int | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        hours: float | None = None,
        billable: bool = True,
        note: str = "",
    ) -> Event:
        """`at` is the time of entry. Left out, `hours` are end less start, and the day of the work is that of entry."""
        if hours is None:
            if start is None or end is None:
                raise ValueError("a time entry needs its hours, or a start and an end")
            hours = (end - start) / timedelta(hours=1)
        member = self.member(by)
        ticket = self._touch(ticket_id, at, member) if ticket_id is not None else None
        entry = TimeEntry(
            id=self._next_id("entry"),
            ticket_id=ticket_id,
            member_id=member.id,
            start=start,
            end=end,
            day=(start or at).replace(hour=0, minute=0, second=0, microsecond=0),
            hours=hours,
            billable=billable,
            note=note,
            entered_at=at,
            updated_at=at,
        )
        self.entries[entry.id] = entry
        return self._record(Action.WORKED, ticket, at, member, entry=entry)

    # ── inside ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _next_id(self, kind: str) -> int:
        """Ids are never used again, not even those of what was deleted."""
        self._next_ids[kind] += 1
        return self._next_ids[kind] - 1

    def _as_stored(self, fields: dict[str, object]) -> dict[str, object]:
        values = dict(fields)
        if "owner" in values:
            owner = values.pop("owner")
            values["owner_id"] = self.member(str(owner)).id if owner else None
        if "contact" in values:
            contact = values.pop("contact")
            values["contact_id"] = contact.id if isinstance(contact, Contact) else None
            if isinstance(contact, Contact):
                values["company_id"] = contact.company_id
        return values

    def _known(self, ticket_id: int, at: datetime) -> Ticket:
        ticket = self.tickets.get(ticket_id)
        if ticket is None:
            raise ValueError(f"there is no ticket {ticket_id}")
        if at < ticket.updated_at:
            raise ValueError(f"ticket {ticket_id} was changed after {at:%Y-%m-%dT%H:%M:%SZ} already")
        return ticket

    def _touch(self, ticket_id: int, at: datetime, member: Member) -> Ticket:
        ticket = replace(self._known(ticket_id, at), updated_at=at, updated_by=member.id)
        self.tickets[ticket_id] = ticket
        return ticket

    def _take_labels(self, ticket: Ticket) -> None:
        self.label_id("status", ticket.status)
        self.label_id("priority", ticket.priority)
        self.label_id("board", ticket.board)

    def _record(
        self,
        action: Action,
        ticket: Ticket | None,
        at: datetime,
        member: Member,
        *,
        fields: tuple[str, ...] = (),
        note: Note | None = None,
        entry: TimeEntry | None = None,
    ) -> Event:
        event = Event(
            number=len(self.history) + 1,
            at=at,
            by=member.id,
            action=action,
            ticket=ticket,
            fields=fields,
            note=note,
            entry=entry,
        )
        self.history.append(event)
        return event
