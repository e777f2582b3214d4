"""HaloPSA's REST interface. Source: Halo API v2 and public clients of it.

Lists come in numbered pages with `record_count`. Halo is asked to sort by id, which a change of a ticket does not move;
stretches of time are read whole and sorted here. Halo's times are UTC, with `Z` or without.
"""

import html
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import requests

from shared.errors import PsaOutcomeUnknown, PsaUnavailable
from shared.psa import reading
from shared.psa.call_budget import CallBudget
from shared.psa.facts import (
    PsaContact,
    PsaMember,
    PsaTicket,
    PsaTimeEntry,
    RegistrationState,
    WebhookRegistration,
)
from shared.psa.halopsa import records
from shared.psa.halopsa.token import Token
from shared.psa.paging import readable, rows, sense
from shared.psa.record_ids import is_whole_number, whole_number
from shared.psa.registration import is_our_url
from shared.psa.rest import Answer, CredentialsRefused, Product, RestApi
from shared.psa.windows import oldest_first
from shared.settings import HaloPsa

PAGE_SIZE = 100
"""Halo's maximum."""

_PRODUCT = Product(
    name="HaloPSA",
    check=(
        "Check client_id, client_secret, tenant and base_url, and that the API application's agent may read tickets, "
        "users, agents, timesheets and webhooks."
    ),
)
_AGENTS_AT_ONCE = 100  # keeps the URL well below 2,000 characters
_NOBODY = "unassigned"
_DAY = timedelta(days=1)

T = TypeVar("T")


class _Shifted(Exception):  # noqa: N818 - leads to another reading
    """A ticket left the stretch between two pages, and with it the first row of the next page moved out of sight."""


class HaloPsaClient:
    """One HaloPSA tenant. `base_url` is its address, with or without `/api` at the end."""

    def __init__(
        self,
        settings: HaloPsa,
        secret: Callable[[str], str],
        session: requests.Session | None = None,
        *,
        page_size: int = PAGE_SIZE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._page_size = page_size
        root = settings.base_url.rstrip("/").removesuffix("/api")
        login = RestApi(_PRODUCT, root, dict, session=session, monotonic=monotonic)
        self._token = Token(login, settings, secret, monotonic)
        self._api = RestApi(_PRODUCT, f"{root}/api", self._credentials, session=session, monotonic=monotonic)

    # ── single records ────────────────────────────────────────────────────────────────────────────────────────────

    def ticket(self, ticket_id: str) -> PsaTicket | None:
        """The record does not say who made the last change: `updated_by` is None."""
        if not is_whole_number(ticket_id):
            return None
        params = {"includedetails": "true", "includeagent": "true"}
        answer = self._retried(lambda: self._api.find(f"/Tickets/{ticket_id}", params))
        if answer is None:
            return None
        ticket = sense(answer.body, records.ticket, _PRODUCT.name)
        if ticket.id != ticket_id:
            raise PsaUnavailable("HaloPSA answered another ticket than was asked for")
        return ticket

    def contact(self, contact_id: str) -> PsaContact | None:
        if not is_whole_number(contact_id):
            return None
        answer = self._retried(lambda: self._api.find(f"/Users/{contact_id}"))
        return None if answer is None else sense(answer.body, records.contact, _PRODUCT.name)

    # ── lists ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def tickets_changed_since(self, since: datetime, *, max_calls: int) -> Iterator[PsaTicket]:
        api = self._api.within(CallBudget(max_calls))
        return oldest_first(lambda start, end: self._stretch(api, start, end), since, _PRODUCT.name)

    def time_entries(self, since: datetime, until: datetime) -> Iterator[PsaTimeEntry]:
        """Yield the work of all agents, a day at a time: this list has no pages."""
        agents = [member.id for member in self.members()]
        seen: set[str] = set()
        day = since
        while day < until:
            end = min(day + _DAY, until)
            for first in range(0, len(agents), _AGENTS_AT_ONCE):
                for entry in self._timesheet(day, end, agents[first : first + _AGENTS_AT_ONCE]):
                    if entry.start is not None and since <= entry.start < until and entry.id not in seen:
                        seen.add(entry.id)
                        yield entry
            day = end

    def members(self) -> Iterator[PsaMember]:
        """Yield the agents, without the one that stands for nobody."""
        params = {"includeenabled": "true", "includedisabled": "true"}
        answer = self._retried(lambda: self._api.get("/Agent", params))
        agents = rows(_unwrapped(answer.body, "agents"), _PRODUCT.name)
        members = readable(agents, records.member, _PRODUCT.name)
        if not members:
            raise PsaUnavailable("HaloPSA answered that it has no agents, but we are one")
        yield from (member for member in members if member.name.casefold() != _NOBODY)

    # ── what we change ────────────────────────────────────────────────────────────────────────────────────────────

    def add_note(self, ticket_id: str, text: str, *, internal: bool) -> str:
        """Add an action that mails nobody and starts no rules. Its id counts within the ticket: `<ticket>-<action>`."""
        action = {
            "ticket_id": whole_number(ticket_id),
            "outcome": "Internal Note" if internal else "Note",
            "note_html": "<br>".join(html.escape(line, quote=False) for line in text.splitlines()),
            "hiddenfromuser": internal,
            "sendemail": False,
            "dont_do_rules": True,
            "timetaken": 0,
        }
        answer = self._retried(lambda: self._api.change("/Actions", [action]))
        made = answer.body[-1] if isinstance(answer.body, list) and answer.body else answer.body
        action_id = made.get("id") if reading.is_record(made) else None
        if action_id is None:
            raise PsaOutcomeUnknown("HaloPSA took the note but did not say under which id")
        return f"{ticket_id}-{action_id}"

    def webhook_registration(self) -> WebhookRegistration:
        """Look at our webhooks. Halo can be set to switch one off after a number of failures."""
        answer = self._retried(lambda: self._api.get("/Webhook"))
        webhooks = readable(rows(_unwrapped(answer.body, "webhooks"), _PRODUCT.name), dict, _PRODUCT.name)
        found = [webhook for webhook in webhooks if is_our_url(webhook.get("url"))]
        if not found:
            return WebhookRegistration(
                state=RegistrationState.MISSING,
                detail="HaloPSA has no webhook to psa_webhook. Make one under Configuration > Integrations > Webhooks: "
                "type standard, method POST, basic authentication, and at least one event.",
            )
        if not any(webhook.get("active") is not False and webhook.get("disabled") is not True for webhook in found):
            name = reading.optional_label(found[0], "name", "id") or "?"
            return WebhookRegistration(
                state=RegistrationState.SWITCHED_OFF,
                detail=f"The HaloPSA webhook {name!r} is disabled. Look at its deliveries under Configuration > "
                "Integrations > Webhooks, mend the cause and switch it on again.",
            )
        return WebhookRegistration(state=RegistrationState.ACTIVE, detail="")

    # ── inside ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _credentials(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._token.value()}"}

    def _retried(self, call: Callable[[], T]) -> T:
        """Do `call`; once more with a new token if Halo knows ours no longer. A 401 means that nothing was done."""
        token = self._token.value()
        try:
            return call()
        except CredentialsRefused:
            self._token.forget(token)
            return call()

    def _stretch(self, api: RestApi, start: datetime, end: datetime | None) -> list[PsaTicket] | None:
        """Return all tickets changed in a stretch; None if that needs more calls than are left."""
        try:
            return self._read_stretch(api, start, end)
        except _Shifted:
            try:
                return self._read_stretch(api, start, end)
            except _Shifted:
                raise PsaUnavailable("HaloPSA's tickets changed faster than they could be read") from None

    def _read_stretch(self, api: RestApi, start: datetime, end: datetime | None) -> list[PsaTicket] | None:
        params = _list_params(start, end, self._page_size)
        found: list[PsaTicket] = []
        ids: set[object] = set()
        number, total = 0, 0
        while number == 0 or len(ids) < total:
            number += 1
            before, known = total, len(ids)
            listed, total = _rows_and_total(self._page(api, params, number))
            if total < before:
                raise _Shifted
            ids |= {record.get("id") for record in listed if reading.is_record(record)}
            if len(ids) == known and known < total:
                raise PsaUnavailable("HaloPSA answered a page that brings nothing, in the middle of a list")
            found += readable(listed, records.ticket, _PRODUCT.name)
            if number == 1 and -(-(total - len(ids)) // max(1, len(listed))) > api.calls_left:
                return None
        return found

    def _page(self, api: RestApi, params: Mapping[str, str], number: int) -> Answer:
        return self._retried(lambda: api.get("/Tickets", {**params, "page_no": str(number)}))

    def _timesheet(self, start: datetime, end: datetime, agents: Sequence[str]) -> Iterator[PsaTimeEntry]:
        params = {
            "start_date": _iso(start),
            "end_date": _iso(end),
            "agents": ",".join(agents),
            "utcoffset": "0",
        }
        answer = self._retried(lambda: self._api.get("/TimesheetEvent", params))
        listed = rows(answer.body, _PRODUCT.name)
        work = [record for record in listed if not reading.is_record(record) or records.is_work(record)]
        yield from readable(work, records.time_entry, _PRODUCT.name)


def _list_params(start: datetime, end: datetime | None, page_size: int) -> Mapping[str, str]:
    params = {
        "pageinate": "true",
        "page_size": str(page_size),
        "order": "id",
        "orderdesc": "false",
        "lastupdatefromdate": _iso(start),
        "includeagent": "true",
        "includestatus": "true",
        "includesupplier": "true",
    }
    return params if end is None else {**params, "lastupdatetodate": _iso(end)}


def _rows_and_total(answer: Answer) -> tuple[list[object], int]:
    body = answer.body
    total = body.get("record_count") if reading.is_record(body) else None
    if not reading.is_record(body) or not isinstance(total, int):
        raise PsaUnavailable("HaloPSA answered a list without record_count")
    return rows(body.get("tickets"), _PRODUCT.name), total


def _unwrapped(body: object, name: str) -> object:
    """Halo answers some lists bare and some under their name, by version."""
    return body.get(name) if reading.is_record(body) else body


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
