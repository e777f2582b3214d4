"""A post as a chat channel gets it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatPost:
    """Plain text only. `id` is ours and the same for every try."""

    id: str
    title: str
    text: str
