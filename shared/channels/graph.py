"""Sends mail through Microsoft 365: Graph's sendMail with the whole mail as MIME, so that it goes as composed."""

from base64 import b64encode
from collections.abc import Callable
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from urllib.parse import quote

from shared.channels.graph_answers import refusal
from shared.channels.graph_sent import SentItems
from shared.channels.graph_token import GraphToken
from shared.channels.http_exchange import AnswerLost, HttpExchange, NeverSent, secret_safe
from shared.config.settings import Graph
from shared.mail.address import BadAddress, mail_address
from shared.mail.check import UnsafeMail, check_lines
from shared.mail.mail import Mail
from shared.ports import Receipt, SendFailed, SendUncertain

_LONGEST_REFERENCE = 100


class GraphChannel:
    """One POST for each mail, on a connection of its own. Safe for threads: they share the token.

    Graph answers 202 when the mail lies in the mailbox as a draft that Exchange is told to pick up; what Exchange then
    makes of it comes back as a bounce to that mailbox. The same Message-ID twice is two mails; see `was_sent`.
    `settings.timeout_seconds` is for each of the two calls of a mail, token and POST; see HttpExchange.
    """

    knows_message_ids = False

    def __init__(self, settings: Graph, client_id: str, client_secret: str) -> None:
        """Raises ConfigurationError for plain HTTP to another machine: the client secret would travel in the open."""
        base = secret_safe(settings.base_url, "mail.graph.base_url")
        self._user = f"{base}/v1.0/users/{quote(settings.mailbox, safe='@')}"
        self._http = HttpExchange(settings.timeout_seconds)
        self._token = GraphToken(settings, client_id, client_secret, self._http)
        self._sent = SentItems(self._user, self._http)

    def send(self, mail: Mail, before_commitment: Callable[[], None]) -> Receipt:
        """Hand the mail over; `before_commitment` runs when the token is there and nothing is left but the POST.

        Raises SendFailed for whatever Graph refuses, permanent if it is about this mail or the mailbox; SendUncertain
        if the POST went out and no clear answer came, or a 5xx other than 503: Graph may have stored the mail by then.
        """
        _refuse_unfit(mail)
        token = self._token.value()
        before_commitment()
        try:
            answer = self._http.call(
                "POST",
                f"{self._user}/sendMail",
                headers={"Authorization": f"Bearer {token}", "Content-Type": "text/plain"},
                data=b64encode(mail.raw),
            )
        except NeverSent as error:
            raise SendFailed(f"Microsoft Graph cannot be reached ({error})", permanent=False) from error
        except AnswerLost as error:
            raise SendUncertain(f"Microsoft Graph did not answer ({error})") from error
        if answer.status == 202:
            return Receipt(reference=answer.headers.get("request-id", "")[:_LONGEST_REFERENCE])
        if answer.status == 401:
            self._token.forget(token)
        raise refusal(answer)

    def was_sent(self, message_id: str) -> bool | None:
        """Say whether the mailbox has sent this mail: True, False, or None if it cannot tell or may not be asked.

        False is only safe some minutes after the try, see SentItems; `shared.outgoing.claim` waits 15. Needs the
        permission Mail.ReadBasic or Mail.Read; without it the answer is None.
        """
        try:
            token = self._token.value()
        except SendFailed:
            return None
        verdict = self._sent.has(message_id, token)
        if verdict.unauthorized:
            self._token.forget(token)
        return verdict.sent


def _refuse_unfit(mail: Mail) -> None:
    """Graph takes the recipients from the headers, so these must name the one that is meant, and nobody else."""
    try:
        recipient = mail_address(mail.recipient)
        check_lines(mail.raw)
    except (BadAddress, UnsafeMail) as error:
        raise SendFailed(str(error), permanent=True) from error
    head = BytesHeaderParser().parsebytes(mail.raw)
    named = getaddresses([str(line) for name in ("To", "Cc", "Bcc") for line in head.get_all(name, [])])
    if [address for _, address in named] != [recipient] or recipient != mail.recipient:
        raise SendFailed("the mail's own header does not name its one recipient", permanent=True)
