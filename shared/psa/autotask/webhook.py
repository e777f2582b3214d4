"""Autotask webhooks: who sent it, and what it says. Source: Autotask Developer Help, Webhooks.

Autotask waits 10 s, tries 5 times within 2 minutes, then drops the event; 25 dropped ones switch the webhook off. A
body has only the fields that were subscribed, and it is not documented whether picklists come as ids or as labels: so
a change is always a hint, and the ticket is fetched.
"""

from collections.abc import Mapping
from datetime import datetime

from shared.config.settings import Autotask
from shared.errors import Unauthenticated
from shared.instant import format_instant
from shared.psa import reading
from shared.psa.facts import Ignored, PsaEvent, TicketGone, TicketHint
from shared.psa.headers import single_header
from shared.psa.reading import Record
from shared.psa.signing import SHA1_SIZE, any_matches, decode_base64, hmac_sha1, usable_secrets
from shared.psa.versions import body_version
from shared.strict_json import parse_json

_PREFIX = "sha1="


class AutotaskWebhook:
    """One Autotask connection. `secrets` are the webhook's secretKey, old and new."""

    transient_status = 503

    def __init__(self, settings: Autotask, secrets: tuple[str, ...]) -> None:
        self._own_resource = settings.api_resource_id
        self._keys = usable_secrets(secrets, "Autotask signing key")

    def verify(self, body: bytes, headers: Mapping[str, str], now: datetime) -> None:  # noqa: ARG002 - nothing is timed
        r"""Check `X-Hook-Signature`: `sha1=` and base64 of the HMAC-SHA1 of the raw body. Raises Unauthenticated only.

        The raw body: on the wire `&`, `'` and all letters beyond ASCII are escaped as `\u0026`, upper-case hex.
        The message that a webhook was deactivated comes unsigned: it is refused like any other, and nothing is lost,
        because the daily look at the registration finds the same (GHSA-hh59-fgrr-93hf is what believing it leads to).
        """
        header = single_header(headers, "x-hook-signature")
        given = decode_base64(header.removeprefix(_PREFIX), SHA1_SIZE) if header.startswith(_PREFIX) else None
        if given is None or not any_matches(given, [hmac_sha1(key, body) for key in self._keys]):
            raise Unauthenticated("x-hook-signature does not fit the body")

    def parse(self, body: bytes) -> list[PsaEvent]:
        """Return one event. Raises InvalidRequest, nothing else, if the body is not a webhook's."""
        envelope = reading.unambiguous(reading.as_record(parse_json(body), "the body"))
        return [self._event(envelope, body_version(body))]

    def _event(self, envelope: Record, body: str) -> PsaEvent:
        reason = _nothing_for_us(envelope)
        if reason:
            return Ignored(reason=reason)
        at = reading.optional_instant(envelope, "EventTime", naive_is_utc=True)
        ticket_id = reading.integer_id(envelope, "Id")
        if _is(envelope, "EntityType", "ticketnote"):
            noted = _ticket_of_note(envelope)
            if noted is None:
                return Ignored(reason="note_without_ticket")
            ticket_id = noted
        elif _is(envelope, "Action", "delete"):  # gone is gone, even if we did it
            return TicketGone(ticket_id=ticket_id, at=at)
        if self._own_resource and _person(envelope) == self._own_resource:
            return Ignored(reason="own_change")
        return TicketHint(ticket_id=ticket_id, version=_version(envelope, at) or body)


def _nothing_for_us(envelope: Record) -> str | None:
    if _is(envelope, "Action", "deactivated"):  # it has no EntityType
        return "deactivated"
    if not _is(envelope, "EntityType", "ticket", "ticketnote"):
        return "other_type"
    return None if _is(envelope, "Action", "create", "update", "delete") else "other_action"


def _is(envelope: Record, field: str, *words: str) -> bool:
    return reading.text(envelope, field).lower() in words


def _person(envelope: Record) -> str | None:
    """Who did it; public samples spell the member in two ways."""
    return reading.optional_label(envelope, "PersonID", "PersonId")


def _ticket_of_note(envelope: Record) -> str | None:
    """The note's ticket, if that field was subscribed. If not, the sweep finds the change: a note moves the ticket."""
    fields = reading.part(envelope, "Fields") or {}
    return reading.optional_integer_id(fields, "TicketID") or reading.optional_integer_id(fields, "ticketID")


def _version(envelope: Record, at: datetime | None) -> str | None:
    """`<event time>-<sequence number>` if the body has both. `Guid` is the webhook's, not the event's."""
    sequence = reading.optional_label(envelope, "SequenceNumber")
    return f"{format_instant(at)}-{sequence}" if sequence and at else None
