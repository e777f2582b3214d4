"""What Microsoft Graph's refusals mean for a mail, and what somebody has to do about each."""

import re

from shared.channels.http_exchange import HttpAnswer
from shared.errors import InvalidRequest
from shared.ports import SendFailed, SendUncertain
from shared.psa.reading import is_record
from shared.psa.retry_after import retry_after
from shared.strict_json import parse_json

_MAX_BYTES = 64 * 1024
_CODE = re.compile(r"[A-Za-z0-9._-]{1,60}")

# About the mailbox or the service as they are just now: the same mail may go out later.
_PASSING = frozenset({"ErrorQuotaExceeded", "ErrorServerBusy", "ErrorMailboxStoreUnavailable"})

_WORDS = {
    "ErrorInvalidRecipients": "the recipient's address is not one that it delivers to; correct it in the PSA",
    "ErrorMessageSizeExceeded": "the mail is too large",
    "ErrorQuotaExceeded": "the sending mailbox is full; make room in it",
    "ErrorSendAsDenied": "the mail's sender is not its mailbox; let msp.mail_from be mail.graph.mailbox",
}
_BY_STATUS = {
    401: "it does not accept our token, the next try fetches a new one; if it lasts, check tenant and client_id",
    403: "this app may not send from this mailbox; grant it Mail.Send and look at the scope of its role or policy",
    404: "it does not know the mailbox of the settings, or that has no mail; check mail.graph.mailbox",
    413: "the mail is too large",
}


def refusal(answer: HttpAnswer) -> SendFailed | SendUncertain:
    """Return what to raise for any answer but a 202. No word of the other side is repeated but its error code."""
    status, code = answer.status, error_code(answer)
    reason = f"Microsoft Graph: HTTP {status}" + (f" {code}" if code else "")
    words = _WORDS.get(code) or _BY_STATUS.get(status)
    if words:
        reason += f": {words}"
    if status in (425, 429, 503):
        return SendFailed(reason, permanent=False, retry_after=retry_after(answer.headers))
    if 300 <= status < 400:
        return SendFailed(f"{reason}: a redirect; check mail.graph.base_url", permanent=False)
    if status == 408 or not 400 <= status < 500:  # 408: it waited for us, and who knows for how much of it
        return SendUncertain(reason)
    if not code:
        return SendFailed(f"{reason}, not in Graph's own form: a proxy, or a wrong base_url", permanent=False)
    return SendFailed(reason, permanent=status not in (401, 403) and code not in _PASSING)


def error_code(answer: HttpAnswer) -> str:
    """Return Graph's own code of the error; "" if the body is not one of Graph's errors."""
    try:
        body = parse_json(answer.body or b"", max_bytes=_MAX_BYTES)
    except InvalidRequest:
        return ""
    error = body.get("error") if is_record(body) else None
    code = error.get("code") if is_record(error) else None
    return code if isinstance(code, str) and _CODE.fullmatch(code) else ""
