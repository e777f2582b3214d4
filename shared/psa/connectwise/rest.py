"""ConnectWise's REST interface. Source: ConnectWise Developer Guide; API 2025.1.

Tickets lie in two places, `/service/tickets` and `/project/tickets`; a callback tells of both: both are read here.
Wrong credentials can be answered with 404, so "no such ticket" is believed only after another call was let in.
"""

import base64
import heapq
import itertools
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import requests

from shared.config.settings import ConnectWise
from shared.edge.call_log import note
from shared.errors import PsaAccessDenied, PsaOutcomeUnknown, PsaUnavailable
from shared.psa import reading
from shared.psa.call_budget import BudgetSpent, CallBudget
from shared.psa.connectwise import records
from shared.psa.facts import (
    PsaContact,
    PsaMember,
    PsaTicket,
    PsaTimeEntry,
    RegistrationState,
    WebhookRegistration,
)
from shared.psa.paging import Onward, readable, rows, sense
from shared.psa.record_ids import is_whole_number, whole_number
from shared.psa.registration import is_our_url
from shared.psa.rest import Answer, Product, PsaNotFound, RestApi

PAGE_SIZE = 250
"""ConnectWise allows 1,000; a ticket has about 4 kB, and an answer must stay well below the size cap."""

_PRODUCT = Product(
    name="ConnectWise",
    check=(
        "Check company, public_key, private_key and client_id, that base_url is this company's API address, and that "
        "the API member's role may read service tickets, contacts, members, time entries and callbacks."
    ),
)
_PATHS = ("/service/tickets", "/project/tickets")
_CODEBASE, _API = "/v4_6_release", "/apis/3.0"
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="?next"?', re.IGNORECASE)


class ConnectWiseClient:
    """One ConnectWise company. Keys are looked up before each call, so that a rotated one needs no restart."""

    def __init__(
        self,
        settings: ConnectWise,
        secret: Callable[[str], str],
        session: requests.Session | None = None,
        *,
        page_size: int = PAGE_SIZE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._secret = secret
        self._page_size = page_size
        self._api = RestApi(
            _PRODUCT, _api_address(settings.base_url), self._credentials, session=session, monotonic=monotonic
        )

    # ── single records ────────────────────────────────────────────────────────────────────────────────────────────

    def ticket(self, ticket_id: str) -> PsaTicket | None:
        if not is_whole_number(ticket_id):
            return None
        answer = self._find_ticket(ticket_id)
        if answer is None:
            return None
        ticket = sense(answer.body, records.ticket, _PRODUCT.name)
        if ticket.id != ticket_id:
            raise PsaUnavailable("ConnectWise answered another ticket than was asked for")
        return ticket

    def contact(self, contact_id: str) -> PsaContact | None:
        if not is_whole_number(contact_id):
            return None
        answer = self._api.find(f"/company/contacts/{contact_id}")
        if answer is None:
            self._prove_access()
            return None
        return sense(answer.body, records.contact, _PRODUCT.name)

    # ── lists ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def tickets_changed_since(self, since: datetime, *, max_calls: int) -> Iterator[PsaTicket]:
        """Yield changed tickets, oldest change first. Needs two calls at least, one for each kind of ticket.

        Project tickets are left out where our role may not read them; the log line says so.
        """
        api = self._api.within(CallBudget(max_calls))
        streams = (self._changed(api, _PATHS[0], since), self._project_changes(api, since))
        seen: set[PsaTicket] = set()
        try:
            for ticket in heapq.merge(*streams, key=lambda ticket: ticket.updated_at):
                if ticket not in seen:
                    seen.add(ticket)
                    yield ticket
        except BudgetSpent:
            if not seen:
                raise PsaUnavailable("ConnectWise: sweep_max_calls is too small to read anything; raise it") from None

    def time_entries(self, since: datetime, until: datetime) -> Iterator[PsaTimeEntry]:
        conditions = (f"timeStart>=[{_second(since)}]", f"timeStart<[{_second(until)}]")
        for page in self._by_id("/time/entries", conditions):
            for entry in readable(page, records.time_entry, _PRODUCT.name):
                if entry.start is not None and since <= entry.start < until:
                    yield entry

    def members(self) -> Iterator[PsaMember]:
        nobody = True
        for page in self._by_id("/system/members", ()):
            for member in readable(page, records.member, _PRODUCT.name):
                nobody = False
                yield member
        if nobody:
            raise PsaUnavailable("ConnectWise answered that it has no members, but we are one")

    # ── what we change ────────────────────────────────────────────────────────────────────────────────────────────

    def add_note(self, ticket_id: str, text: str, *, internal: bool) -> str:
        """Add to the discussion or, `internal`, to the internal analysis. ConnectWise mails nobody about it."""
        record = {
            "text": text,
            "detailDescriptionFlag": not internal,
            "internalAnalysisFlag": internal,
            "resolutionFlag": False,
            "customerUpdatedFlag": False,
            "processNotifications": False,
        }
        service, project = (f"{path}/{whole_number(ticket_id)}/notes" for path in _PATHS)
        try:
            answer = self._api.change(service, record)
        except PsaNotFound:
            self._prove_access()
            answer = self._api.change(project, record)
        note_id = answer.body.get("id") if reading.is_record(answer.body) else None
        if note_id is None:
            raise PsaOutcomeUnknown("ConnectWise took the note but did not say under which id")
        return str(note_id)

    def webhook_registration(self) -> WebhookRegistration:
        """Look at our callbacks for tickets. ConnectWise switches one off after three days of failures in a row."""
        found = [
            callback
            for page in self._by_id("/system/callbacks", ('type="ticket"',))
            for callback in readable(page, dict, _PRODUCT.name)
            if is_our_url(callback.get("url"))
        ]
        if not found:
            return WebhookRegistration(
                state=RegistrationState.MISSING,
                detail="ConnectWise has no ticket callback to psa_webhook. Register one: POST /system/callbacks with "
                "type ticket, level owner, objectId 1 and the URL of psa_webhook.",
            )
        active = [callback for callback in found if callback.get("inactiveFlag") is False]
        if not active:
            number = reading.optional_label(found[0], "id") or "?"
            return WebhookRegistration(
                state=RegistrationState.SWITCHED_OFF,
                detail=f"ConnectWise has switched callback {number} off, as it does after three days of failures. Find "
                f"out why it failed, then PATCH /system/callbacks/{number}: replace inactiveFlag with false.",
            )
        return WebhookRegistration(state=RegistrationState.ACTIVE, detail="")

    # ── inside ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _credentials(self) -> Mapping[str, str]:
        settings, secret = self._settings, self._secret
        user = f"{settings.company}+{secret(settings.public_key)}:{secret(settings.private_key)}"
        return {
            "Authorization": "Basic " + base64.b64encode(user.encode()).decode(),
            "clientId": secret(settings.client_id),
        }

    def _find_ticket(self, ticket_id: str) -> Answer | None:
        service, project = (f"{path}/{ticket_id}" for path in _PATHS)
        found = self._api.find(service)
        if found is not None:
            return found
        try:
            found = self._api.find(project)
        except PsaAccessDenied:  # a role without projects: then there is none for us
            found = None
        if found is None:
            self._prove_access()
        return found

    def _prove_access(self) -> None:
        """Raise PsaAccessDenied if a call that always works does not: then the 404 before it was about our keys."""
        self._never_missing(self._api, "/system/info", {})

    def _never_missing(self, api: RestApi, path: str, params: Mapping[str, str]) -> Answer:
        """GET what is always there: a 404 for it means that we are not let in."""
        answer = api.find(path, params)
        if answer is None:
            raise PsaAccessDenied(f"ConnectWise does not let us in (it says 404). {_PRODUCT.check}")
        return answer

    def _project_changes(self, api: RestApi, since: datetime) -> Iterator[PsaTicket]:
        try:
            yield from self._changed(api, _PATHS[1], since)
        except PsaAccessDenied:
            note(psa_project_tickets="no access")

    def _changed(self, api: RestApi, path: str, since: datetime) -> Iterator[PsaTicket]:
        """Yield by time of change, the key being that time: a row that changes while we page moves to the end.

        Page numbers are followed only within one second that has more rows than a page, where the time cannot lead on.
        """
        start, further = _whole_second(since), None
        onward = Onward(_PRODUCT.name)
        while True:
            params = {
                "conditions": f"lastUpdated>=[{_second(start)}]",
                "orderBy": "_info/lastUpdated asc",
                "pageSize": str(self._page_size),
            }
            answer = self._never_missing(api, path, params) if further is None else api.get(onward.to(further))
            found = rows(answer.body, _PRODUCT.name)
            if not found and start > _whole_second(since):  # at least the ticket that led here is that young
                raise PsaUnavailable("ConnectWise answered an empty page in the middle of a list")
            tickets = readable(found, records.ticket, _PRODUCT.name)
            if any(one.updated_at > other.updated_at for one, other in itertools.pairwise(tickets)):
                raise PsaUnavailable("ConnectWise did not sort the tickets by their time of change")
            yield from (ticket for ticket in tickets if ticket.updated_at >= _whole_second(since))
            further = _next_page(answer, found)
            if further is None:
                return
            if tickets and _whole_second(tickets[-1].updated_at) > start:
                start, further = _whole_second(tickets[-1].updated_at), None

    def _by_id(self, path: str, conditions: Sequence[str]) -> Iterator[list[object]]:
        """Yield the pages of a list in the order of ids, each beginning after the last id of the one before."""
        last = 0
        while True:
            wanted = " and ".join((*conditions, f"id>{last}"))
            params = {"conditions": wanted, "orderBy": "id asc", "pageSize": str(self._page_size)}
            answer = self._never_missing(self._api, path, params)
            found = rows(answer.body, _PRODUCT.name)
            yield found
            if _next_page(answer, found) is None:
                return
            newest = max((int(number) for record in found if (number := _id(record))), default=0)
            if newest <= last:
                raise PsaUnavailable("ConnectWise leads its pages in a circle")
            last = newest


def _api_address(base_url: str) -> str:
    """Return the address with whatever is left out of `/v4_6_release/apis/3.0`, which every server understands."""
    address = base_url.rstrip("/")
    path = urlsplit(address).path
    if "/apis/" in f"{path}/".lower():
        return address
    return f"{address}{_API}" if path else f"{address}{_CODEBASE}{_API}"


def _next_page(answer: Answer, found: Sequence[object]) -> str | None:
    """Return the URL of the next page. Raises PsaUnavailable for an empty page that claims to have one."""
    link = _NEXT.search(answer.headers.get("Link", ""))
    if link is not None and not found:
        raise PsaUnavailable("ConnectWise answered an empty page in the middle of a list")
    return link[1] if link is not None else None


def _id(record: object) -> str | None:
    return reading.optional_label(record, "id") if reading.is_record(record) else None


def _whole_second(at: datetime) -> datetime:
    """ConnectWise shows and compares whole seconds."""
    return at.astimezone(UTC).replace(microsecond=0)


def _second(at: datetime) -> str:
    return _whole_second(at).strftime("%Y-%m-%dT%H:%M:%SZ")
