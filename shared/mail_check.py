"""Reads a finished mail the way its receiver will, and refuses it unless it says exactly what was meant."""

from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from email.utils import getaddresses

from shared.errors import PermanentFailure

LONGEST_LINE = 998  # RFC 5322 section 2.1.1, without its CRLF

_FIRST = ("From", "To")
_ALWAYS = ("Subject", "Date", "Message-ID")
_THREAD = ("In-Reply-To", "References")
_LAST = ("Auto-Submitted", "X-Auto-Response-Suppress", "Content-Language", "MIME-Version", "Content-Type")
_PARTS = ("text/plain", "text/html")
_PART_HEADERS = ["Content-Type", "Content-Transfer-Encoding"]
_PARSER = BytesParser(policy=compat32)


class UnsafeMail(PermanentFailure):
    """A mail that does not read back as it was meant, so it was not sent. A defect of ours: the text names the part."""

    code = "unsafe_mail"


def check(raw: bytes, *, recipient: str, subject: str, replies_to: bool, in_thread: bool) -> None:
    """Raise UnsafeMail unless the bytes have exactly our headers, one recipient, this subject and our two parts."""
    check_lines(raw)
    mail = _PARSER.parsebytes(raw)
    expected = [*_FIRST, *(["Reply-To"] if replies_to else []), *_ALWAYS, *(_THREAD if in_thread else ()), *_LAST]
    if mail.keys() != expected:
        raise UnsafeMail("the headers are not the expected ones")
    for name in ("From", "To", *(["Reply-To"] if replies_to else [])):
        if len(getaddresses([mail[name]])) != 1:
            raise UnsafeMail(f"{name} does not hold exactly one address")
    if getaddresses([mail["To"]])[0][1] != recipient:
        raise UnsafeMail("To is not the recipient")
    if _decoded(mail["Subject"]) != subject:
        raise UnsafeMail("the subject does not read back")
    _check_parts(mail)


def check_lines(raw: bytes) -> None:
    """Every line ends in CRLF and is of legal length: a bare CR or LF is how one mail becomes two (SMTP smuggling)."""
    if not raw.isascii() or b"\0" in raw:
        raise UnsafeMail("the mail is not plain ASCII")
    lines = raw.split(b"\r\n")
    if lines[-1] or raw.count(b"\n") != len(lines) - 1 or raw.count(b"\r") != len(lines) - 1:
        raise UnsafeMail("a line does not end in CRLF")
    if max(map(len, lines)) > LONGEST_LINE:
        raise UnsafeMail(f"a line is longer than {LONGEST_LINE} characters")


def _check_parts(mail: Message) -> None:
    if mail.defects or mail.get_content_type() != "multipart/alternative" or not mail.is_multipart():
        raise UnsafeMail("the mail is not one multipart/alternative")
    _, *parts = mail.walk()
    if tuple(part.get_content_type() for part in parts) != _PARTS:
        raise UnsafeMail("the parts are not one text and one HTML")
    if any(part.keys() != _PART_HEADERS or part.defects for part in parts):
        raise UnsafeMail("the headers of a part are not the expected ones")


def _decoded(value: str) -> str:
    unfolded = value.replace("\r\n", "")
    return "".join(
        part.decode(charset or "ascii") if isinstance(part, bytes) else part
        for part, charset in decode_header(unfolded)
    )
