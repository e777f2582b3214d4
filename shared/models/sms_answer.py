"""That an SMS to us was dealt with, and what we said: a provider that brings it again gets the same answer again."""

from typing import ClassVar

from shared.ids import stable_id
from shared.instant import Instant
from shared.models.document import Document


class SmsAnswer(Document):
    """`person` is a key of the settings; what they wrote is not kept. `text` is our answer, "" for none."""

    collection: ClassVar[str] = "sms_answers"

    person: str
    at: Instant
    text: str


def sms_answer_id(provider_id: str) -> str:
    return stable_id("sms_answer", provider_id)
