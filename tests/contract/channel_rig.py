"""Every channel behind one small face, so that one suite can hold all of them to the same promises."""

import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from shared.ports import Receipt

PATIENT = 10.0
IMPATIENT = 0.3  # seconds; only where the other side is meant to be silent


class State(StrEnum):
    """What the other side does with a message."""

    WELL = "takes it"
    REFUSES = "refuses it for good"
    BUSY = "has no time for it now"
    TAKES_AND_HANGS_UP = "takes it and hangs up without an answer"
    TAKES_AND_IS_SILENT = "takes it and never answers"
    HANGS_UP = "hangs up without taking it, past the point of no return"
    ABSENT = "does not listen at all"


UNANSWERED = (State.TAKES_AND_HANGS_UP, State.TAKES_AND_IS_SILENT, State.HANGS_UP)


@dataclass
class Rig:
    """A channel facing another side in some state. `arrived` counts what that side has, without asking the channel."""

    send: Callable[[Callable[[], None]], Receipt]
    arrived: Callable[[], int]
    ask: Callable[[], bool | None] = lambda: None


@dataclass(kw_only=True)
class Adapter:
    """`impossible` says why the other side can never be in a state; `only_in_doubt`, why the channel cannot promise more
    than SendUncertain there. `secrets` may stand in no reason; `waits` are the seconds a busy side's wish comes out as.
    """

    name: str
    rig: Callable[[State, Path], AbstractContextManager[Rig]]
    secrets: tuple[str, ...]
    waits: float | None = None
    impossible: dict[State, str] = field(default_factory=dict)
    only_in_doubt: dict[State, str] = field(default_factory=dict)


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def patience(state: State) -> float:
    return IMPATIENT if state is State.TAKES_AND_IS_SILENT else PATIENT


A_FILE = {
    State.TAKES_AND_HANGS_UP: "SQLite answers from this process",
    State.TAKES_AND_IS_SILENT: "SQLite waits 5 s for a lock and then says so",
    State.ABSENT: "a file needs nobody to listen",
}
"""What cannot happen to a channel that keeps its messages in SQLite."""
