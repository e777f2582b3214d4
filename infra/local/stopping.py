"""Waits for the word to stop: Ctrl-C or SIGTERM. A second one stops at once."""

import signal
import threading
from types import FrameType


def wait_for_stop() -> None:
    """Return after the first SIGINT or SIGTERM; from then on each of them has its usual, harsher effect again."""
    asked = threading.Event()
    usual = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number, handler in usual.items():
            signal.signal(number, handler)
        asked.set()

    for number in usual:
        signal.signal(number, stop)
    asked.wait()
