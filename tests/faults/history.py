"""What happened in a run and what was found at its end: one line of JSON each, in the order of their times."""

import json
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Line = dict[str, Any]


class History:
    """Written by many threads; `after` is in real seconds from the start."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._started = time.monotonic()
        self._lock = threading.Lock()

    def add(self, what: str, **facts: Any) -> None:
        with self._lock:
            self._lines.append({"what": what, "after": self.after(time.monotonic()), **facts})

    def after(self, monotonic: float) -> float:
        """Return the `after` of something that happened when the monotonic clock showed this."""
        return round(monotonic - self._started, 4)

    def lines(self) -> list[Line]:
        with self._lock:
            return list(self._lines)

    def write(self, path: Path) -> None:
        path.write_text("".join(json.dumps(line) + "\n" for line in self.lines()), encoding="utf-8")


def read_history(path: Path) -> list[Line]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def of_kind(lines: Iterable[Line], what: str) -> list[Line]:
    return [line for line in lines if line["what"] == what]
