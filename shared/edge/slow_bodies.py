"""Ends bodies that trickle in: one byte a second would hold a thread of the server for as long as the sender likes."""

import contextlib
import socket
import threading
import time

BODY_SECONDS = 8.0
_LOOK_EVERY = 1.0


class SlowBodies:
    """One quiet thread looks once a second at the connections that are being read, so a request pays for a dict entry.

    The server's own time-outs do not help: they count from the last byte that came.
    """

    def __init__(self) -> None:
        self._reading: dict[int, tuple[float, socket.socket]] = {}
        self._lock = threading.Lock()
        self._started = False

    def begin(self, connection: socket.socket) -> None:
        """The body of a request on this connection must be here `BODY_SECONDS` from now."""
        self._reading[id(connection)] = (time.monotonic() + BODY_SECONDS, connection)
        if not self._started:
            self._start()

    def end(self, connection: socket.socket) -> None:
        self._reading.pop(id(connection), None)

    def _start(self) -> None:
        with self._lock:
            if not self._started:
                self._started = True
                threading.Thread(target=self._look, name="slow bodies", daemon=True).start()

    def _look(self) -> None:
        pause = threading.Event()
        while not pause.wait(_LOOK_EVERY):
            now = time.monotonic()
            for key, (until, connection) in list(self._reading.items()):
                if until < now:
                    self._reading.pop(key, None)
                    with contextlib.suppress(OSError):  # it went away by itself
                        connection.shutdown(socket.SHUT_RD)  # whoever reads from it sees the end


slow_bodies = SlowBodies()
