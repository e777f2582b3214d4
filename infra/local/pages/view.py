"""What a view returns, and the ways in which it cannot."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class View:
    template: str
    values: Mapping[str, object]


class Missing(Exception):
    """Nothing is at this address. The message is shown."""


class Wrong(Exception):
    """The address says something that cannot be read. The message is shown."""


class Failed(Exception):
    """What should have been done was not done. The message is shown."""
