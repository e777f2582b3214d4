"""ConnectWise's REST interface, as far as we use it: conditions, `Link` headers, Basic plus clientId, its odd 404."""

import base64
import re
from collections.abc import Callable, Sequence
from urllib.parse import urlencode

from werkzeug import Request, Response

from infra.local.fake_psa.access import COMPANY, SECRETS
from infra.local.fake_psa.answers import json_answer, page_of
from infra.local.fake_psa.connectwise import records
from infra.local.fake_psa.connectwise.conditions import matcher, value_at
from infra.local.fake_psa.connectwise.records import Json
from infra.local.fake_psa.faults import Fault
from infra.local.fake_psa.setup import Setup
from infra.local.fake_psa.things import Ticket

_ROOT = "/v4_6_release/apis/3.0"
_DEFAULT_PAGE = 25
CALLBACK_ID = 31501


class ConnectWiseRest:
    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Response]]] = [
            (method, re.compile(_ROOT + path), handler)
            for method, path, handler in (
                ("GET", r"/(service|project)/tickets", self._tickets),
                ("GET", r"/(service|project)/tickets/(\d+)", self._ticket),
                ("GET", r"/(?:service|project)/tickets/(\d+)/notes", self._notes),
                ("POST", r"/(?:service|project)/tickets/(\d+)/notes", self._add_note),
                ("GET", r"/company/contacts/(\d+)", self._contact),
                ("GET", r"/system/members", self._members),
                ("GET", r"/time/entries", self._time_entries),
                ("GET", r"/system/callbacks", self._callbacks),
                ("GET", r"/system/info", lambda _request: json_answer({"version": "v2025.1", "isCloud": True})),
            )
        ]

    def answer(self, request: Request) -> Response:
        if not _is_let_in(request):
            return _not_found()  # the cloud answers so when the keys are wrong
        for method, path, handler in self._routes:
            found = path.fullmatch(request.path)
            if found is not None and method == request.method:
                return handler(request, *found.groups())
        return _not_found()

    def too_many(self, retry_after: str | None) -> Response:
        wait = retry_after or "some"
        body = {
            "error": "ConnectWiseAPI",
            "message": f"Too many requests. Please try again in {wait} seconds.",
        }
        return json_answer(body, 429, {"Retry-After": retry_after} if retry_after is not None else None)

    # ── records ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _tickets(self, request: Request, kind: str) -> Response:
        tenant = self._setup.tenant
        rows = [
            records.ticket(tenant, ticket)
            for ticket in tenant.tickets.values()
            if ticket.is_project == (kind == "project")
        ]
        return self._page(request, rows)

    def _ticket(self, _request: Request, kind: str, ticket_id: str) -> Response:
        ticket = self._setup.tenant.tickets.get(int(ticket_id))
        if ticket is None or ticket.is_project != (kind == "project"):
            return _not_found()
        return json_answer(records.ticket(self._setup.tenant, ticket))

    def _contact(self, _request: Request, contact_id: str) -> Response:
        contact = self._setup.tenant.contacts.get(int(contact_id))
        return _not_found() if contact is None else json_answer(records.contact(self._setup.tenant, contact))

    def _members(self, request: Request) -> Response:
        return self._page(request, [records.member(member) for member in self._setup.tenant.members.values()])

    def _time_entries(self, request: Request) -> Response:
        tenant = self._setup.tenant
        return self._page(request, [records.time_entry(tenant, entry) for entry in tenant.entries.values()])

    def _notes(self, request: Request, ticket_id: str) -> Response:
        tenant = self._setup.tenant
        of_ticket = [note for note in tenant.notes.values() if note.ticket_id == int(ticket_id)]
        return self._page(request, [records.note(tenant, note) for note in of_ticket])

    def _add_note(self, request: Request, ticket_id: str) -> Response:
        ticket: Ticket | None = self._setup.tenant.tickets.get(int(ticket_id))
        body = request.get_json(silent=True)
        if ticket is None:
            return _not_found()
        if not isinstance(body, dict) or not body.get("text"):
            return _invalid("The text field is required.")
        event = self._setup.tenant.add_note(
            ticket.id,
            max(self._setup.clock.now(), ticket.updated_at),
            str(body["text"]),
            by=self._setup.tenant.api_member.login,
            internal=body.get("internalAnalysisFlag") is True,
        )
        self._setup.happened(event)
        assert event.note is not None  # noqa: S101 - a note was made
        return json_answer(records.note(self._setup.tenant, event.note), 201)

    def _callbacks(self, request: Request) -> Response:
        registration = self._setup.registration
        row: Json = {
            "id": CALLBACK_ID,
            "description": "tickets",
            "url": f"{registration.url}?recordId=",
            "objectId": 1,
            "type": "ticket",
            "level": "owner",
            "memberId": self._setup.tenant.api_member.id,
            "payloadVersion": "3.0.0",
            "inactiveFlag": not registration.active,
            "isSelfSuppressedFlag": False,
        }
        return self._page(request, [row] if registration.present else [])

    # ── pages ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _page(self, request: Request, rows: Sequence[Json]) -> Response:
        faults = self._setup.faults
        try:
            matches = matcher(request.args.get("conditions", ""))
            size = min(int(request.args.get("pageSize", _DEFAULT_PAGE)), self._setup.largest_page)
            number = int(request.args.get("page", 1))
        except ValueError as error:
            return _invalid(str(error))
        rows = _ordered([row for row in rows if matches(row)], request.args.get("orderBy", ""))
        if faults.strikes(Fault.EMPTY_LIST, request.path):
            rows = []
        if faults.strikes(Fault.SMALL_PAGES, request.path):
            size = 2
        last = max(1, -(-len(rows) // size))
        looping = faults.strikes(Fault.PAGE_LOOP, request.path)
        number = 1 if looping else number
        links = []
        if number < last or looping:
            links = [(1 if looping else number + 1, "next"), (last, "last")]
        foreign = faults.strikes(Fault.FOREIGN_NEXT_LINK, request.path)
        origin = "https://elsewhere.test" if foreign else request.host_url.rstrip("/")
        base = f"{origin}{request.path}"
        given = {name: value for name, value in request.args.items() if name != "page"}
        header = ", ".join(f'<{base}?{urlencode({**given, "page": page})}>; rel="{rel}"' for page, rel in links)
        return json_answer(list(page_of(rows, number, size)), headers={"Link": header} if header else None)


def _ordered(rows: list[Json], order: str) -> list[Json]:
    """`field asc` or `field desc`, several with commas; by id where nothing is said."""
    rows = sorted(rows, key=lambda row: str(row["id"]).zfill(20))
    for part in reversed([part.split() for part in order.split(",") if part.strip()]):
        field, downwards = part[0], part[-1].lower() == "desc"
        rows.sort(key=lambda row, field=field: _sortable(value_at(row, field)), reverse=downwards)  # type: ignore[misc]
    return rows


def _sortable(value: object) -> str:
    return str(value).zfill(20) if isinstance(value, int) else str(value or "")


def _is_let_in(request: Request) -> bool:
    user = f"{COMPANY}+{SECRETS['env:FAKE_CW_PUBLIC_KEY']}:{SECRETS['env:FAKE_CW_PRIVATE_KEY']}"
    expected = "Basic " + base64.b64encode(user.encode()).decode()
    given = (request.headers.get("Authorization", ""), request.headers.get("clientId", ""))
    return given == (expected, SECRETS["env:FAKE_CW_CLIENT_ID"])


def _not_found() -> Response:
    return json_answer({"code": "NotFound", "message": "The requested resource was not found.", "errors": None}, 404)


def _invalid(message: str) -> Response:
    return json_answer({"code": "InvalidObject", "message": message, "errors": []}, 400)
