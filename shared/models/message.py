"""A message to one person about one ticket."""

from typing import ClassVar

from shared.mail.letter import Letter
from shared.models.outgoing import Outgoing


class Message(Outgoing):
    """One mail about one ticket to the ticket's own contact.

    The address is not decided here: it is resolved from the ticket at the moment of sending, so that a message never
    reaches somebody whom the ticket no longer belongs to; `sent_to` notes it. The letter is frozen: every try sends the
    same words. `order` is the message's place among those of its ticket, from 0; `previous` the Message-IDs of the
    earlier ones. `company` and `addressee` are whose the ticket was, and who was greeted, when the words were chosen.
    """

    collection: ClassVar[str] = "messages"
    watcher: ClassVar[str] = "send_message"

    ticket: str
    number: str
    touchpoint: str
    why: str
    letter: Letter
    order: int = 0
    message_id: str
    previous: tuple[str, ...] = ()
    company: str | None = None
    addressee: str | None = None
    sent_to: str = ""
