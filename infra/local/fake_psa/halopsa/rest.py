"""HaloPSA's REST interface, as far as we use it: client credentials, paged lists, arrays even for one action."""

import html
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from werkzeug import Request, Response

from infra.local.fake_psa.access import SECRETS
from infra.local.fake_psa.answers import json_answer, page_of, read_time
from infra.local.fake_psa.faults import Fault
from infra.local.fake_psa.halopsa import records
from infra.local.fake_psa.halopsa.records import Json
from infra.local.fake_psa.setup import Setup
from infra.local.fake_psa.things import Ticket

TOKEN_LIFE = timedelta(hours=1)
WEBHOOK_ID = "c7a1b2c3-d4e5-4f60-8172-8394a5b6c7d8"
_TAG = re.compile(r"<[^>]*>")


class HaloRest:
    """`tokens_given` counts the tokens; `forget_tokens()` makes every token invalid, as a restart of Halo does."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self.tokens_given = 0
        self._tokens: dict[str, datetime] = {}
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Response]]] = [
            ("GET", re.compile(r"/api/Tickets"), self._tickets),
            ("GET", re.compile(r"/api/Tickets/(\d+)"), self._ticket),
            ("GET", re.compile(r"/api/Users/(\d+)"), self._user),
            ("GET", re.compile(r"/api/Agent"), self._agents),
            ("GET", re.compile(r"/api/TimesheetEvent"), self._timesheet),
            ("GET", re.compile(r"/api/Actions"), self._actions),
            ("POST", re.compile(r"/api/Actions"), self._add_actions),
            ("GET", re.compile(r"/api/Webhook"), self._webhooks),
        ]

    def forget_tokens(self) -> None:
        self._tokens.clear()

    def answer(self, request: Request) -> Response:
        if request.path == "/auth/token" and request.method == "POST":
            return self._token(request)
        if not self._is_let_in(request):
            return json_answer({"error": "invalid_token"}, 401)
        for method, path, handler in self._routes:
            found = path.fullmatch(request.path)
            if found is not None and method == request.method:
                return handler(request, *found.groups())
        return _not_found()

    def too_many(self, retry_after: str | None) -> Response:
        headers = {"Retry-After": retry_after} if retry_after is not None else None
        return json_answer({"error": "too many requests"}, 429, headers)

    # ── the token ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _token(self, request: Request) -> Response:
        wanted = {
            "grant_type": "client_credentials",
            "client_id": SECRETS["env:FAKE_HALO_CLIENT_ID"],
            "client_secret": SECRETS["env:FAKE_HALO_CLIENT_SECRET"],
        }
        if any(request.form.get(name) != value for name, value in wanted.items()):
            return json_answer({"error": "invalid_client"}, 400)
        self.tokens_given += 1
        token = f"fake-token-{self.tokens_given}"
        self._tokens[token] = self._setup.clock.now() + TOKEN_LIFE
        life = int(TOKEN_LIFE.total_seconds())
        return json_answer({"scope": "all", "token_type": "Bearer", "access_token": token, "expires_in": life})

    def _is_let_in(self, request: Request) -> bool:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        expires = self._tokens.get(token)
        return expires is not None and self._setup.clock.now() < expires

    # ── records ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _tickets(self, request: Request) -> Response:
        """Without an order the newest id comes first, as in the product."""
        faults, tenant = self._setup.faults, self._setup.tenant
        since, until = request.args.get("lastupdatefromdate"), request.args.get("lastupdatetodate")
        found = [ticket for ticket in tenant.tickets.values() if _within(ticket, since, until)]
        newest_first = request.args.get("order") != "id" or request.args.get("orderdesc") == "true"
        found.sort(key=lambda ticket: ticket.id, reverse=newest_first)
        number, size = int(request.args.get("page_no", 1)), int(request.args.get("page_size", 50))
        size = min(size, self._setup.largest_page)
        if faults.strikes(Fault.SMALL_PAGES, request.path):
            size = 2
        if faults.strikes(Fault.PAGE_LOOP, request.path):
            number = 1
        shown = page_of(found, number, size) if request.args.get("pageinate") == "true" else found
        if faults.strikes(Fault.EMPTY_LIST, request.path):
            shown = []
        with_agent = request.args.get("includeagent") == "true"
        rows = [records.ticket(tenant, ticket, include_agent=with_agent) for ticket in shown]
        return json_answer({"record_count": len(found), "page_no": number, "page_size": size, "tickets": rows})

    def _ticket(self, request: Request, ticket_id: str) -> Response:
        ticket = self._setup.tenant.tickets.get(int(ticket_id))
        if ticket is None:
            return _not_found()
        with_agent = request.args.get("includeagent") == "true"
        return json_answer(records.ticket(self._setup.tenant, ticket, include_agent=with_agent))

    def _user(self, _request: Request, contact_id: str) -> Response:
        contact = self._setup.tenant.contacts.get(int(contact_id))
        return _not_found() if contact is None else json_answer(records.user(self._setup.tenant, contact))

    def _agents(self, request: Request) -> Response:
        if self._setup.faults.strikes(Fault.EMPTY_LIST, request.path):
            return json_answer([])
        disabled_too = request.args.get("includedisabled") == "true"
        members = [member for member in self._setup.tenant.members.values() if member.active or disabled_too]
        return json_answer([records.agent(member) for member in members])

    def _timesheet(self, request: Request) -> Response:
        tenant = self._setup.tenant
        since, until = read_time(request.args["start_date"]), read_time(request.args["end_date"])
        found = [entry for entry in tenant.entries.values() if since <= (entry.start or entry.day) <= until]
        return json_answer([records.timesheet_event(tenant, entry) for entry in found])

    def _actions(self, request: Request) -> Response:
        tenant, wanted = self._setup.tenant, request.args.get("ticket_id")
        found = [event for event in tenant.history if event.ticket is not None and str(event.ticket.id) == wanted]
        return json_answer({"record_count": len(found), "actions": [records.action(tenant, event) for event in found]})

    def _add_actions(self, request: Request) -> Response:
        """Only the last action of several is returned."""
        tenant, body = self._setup.tenant, request.get_json(silent=True)
        if not isinstance(body, list) or not body:
            return json_answer({"error": "an array is expected"}, 400)
        answer: Json = {}
        for item in body:
            ticket = tenant.tickets.get(item.get("ticket_id", 0))
            if ticket is None:
                return _not_found()
            text = html.unescape(_TAG.sub("", str(item.get("note_html", "")).replace("<br>", "\n")))
            at = max(self._setup.clock.now(), ticket.updated_at)
            hidden = item.get("hiddenfromuser") is True
            event = tenant.add_note(ticket.id, at, text, by=tenant.api_member.login, internal=hidden)
            self._setup.happened(event)
            answer = records.action(tenant, event)
        return json_answer(answer, 201)

    def _webhooks(self, _request: Request) -> Response:
        registration = self._setup.registration
        row = {
            "id": WEBHOOK_ID,
            "name": "tickets",
            "url": registration.url,
            "active": True,
            "disabled": not registration.active,
            "last_status": 200 if registration.active else 500,
        }
        return json_answer([row] if registration.present else [])


def _within(ticket: Ticket, since: str | None, until: str | None) -> bool:
    updated = ticket.updated_at
    return (since is None or updated >= read_time(since)) and (until is None or updated <= read_time(until))


def _not_found() -> Response:
    return json_answer({"ClassName": "NotFound", "Message": "not found"}, 404)
