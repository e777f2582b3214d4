"""Sends SMS through Twilio, and always knows whether the point of no return, the body of the request, was passed."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlencode, urlsplit

from shared.channels.twilio_answers import receipt
from shared.channels.twilio_http import Exchange, Form, NoAnswer
from shared.config.alerts import Twilio
from shared.errors import ConfigurationError, InvalidRequest
from shared.ports import Receipt, SendFailed, SendUncertain
from shared.psa.http_bounds import Bounds
from shared.psa.reading import is_record
from shared.sms.sms import Sms
from shared.strict_json import parse_json

_ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}", re.ASCII)
_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}", re.ASCII)
_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_CONNECT_SECONDS = 5.0
_MAX_BYTES = 1_048_576
_PAGE = 100  # messages to one number, the newest first
_CLOCKS_DIFFER = timedelta(seconds=5)
_TRIAL = "Sent from your Twilio trial account - "
_HERE = frozenset(("localhost", "127.0.0.1", "::1"))


class TwilioChannel:
    """One connection for each call, one number for each message. Safe for threads: nothing is shared.

    Twilio does not recognise a message that it has already: whoever is in doubt asks `was_sent` before sending again.
    """

    knows_message_ids = False

    def __init__(
        self, settings: Twilio, account_sid: str, auth_token: str, messaging_service: str | None = None
    ) -> None:
        """Raises ConfigurationError for what cannot be an account, its token, or a messaging service."""
        _check("account", account_sid, _ACCOUNT, "AC and 32 hexadecimal digits")
        _check("auth token", auth_token, re.compile(r"[!-~]{16,128}"), "the token as the console shows it")
        sender = {"From": settings.sender or ""}
        if settings.messaging_service is not None:
            _check("messaging_service", messaging_service or "", _SERVICE, "MG and 32 hexadecimal digits")
            sender = {"MessagingServiceSid": messaging_service or ""}
        parts = urlsplit(settings.base_url)
        if parts.scheme != "https" and parts.hostname not in _HERE:
            raise ConfigurationError("twilio: base_url must begin with https://")
        self._sender = sender
        self._url = f"{settings.base_url.rstrip('/')}/2010-04-01/Accounts/{account_sid}/Messages.json"
        seconds = settings.timeout_seconds
        bounds = Bounds(min(_CONNECT_SECONDS, seconds), seconds, seconds, _MAX_BYTES)
        self._exchange = Exchange((account_sid, auth_token), bounds)

    def send(self, sms: Sms, before_commitment: Callable[[], None]) -> Receipt:
        """Hand the SMS over; `before_commitment` runs when all of the request is there but its body.

        Raises SendFailed for what happens before the body and for a refusal, SendUncertain if no sense came back.
        Permanent is what Twilio says about the number or the content; a refusal of our key, or to let us in now, is
        not. The reason begins with a word: opted_out, bad_number, unroutable, too_long or refused, and Twilio's code.
        """
        if not _E164.fullmatch(sms.recipient):
            raise SendFailed("bad_number: not E.164", permanent=True)
        fields = {"To": sms.recipient, **self._sender, "Body": sms.text}
        if sms.status_url:
            fields["StatusCallback"] = sms.status_url
        try:
            form = Form(urlencode(fields).encode("ascii"), before_commitment)
        except UnicodeEncodeError:
            raise SendFailed("refused: half a surrogate pair", permanent=True) from None
        try:
            answer = self._exchange.post(self._url, form)
        except NoAnswer as error:
            if form.failure is not None:
                raise form.failure from None
            if form.begun:
                raise SendUncertain(f"twilio: {error}") from None
            raise SendFailed(f"twilio: {error}", permanent=False) from None
        return receipt(answer)

    def was_sent(self, sms: Sms, since: datetime) -> bool | None:
        """Say whether Twilio has this very text for this number, made at `since` or later (5 s of grace for clocks).

        None if it does not say, or if the newest 100 messages to the number do not reach back to `since`. A message
        can be in the list some moments later than it was taken: ask minutes after the doubt, not at once.

        The list is asked without DateSent: that filter passes over messages that are still queued, and takes days only.
        """
        try:
            answer = self._exchange.get(self._url, {"To": sms.recipient, "PageSize": str(_PAGE)})
            page = parse_json(answer.body, max_bytes=_MAX_BYTES) if answer.status == 200 else None
        except (NoAnswer, InvalidRequest):
            return None
        messages = page.get("messages") if is_record(page) else None
        if not isinstance(messages, list) or not all(is_record(message) for message in messages):
            return None
        earliest = since.replace(microsecond=0) - _CLOCKS_DIFFER
        made = [_made(message) for message in messages]
        for message, at in zip(messages, made, strict=True):
            if (at is None or at >= earliest) and _is(message, sms):
                return True if at is not None else None
        last_page = is_record(page) and page.get("next_page_uri", "missing") is None
        complete = last_page or any(at is not None and at < earliest for at in made)  # the newest come first
        return False if complete else None


def _check(what: str, value: str, form: re.Pattern[str], words: str) -> None:
    if not form.fullmatch(value):
        raise ConfigurationError(f"twilio: {what} must be {words}; look for white space around it")


def _is(message: Mapping[str, object], sms: Sms) -> bool:
    body, direction = message.get("body"), message.get("direction")
    return (
        isinstance(body, str)
        and body.removeprefix(_TRIAL) == sms.text
        and isinstance(direction, str)
        and direction.startswith("outbound")
        and message.get("to") == sms.recipient
    )


def _made(message: Mapping[str, object]) -> datetime | None:
    """When Twilio took it; whole seconds, UTC. None if it does not say."""
    for name in ("date_created", "date_sent"):
        value = message.get(name)
        if isinstance(value, str):
            try:
                at = parsedate_to_datetime(value)
            except (ValueError, TypeError, IndexError):
                continue
            return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return None
