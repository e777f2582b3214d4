"""Autotask's REST interface. Source: Autotask Developer Help, REST API.

Queries are POSTs, their pages lie behind `nextPageUrl` (same method, same body) in the order of ids. Nothing can be
sorted by time, so stretches of time are read whole. Permission failures come as 500.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from time import monotonic as real_monotonic
from urllib.parse import urlsplit

import requests

from shared.config.settings import Autotask
from shared.errors import PsaOutcomeUnknown, PsaUnavailable
from shared.psa import reading
from shared.psa.autotask import records
from shared.psa.autotask.hourly_share import HourlyShare
from shared.psa.autotask.lookups import BATCH, Lookups, labels
from shared.psa.autotask.queries import EVERYTHING, all_rows, count, pages
from shared.psa.call_budget import CallBudget
from shared.psa.facts import (
    PsaContact,
    PsaMember,
    PsaTicket,
    PsaTimeEntry,
    RegistrationState,
    WebhookRegistration,
)
from shared.psa.paging import readable, sense
from shared.psa.reading import Record
from shared.psa.record_ids import is_whole_number, whole_number
from shared.psa.registration import is_our_url
from shared.psa.rest import Product, RestApi
from shared.psa.windows import Stretch, oldest_first

PAGE_SIZE = 500
"""Autotask's maximum."""

_SERVICE, _VERSION = "/atservicesrest", "/v1.0"
_PERMISSION = re.compile(r"permission|not authori[sz]ed|access denied", re.IGNORECASE)
_NOTE_TITLE = "Promisekeeper"
_CHANGED = ("lastActivityDate", "lastTrackedModificationDateTime")
_TICKET_FIELDS = (
    "id",
    "ticketNumber",
    "title",
    "status",
    "priority",
    "queueID",
    "companyID",
    "contactID",
    "assignedResourceID",
    "externalID",
    "createDate",
    "lastActivityPersonType",
    "lastActivityResourceID",
    *_CHANGED,
)
_DAY = timedelta(days=1)


def _denies(status: int, body: object) -> bool:
    """Autotask says 500 where it means 403."""
    errors = body.get("errors") if reading.is_record(body) else None
    return status >= 500 and isinstance(errors, list) and any(_PERMISSION.search(str(error)) for error in errors)


_PRODUCT = Product(
    name="Autotask",
    check=(
        "Check username, secret and integration_code, that base_url is the zone of this database, and that the API "
        "user's security level may read tickets, companies, contacts, resources and time entries."
    ),
    denies=_denies,
)


class AutotaskClient:
    """One Autotask database. It takes at most a fifth of the hourly limit that all integrations share."""

    def __init__(
        self,
        settings: Autotask,
        secret: Callable[[str], str],
        session: requests.Session | None = None,
        *,
        page_size: int = PAGE_SIZE,
        monotonic: Callable[[], float] = real_monotonic,
    ) -> None:
        self._settings = settings
        self._secret = secret
        self._page_size = page_size
        self._rows_in_a_page = page_size  # what Autotask really gives, once a full page was seen
        self._share = HourlyShare(monotonic)
        self._api = RestApi(
            _PRODUCT,
            _api_address(settings.base_url),
            self._credentials,
            session=session,
            admit=self._share.admit,
            monotonic=monotonic,
        )
        self._lookups = Lookups(monotonic)

    # ── single records ────────────────────────────────────────────────────────────────────────────────────────────

    def ticket(self, ticket_id: str) -> PsaTicket | None:
        record = self._item("Tickets", ticket_id)
        if record is None:
            return None
        names = self._lookups.names_for(self._api, [record])
        return sense(record, lambda found: records.ticket(found, names), _PRODUCT.name)

    def contact(self, contact_id: str) -> PsaContact | None:
        record = self._item("Contacts", contact_id)
        return None if record is None else sense(record, records.contact, _PRODUCT.name)

    # ── lists ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def tickets_changed_since(self, since: datetime, *, max_calls: int) -> Iterator[PsaTicket]:
        """Yield changed tickets, oldest change first. Needs about seven calls when nothing is known yet, then two."""
        api = self._api.within(CallBudget(max_calls))
        looked = False

        def read(start: datetime, end: datetime | None) -> Stretch | None:
            nonlocal looked
            if not looked:
                self._heed_threshold(api)
                looked = True
            return self._stretch(api, start, end)

        return oldest_first(read, since, _PRODUCT.name)

    def time_entries(self, since: datetime, until: datetime) -> Iterator[PsaTimeEntry]:
        """Yield entries by start; where only the day is known (`dateWorked`), those of a day that the time touches."""
        question = {
            "filter": [
                {"op": "gte", "field": "dateWorked", "value": _iso(since - _DAY)},
                {"op": "lte", "field": "dateWorked", "value": _iso(until + _DAY)},
            ]
        }
        for page in pages(self._api, "TimeEntries", question, self._page_size):
            entries = readable(page.rows, records.time_entry, _PRODUCT.name)
            yield from (entry for entry in entries if _worked_within(entry, since, until))

    def members(self) -> Iterator[PsaMember]:
        nobody = True
        for page in pages(self._api, "Resources", EVERYTHING, self._page_size):
            for member in readable(page.rows, records.member, _PRODUCT.name):
                nobody = False
                yield member
        if nobody:
            raise PsaUnavailable("Autotask answered that it has no resources, but we are one")

    # ── what we change ────────────────────────────────────────────────────────────────────────────────────────────

    def add_note(self, ticket_id: str, text: str, *, internal: bool) -> str:
        """Add a ticket note, published to all or to internal users only, as this database's picklist calls it."""
        number = whole_number(ticket_id)
        fields = self._api.get("/TicketNotes/entityInformation/fields").body
        if not reading.is_record(fields):
            raise PsaUnavailable("Autotask did not tell which kinds of notes there are")
        record = {
            "title": _NOTE_TITLE,
            "description": text,
            "noteType": _choice(fields, "noteType", "note", otherwise=1),
            "publish": _choice(fields, "publish", "internal" if internal else "all", otherwise=2 if internal else 1),
        }
        answer = self._api.change(f"/Tickets/{number}/Notes", record)
        note_id = answer.body.get("itemId") if reading.is_record(answer.body) else None
        if note_id is None:
            raise PsaOutcomeUnknown("Autotask took the note but did not say under which id")
        return str(note_id)

    def webhook_registration(self) -> WebhookRegistration:
        """Look at our ticket webhooks. Autotask switches one off after 25 events that failed in a row."""
        every = all_rows(self._api, "TicketWebhooks", EVERYTHING, self._page_size)
        found = [one for one in readable(every, dict, _PRODUCT.name) if is_our_url(one.get("webhookUrl"))]
        if not found:
            return WebhookRegistration(
                state=RegistrationState.MISSING,
                detail="Autotask has no ticket webhook to psa_webhook. Create one: POST TicketWebhooks, then at least "
                "one field with isSubscribedField. The API user's security level needs 'Can create webhooks'.",
            )
        if not any(webhook.get("isActive") is True and webhook.get("isReady") is not False for webhook in found):
            name = reading.optional_label(found[0], "name", "id") or "?"
            return WebhookRegistration(
                state=RegistrationState.SWITCHED_OFF,
                detail=f"The Autotask webhook {name!r} is not active, as after 25 failed events. Look at the Webhook "
                "Error Log, mend the cause, then PATCH TicketWebhooks with isActive true.",
            )
        return WebhookRegistration(state=RegistrationState.ACTIVE, detail="")

    # ── inside ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _credentials(self) -> Mapping[str, str]:
        settings, secret = self._settings, self._secret
        return {
            "ApiIntegrationCode": secret(settings.integration_code),
            "UserName": secret(settings.username),
            "Secret": secret(settings.secret),
        }

    def _item(self, entity: str, item_id: str) -> Record | None:
        """GET one record. An unknown id is `{"item": null}` with 200; an answer without `item` is nonsense."""
        if not is_whole_number(item_id):
            return None
        body = self._api.get(f"/{entity}/{item_id}").body
        if not reading.is_record(body) or "item" not in body:
            raise PsaUnavailable("Autotask answered a record without its item")
        item = body["item"]
        if item is None:
            return None
        if not reading.is_record(item) or str(item.get("id")) != item_id:
            raise PsaUnavailable("Autotask answered another record than was asked for")
        return item

    def _heed_threshold(self, api: RestApi) -> None:
        """Ask how much all integrations have used. Raises PsaUnavailable when it is nearly everything."""
        body = api.get("/ThresholdInformation").body
        limit = body.get("externalRequestThreshold") if reading.is_record(body) else None
        used = body.get("currentTimeframeRequestCount") if reading.is_record(body) else None
        if not isinstance(limit, int) or not isinstance(used, int) or limit <= 0:
            raise PsaUnavailable("Autotask did not tell how much of its limit is used")
        self._share.heed(limit, used)

    def _stretch(self, api: RestApi, start: datetime, end: datetime | None) -> Stretch | None:
        """Read all tickets changed from `start` on and before `end`; None if that needs more calls than are left.

        Pages go by id: a ticket that changes meanwhile moves no other one.
        """
        question = {
            "IncludeFields": list(_TICKET_FIELDS),
            "filter": [self._changed_within(api, start, end)],
        }
        found: list[object] = []
        counted = end is not None  # a narrow stretch is read because a wider one was too much: count before reading
        if counted and not self._affordable(api, question, 0):
            return None
        for page in pages(api, "Tickets", question, self._page_size):
            found += page.rows
            if page.has_next and not counted:
                counted = True
                if not self._affordable(api, question, len(found)):
                    return None
        names = self._lookups.names_for(api, [record for record in found if reading.is_record(record)])
        return Stretch(readable(found, lambda record: records.ticket(record, names), _PRODUCT.name), end)

    def _changed_within(self, api: RestApi, start: datetime, end: datetime | None) -> Record:
        """A filter on both times of change, as far as the database lets them be asked for."""
        fields = self._lookups.ticket_fields(api).get("fields")
        listed = [one for one in (fields if isinstance(fields, list) else ()) if reading.is_record(one)]
        askable = {one.get("name") for one in listed if one.get("isQueryable") is True}
        times = [name for name in _CHANGED if name in askable] or [_CHANGED[0]]
        return {"op": "or", "items": [_between(name, start, end) for name in times]}

    def _affordable(self, api: RestApi, question: Record, already: int) -> bool:
        """Say whether the calls that are left read all pages and look all names up. `already` rows made one page."""
        found = count(api, "Tickets", question)
        self._rows_in_a_page = already or self._rows_in_a_page
        pages_left = -(-max(0, found - already) // self._rows_in_a_page)
        batches = 3 * -(-found // BATCH)
        return pages_left + batches <= api.calls_left


def _api_address(base_url: str) -> str:
    """Return the address with what is left out of `/atservicesrest/v1.0`: zoneInformation names it without version."""
    address = base_url.rstrip("/")
    path = urlsplit(address).path
    if path.lower().endswith(_VERSION):
        return address
    return f"{address}{_VERSION}" if path else f"{address}{_SERVICE}{_VERSION}"


def _between(name: str, start: datetime, end: datetime | None) -> Record:
    items = [{"op": "gte", "field": name, "value": _iso(start)}]
    if end is not None:
        items.append({"op": "lt", "field": name, "value": _iso(end)})
    return {"op": "and", "items": items}


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _worked_within(entry: PsaTimeEntry, since: datetime, until: datetime) -> bool:
    """By start; else by the day, which has no zone and is taken as a day of UTC; True where nothing is known."""
    if entry.start is not None:
        return since <= entry.start < until
    if entry.worked_on is None:
        return True
    day = datetime.combine(entry.worked_on, time(), UTC)
    return day < until and day + _DAY > since


def _choice(fields: Record, name: str, word: str, *, otherwise: int) -> int:
    """Return the value of the picklist's first label that holds `word`; `otherwise` where none does."""
    for value, label in labels(fields, name).items():
        if word in label.casefold() and value.isascii() and value.isdecimal():
            return int(value)
    return otherwise
