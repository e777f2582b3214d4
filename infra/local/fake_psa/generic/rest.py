"""The generic REST interface of docs/generic-rest.md: single records, lists with a cursor, a feed of all changes."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from werkzeug import Request, Response

from infra.local.fake_psa.access import SECRETS
from infra.local.fake_psa.answers import json_answer, read_time
from infra.local.fake_psa.faults import Fault
from infra.local.fake_psa.generic import records
from infra.local.fake_psa.generic.records import Json
from infra.local.fake_psa.setup import Setup
from infra.local.fake_psa.things import TimeEntry

_ROOT = "/api"
_DEFAULT_PAGE = 100

Place = tuple[int, int]
Row = tuple[Place, Json]
"""A place in the list's order, and the record there."""

_START: Place = (0, 0)


class GenericRest:
    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Response]]] = [
            (method, re.compile(_ROOT + path), handler)
            for method, path, handler in (
                ("GET", r"/tickets/(\d+)", self._ticket),
                ("GET", r"/changes", self._changes),
                ("POST", r"/tickets/(\d+)/notes", self._add_note),
                ("GET", r"/contacts/(\d+)", self._contact),
                ("GET", r"/members", self._members),
                ("GET", r"/time-entries", self._time_entries),
                ("GET", r"/webhook", self._webhook),
            )
        ]

    def answer(self, request: Request) -> Response:
        if request.headers.get("Authorization") != f"Bearer {SECRETS['env:FAKE_GENERIC_TOKEN']}":
            return json_answer({"error": "unauthenticated"}, 401)
        for method, path, handler in self._routes:
            found = path.fullmatch(request.path)
            if found is not None and method == request.method:
                return handler(request, *found.groups())
        return _not_found()

    def too_many(self, retry_after: str | None) -> Response:
        headers = {"Retry-After": retry_after} if retry_after is not None else None
        return json_answer({"error": "too_many_requests"}, 429, headers)

    def _ticket(self, _request: Request, ticket_id: str) -> Response:
        ticket = self._setup.tenant.tickets.get(int(ticket_id))
        return _not_found() if ticket is None else json_answer(records.ticket(self._setup.tenant, ticket))

    def _changes(self, request: Request) -> Response:
        """Every version that a ticket had, oldest first: what came and went between two sweeps is here too."""
        tenant, since = self._setup.tenant, read_time(request.args["since"])
        rows = [
            ((int(event.at.timestamp() * 1_000_000), event.number), records.ticket(tenant, event.ticket))
            for event in tenant.history
            if event.ticket is not None and event.ticket.id in tenant.tickets and event.at >= since
        ]
        return self._page(request, rows, "changes")

    def _add_note(self, request: Request, ticket_id: str) -> Response:
        tenant, body = self._setup.tenant, request.get_json(silent=True)
        ticket = tenant.tickets.get(int(ticket_id))
        if ticket is None:
            return _not_found()
        if not isinstance(body, dict) or not isinstance(body.get("text"), str):
            return json_answer({"error": "text_is_missing"}, 400)
        at = max(self._setup.clock.now(), ticket.updated_at)
        internal = body.get("internal") is not False
        event = tenant.add_note(ticket.id, at, body["text"], by=tenant.api_member.login, internal=internal)
        self._setup.happened(event)
        assert event.note is not None  # noqa: S101 - a note was made
        return json_answer({"id": event.note.id}, 201)

    def _contact(self, _request: Request, contact_id: str) -> Response:
        contact = self._setup.tenant.contacts.get(int(contact_id))
        return _not_found() if contact is None else json_answer(records.contact(contact))

    def _members(self, request: Request) -> Response:
        members = self._setup.tenant.members.values()
        return self._page(request, [((member.id, 0), records.member(member)) for member in members], "members")

    def _time_entries(self, request: Request) -> Response:
        since, until = read_time(request.args["since"]), read_time(request.args["until"])
        entries = self._setup.tenant.entries.values()
        rows = [((entry.id, 0), records.time_entry(entry)) for entry in entries if _worked_within(entry, since, until)]
        return self._page(request, rows, "time_entries")

    def _webhook(self, _request: Request) -> Response:
        registration = self._setup.registration
        return json_answer({"registered": registration.present, "active": registration.active})

    def _page(self, request: Request, rows: Sequence[Row], name: str) -> Response:
        faults = self._setup.faults
        size = min(int(request.args.get("limit", _DEFAULT_PAGE)), self._setup.largest_page)
        if faults.strikes(Fault.SMALL_PAGES, request.path):
            size = 2
        looping = faults.strikes(Fault.PAGE_LOOP, request.path)
        after = _START if looping else _place(request.args.get("after", ""))
        rows = sorted((row for row in rows if row[0] > after), key=lambda row: row[0])
        page = rows[:size]
        following = "{}.{}".format(*page[-1][0]) if page and (looping or len(rows) > size) else None
        shown = [] if faults.strikes(Fault.EMPTY_LIST, request.path) else [record for _, record in page]
        return json_answer({name: shown, "next": following})


def _place(cursor: str) -> Place:
    first, _, second = cursor.partition(".")
    return (int(first), int(second)) if cursor else _START


def _worked_within(entry: TimeEntry, since: datetime, until: datetime) -> bool:
    if entry.start is not None:
        return since <= entry.start < until
    return entry.day < until and entry.day + timedelta(days=1) > since


def _not_found() -> Response:
    return json_answer({"error": "not_found"}, 404)
