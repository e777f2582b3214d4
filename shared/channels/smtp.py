"""Sends mail through an SMTP relay, and always knows whether the point of no return, the final dot, was passed."""

import re
import ssl
from collections.abc import Callable

from shared.channels.smtp_dialogue import Dialogue, connected
from shared.config.settings import Smtp
from shared.mail.address import BadAddress, mail_address
from shared.mail.check import UnsafeMail, check_lines
from shared.mail.mail import Mail
from shared.ports import Receipt, SendFailed, SendUncertain

_TLS_PORT = 465
_QUEUE_ID = re.compile(r"(?:queued as |\bid=)<?([A-Za-z0-9._@-]{4,100})", re.IGNORECASE)


class SmtpChannel:
    """One connection for each mail, one recipient for each mail (RFC 5321). Safe for threads: nothing is shared.

    Everything up to the final dot shares `timeout_seconds`, and the answer to the dot has `final_timeout_seconds` for
    itself: giving up on that early would only make doubt. A name server is waited for as long as the system does.
    """

    knows_message_ids = False

    def __init__(
        self,
        settings: Smtp,
        username: str | None = None,
        password: str | None = None,
        *,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`tls` replaces the system's certificate authorities. There is no way to leave the certificate unchecked."""
        self._settings = settings
        self._login = None if username is None or password is None else (username, password)
        self._tls = tls or ssl.create_default_context()

    def was_sent(self, message_id: str) -> bool | None:  # noqa: ARG002
        """Return None: SMTP has no way to ask."""
        return None

    def send(self, mail: Mail, before_commitment: Callable[[], None]) -> Receipt:
        """Hand the mail to the relay; `before_commitment` runs when all of it is there but the final dot.

        Raises SendFailed for anything before the dot and for a refusal of the dot, SendUncertain if the answer to the
        dot did not come. Permanent is only what the relay says for good (5xx) about the addresses or the content: its
        refusal to talk to us, or of our password, may be repaired before the mail expires. No fallback to plain text.
        """
        _refuse_unfit(mail)
        dialogue = self._connected(mail)
        try:
            self._introduce(dialogue)
            _hand_over(dialogue, mail)
            dialogue.expect_silence()
            before_commitment()
            dialogue.expect_silence()
            receipt = _receipt(dialogue, self._settings.final_timeout_seconds)
        except BaseException:
            dialogue.drop()  # never QUIT in the middle of a mail: it would become part of it
            raise
        dialogue.end()
        return receipt

    def _connected(self, mail: Mail) -> Dialogue:
        settings = self._settings
        tls = self._tls if settings.port == _TLS_PORT and not settings.plain else None
        return connected(settings.host, settings.port, mail, seconds=settings.timeout_seconds, tls=tls)

    def _introduce(self, dialogue: Dialogue) -> None:
        dialogue.hello()
        if self._settings.port != _TLS_PORT and not self._settings.plain:
            dialogue.start_tls(self._tls)
            dialogue.hello()
        if self._login is not None:
            dialogue.log_in(*self._login)


def _refuse_unfit(mail: Mail) -> None:
    """An address or a mail that could smuggle in another command or mail is refused, whoever composed it."""
    try:
        addresses = mail_address(mail.sender), mail_address(mail.recipient)
        check_lines(mail.raw)
    except (BadAddress, UnsafeMail) as error:
        raise SendFailed(str(error), permanent=True) from error
    if addresses != (mail.sender, mail.recipient):
        raise SendFailed("an address has spaces around it", permanent=True)


def _hand_over(dialogue: Dialogue, mail: Mail) -> None:
    size = f" SIZE={len(mail.raw)}" if dialogue.offers("size") else ""
    dialogue.ask("sender", f"MAIL FROM:<{mail.sender}>{size}", 2)
    dialogue.ask("recipient", f"RCPT TO:<{mail.recipient}>", 2)
    dialogue.ask("content", "DATA", 3)
    dialogue.write(mail.raw)


def _receipt(dialogue: Dialogue, seconds: float) -> Receipt:
    code, answer = dialogue.final_dot(seconds)
    if 400 <= code <= 599:
        raise SendFailed(f"final dot: {code} {answer}", permanent=code >= 500)
    if not 200 <= code <= 299:
        raise SendUncertain(f"final dot: no sense in the answer ({code})")
    queue_id = _QUEUE_ID.search(answer)
    return Receipt(reference=queue_id[1] if queue_id else "")
