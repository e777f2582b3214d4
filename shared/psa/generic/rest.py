"""The generic REST interface: docs/generic-rest.md says what a system has to answer.

Its list of changes is a feed of every version that a ticket had, so that even a status which came and went between two
sweeps is seen.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from urllib.parse import quote

import requests

from shared.config.settings import Generic
from shared.errors import ConfigurationError, PsaOutcomeUnknown, PsaRefused, PsaUnavailable
from shared.instant import format_instant
from shared.psa import reading
from shared.psa.call_budget import BudgetSpent, CallBudget
from shared.psa.facts import (
    PsaContact,
    PsaMember,
    PsaTicket,
    PsaTimeEntry,
    RegistrationState,
    WebhookRegistration,
)
from shared.psa.generic import records
from shared.psa.paging import Onward, readable, rows, sense
from shared.psa.rest import Answer, Product, RestApi

PAGE_SIZE = 200

_PRODUCT = Product(name="The PSA", check="Check token and base_url, and that the token may read and add notes.")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}", re.ASCII)
_CURSOR_LENGTH = 500


class GenericClient:
    """One system of our own shape. Raises ConfigurationError if the settings name no `base_url`: no REST then."""

    def __init__(
        self,
        settings: Generic,
        secret: Callable[[str], str],
        session: requests.Session | None = None,
        *,
        page_size: int = PAGE_SIZE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if settings.base_url is None:
            raise ConfigurationError(
                "this connection has no base_url: it sends webhooks, but cannot be read or written"
            )
        self._settings = settings
        self._secret = secret
        self._page_size = page_size
        self._api = RestApi(_PRODUCT, settings.base_url, self._credentials, session=session, monotonic=monotonic)

    def ticket(self, ticket_id: str) -> PsaTicket | None:
        answer = self._find("tickets", ticket_id)
        if answer is None:
            return None
        ticket = sense(answer.body, records.ticket, _PRODUCT.name)
        if ticket.id != ticket_id:
            raise PsaUnavailable("the PSA answered another ticket than was asked for")
        return ticket

    def contact(self, contact_id: str) -> PsaContact | None:
        answer = self._find("contacts", contact_id)
        return None if answer is None else sense(answer.body, records.contact, _PRODUCT.name)

    def tickets_changed_since(self, since: datetime, *, max_calls: int) -> Iterator[PsaTicket]:
        """Yield every version of every ticket, in the feed's order, which must be the order of the changes."""
        api = self._api.within(CallBudget(max_calls))
        seen: set[PsaTicket] = set()
        newest = since
        try:
            for page in self._pages(api, "/changes", "changes", {"since": format_instant(since)}):
                for ticket in readable(page, records.ticket, _PRODUCT.name):
                    if ticket.updated_at < since or ticket in seen:
                        continue
                    if ticket.updated_at < newest:
                        raise PsaUnavailable("the PSA's feed of changes is not in the order of the changes")
                    seen.add(ticket)
                    newest = ticket.updated_at
                    yield ticket
        except BudgetSpent:
            if not seen:
                raise PsaUnavailable("sweep_max_calls is too small to read anything; raise it") from None

    def time_entries(self, since: datetime, until: datetime) -> Iterator[PsaTimeEntry]:
        params = {"since": format_instant(since), "until": format_instant(until)}
        for page in self._pages(self._api, "/time-entries", "time_entries", params):
            for entry in readable(page, records.time_entry, _PRODUCT.name):
                if entry.start is None or since <= entry.start < until:
                    yield entry

    def members(self) -> Iterator[PsaMember]:
        nobody = True
        for page in self._pages(self._api, "/members", "members", {}):
            for member in readable(page, records.member, _PRODUCT.name):
                nobody = False
                yield member
        if nobody:
            raise PsaUnavailable("the PSA answered that it has no members")

    def add_note(self, ticket_id: str, text: str, *, internal: bool) -> str:
        if not _ID.fullmatch(ticket_id):
            raise PsaRefused("there is no such ticket: its id is none of ours")
        answer = self._api.change(f"/tickets/{quote(ticket_id, safe='')}/notes", {"text": text, "internal": internal})
        note_id = reading.optional_label(answer.body, "id") if reading.is_record(answer.body) else None
        if note_id is None:
            raise PsaOutcomeUnknown("the PSA took the note but did not say under which id")
        return note_id

    def webhook_registration(self) -> WebhookRegistration:
        """Ask `GET /webhook`; a system that does not know this path cannot say."""
        answer = self._api.find("/webhook")
        if answer is None:
            return WebhookRegistration(
                state=RegistrationState.UNKNOWN, detail="This system cannot say whether its webhook is switched on."
            )
        body = answer.body
        registered = body.get("registered") if reading.is_record(body) else None
        active = body.get("active") if reading.is_record(body) else None
        if not isinstance(registered, bool) or not isinstance(active, bool):
            raise PsaUnavailable("the PSA answered /webhook without registered and active")
        if not registered:
            return WebhookRegistration(
                state=RegistrationState.MISSING,
                detail="This system has no webhook to psa_webhook. Make one that sends Standard Webhooks.",
            )
        if not active:
            return WebhookRegistration(
                state=RegistrationState.SWITCHED_OFF,
                detail="This system has switched its webhook off. Find out why it failed, then switch it on again.",
            )
        return WebhookRegistration(state=RegistrationState.ACTIVE, detail="")

    def _credentials(self) -> Mapping[str, str]:
        token = self._settings.token
        return {"Authorization": f"Bearer {self._secret(token)}"} if token else {}

    def _find(self, entity: str, record_id: str) -> Answer | None:
        if not _ID.fullmatch(record_id):
            return None
        return self._api.find(f"/{entity}/{quote(record_id, safe='')}")

    def _pages(self, api: RestApi, path: str, name: str, params: Mapping[str, str]) -> Iterator[list[object]]:
        """Yield the lists under `name`, following `next` until it is null."""
        onward = Onward(_PRODUCT.name)
        cursor: str | None = None
        while True:
            wanted = {**params, "limit": str(self._page_size), **({} if cursor is None else {"after": cursor})}
            body = api.get(path, wanted).body
            if not reading.is_record(body):
                raise PsaUnavailable("the PSA answered a list that is not an object")
            page = rows(body.get(name), _PRODUCT.name)
            following = body.get("next")
            if following is not None and (
                not isinstance(following, str) or len(following) > _CURSOR_LENGTH or not page
            ):
                raise PsaUnavailable("the PSA answered a page that lacks its rows, or a cursor that is none")
            yield page
            if following is None:
                return
            cursor = onward.to(following)
