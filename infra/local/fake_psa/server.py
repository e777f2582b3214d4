"""One fake PSA: a tenant, one vendor's REST interface over it (a WSGI app) and the webhooks that its changes raise.

    psa = FakePsa("connectwise", clock)
    company = psa.tenant.add_company("Northwind Dental")
    dana = psa.tenant.add_contact("Dana Fox", "dana.fox@northwind.example", company)
    psa.tenant.add_member("Robin Vega")
    change = psa.create_ticket(clock.now(), title="VPN drops", contact=dana)
    psa.change_ticket(change.ticket_id, clock.now(), by="RVega", status="In Progress", owner="RVega")

Everything happens at the times that are passed in; the clock says what "now" is for REST calls.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, TypedDict, Unpack

import requests
from werkzeug import Request, Response
from werkzeug.http import http_date

from infra.local.fake_psa import access
from infra.local.fake_psa.answers import json_answer
from infra.local.fake_psa.autotask.rest import AutotaskRest
from infra.local.fake_psa.connectwise.rest import ConnectWiseRest
from infra.local.fake_psa.faults import Fault, Faults
from infra.local.fake_psa.generic.rest import GenericRest
from infra.local.fake_psa.halopsa.rest import HaloRest
from infra.local.fake_psa.limits import RequestLimit
from infra.local.fake_psa.setup import Registration, Setup
from infra.local.fake_psa.tenant import Tenant
from infra.local.fake_psa.things import Company, Contact, Event
from infra.local.fake_psa.webhooks import Delivery, Webhooks
from infra.local.wsgi_transport import WsgiTransport
from shared.config.settings import Autotask, ConnectWise, Generic, HaloPsa
from shared.ports import Clock

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_PROXY_PAGE = b"<!DOCTYPE html><html><body><h1>We will be right back</h1></body></html>"
_TOO_LARGE = 8 * 1024 * 1024 + 1

_LARGEST_PAGES = {"connectwise": 1000, "autotask": 500, "halopsa": 100, "generic": 500}
_LIMITS = {
    "connectwise": (1000, timedelta(minutes=1)),  # Developer Guide: over 1,000 a minute is likely to be limited
    "autotask": (10_000, timedelta(hours=1)),  # per customer database, all integrations together
}
_PAGES = frozenset(("tickets", "changes", "members", "entries", "time-entries", "agent", "timesheetevent"))


class TicketFields(TypedDict, total=False):
    """What a new ticket may say beside its title and contact. `by` and `owner` are logins."""

    company: Company | None
    by: str
    status: str
    priority: str
    board: str
    owner: str | None
    vendor_reference: str
    description: str
    is_project: bool


class TimeFields(TypedDict, total=False):
    """What a time entry may say. Either `hours`, or `start` and `end` (all in UTC)."""

    ticket_id: int | None
    start: datetime | None
    end: datetime | None
    hours: float | None
    billable: bool
    note: str


@dataclass(frozen=True, slots=True)
class Change:
    """One change, with the deliveries that it raised: none while the webhook is off. The outbox has them too."""

    event: Event
    deliveries: tuple[Delivery, ...]

    @property
    def ticket_id(self) -> int:
        """Raises ValueError for a change without a ticket: time that was logged on none."""
        if self.event.ticket is None:
            raise ValueError("this change is about no ticket")
        return self.event.ticket.id


class Rest(Protocol):
    def answer(self, request: Request) -> Response: ...
    def too_many(self, retry_after: str | None) -> Response: ...


class FakePsa:
    """`kind` is connectwise, autotask, halopsa or generic; `payload` is how Halo sends: full, eventonly or batch.

    The same `seed` gives the same message ids and the same delays of the webhooks. `largest_page` cuts the product's
    own page size, so that a test needs few rows for many pages.
    """

    def __init__(
        self,
        kind: access.Kind,
        clock: Clock,
        *,
        seed: int = 1,
        payload: str = "full",
        largest_page: int | None = None,
        tenant: Tenant | None = None,
    ) -> None:
        self.kind = kind
        self.clock = clock
        self.tenant = tenant or Tenant()
        self.faults = Faults()
        self.registration = Registration()
        limit = _LIMITS.get(kind)
        self.setup = Setup(
            tenant=self.tenant,
            clock=clock,
            faults=self.faults,
            registration=self.registration,
            limit=RequestLimit(*limit, clock.now) if limit else None,
            largest_page=largest_page or _LARGEST_PAGES[kind],
            happened=self._raise_webhooks,
            denied=set(),
        )
        self.webhooks = Webhooks(kind, self.setup, seed=seed, payload=payload)
        self.rest = _rest(kind, self.setup)
        self.requests: list[tuple[str, str]] = []
        """Method and path of every REST call, for looking at afterwards."""
        self._lock = threading.RLock()

    # ── what people do ────────────────────────────────────────────────────────────────────────────────────────────

    def create_ticket(
        self, at: datetime, *, title: str, contact: Contact | None, **fields: Unpack[TicketFields]
    ) -> Change:
        return self._changed(self.tenant.create_ticket(at, title=title, contact=contact, **fields))

    def change_ticket(self, ticket_id: int, at: datetime, *, by: str, **fields: object) -> Change:
        """See `Tenant.change_ticket` for the fields."""
        return self._changed(self.tenant.change_ticket(ticket_id, at, by=by, **fields))

    def delete_ticket(self, ticket_id: int, at: datetime, *, by: str) -> Change:
        return self._changed(self.tenant.delete_ticket(ticket_id, at, by=by))

    def add_note(self, ticket_id: int, at: datetime, text: str, *, by: str, internal: bool = True) -> Change:
        return self._changed(self.tenant.add_note(ticket_id, at, text, by=by, internal=internal))

    def log_time(self, at: datetime, *, by: str, **fields: Unpack[TimeFields]) -> Change:
        """`at` is the time of entry, which may be days after the work. See `Tenant.log_time`."""
        return self._changed(self.tenant.log_time(at, by=by, **fields))

    # ── how we reach it ───────────────────────────────────────────────────────────────────────────────────────────

    @property
    def base_url(self) -> str:
        return access.base_url(self.kind)

    def system_settings(self) -> ConnectWise | Autotask | HaloPsa | Generic:
        """Return the `system` section for a connection to this fake; `access.secret` looks its references up."""
        return access.system_settings(self.kind, self.tenant.api_member.id, self.tenant.api_member.login)

    def session(self) -> requests.Session:
        """Return a session whose calls to `base_url` end here, in process."""
        session = requests.Session()
        origin = "/".join(self.base_url.split("/")[:3])
        session.mount(f"{origin}/", WsgiTransport(self.wsgi))
        return session

    def wsgi(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """The WSGI app. Raises OSError where a fault breaks the connection; a real server then drops it."""
        request = Request(environ)
        with self._lock:
            response = self._answer(request)
        response.headers["Date"] = http_date(self.clock.now())
        return response(environ, start_response)

    # ── inside ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _changed(self, event: Event) -> Change:
        return Change(event, tuple(self.webhooks.add(event)))

    def _raise_webhooks(self, event: Event) -> None:
        self.webhooks.add(event)

    def _answer(self, request: Request) -> Response:
        self.requests.append((request.method, request.path))
        faults, path = self.faults, request.path
        if faults.strikes(Fault.UNREACHABLE, path):
            raise ConnectionRefusedError("the fake PSA is switched off")
        if faults.strikes(Fault.SLOW, path):
            raise TimeoutError("the fake PSA takes its time")
        for fault, answer in self._instead():
            if faults.strikes(fault, path):
                return answer()
        if self.setup.limit is not None and not self.setup.limit.admits():
            return self.rest.too_many(faults.retry_after)
        response = self.rest.answer(request)
        if faults.strikes(Fault.LOST_ANSWER, path):
            raise ConnectionResetError("the connection broke after the request")
        if faults.after_page is not None and _is_page(request):
            faults.after_page()
        return self._spoilt(response, path)

    def _instead(self) -> tuple[tuple[Fault, Callable[[], Response]], ...]:
        return (
            (Fault.DOWN, lambda: Response(_PROXY_PAGE, status=503, content_type="text/html")),
            (Fault.SERVER_ERROR, lambda: json_answer({"error": "internal"}, 500)),
            (Fault.RATE_LIMITED, lambda: self.rest.too_many(self.faults.retry_after)),
            (Fault.DENIED, lambda: json_answer({"error": "forbidden"}, 403)),
            (Fault.BAD_REQUEST, lambda: json_answer({"message": "The request is invalid."}, 400)),
            (Fault.NO_SUCH_PATH, lambda: json_answer({"message": "Not found."}, 404)),
            (Fault.REDIRECT, lambda: Response(status=302, headers={"Location": "https://elsewhere.test/login"})),
        )

    def _spoilt(self, response: Response, path: str) -> Response:
        if self.faults.strikes(Fault.HTML, path):
            return Response(_PROXY_PAGE, status=200, content_type="text/html")
        if self.faults.strikes(Fault.TRUNCATED, path):
            whole = response.get_data()
            response.set_data(whole[: max(1, len(whole) // 2)])
        if self.faults.strikes(Fault.NULL, path):
            response.set_data(b"null")
        if self.faults.strikes(Fault.HUGE, path):
            response.set_data(b" " * _TOO_LARGE + response.get_data())
        return response


def _is_page(request: Request) -> bool:
    """A page of a list, in any of the four shapes."""
    last = request.path.rstrip("/").rsplit("/", 1)[-1].lower()
    return last in _PAGES if request.method == "GET" else last in ("query", "next")


def _rest(kind: access.Kind, setup: Setup) -> Rest:
    if kind == "connectwise":
        return ConnectWiseRest(setup)
    if kind == "autotask":
        return AutotaskRest(setup)
    if kind == "halopsa":
        return HaloRest(setup)
    return GenericRest(setup)
