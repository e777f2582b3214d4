"""The outside judge of mail: what it has taken, a client has got."""

from collections import Counter
from collections.abc import Callable

from shared.mail.mail import Mail
from shared.ports import Receipt


class RecordingChannel:
    """A relay that takes everything, unless told otherwise by the lists: each entry is raised for one of the next mails.

    `refusals` come before the point of no return, `refusals_at_the_dot` instead of taking the mail, `lost_answers` after
    it was taken. Asked for a message, it says the truth if it `can_tell`.
    """

    def __init__(self, *, knows_message_ids: bool = False, can_tell: bool = False) -> None:
        self.knows_message_ids = knows_message_ids
        self.mails: list[Mail] = []
        self.refusals: list[BaseException] = []
        self.refusals_at_the_dot: list[BaseException] = []
        self.lost_answers: list[BaseException] = []
        self._can_tell = can_tell

    def send(self, mail: Mail, before_commitment: Callable[[], None]) -> Receipt:
        if self.refusals:
            raise self.refusals.pop(0)
        before_commitment()
        if self.refusals_at_the_dot:
            raise self.refusals_at_the_dot.pop(0)
        if not (self.knows_message_ids and mail.message_id in self.copies):
            self.mails.append(mail)
        if self.lost_answers:
            raise self.lost_answers.pop(0)
        return Receipt(f"queued-{len(self.mails)}")

    def was_sent(self, message_id: str) -> bool | None:
        return message_id in self.copies if self._can_tell else None

    @property
    def copies(self) -> Counter[str]:
        """How often each message is with its recipient."""
        return Counter(mail.message_id for mail in self.mails)
