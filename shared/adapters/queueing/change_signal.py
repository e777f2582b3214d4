"""Tells waiting threads of this process that the queue has changed."""

import threading


class ChangeSignal:
    """A counter to wait on. Read `count` before looking at the queue, then a change in between cannot be missed."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self.count = 0

    def changed(self) -> None:
        with self._condition:
            self.count += 1
            self._condition.notify_all()

    def wait(self, seen: int, seconds: float) -> None:
        """Return when `count` is no longer `seen`, at the latest after `seconds`."""
        with self._condition:
            self._condition.wait_for(lambda: self.count != seen, seconds)
