"""Twilio's way of calling us: what people answer, and what became of our messages.

The signature is that of Twilio's own library, and so is the doubt whether the port belongs to the signed address.
"""

import hmac
import html
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from shared.errors import InvalidRequest, Unauthenticated
from shared.models.notice import Arrival
from shared.psa.headers import single_header
from shared.psa.signing import SHA1_SIZE, any_matches, decode_base64, usable_secrets
from shared.sms.sms import DeliveryReport, InboundSms, SmsEvent

Form = Sequence[tuple[str, str]]

_MOST_FIELDS = 200
_LONGEST_NAME, _LONGEST_VALUE = 100, 10_000  # characters; a text has at most 1,600
_SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}", re.ASCII)
_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_ERROR = re.compile(r"[1-9][0-9]{3,5}", re.ASCII)
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_OPT_WORDS = frozenset({"STOP", "START", "HELP"})
_INBOUND = frozenset({"", "received", "receiving"})
_ARRIVALS = {
    **dict.fromkeys(("accepted", "scheduled", "queued", "sending"), Arrival.QUEUED),
    "sent": Arrival.SENT,
    **dict.fromkeys(("delivered", "read"), Arrival.DELIVERED),
    **dict.fromkeys(("undelivered", "failed"), Arrival.UNDELIVERED),
}


class TwilioWebhook:
    """One Twilio account. `auth_tokens` are its token and, while it is being changed, the other one too."""

    def __init__(self, auth_tokens: Sequence[str]) -> None:
        """Raises ConfigurationError for a token that is none."""
        self._tokens = usable_secrets(auth_tokens, "Twilio auth token")

    def verify(self, url: str, form: Form, headers: Mapping[str, str]) -> None:
        """Check `X-Twilio-Signature` of this public address, as Twilio was told it, and all fields of the form.

        Raises Unauthenticated, nothing else. There is no time in it: who keeps a request may send it again, so
        whatever follows from one must be harmless to repeat.
        """
        given = decode_base64(single_header(headers, "x-twilio-signature"), SHA1_SIZE)
        if given is None or len(form) > _MOST_FIELDS:
            raise Unauthenticated("x-twilio-signature is malformed, or the form is not Twilio's")
        try:
            expected = [signature(token, address, form) for token in self._tokens for address in _spellings(url)]
        except (ValueError, TypeError):  # not an address, or text that is not Unicode
            raise Unauthenticated("the form or its address is not Twilio's") from None
        if not any_matches(given, expected):
            raise Unauthenticated("x-twilio-signature does not fit the form")

    def parse(self, form: Form) -> SmsEvent:
        """Return what somebody wrote, or what became of a message of ours.

        None for a status that means nothing to us, and for what comes from no phone number (a short code, a name):
        it cannot be from anybody who is in the settings. Raises InvalidRequest for what is not Twilio's form.
        """
        fields = _fields(form)
        sid = fields.get("MessageSid") or fields.get("SmsSid") or ""
        if not _SID.fullmatch(sid):
            raise InvalidRequest("MessageSid: must be SM or MM and 32 hexadecimal digits")
        status = (fields.get("MessageStatus") or fields.get("SmsStatus") or "").lower()
        if status in _INBOUND:
            return _inbound(sid, fields)
        if status not in _ARRIVALS:
            return None
        error = fields.get("ErrorCode", "")
        return DeliveryReport(reference=sid, arrival=_ARRIVALS[status], error=error if _ERROR.fullmatch(error) else "")

    def answer(self, text: str) -> tuple[bytes, str]:
        """Return TwiML that answers with `text`, or with nothing for ""; what XML cannot hold is left out."""
        words = html.escape(_NOT_IN_XML.sub("", text), quote=False)
        body = f"<Response><Message>{words}</Message></Response>" if words else "<Response/>"
        return f'<?xml version="1.0" encoding="UTF-8"?>{body}'.encode(), "text/xml; charset=utf-8"


def signature(token: bytes, url: str, form: Form) -> bytes:
    """Return HMAC-SHA1 of the address and all fields, sorted, each name and value strung together with nothing between.

    Raises ValueError for half a surrogate pair.
    """
    fields = "".join(name + value for name, value in sorted(set(form)))
    return hmac.digest(token, (url + fields).encode(), "sha1")


def signature_header(token: str, url: str, form: Form) -> str:
    """Return what Twilio would write into `X-Twilio-Signature`; for whoever plays Twilio on one machine."""
    return b64encode(signature(token.encode(), url, form)).decode()


def _spellings(url: str) -> list[str]:
    """The address as it is, without its port, and with the one that its scheme means. Raises ValueError."""
    parts = urlsplit(url)
    host, port = parts.netloc, parts.port
    if port is not None:
        host = host.rpartition(":")[0]
    default = 443 if parts.scheme == "https" else 80
    with_port = parts.netloc if port is not None else f"{host}:{default}"
    return [url, parts._replace(netloc=host).geturl(), parts._replace(netloc=with_port).geturl()]


def _fields(form: Form) -> dict[str, str]:
    fields = dict(form)
    if len(fields) != len(form) or len(fields) > _MOST_FIELDS:
        raise InvalidRequest("a field came twice, or there are too many")
    for name, value in fields.items():
        if len(name) > _LONGEST_NAME or len(value) > _LONGEST_VALUE:
            raise InvalidRequest("a field is too long")
    return fields


def _inbound(sid: str, fields: Mapping[str, str]) -> InboundSms | None:
    if "Body" not in fields or not fields.get("From"):
        raise InvalidRequest("From, Body: an inbound message has both, a status has MessageStatus")
    if not _E164.fullmatch(fields["From"]):
        return None
    text = fields["Body"].replace("\0", "")
    if not _is_unicode(text):
        raise InvalidRequest("Body: has half a surrogate pair")
    opt_word = fields.get("OptOutType", "").upper()
    return InboundSms(id=sid, sender=fields["From"], text=text, opt_word=opt_word if opt_word in _OPT_WORDS else "")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
