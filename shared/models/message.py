"""A message to one person: decided once, claimed with a lease, sent, confirmed. Doubt is a state, not a silence."""

from enum import StrEnum
from typing import ClassVar

from shared.instant import Instant
from shared.letter import Letter
from shared.models.document import Watched


class MessageState(StrEnum):
    PENDING = "pending"  # decided; nobody is sending it
    CLAIMED = (
        "claimed"  # somebody holds the lease; nothing irrevocable was done yet: safe to claim again after the lease
    )
    COMMITTING = "committing"  # the step that cannot be taken back was about to be taken: after the lease, uncertain
    SENT = "sent"  # the provider took it
    UNCERTAIN = "uncertain"  # it may have gone out; asked the provider or a person, never sent again blindly
    HELD = "held"  # a guard stopped it for good; `reason` says which
    DEAD = "dead"  # the provider refused it for good, or tries ran out; `reason` says why


class Message(Watched):
    """One mail about one ticket to the ticket's own contact.

    The address is not here: it is resolved from the ticket at the moment of sending, so that a message never reaches
    somebody whom the ticket no longer belongs to. The letter is frozen: every try sends the same words.
    `order` is the message's place among those of its ticket, from 0; `previous` the Message-IDs of the earlier ones.
    """

    collection: ClassVar[str] = "messages"
    watcher: ClassVar[str] = "send_message"

    ticket: str
    number: str
    touchpoint: str
    why: str
    letter: Letter
    decided_at: Instant
    expires_at: Instant
    order: int = 0
    message_id: str
    previous: tuple[str, ...] = ()
    state: MessageState = MessageState.PENDING
    reason: str = ""
    attempts: int = 0
    lease_until: Instant | None = None
    claim: str = ""
    sent_at: Instant | None = None
    sent_to: str = ""
    reference: str = ""
