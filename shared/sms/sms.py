"""An SMS as a channel gets it, and what a provider says about one afterwards."""

from dataclasses import dataclass

from shared.models.notice import Arrival


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """`id` is ours and the same for every try; `recipient` is one number in E.164; `text` is what the phone shows.

    `status_url` is where the provider reports what became of it; "" if nobody listens.
    """

    id: str
    recipient: str
    text: str
    status_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundSms:
    """Somebody wrote to us. `opt_word` is STOP, START or HELP if the provider itself took it for that, else ""."""

    id: str
    sender: str
    text: str
    opt_word: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What became of an SMS of ours, as the provider says now. `error` is its code, "" if it gives none."""

    reference: str
    arrival: Arrival
    error: str = ""


SmsEvent = InboundSms | DeliveryReport | None
"""None: well-formed, and nothing that we need to know."""
