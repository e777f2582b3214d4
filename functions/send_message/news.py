"""What comes to exist together with a message's new state: the note in the PSA, or the manager's alert."""

from datetime import timedelta

from shared.models.document import Document
from shared.models.message import Message
from shared.models.outgoing import OutgoingState
from shared.models.ticket import Ticket
from shared.settings import Settings

NOTE_EXPIRES = timedelta(days=7)


def beside(message: Message, ticket: Ticket | None, settings: Settings, at: datetime) -> tuple[Document, ...]:
    """Return what the message's state brings along."""
    match message.state:
        case OutgoingState.SENT:
            return note(message, ticket, settings, at)
        case OutgoingState.DEAD:
            return (_undelivered(message, ticket, at),)
        case OutgoingState.UNCERTAIN if message.alarm_at is None:  # the channel was asked twice and cannot tell
            return (_uncertain(message, ticket, at),)
    return ()
