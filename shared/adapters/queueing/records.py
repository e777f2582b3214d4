"""What the embedded queue hands out: a task in a worker's hands, and a task that was given up."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Leased:
    """A task in the hands of one worker until `lease_until`; from then on it may be in another's."""

    seq: int
    function: str
    name: str
    body: bytes
    eta: datetime
    retry_count: int
    execution_count: int
    lease_until: str


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A task that was buried, and what its last delivery said."""

    function: str
    name: str
    body: bytes
    reason: str
    attempts: int
    died_at: datetime
