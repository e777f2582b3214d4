"""HaloPSA webhooks: who sent it, and what they say. Source: Halo guides, Webhook integration.

Halo signs nothing: its webhooks come with the user name and password (Basic) that were typed in on both sides. What the
body holds is the tenant's choice, from the event alone to the ticket with its action, one by one or up to 500 in a
batch. The guides name the members in words only (ID, event name, object ID, timestamp); their spelling here is what
public receivers found, and so `ticket`, `object` and `data` are all looked for.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime

from shared.config.settings import HaloPsa
from shared.errors import ConfigurationError, InvalidRequest, Unauthenticated
from shared.instant import format_instant
from shared.psa import reading
from shared.psa.facts import Ignored, PsaEvent, TicketGone, TicketHint
from shared.psa.halopsa import records
from shared.psa.headers import single_header
from shared.psa.reading import Record
from shared.psa.signing import any_matches, usable_secrets
from shared.psa.versions import body_version
from shared.strict_json import parse_json

LARGEST_BATCH = 500
_SCHEME = "basic "  # RFC 7617: the scheme's case does not matter
_DELETED = frozenset({"ticket deleted", "1072"})  # the notification's name, or its number where ids are sent
_WRAPPERS = ("ticket", "object", "data")


class HaloPsaWebhook:
    """One HaloPSA connection. `secrets` are the webhook's passwords, old and new."""

    transient_status = 503

    def __init__(self, settings: HaloPsa, secrets: tuple[str, ...]) -> None:
        self._own_agent = settings.api_agent_id
        passwords = usable_secrets(secrets, "HaloPSA webhook password")
        user = settings.webhook_user
        if not user or ":" in user or not (user.isascii() and all(password.isascii() for password in passwords)):
            raise ConfigurationError("the HaloPSA webhook's user and password must be ASCII, the user without a colon")
        credentials = [base64.b64encode(user.encode() + b":" + password) for password in passwords]
        self._expected = tuple(hashlib.sha256(credential).digest() for credential in credentials)

    def verify(self, body: bytes, headers: Mapping[str, str], now: datetime) -> None:  # noqa: ARG002 - nothing is signed
        """Check `Authorization: Basic`. Raises Unauthenticated, nothing else.

        What is compared is the SHA-256 of the encoded credential: equal in length whatever was sent, and only the one
        canonical base64 form fits.
        """
        header = single_header(headers, "authorization")
        if not header.lower().startswith(_SCHEME):
            raise Unauthenticated("authorization is not Basic")
        given = hashlib.sha256(header[len(_SCHEME) :].encode()).digest()
        if not any_matches(given, self._expected):
            raise Unauthenticated("user and password do not fit")

    def parse(self, body: bytes) -> list[PsaEvent]:
        """Return an event for each item. Raises InvalidRequest, nothing else, if the body is not a webhook's.

        An item of a batch that cannot be read is `unreadable_item`: it must not cost the others.
        """
        content = parse_json(body)
        version = body_version(body)
        if not isinstance(content, list):
            return [self._event(content, version)]
        if len(content) > LARGEST_BATCH:
            raise InvalidRequest(f"the batch has more than {LARGEST_BATCH} items")
        if not content:
            return [Ignored(reason="empty_batch")]
        return [self._event_in_batch(item, f"{version}-{place}") for place, item in enumerate(content)]

    def _event_in_batch(self, item: object, version: str) -> PsaEvent:
        try:
            return self._event(item, version)
        except InvalidRequest:
            return Ignored(reason="unreadable_item")

    def _event(self, item: object, version: str) -> PsaEvent:
        envelope = reading.unambiguous(reading.as_record(item, "the event"))
        ticket = _ticket(envelope)
        ticket_id = _ticket_id(envelope, ticket)
        if ticket_id is None:
            return Ignored(reason="no_ticket")
        at = reading.optional_instant(envelope, "timestamp", naive_is_utc=True)
        if (reading.optional_label(envelope, "event") or "").casefold() in _DELETED:
            return TicketGone(ticket_id=ticket_id, at=at)
        agent_id = _acting_agent(envelope)
        if self._own_agent and agent_id == self._own_agent:
            return Ignored(reason="own_change")
        if ticket is not None and records.is_whole(ticket):
            return records.ticket(ticket, updated_by=agent_id)
        return TicketHint(ticket_id=ticket_id, version=_version(envelope, at) or version)


def _ticket(envelope: Record) -> Record | None:
    """The ticket inside the event; the event itself where it is sent bare, as a custom payload can be."""
    for wrapper in _WRAPPERS:
        inner = envelope.get(wrapper)
        if reading.is_record(inner):
            return reading.unambiguous(inner)
    return envelope if "summary" in envelope else None


def _ticket_id(envelope: Record, ticket: Record | None) -> str | None:
    if ticket is not None:
        found = reading.optional_integer_id(ticket, "id")
        if found is not None:
            return found
    return reading.optional_integer_id(envelope, "ticket_id") or reading.optional_integer_id(envelope, "object_id")


def _acting_agent(envelope: Record) -> str | None:
    """The agent who did it, from the action beside the ticket; 0 is nobody, for example the client by e-mail."""
    action = envelope.get("action")
    return reading.optional_integer_id(action, "who_agentid") if reading.is_record(action) else None


def _version(envelope: Record, at: datetime | None) -> str | None:
    """`<delivery id>-<time>` if the event has both: an `id` alone may be the ticket's, the same for every change."""
    delivery = reading.optional_label(envelope, "id")
    return f"{delivery}-{format_instant(at)}" if delivery and at else None
