"""Whether one address may get one more mail: not while it is blocked, and never as part of a loop."""

import re
from datetime import datetime, timedelta

from shared.models.contact import Contact, Mailing, contact_id
from shared.models.message import Message
from shared.step import Decision

LOOP_LADDER = ((10, 10), (30, 15), (60, 25))  # minutes, and how many mails of one ticket in them are a loop
LONGEST_WINDOW = timedelta(minutes=LOOP_LADDER[-1][0])
BLOCKED_AFTER_A_BOUNCE = timedelta(days=60)

ADMITTED = "admitted"

# RFC 3463: 5.1.x is a bad address, 5.2.1 a mailbox that was closed; 5.7.x and the like say nothing about the mailbox.
_ENHANCED = re.compile(r"\b5\.(\d{1,3})\.(\d{1,3})\b")
_NO_SUCH_MAILBOX = re.compile(r"\b(?:550|551|553)\b")


def admit(contact: Contact | None, message: Message, address: str, now: datetime) -> Decision[Contact]:
    """Count `message` on its recipient, once however often it is tried; the outcome is ADMITTED or the reason why not."""
    known = contact or Contact(id=contact_id(address))
    if known.blocked_until is not None and now < known.blocked_until:
        return Decision(contact, outcome="contact_blocked")
    if any(mailing.message == message.id for mailing in known.mailings):
        return Decision(contact, outcome=ADMITTED)
    if _is_loop(known, message.ticket, now):
        return Decision(contact, outcome="mail_loop")
    recent = tuple(mailing for mailing in known.mailings if now - mailing.at < LONGEST_WINDOW)
    mailing = Mailing(at=now, message=message.id, ticket=message.ticket)
    return Decision(known.but(mailings=(*recent, mailing)), outcome=ADMITTED)


def block(contact: Contact | None, address: str, now: datetime) -> Decision[Contact]:
    """No mail to an address that does not exist: a sender that goes on loses its good name with the receiver."""
    known = contact or Contact(id=contact_id(address))
    return Decision(known.but(blocked_until=now + BLOCKED_AFTER_A_BOUNCE, blocked_reason="no_such_mailbox"))


def names_a_bad_mailbox(reason: str) -> bool:
    """Say whether a permanent refusal is about the recipient, not about us or the content."""
    enhanced = _ENHANCED.search(reason)
    if enhanced is not None:
        return enhanced[1] == "1" or (enhanced[1], enhanced[2]) == ("2", "1")
    return _NO_SUCH_MAILBOX.search(reason) is not None


def _is_loop(contact: Contact, ticket: str, now: datetime) -> bool:
    ages = [now - mailing.at for mailing in contact.mailings if mailing.ticket == ticket]
    return any(sum(age < timedelta(minutes=minutes) for age in ages) >= most for minutes, most in LOOP_LADDER)
