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

# RFC 3463: 5.1.x is about an address (7 and 8: the sender's), 5.2.1 a closed mailbox. Without such a code only the
# words of the answer to RCPT tell a missing mailbox from a relay that does not like us.
_ENHANCED = re.compile(r"\b5\.(\d{1,3}\.\d{1,3})\b")
_MAILBOX_CODES = frozenset(("1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.9", "1.10", "2.1"))
_NO_SUCH_MAILBOX = re.compile(r"recipient: (?:550|551|553)\b")
_NOT_ABOUT_THE_MAILBOX = re.compile(r"spam|block|blacklist|policy|reputation|denied|relay", re.IGNORECASE)


def admit(contact: Contact | None, message: Message, address: str, now: datetime) -> Decision[Contact]:
    """Count `message` on its recipient, once for all its tries; the outcome is ADMITTED or the reason why not."""
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
    """Say whether a permanent refusal, as the channel words it, is about the recipient and not about us."""
    enhanced = _ENHANCED.search(reason)
    if enhanced is not None:
        return enhanced[1] in _MAILBOX_CODES
    return _NO_SUCH_MAILBOX.search(reason) is not None and _NOT_ABOUT_THE_MAILBOX.search(reason) is None


def _is_loop(contact: Contact, ticket: str, now: datetime) -> bool:
    ages = [now - mailing.at for mailing in contact.mailings if mailing.ticket == ticket]
    return any(sum(age < timedelta(minutes=minutes) for age in ages) >= most for minutes, most in LOOP_LADDER)
