"""A mail as a channel gets it: one recipient, every header already safe, both bodies rendered."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """`raw` is the complete RFC 5322 message in bytes (CRLF, ASCII headers); the rest is for channels and ledgers.

    `message_id` includes its angle brackets. `recipient` is one bare address, `sender` the envelope sender.
    """

    message_id: str
    sender: str
    recipient: str
    subject: str
    raw: bytes
