"""The invented provider's PSAs: three fake ones, filled with its people, in which the day's acts are done."""

from collections.abc import Mapping

from infra.local.fake_psa import Change, FakePsa
from infra.local.fake_psa.things import Company, Contact
from infra.local.simulated.people import GROUPS, Group, login
from infra.local.simulator import PORTAL, Act
from shared.ports import Clock

PRIVATE_MAIL = "homemail.example"


class Psas:
    """`by_connection` has one fake PSA for each connection of the settings."""

    def __init__(self, clock: Clock, seed: int) -> None:
        self.by_connection = {group.connection: FakePsa(group.kind, clock, seed=seed) for group in GROUPS}
        self.tickets: dict[int, tuple[str, int]] = {}
        """The day's number of a ticket -> its connection and its id there."""
        self._companies: dict[str, Company] = {}
        self._contacts: dict[tuple[str, str], Contact] = {}
        for group in GROUPS:
            self._fill(self.by_connection[group.connection], group)

    def do(self, act: Act) -> Change:
        """Let it happen. Raises ValueError for an act that cannot be, such as a change before the opening."""
        psa = self.by_connection[act.connection]
        if act.kind == "open":
            change = self._open(psa, act)
            self.tickets[act.ticket] = (act.connection, change.ticket_id)
            return change
        ticket_id = self.tickets[act.ticket][1]
        match act.kind:
            case "note":
                return psa.add_note(ticket_id, act.at, str(act.fields["text"]), by=act.by)
            case "time":
                hours = float(str(act.fields["hours"]))
                return psa.log_time(act.at, by=act.by, ticket_id=ticket_id, hours=hours, note=str(act.fields["note"]))
            case "delete":
                return psa.delete_ticket(ticket_id, act.at, by=act.by)
            case "change":
                return psa.change_ticket(ticket_id, act.at, by=act.by, **act.fields)

    def _open(self, psa: FakePsa, act: Act) -> Change:
        fields = act.fields
        company = self._companies[str(fields["client"])]
        return psa.create_ticket(
            act.at,
            title=str(fields["title"]),
            contact=self._contact(psa, company, fields),
            company=company,
            by=act.by,
            priority=str(fields["priority"]),
            board=str(fields["board"]),
        )

    def _contact(self, psa: FakePsa, company: Company, fields: Mapping[str, object]) -> Contact | None:
        """Whoever the PSA does not know yet is entered: a robot, somebody without mail, a private address."""
        name = str(fields["contact"])
        if not name:
            return None
        if fields["elsewhere"]:
            return psa.tenant.add_contact(name, f"{login(name).lower()}@{PRIVATE_MAIL}", company)
        known = self._contacts.get((company.name, name))
        if known is None:
            address = "noreply@monitoring.example" if name == "Monitoring" else ""
            known = self._contacts[company.name, name] = psa.tenant.add_contact(name, address, company)
        return known

    def _fill(self, psa: FakePsa, group: Group) -> None:
        tenant = psa.tenant
        tenant.add_member("Client Portal", login=PORTAL)
        for name in group.technicians:
            tenant.add_member(name, login=login(name), zone="Europe/Dublin")
        for status in group.statuses.values():
            tenant.label_id("status", status)
        for priority in group.priorities.values():
            tenant.label_id("priority", priority)
        for client in group.clients:
            company = self._companies[client.name] = tenant.add_company(client.name)
            for person in client.people:
                self._contacts[client.name, person] = tenant.add_contact(person, client.address(person), company)
