"""A kept mail taken apart for looking at: its HTML, its text, its headers as they would have gone over the wire."""

import email
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

from shared.mail.mail import Mail
from shared.models.message import Message

_NOTICE_IN_MESSAGE_ID = re.compile(r"<(notice-[0-9a-f]{32})@")
_TICKET_IN_MESSAGE_ID = re.compile(r"<(ticket-[0-9a-f]{32})\.[0-9]+@")


@dataclass(frozen=True, slots=True)
class OpenedMail:
    """`html` is foreign text in all but name: it is only ever shown in a frame of its own that may do nothing."""

    subject: str
    sender: str
    recipient: str
    date: datetime | None
    html: str
    text: str
    headers: str


def opened(mail: Mail) -> OpenedMail:
    message = email.message_from_bytes(mail.raw, policy=policy.default)
    return OpenedMail(
        subject=mail.subject,
        sender=str(message["From"] or mail.sender),
        recipient=str(message["To"] or mail.recipient),
        date=sent_date(mail),
        html=_part(message, "html"),
        text=_part(message, "plain"),
        headers=mail.raw.partition(b"\r\n\r\n")[0].decode("ascii", "replace").replace("\r\n", "\n"),
    )


def sent_date(mail: Mail) -> datetime | None:
    """Return the time of the mail's own Date header; None if it has none that can be read."""
    found = re.search(rb"(?im)^date: ([^\r\n]{1,60})", mail.raw.partition(b"\r\n\r\n")[0])
    try:
        return parsedate_to_datetime(found[1].decode("ascii", "replace")).astimezone(UTC) if found else None
    except ValueError:
        return None


def ticket_of(message_id: str) -> str | None:
    """Return the document id of the ticket that a mail is about: every Message-ID of an update begins with it."""
    found = _TICKET_IN_MESSAGE_ID.match(message_id)
    return found[1] if found else None


def notice_of(message_id: str) -> str | None:
    """Return the document id of the notice that a mail to one of our own people is."""
    found = _NOTICE_IN_MESSAGE_ID.match(message_id)
    return found[1] if found else None


def place_in_mailbox(message: Message) -> int | None:
    """Return the number under which the mailbox keeps the mail; None for a mail that went out into the world."""
    kind, _, number = message.reference.partition("-")
    return int(number) if kind == "mailbox" and number.isdigit() else None


def _part(message: EmailMessage, kind: str) -> str:
    for part in message.walk():
        if part.get_content_type() == f"text/{kind}":
            return str(part.get_content())
    return ""
