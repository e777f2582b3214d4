"""What the ids on an Autotask ticket stand for, looked up in batches and kept for a while."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from shared.errors import InvalidRequest, PsaUnavailable
from shared.psa import reading
from shared.psa.autotask import records
from shared.psa.autotask.queries import all_rows
from shared.psa.autotask.records import Names
from shared.psa.facts import PsaContact
from shared.psa.paging import readable
from shared.psa.reading import Record
from shared.psa.rest import RestApi

KEPT_SECONDS = 900.0
"""After this time a name is looked up again: a contact's new address must not wait for a restart."""

BATCH = 500
"""Autotask allows at most 500 conditions in one query, and answers at most 500 records."""

T = TypeVar("T")


@dataclass(slots=True)
class _Kept(Generic[T]):
    """Found things by id; None stands for an id that nobody has. Each with the time until which it is believed."""

    entity: str
    read: Callable[[Record], tuple[str, T]]
    found: dict[str, tuple[float, T | None]] = field(default_factory=dict)


class Lookups:
    """Safe to be shared by threads: two of them may look the same thing up, which costs a call and no more."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._contacts = _Kept("Contacts", _contact)
        self._companies = _Kept("Companies", _company)
        self._resources = _Kept("Resources", _resource)
        self._fields: tuple[float, Record] | None = None

    def names_for(self, api: RestApi, tickets: Iterable[Record]) -> Names:
        """Return the names of everything that `tickets` mention: at most four calls for 500 tickets, mostly none."""
        tickets = list(tickets)
        fields = self.ticket_fields(api)
        return Names(
            statuses=labels(fields, "status"),
            priorities=labels(fields, "priority"),
            queues=labels(fields, "queueID"),
            companies=self._look_up(api, self._companies, _ids(tickets, "companyID")),
            contacts=self._look_up(api, self._contacts, _ids(tickets, "contactID")),
            resources=self._look_up(api, self._resources, _ids(tickets, "assignedResourceID")),
        )

    def ticket_fields(self, api: RestApi) -> Record:
        """Return `Tickets/entityInformation/fields`: the picklists, and which fields can be asked for."""
        now = self._monotonic()
        if self._fields is None or self._fields[0] <= now:
            body = api.get("/Tickets/entityInformation/fields").body
            if not reading.is_record(body) or not labels(body, "status"):
                raise PsaUnavailable("Autotask did not tell what its statuses are called")
            self._fields = (now + KEPT_SECONDS, body)
        return self._fields[1]

    def _look_up(self, api: RestApi, kept: _Kept[T], ids: set[str]) -> dict[str, T]:
        now = self._monotonic()
        with self._lock:
            known = {one: kept.found[one] for one in ids if one in kept.found and kept.found[one][0] > now}
        for batch in _batches(sorted(ids - known.keys())):
            question = {"filter": [{"op": "in", "field": "id", "value": [int(one) for one in batch]}]}
            fresh = dict(readable(all_rows(api, kept.entity, question, BATCH), kept.read, "Autotask"))
            known |= {one: (now + KEPT_SECONDS, fresh.get(one)) for one in batch}
        with self._lock:
            kept.found |= known
        return {one: thing for one, (_, thing) in known.items() if thing is not None}


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(ids), BATCH):
        yield ids[first : first + BATCH]


def labels(fields: Record, name: str) -> Mapping[str, str]:
    """Return value -> label of the picklist `name`. Raises PsaUnavailable for one that cannot be read."""
    try:
        return records.picklist(fields, name)
    except InvalidRequest as error:
        raise PsaUnavailable(f"Autotask answers a picklist that we cannot read ({error})") from error


def _ids(tickets: Iterable[Record], field_name: str) -> set[str]:
    """Ids that cannot be read are left to whoever reads the ticket: the complaint belongs there."""
    found = set()
    for ticket in tickets:
        value = ticket.get(field_name)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            found.add(str(value))
    return found


def _contact(record: Record) -> tuple[str, PsaContact]:
    contact = records.contact(record)
    return contact.id, contact


def _company(record: Record) -> tuple[str, str]:
    """Company 0 is the MSP itself."""
    number = reading.optional_integer_id(record, "id", zero_is_an_id=True)
    if number is None:
        raise InvalidRequest("id: is missing")
    return number, reading.text(record, "companyName")


def _resource(record: Record) -> tuple[str, str]:
    member = records.member(record)
    return member.id, member.name
