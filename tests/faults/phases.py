"""Where the conversations with the outside world stand, so that a process can be killed in the middle of one."""

import threading
from collections import Counter

PATIENCE = 30.0


class Phases:
    """Kept by the servers of a run. `broken` counts the conversations that ended in a phase without a good-bye."""

    def __init__(self) -> None:
        self.broken: Counter[str] = Counter()
        self._present: Counter[str] = Counter()
        self._changed = threading.Condition()
        self._closed: set[str] = set()

    def close_gate(self, phase: str) -> None:
        """From now on every conversation stays in `phase` until the gates are opened."""
        with self._changed:
            self._closed.add(phase)

    def open_gates(self) -> None:
        with self._changed:
            self._closed.clear()
            self._changed.notify_all()

    def wait_at_gate(self, phase: str) -> None:
        with self._changed:
            self._changed.wait_for(lambda: phase not in self._closed, PATIENCE)

    def wait_for(self, phase: str, seconds: float) -> bool:
        """Return True as soon as a conversation is in `phase`, False if none is within `seconds`."""
        with self._changed:
            return self._changed.wait_for(lambda: self._present[phase] > 0, seconds)

    def is_quiet(self) -> bool:
        with self._changed:
            return not self._present.total()

    def moved(self, old: str | None, new: str | None) -> None:
        with self._changed:
            if old is not None:
                self._present[old] -= 1
            if new is not None:
                self._present[new] += 1
            self._changed.notify_all()

    def broke(self, phase: str) -> None:
        with self._changed:
            self.broken[phase] += 1
