"""The dialogue with an SMTP relay about one mail: every step bounded in time, every failure named by its phase."""

import contextlib
import re
import smtplib
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Callable
from functools import partial

from shared.mail.mail import Mail
from shared.mail.text import one_line
from shared.ports import SendFailed, SendUncertain

_QUIT_SECONDS = 2.0
_LEAST_SECONDS = 0.001
_REASON_LIMIT = 200
_ABOUT_OUR_LOGIN = frozenset({530, 534, 535, 538})  # RFC 4954
_LINE_STARTING_WITH_DOT = re.compile(rb"^\.", re.MULTILINE)

Reply = tuple[int, bytes]


def connected(host: str, port: int, mail: Mail, *, seconds: float, tls: ssl.SSLContext | None) -> "Dialogue":
    """Connect and hear the greeting; with `tls`, speak TLS from the start. The whole dialogue has `seconds`.

    Raises SendFailed, never permanent.
    """
    deadline = time.monotonic() + seconds
    our_name = mail.sender.rpartition("@")[2]
    try:
        if tls is None:
            link = smtplib.SMTP(host, port, our_name, timeout=seconds)
        else:
            link = smtplib.SMTP_SSL(host, port, our_name, timeout=seconds, context=tls)
    except smtplib.SMTPResponseException as refusal:
        words = _words(refusal.smtp_error, mail.recipient)
        raise SendFailed(f"greeting: {refusal.smtp_code} {words}", permanent=False) from refusal
    except (OSError, ValueError) as error:  # ValueError: text that cannot be a host name
        raise SendFailed(f"connect: {_cause(error)}", permanent=False) from error
    _write_at_once(link)
    return Dialogue(link, mail.recipient, deadline)


class Dialogue:
    """One connection. `drop` must be called if a step raises, `end` if the mail was taken."""

    def __init__(self, link: smtplib.SMTP, recipient: str, deadline: float) -> None:
        self._link = link
        self._recipient = recipient
        self._deadline = deadline

    def offers(self, extension: str) -> bool:
        """Say whether the relay's last EHLO named this extension (lower case)."""
        return self._link.has_extn(extension)

    def hello(self) -> None:
        self._step("hello", self._link.ehlo, 2)

    def start_tls(self, tls: ssl.SSLContext) -> None:
        """Raises SendFailed if the relay does not offer it or its certificate does not hold (RFC 3207)."""
        if not self.offers("starttls"):
            raise SendFailed("starttls: the relay does not offer it", permanent=False)
        self._step("starttls", partial(self._link.starttls, context=tls), 2)

    def log_in(self, username: str, password: str) -> None:
        """Use PLAIN (RFC 4616), else LOGIN; both in UTF-8, which smtplib's own login cannot do."""
        mechanisms = self._link.esmtp_features.get("auth", "").upper().split()
        if "PLAIN" in mechanisms:
            both = _base64(f"\0{username}\0{password}")
            self._step("login", partial(self._link.docmd, "AUTH", f"PLAIN {both}"), 2)
        elif "LOGIN" in mechanisms:
            self._step("login", partial(self._link.docmd, "AUTH", f"LOGIN {_base64(username)}"), 3)
            self._step("login", partial(self._link.docmd, _base64(password)), 2)
        else:
            raise SendFailed("login: the relay offers neither PLAIN nor LOGIN", permanent=False)

    def ask(self, phase: str, command: str, kind: int) -> None:
        """Send a command about this mail and insist on an answer of `kind`, its first digit. A 5xx is permanent."""
        self._step(phase, partial(self._link.docmd, command), kind, about_mail=True)

    def write(self, content: bytes) -> None:
        """Send lines with their dots stuffed. Nobody may deliver them before the final dot (RFC 5321, 4.1.1.4)."""
        try:
            self._wait(self._deadline - time.monotonic())
            self._link.send(_LINE_STARTING_WITH_DOT.sub(b"..", content))
        except OSError as error:
            raise SendFailed(f"content: {_cause(error)}", permanent=False) from error

    def expect_silence(self) -> None:
        """Raise SendFailed if the relay has hung up or given up by now: before the dot, that is not yet a doubt."""
        sock = self._link.sock
        if sock is None:
            raise SendFailed("content: connection lost", permanent=False)
        sock.setblocking(False)
        try:
            early = sock.recv(512)
        except (BlockingIOError, ssl.SSLWantReadError):
            return
        except OSError as error:
            raise SendFailed(f"content: {_cause(error)}", permanent=False) from error
        raise SendFailed(f"content: {_words(early, self._recipient) or 'connection closed'}", permanent=False)

    def final_dot(self, seconds: float) -> tuple[int, str]:
        """Send the dot; return the code and the words. Raises SendUncertain if no answer comes within `seconds`."""
        try:
            self._wait(seconds)
            self._link.send(b".\r\n")
            code, words = self._link.getreply()
        except OSError as error:
            raise SendUncertain(f"final dot: {_cause(error)}") from error
        return code, _words(words, self._recipient)

    def end(self) -> None:
        """Say good-bye. The mail is sent, whatever comes of this."""
        with contextlib.suppress(OSError):
            self._wait(_QUIT_SECONDS)
            self._link.quit()
        self.drop()

    def drop(self) -> None:
        """Close the connection without a word."""
        self._link.close()

    def _step(self, phase: str, act: Callable[[], Reply], kind: int, *, about_mail: bool = False) -> None:
        code, answer = self._reply(phase, act)
        if code // 100 != kind:
            permanent = about_mail and 500 <= code <= 599 and code not in _ABOUT_OUR_LOGIN
            raise SendFailed(f"{phase}: {code} {_words(answer, self._recipient)}", permanent=permanent)

    def _reply(self, phase: str, act: Callable[[], Reply]) -> tuple[int, bytes | str]:
        try:
            self._wait(self._deadline - time.monotonic())
            return act()
        except smtplib.SMTPResponseException as refusal:
            return refusal.smtp_code, refusal.smtp_error
        except (OSError, ValueError) as error:  # ValueError: a name that no certificate can be checked against
            raise SendFailed(f"{phase}: {_cause(error)}", permanent=False) from error

    def _wait(self, seconds: float) -> None:
        """Let the next step take as long, but not less than a moment: 0 would mean not to wait at all."""
        if self._link.sock is not None:
            self._link.sock.settimeout(max(seconds, _LEAST_SECONDS))


def _write_at_once(link: smtplib.SMTP) -> None:
    """Let no write wait for the acknowledgement of the one before: the dot follows the content in a write of its own.

    As sockets come, it would wait some 40 ms for a relay that acknowledges late, and a crash in that time is a doubt.
    """
    if link.sock is not None:
        with contextlib.suppress(OSError):  # the relay is gone: the next step says so
            link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _base64(text: str) -> str:
    return b64encode(text.encode("utf-8")).decode("ascii")


def _words(answer: bytes | str, recipient: str) -> str:
    """The relay's words for the ledger: one line, without the address that they often repeat."""
    text = answer if isinstance(answer, str) else answer.decode("utf-8", "replace")
    return one_line(text.replace(recipient, "(recipient)"), _REASON_LIMIT)


def _cause(error: Exception) -> str:
    return one_line(f"{type(error).__name__} {error}", _REASON_LIMIT)
