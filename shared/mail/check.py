"""Reads a finished mail the way its receiver will, and refuses it unless it says exactly what was meant.

Headers are read by the library, as receivers do. The body is taken apart at its delimiter, which must then stand in it
three times and nowhere else: so no reader can find other parts, and none has to go through its lines one by one. The
heads of the parts are ours to the byte.
"""

from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses

from shared.errors import PermanentFailure

LONGEST_LINE = 998  # RFC 5322 section 2.1.1, without its CRLF

_FIRST = ("From", "To")
_ALWAYS = ("Subject", "Date", "Message-ID")
_THREAD = ("In-Reply-To", "References")
_LAST = ("Auto-Submitted", "X-Auto-Response-Suppress", "Content-Language", "MIME-Version", "Content-Type")
_PARTS = ("plain", "html")
_ENCODINGS = ("quoted-printable", "base64")
_PARSER = BytesHeaderParser(policy=compat32)
_BLANK_LINE = b"\r\n\r\n"
_PART_HEADS = {
    kind: tuple(
        f"\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        for encoding in _ENCODINGS
    )
    for kind in _PARTS
}


class UnsafeMail(PermanentFailure):
    """A mail that does not read back as it was meant, so it was not sent. A defect of ours: the text names the part."""

    code = "unsafe_mail"


def check(raw: bytes, *, recipient: str, subject: str, replies_to: bool, in_thread: bool) -> None:
    """Raise UnsafeMail unless the bytes have exactly our headers, one recipient, this subject and our two parts."""
    check_lines(raw)
    head, _, body = raw.partition(_BLANK_LINE)
    mail = _PARSER.parsebytes(head + _BLANK_LINE)
    expected = [*_FIRST, *(["Reply-To"] if replies_to else []), *_ALWAYS, *(_THREAD if in_thread else ()), *_LAST]
    if mail.keys() != expected:
        raise UnsafeMail("the headers are not the expected ones")
    for name in ("From", "To", *(["Reply-To"] if replies_to else [])):
        addresses = getaddresses([mail[name]])
        if len(addresses) != 1:
            raise UnsafeMail(f"{name} does not hold exactly one address")
        if name == "To" and addresses[0][1] != recipient:
            raise UnsafeMail("To is not the recipient")
    if _decoded(mail["Subject"]) != subject:
        raise UnsafeMail("the subject does not read back")
    _check_parts(mail, body)


def check_lines(raw: bytes) -> None:
    """Every line ends in CRLF and is of legal length: a bare CR or LF is how one mail becomes two (SMTP smuggling)."""
    if not raw.isascii() or b"\0" in raw:
        raise UnsafeMail("the mail is not plain ASCII")
    lines = raw.split(b"\r\n")
    if lines[-1] or raw.count(b"\n") != len(lines) - 1 or raw.count(b"\r") != len(lines) - 1:
        raise UnsafeMail("a line does not end in CRLF")
    if max(map(len, lines)) > LONGEST_LINE:
        raise UnsafeMail(f"a line is longer than {LONGEST_LINE} characters")


def _check_parts(mail: Message, body: bytes) -> None:
    boundary = mail.get_boundary()
    if mail.defects or mail.get_content_type() != "multipart/alternative" or not boundary:
        raise UnsafeMail("the mail is not one multipart/alternative")
    pieces = body.split(f"--{boundary}".encode())
    if len(pieces) != len(_PARTS) + 2 or pieces[0] or pieces[-1] != b"--\r\n":
        raise UnsafeMail("the body is not two parts between their delimiters")
    for part, kind in zip(pieces[1:-1], _PARTS, strict=True):
        if not (part.startswith(_PART_HEADS[kind]) and part.endswith(b"\r\n")):
            raise UnsafeMail("the parts are not one text and one HTML, each with our two headers")


def _decoded(value: str) -> str:
    unfolded = value.replace("\r\n", "")
    return "".join(
        part.decode(charset or "ascii") if isinstance(part, bytes) else part
        for part, charset in decode_header(unfolded)
    )
