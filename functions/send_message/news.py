"""What comes to exist together with a message's new state: the note in the PSA, or the manager's alert."""

from datetime import datetime, timedelta

from shared.alerts.kinds import KINDS
from shared.config.settings import Generic, Settings
from shared.mail.text import SUBJECT_LIMIT, one_line
from shared.models.contact import contact_id
from shared.models.document import Document
from shared.models.finding import Finding, finding_id
from shared.models.message import Message
from shared.models.outgoing import OutgoingState
from shared.models.psa_note import PsaNote, psa_note_id
from shared.models.ticket import Ticket

NOTE_EXPIRES = timedelta(days=7)
_NAME_LIMIT = 80
_IN_WORDS = {
    "no_address": "the ticket's contact has no mail address",
    "bad_address": "the contact's address is none that a mail can go to",
    "other_domain": "the contact's address is outside the mail domains that this client named",
    "mail_loop": "so many mails went there in a short time that it looks like a loop",
    "expired": "it could not be delivered while it was still news",
    "tries_ran_out": "every try to deliver it failed",
}
NOBODY_WAS_REACHED = frozenset(("no_address", "bad_address", "other_domain", "mail_loop", "expired"))
"""Reasons for holding a message back that leave somebody without news. A blocked contact was told of already."""


def beside(message: Message, ticket: Ticket | None, settings: Settings, now: datetime) -> tuple[Document, ...]:
    """Return what the message's new state brings along."""
    if message.state is OutgoingState.SENT:
        return _note(message, ticket, settings, now)
    if message.state is OutgoingState.DEAD:
        text = f"The client was not told ({_what(message)}): {_why(message)}. Correct the contact, or call."
        return (_finding("undelivered_message", message, ticket, now, text),)
    if message.state is OutgoingState.HELD and message.reason in NOBODY_WAS_REACHED:
        text = f"The client was not told ({_what(message)}): {_why(message)}. Look at the ticket's contact."
        return (_finding("client_not_reached", message, ticket, now, text),)
    if message.state is OutgoingState.UNCERTAIN and message.alarm_at is None:  # the channel was asked and cannot tell
        text = f"The client may or may not have been told ({_what(message)}): the mail relay's answer was lost."
        return (_finding("uncertain_message", message, ticket, now, text),)
    return ()


def _what(message: Message) -> str:
    return message.touchpoint.replace("_", " ")


def _why(message: Message) -> str:
    """Return the reason as a person says it; the other side's own words as they are."""
    return _IN_WORDS.get(message.reason, message.reason)


def can_write_back(settings: Settings, psa: str) -> bool:
    """Say whether notes go into this PSA: wanted, the connection still stands in the settings, and it has a key."""
    connection = settings.psa.get(psa)
    if connection is None or not settings.mail.write_back:
        return False
    system = connection.system
    return not isinstance(system, Generic) or (system.base_url is not None and system.token is not None)


def _note(message: Message, ticket: Ticket | None, settings: Settings, now: datetime) -> tuple[Document, ...]:
    if ticket is None or not can_write_back(settings, ticket.psa):
        return ()
    contact = ticket.contact
    named = contact.name if contact and contact.name and (contact.email or "").strip() == message.sent_to else ""
    recipient = f"{one_line(named, _NAME_LIMIT)} <{message.sent_to}>".strip()
    note = PsaNote(
        id=psa_note_id(message.id),
        ticket=ticket.id,
        psa=ticket.psa,
        psa_id=ticket.psa_id,
        text=f"Sent to {recipient}: {message.letter.status}. {one_line(message.letter.subject, SUBJECT_LIMIT)}",
        message=message.id,
        decided_at=now,
        expires_at=now + NOTE_EXPIRES,
        alarm_at=now,
    )
    return (note,)


def _finding(kind: str, message: Message, ticket: Ticket | None, now: datetime, text: str) -> Finding:
    """A ticket whose contact cannot be written to is one alert, however many messages it stops. A doubt is its own."""
    cause = f"{message.id}.{message.attempts}"  # a message that a person sends again may be found wanting again
    contact = (ticket.contact.email if ticket and ticket.contact else None) or "nobody"
    per_contact = contact_id(contact) if kind != "uncertain_message" else cause
    return Finding(
        id=finding_id(kind, cause),
        at=now,
        kind=kind,
        dedup_key=cause if per_contact == cause else f"{message.ticket}:{per_contact}",
        severity=KINDS[kind].severity,
        audience=KINDS[kind].audience,
        text=text,
        ticket=message.ticket,
        number=message.number,
        company=ticket.company if ticket else None,
        company_id=ticket.company_id if ticket else None,
        team=ticket.board if ticket else None,
        since=message.decided_at,
        source=message.id,
        alarm_at=now,
    )
