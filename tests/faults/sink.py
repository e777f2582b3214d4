"""The outside judge's eyes: a slow mail relay that keeps the Message-ID of every mail whose final dot it got.

What it took counts as delivered, also if the sender died before it heard so.
"""

import contextlib
import email.parser
import random
import socket
import socketserver
import threading
import time
from typing import Self

from tests.faults.history import History
from tests.faults.phases import PATIENCE, Phases

BEFORE_CONTENT = (0.001, 0.006)  # seconds until DATA is answered
BEFORE_ANSWER = (0.005, 0.030)  # seconds between a mail's final dot and its 250


class Sink:
    """A context manager. `phases` knows where each conversation stands."""

    def __init__(self, history: History, phases: Phases, seed: int) -> None:
        self.history, self.phases = history, phases
        self._dice = random.Random(seed)
        self._server = _Server(self)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="sink", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.phases.open_gates()
        self._server.shutdown()
        self._server.server_close()

    def linger(self, phase: str, bounds: tuple[float, float]) -> None:
        time.sleep(self._dice.uniform(*bounds))
        self.phases.wait_at_gate(phase)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        super().__init__(("127.0.0.1", 0), _Conversation)


class _Conversation(socketserver.StreamRequestHandler):
    """Phases: `envelope`, `content` (DATA was asked), `dot` (all is here, nothing is said yet), `told`."""

    server: _Server
    timeout = PATIENCE

    def handle(self) -> None:
        self.sink, self.phase = self.server.sink, "envelope"
        self.sink.phases.moved(None, "envelope")
        polite = False
        try:
            polite = self._talk()
        except OSError:
            pass
        finally:
            if not polite:
                self.sink.phases.broke(self.phase)
            self.sink.phases.moved(self.phase, None)

    def _talk(self) -> bool:
        """Return True if the other side said good-bye."""
        self._say("220 relay.example ESMTP")
        while line := self.rfile.readline():
            match line[:4].upper().strip():
                case b"EHLO":
                    self._say("250 relay.example")
                case b"DATA":
                    self._enter("content")
                    self.sink.linger("content", BEFORE_CONTENT)
                    self._say("354 go on")
                    if not self._take():
                        return False
                case b"QUIT":
                    with contextlib.suppress(OSError):
                        self._say("221 bye")
                    return True
                case _:
                    self._say("250 ok")
        return False

    def _take(self) -> bool:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line.removeprefix(b"."))
        self._enter("dot")
        self.sink.linger("dot", BEFORE_ANSWER)
        headers = email.parser.BytesHeaderParser().parsebytes(b"".join(lines))
        listened = still_listens(self.connection)
        self.sink.history.add("mail", message_id=str(headers["Message-ID"]), to=str(headers["To"]), listened=listened)
        if not listened:
            return False
        self._say("250 2.0.0 Ok: queued as 4F1A2B3C")
        self._enter("told")
        return True

    def _enter(self, phase: str) -> None:
        self.sink.phases.moved(self.phase, phase)
        self.phase = phase

    def _say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")


def still_listens(connection: socket.socket) -> bool:
    """Say whether the other side is still there, as far as the connection tells."""
    before = connection.gettimeout()
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        connection.settimeout(before)
