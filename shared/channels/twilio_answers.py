"""What Twilio's answer to a new message means: taken, surely not taken, or a doubt.

Twilio says that its codes come and go, so that only those are named that lead to another action; the rest of a 400 is
about the message as well. Its own words are not quoted: they repeat the number.
"""

import re

from shared.channels.twilio_http import Answer
from shared.errors import InvalidRequest
from shared.ports import Receipt, SendFailed, SendUncertain
from shared.psa.reading import is_record
from shared.psa.retry_after import retry_after
from shared.strict_json import parse_json

_SID = re.compile(r"(?:SM|MM)[0-9a-fA-F]{32}", re.ASCII)
_WORDS = {
    21610: "opted_out",
    **dict.fromkeys((21211, 21214, 21217, 21265, 21268, 21614, 21635), "bad_number"),
    **dict.fromkeys((21408, 21612), "unroutable"),
    **dict.fromkeys((21617, 21658), "too_long"),
}
_LOGIN = "does not let us in; look at the account, the auth token and the state of the account"


def receipt(answer: Answer) -> Receipt:
    """Return the receipt with Twilio's id of the message.

    Raises SendFailed for a 3xx or 4xx; SendUncertain for a 408, for a 5xx, and for a success without such an id.
    """
    status, fields = answer.status, _fields(answer.body)
    if 200 <= status < 300:
        sid = fields.get("sid")
        if not isinstance(sid, str) or not _SID.fullmatch(sid):
            raise SendUncertain(f"twilio: no sense in the answer (HTTP {status})")
        return Receipt(reference=sid)
    if status == 429:
        wait = retry_after(answer.headers)
        raise SendFailed("twilio: asks us to wait (HTTP 429)", permanent=False, retry_after=wait)
    if status == 408 or not 300 <= status < 500:
        raise SendUncertain(f"twilio: is unwell (HTTP {status})")
    found = fields.get("code")
    code = found if isinstance(found, int) and not isinstance(found, bool) else None
    if code in _WORDS:
        raise SendFailed(f"{_WORDS[code]} {code}", permanent=True)
    if status == 400 and code is not None:
        raise SendFailed(f"refused {code}", permanent=True)
    said = f"HTTP {status}" if code is None else f"HTTP {status}, {code}"
    if status in (401, 403):
        raise SendFailed(f"twilio: {_LOGIN} ({said})", permanent=False)
    raise SendFailed(f"twilio: refuses for another reason than the message; look at base_url ({said})", permanent=False)


def _fields(body: bytes) -> dict[str, object]:
    """The fields of the answer; none if it is not Twilio's."""
    try:
        value = parse_json(body)
    except InvalidRequest:
        return {}
    return dict(value) if is_record(value) else {}
