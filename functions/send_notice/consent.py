"""What a refusal teaches about a way to reach somebody: they opted out, or the address is no good for a while. Pure."""

from datetime import datetime, timedelta

from shared.models.contact_method import Consent, ContactMethod
from shared.outgoing.claim import NotNow
from shared.step import Decision

BLOCKED_FOR = timedelta(days=1)
"""A colleague's number is repaired soon: tomorrow it is tried again, and until then the next way is taken at once."""

_OPTED_OUT = "opted_out"


def ran_out(reason: str) -> bool:
    """Say whether it was only time, or the number of tries, that ended it: that teaches nothing about the address."""
    return reason.startswith((NotNow.EXPIRED.value, NotNow.TRIES_RAN_OUT.value))


def learned_from(reason: str, method: ContactMethod | None, now: datetime) -> Decision[ContactMethod]:
    """Return the contact method after the provider refused for good to deliver there."""
    if method is None:
        return Decision(None)
    if reason.startswith(_OPTED_OUT):
        if method.opted_out:
            return Decision(method)
        return Decision(method.but(consents=(*method.consents, Consent(at=now, word="STOP"))))
    return Decision(method.but(blocked_until=now + BLOCKED_FOR, blocked_reason=f"refused yesterday: {reason}"))
