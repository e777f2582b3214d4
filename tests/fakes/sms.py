"""The outside judge of SMS: what it has taken, a phone has got."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from shared.ports import Receipt
from shared.sms.sms import Sms


class RecordingPhone:
    """A provider that takes everything, unless told otherwise: each entry is raised for one of the next messages.

    `refusals` come before the point of no return, `refusals_after` instead of taking the message, `lost_answers` after
    it was taken. Asked for a message, it says the truth if it `can_tell`.
    """

    knows_message_ids = False

    def __init__(self, *, can_tell: bool = True) -> None:
        self.sent: list[Sms] = []
        self.refusals: list[BaseException] = []
        self.refusals_after: list[BaseException] = []
        self.lost_answers: list[BaseException] = []
        self._can_tell = can_tell

    def send(self, sms: Sms, before_commitment: Callable[[], None]) -> Receipt:
        if self.refusals:
            raise self.refusals.pop(0)
        before_commitment()
        if self.refusals_after:
            raise self.refusals_after.pop(0)
        self.sent.append(sms)
        if self.lost_answers:
            raise self.lost_answers.pop(0)
        return Receipt(f"SM{len(self.sent):032x}")

    def was_sent(self, sms: Sms, since: datetime) -> bool | None:
        return any(each.id == sms.id for each in self.sent) if self._can_tell else None

    @property
    def copies(self) -> Counter[str]:
        """How often each message is with its recipient."""
        return Counter(sms.id for sms in self.sent)
