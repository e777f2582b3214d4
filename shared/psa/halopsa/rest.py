"""HaloPSA's REST interface. Source: Halo API v2 and public clients of it.

Lists come in numbered pages with `record_count`. Halo is asked to sort by id, which a change of a ticket does not move;
stretches of time are read whole and sorted here. Halo's times are UTC, with `Z` or without.
"""

import html
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

import requests

from shared.config.settings import HaloPsa
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
from shared.psa.retry_after import sent_at
from shared.psa.windows import Stretch, oldest_first

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
        return oldest_first(partial(self._stretch, api), since, _PRODUCT.name)

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

    def _stretch(self, api: RestApi, start: datetime, end: datetime | None) -> Stretch | None:
        """Read all tickets changed in a stretch; None if that needs more calls than are left.

        More than one page is read only of a time that is over, by Halo's own clock: then tickets can leave the stretch
        (they changed again), but none can enter it, and a smaller `record_count` always tells.
        """
        answer = self._page(api, start, end, 1)
        listed, total = _rows_and_total(answer)
        if len(listed) >= total:
            return Stretch(readable(listed, records.ticket, _PRODUCT.name), end)
        now = sent_at(answer.headers)
        if now is not None and start < now and (end is None or now < end):
            end = now
            listed, total = _rows_and_total(self._page(api, start, end, 1))
        if -(-(total - len(listed)) // max(1, len(listed))) > api.calls_left:
            return None
        return Stretch(self._further_pages(api, start, end, listed, total), end)

    def _further_pages(
        self, api: RestApi, start: datetime, end: datetime | None, listed: list[object], total: int
    ) -> list[PsaTicket]:
        """Return the tickets of the first page, `listed`, and of all others.

        When a ticket left the stretch, all behind it moved up: the page before may now end with one that was never
        seen, and is read again. Pages are as long as the first one, whatever was asked for.
        """
        found, ids, size = readable(listed, records.ticket, _PRODUCT.name), _ids(listed), max(1, len(listed))
        number = farthest = 1
        while number * size < total:
            number += 1
            before, known, is_further = total, len(ids), number > farthest
            farthest = max(farthest, number)
            listed, total = _rows_and_total(self._page(api, start, end, number))
            ids |= _ids(listed)
            found += readable(listed, records.ticket, _PRODUCT.name)
            if total < before:
                number = max(0, number - 1 - -(-(before - total) // size))
            elif is_further and len(ids) == known:
                raise PsaUnavailable("HaloPSA answered a page that brings nothing, in the middle of a list")
        return found

    def _page(self, api: RestApi, start: datetime, end: datetime | None, number: int) -> Answer:
        params = {**_list_params(start, end, self._page_size), "page_no": str(number)}
        return self._retried(lambda: api.get("/Tickets", params))

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


def _ids(listed: Sequence[object]) -> set[object]:
    return {record.get("id") for record in listed if reading.is_record(record)}


def _unwrapped(body: object, name: str) -> object:
    """Halo answers some lists bare and some under their name, by version."""
    return body.get(name) if reading.is_record(body) else body


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
