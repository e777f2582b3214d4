"""Turns a letter into the bytes of one mail to one person, and refuses any that is not exactly what was meant."""

import hashlib
import re
from binascii import b2a_base64, b2a_qp
from datetime import datetime
from email.utils import format_datetime

from shared.config.settings import Msp
from shared.instant import to_instant
from shared.mail import header as mail_header
from shared.mail.address import mail_address
from shared.mail.bodies import bodies
from shared.mail.check import UnsafeMail, check
from shared.mail.letter import Letter
from shared.mail.mail import Mail
from shared.mail.text import SUBJECT_LIMIT, delinked, one_line

_NAME_LIMIT = 80
_NUMBER_LIMIT = 40
_REFERENCES = 10  # besides the root: enough for every mail program, and far from a header that a relay refuses
_MESSAGE_ID = re.compile(r"(?=.{5,250}\Z)<[A-Za-z0-9.!#$%&'*+/=^_{|}~-]+@[A-Za-z0-9.-]+>")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}")
_MOSTLY_ASCII = 6  # quoted-printable is shorter than base64 below about one byte in six to be quoted


def compose(  # noqa: PLR0913 - all by name
    letter: Letter,
    *,
    msp: Msp,
    to_address: str,
    to_name: str,
    message_id: str,
    previous: tuple[str, ...],
    date: datetime,
    ticket_number: str,
) -> Mail:
    """Return the mail, the same bytes for the same arguments, so that every try of a message sends the same.

    `previous` are the Message-IDs of the ticket's earlier mails, oldest first, with their angle brackets (RFC 5322,
    3.6.4). `date` is the time of the decision, with its zone. Headers mark it as automatic (RFC 3834), so that no
    out-of-office answers it. Raises BadAddress for a recipient that is not one plain address, UnsafeMail for
    a message id that is not one, or if the result does not read back as what was meant.
    """
    recipient = mail_address(to_address)
    sender = mail_address(msp.mail_from)
    trusted = _own_hosts(msp, sender)
    language = letter.language if _LANGUAGE.fullmatch(letter.language) else msp.language
    number = delinked(one_line(ticket_number, _NUMBER_LIMIT), trusted)
    subject = _subject(letter.subject, number, trusted)
    brand = one_line(msp.name, _NAME_LIMIT)

    to_line = mail_header.mailbox("To", one_line(to_name, _NAME_LIMIT), recipient)
    head = [mail_header.mailbox("From", one_line(msp.mail_name or msp.name, _NAME_LIMIT), sender), to_line]
    if msp.reply_to:
        head.append(mail_header.mailbox("Reply-To", "", mail_address(msp.reply_to)))
    head.append(mail_header.unstructured("Subject", subject))
    head.append(mail_header.listed("Date", (format_datetime(to_instant(date)),)))
    head += _thread(message_id, previous)
    head.append("Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n")
    head.append(mail_header.listed("Content-Language", (language,)))

    both = bodies(letter, language=language, subject=subject, brand=brand, number=number, trusted=trusted)
    raw = "".join(head).encode("ascii") + _alternative(both.text, both.html, message_id)
    check(raw, recipient=recipient, subject=subject, replies_to=bool(msp.reply_to), in_thread=bool(previous))
    return Mail(message_id=message_id, sender=sender, recipient=recipient, subject=subject, raw=raw)


def _own_hosts(msp: Msp, sender: str) -> frozenset[str]:
    """Links to these may stay links: the MSP's own web pages, and nobody else's."""
    return frozenset(domain.lower() for domain in (*msp.own_domains, sender.rpartition("@")[2]))


def _subject(text: str, number: str, trusted: frozenset[str]) -> str:
    """`[#4711] ...`: the number first, so that cutting never takes it and every mail of a ticket sorts together."""
    words = delinked(one_line(text), trusted)
    tag = f"[#{number}]"
    if not number or tag in words:
        return one_line(words, SUBJECT_LIMIT)
    return one_line(f"{tag} {words}", SUBJECT_LIMIT)


def _thread(message_id: str, previous: tuple[str, ...]) -> list[str]:
    if not all(map(_MESSAGE_ID.fullmatch, (message_id, *previous))):
        raise UnsafeMail("a Message-ID is not of the form <id@domain>")
    head = [mail_header.listed("Message-ID", (message_id,))]
    if previous:
        references = (previous[0], *previous[1:][-_REFERENCES:])
        head.append(mail_header.listed("In-Reply-To", (previous[-1],)))
        head.append(mail_header.listed("References", references))
    return head


def _alternative(text: str, html: str, message_id: str) -> bytes:
    """The boundary starts with `=_`, which neither encoding can produce (RFC 2045, 6.7), and is the same every time."""
    boundary = f"=_{hashlib.sha256(message_id.encode('ascii')).hexdigest()[:32]}"
    return b"".join(
        (
            f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n'.encode("ascii"),
            _part("plain", text, boundary),
            _part("html", html, boundary),
            f"\r\n--{boundary}--\r\n".encode("ascii"),
        )
    )


def _part(kind: str, text: str, boundary: str) -> bytes:
    content = text.replace("\n", "\r\n").encode("utf-8")
    if (len(content) - len(text)) * _MOSTLY_ASCII > len(content):
        encoding = "base64"
        body = b"".join(b2a_base64(content[i : i + 57])[:-1] + b"\r\n" for i in range(0, len(content), 57))
    else:
        encoding = "quoted-printable"
        body = b2a_qp(content, istext=True)
    head = (
        f"\r\n--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return head.encode("ascii") + body
