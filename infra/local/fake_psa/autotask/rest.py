"""Autotask's REST interface, as far as we use it: POST queries, `nextPageUrl`, picklists, the shared threshold."""

import json
import re
from collections.abc import Callable, Sequence
from urllib.parse import quote

from werkzeug import Request, Response

from infra.local.fake_psa.access import SECRETS
from infra.local.fake_psa.answers import json_answer
from infra.local.fake_psa.autotask import records
from infra.local.fake_psa.autotask.query import matcher
from infra.local.fake_psa.autotask.records import Json
from infra.local.fake_psa.faults import Fault
from infra.local.fake_psa.setup import Setup

_ROOT = re.compile(r"/atservicesrest/v1\.0", re.IGNORECASE)
WEBHOOK_ID = 31


class AutotaskRest:
    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        tenant = setup.tenant
        self._entities: dict[str, Callable[[], Sequence[Json]]] = {
            "Tickets": lambda: [records.ticket(tenant, ticket) for ticket in tenant.tickets.values()],
            "Companies": lambda: [records.company(company) for company in tenant.companies.values()],
            "Contacts": lambda: [records.contact(contact) for contact in tenant.contacts.values()],
            "Resources": lambda: [records.resource(member) for member in tenant.members.values()],
            "TimeEntries": lambda: [records.time_entry(entry) for entry in tenant.entries.values()],
            "TicketNotes": lambda: [records.note(note) for note in tenant.notes.values()],
            "TicketWebhooks": self._webhooks,
        }
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Response]]] = [
            ("POST", re.compile(r"/(\w+)/query(?:/next)?"), self._query),
            ("POST", re.compile(r"/(\w+)/query/count"), self._count),
            ("GET", re.compile(r"/ThresholdInformation"), self._threshold),
            ("GET", re.compile(r"/(Tickets|TicketNotes)/entityInformation/fields"), self._fields),
            ("POST", re.compile(r"/Tickets/(\d+)/Notes"), self._add_note),
            ("GET", re.compile(r"/(\w+)/(\d+)"), self._item),
        ]

    def answer(self, request: Request) -> Response:
        if not _is_let_in(request):
            return _error("The API integration code or the user's key is not valid.", 401)
        path = _ROOT.sub("", request.path, count=1)
        for method, pattern, handler in self._routes:
            found = pattern.fullmatch(path)
            if found is not None and method == request.method:
                return handler(request, *found.groups())
        return _error("No such endpoint.", 404)

    def too_many(self, retry_after: str | None) -> Response:
        headers = {"Retry-After": retry_after} if retry_after is not None else None
        return json_answer({"errors": ["The API threshold of this database has been exceeded."]}, 429, headers)

    # ── queries ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _query(self, request: Request, entity: str) -> Response:
        refusal = self._refusal(entity)
        if refusal is not None:
            return refusal
        try:
            query = _query_of(request)
            rows = self._matching(entity, query)
        except ValueError as error:
            return _error(str(error), 500)
        return self._page(request, entity, query, rows)

    def _count(self, request: Request, entity: str) -> Response:
        try:
            return self._refusal(entity) or json_answer({"queryCount": len(self._matching(entity, _query_of(request)))})
        except ValueError as error:
            return _error(str(error), 500)

    def _matching(self, entity: str, query: Json) -> list[Json]:
        matches = matcher(query.get("filter"))
        return sorted((row for row in self._entities[entity]() if matches(row)), key=_id)

    def _page(self, request: Request, entity: str, query: Json, rows: list[Json]) -> Response:
        """The next page begins after an id: rows that come or go meanwhile move nothing."""
        faults = self._setup.faults
        asked = query.get("MaxRecords", self._setup.largest_page)
        size = min(asked if isinstance(asked, int) else self._setup.largest_page, self._setup.largest_page)
        if faults.strikes(Fault.SMALL_PAGES, request.path):
            size = 2
        after = json.loads(request.args.get("paging", "{}")).get("nextId", 0)
        looping = faults.strikes(Fault.PAGE_LOOP, request.path)
        after = 0 if looping else after
        rows = [row for row in rows if _id(row) > after]
        page, rest = rows[:size], rows[size:]
        if faults.strikes(Fault.EMPTY_LIST, request.path):
            page, counted = [], len(page)
        else:
            counted = len(page)
        next_url = None
        if page and (rest or looping):
            origin = request.host_url.rstrip("/")
            if faults.strikes(Fault.FOREIGN_NEXT_LINK, request.path):
                origin = "https://elsewhere.test"
            paging = quote(json.dumps({"pageSize": size, "nextId": 0 if looping else _id(page[-1])}))
            next_url = f"{origin}/ATServicesRest/V1.0/{entity}/query/next?paging={paging}"
        wanted = query.get("IncludeFields")
        if isinstance(wanted, list):
            page = [{name: value for name, value in row.items() if name in wanted} for row in page]
        details = {"count": counted, "requestCount": size, "prevPageUrl": None, "nextPageUrl": next_url}
        return json_answer({"items": page, "pageDetails": details})

    # ── single things ─────────────────────────────────────────────────────────────────────────────────────────────

    def _item(self, _request: Request, entity: str, item_id: str) -> Response:
        refusal = self._refusal(entity)
        if refusal is not None:
            return refusal
        found = next((row for row in self._entities[entity]() if row["id"] == int(item_id)), None)
        return json_answer({"item": found})

    def _fields(self, _request: Request, entity: str) -> Response:
        return json_answer(records.ticket_fields(self._setup.tenant) if entity == "Tickets" else records.note_fields())

    def _threshold(self, _request: Request) -> Response:
        limit = self._setup.limit
        return json_answer(
            {
                "externalRequestThreshold": limit.requests if limit else 10_000,
                "requestThresholdTimeframe": 60,
                "currentTimeframeRequestCount": limit.used if limit else 0,
            }
        )

    def _add_note(self, request: Request, ticket_id: str) -> Response:
        tenant = self._setup.tenant
        ticket = tenant.tickets.get(int(ticket_id))
        body = request.get_json(silent=True)
        if ticket is None:
            return _error("The parent ticket does not exist.", 500)
        needed = ("title", "description", "noteType", "publish")
        if not isinstance(body, dict) or any(not body.get(name) for name in needed):
            return _error("Missing Required Field.", 500)
        at = max(self._setup.clock.now(), ticket.updated_at)
        event = tenant.add_note(
            ticket.id, at, str(body["description"]), by=tenant.api_member.login, internal=body["publish"] == 2
        )
        self._setup.happened(event)
        assert event.note is not None  # noqa: S101 - a note was made
        return json_answer({"itemId": event.note.id})

    def _webhooks(self) -> Sequence[Json]:
        registration = self._setup.registration
        row: Json = {
            "id": WEBHOOK_ID,
            "isActive": registration.active,
            "isReady": True,
            "name": "tickets",
            "webhookUrl": registration.url,
            "webhookGUID": "9b1d2c3e-4f50-4a61-8b72-93a4b5c6d7e8",
        }
        return [row] if registration.present else []

    def _refusal(self, entity: str) -> Response | None:
        if entity not in self._entities:
            return _error("No such entity.", 404)
        if entity in self._setup.denied:
            return _error(
                "The logged in Resource does not have the adequate permissions to query this entity type.", 500
            )
        return None


def _query_of(request: Request) -> Json:
    query = request.get_json(silent=True)
    if not isinstance(query, dict):
        raise ValueError("a query needs a JSON body")  # noqa: TRY004 - one error for all that cannot be read
    return query


def _id(row: Json) -> int:
    value = row["id"]
    return value if isinstance(value, int) else 0


def _is_let_in(request: Request) -> bool:
    given = tuple(request.headers.get(name, "") for name in ("ApiIntegrationCode", "UserName", "Secret"))
    wanted = ("env:FAKE_AT_INTEGRATION_CODE", "env:FAKE_AT_USERNAME", "env:FAKE_AT_SECRET")
    return given == tuple(SECRETS[name] for name in wanted)


def _error(message: str, status: int) -> Response:
    return json_answer({"errors": [message]}, status)
