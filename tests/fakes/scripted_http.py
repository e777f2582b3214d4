"""An HTTP server on this machine that answers by a script: well, badly, late, in pieces or not at all."""

import contextlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

DROP = "drop"  # hang up without taking what was asked
TAKE_AND_DROP = "take and drop"  # take it, and hang up without an answer
TAKE_AND_STALL = "take and stall"  # take it, and say nothing until the other side gives up


@dataclass
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode("ascii")).items()}


@dataclass
class Told:
    """An answer. A `body` that is not bytes goes out as JSON."""

    status: int = 200
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)


Act = Told | str


class ScriptedHttp:
    """A context manager. `faults` are (where, act): each is played once, for the next request whose path ends so."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.faults: list[tuple[str, Act]] = []
        self._over = threading.Event()
        self._lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"owner": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def take(self, asked: Asked) -> Told:
        """Do what was asked, and return the answer. Runs under a lock, one request at a time."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        threading.Thread(target=lambda: self._server.serve_forever(0.01), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def play(self, asked: Asked) -> Told | None:
        """Return the answer; None to hang up."""
        with self._lock:
            self.asked.append(asked)
            act = self._next_fault(asked.path)
            told = self.take(asked) if act in (None, TAKE_AND_DROP, TAKE_AND_STALL) else act
        if act == TAKE_AND_STALL:
            self._over.wait(30)
        return told if act is None or isinstance(act, Told) else None

    def _next_fault(self, path: str) -> Act | None:
        for place, (where, act) in enumerate(self.faults):
            if path.endswith(where):
                del self.faults[place]
                return act
        return None


class _Handler(BaseHTTPRequestHandler):
    owner: ScriptedHttp
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        told = self.owner.play(Asked(self.command, parts.path, query, headers, body))
        self.close_connection = True
        if told is None:
            return
        content = told.body if isinstance(told.body, bytes) else json.dumps(told.body).encode()
        kind = {} if isinstance(told.body, bytes) else {"Content-Type": "application/json"}
        with contextlib.suppress(OSError):
            self.send_response(told.status)
            for name, value in (kind | {"Content-Length": str(len(content))} | told.headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

    do_GET = do_POST = _serve  # noqa: N815 - the library's names

    def log_message(self, *_: object) -> None:
        """Say nothing on the terminal."""
