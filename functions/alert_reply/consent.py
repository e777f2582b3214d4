"""Whether a number may be written to: what its owner said, each with its time, the last word holds. Pure."""

from datetime import datetime

from shared.models.contact_method import Consent, ContactMethod
from shared.step import Decision

MOST_CONSENTS = 50


def consented(method: ContactMethod | None, empty: ContactMethod, word: str, now: datetime) -> Decision[ContactMethod]:
    """Return the method with STOP or START said at `now` (UTC); the same word again is the same word."""
    method = method or empty
    if method.consents and method.consents[-1].word == word:
        return Decision(method)
    consents = (*method.consents, Consent(at=now, word=word))
    return Decision(method.but(consents=consents[-MOST_CONSENTS:]), outcome=word.lower())


def opted_out_there(method: ContactMethod | None, since: datetime, now: datetime) -> Decision[ContactMethod]:
    """Return the method after the provider said that this number wants nothing, of a message decided at `since` (UTC).

    Whoever has said something after that knows better than the report.
    """
    if method is None or any(consent.at >= since for consent in method.consents):
        return Decision(method)
    return consented(method, method, "STOP", now)
