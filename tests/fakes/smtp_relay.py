"""A mail relay with a script: it answers, refuses, stalls or hangs up at any phase, and keeps what it was given."""

import contextlib
import socket
import ssl
import threading
from base64 import b64decode
from dataclasses import dataclass, field
from typing import BinaryIO, Self

DROP = "drop"
STALL = "stall"
FREEZE = "freeze"

Act = bytes | str  # what to answer; or DROP: hang up; STALL: listen and say nothing; FREEZE: do not even listen


@dataclass
class Taken:
    """A mail up to its final dot: the relay may deliver it whatever it answers."""

    sender: str
    recipients: list[str]
    content: bytes


@dataclass
class Script:
    """What to do at each phase; `body` acts in the middle of the content, `content` answers DATA."""

    greeting: Act = b"220 relay.example ESMTP"
    hello: Act = b"250-relay.example\r\n250-SIZE 1000000\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN"
    starttls: Act = b"220 go ahead"
    login: Act = b"235 welcome"
    sender: Act = b"250 ok"
    recipient: Act = b"250 ok"
    content: Act = b"354 go on"
    body: Act = b""
    dot: Act = b"250 2.0.0 Ok: queued as 4F1A2B3C"
    quit: Act = b"221 bye"
    tls: ssl.SSLContext | None = None
    tls_at_once: bool = False


class HungUpError(Exception):
    """The script, or the other side, ended this connection."""


class ScriptedRelay:
    """Listens on a free port of this machine; a context manager. Connections are served side by side."""

    def __init__(self, script: Script | None = None) -> None:
        self.script = script or Script()
        self.taken: list[Taken] = []
        self.commands: list[str] = []
        self.logins: list[tuple[str, str]] = []
        self.unfinished: list[bytes] = []
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.thawed = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()
        self.thawed.set()
        for thread in self._threads:
            thread.join(5)

    def hang_up(self) -> None:
        """Close every connection now."""
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def settle(self) -> None:
        """Wait until every connection has ended; whoever is frozen may go on."""
        self.thawed.set()
        for thread in self._threads[1:]:
            thread.join(5)

    def _start(self, target, *arguments) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(HungUpError, OSError), contextlib.closing(connection):
            _Conversation(self, connection).hold()


@dataclass
class _Conversation:
    relay: ScriptedRelay
    connection: socket.socket
    sender: str = ""
    recipients: list[str] = field(default_factory=list)

    def hold(self) -> None:
        script = self.relay.script
        if script.tls_at_once:
            self._secure()
        reader = self.connection.makefile("rb")
        self._act(script.greeting)
        while line := reader.readline():
            verb, space, rest = line.decode("ascii").rstrip("\r\n").partition(" ")
            command = verb.upper() + space + rest
            self.relay.commands.append(command)
            reader = self._obey(command, reader)

    def _obey(self, command: str, reader: BinaryIO) -> BinaryIO:
        script = self.relay.script
        match command.split(maxsplit=1)[0]:
            case "EHLO":
                self._act(script.hello)
            case "STARTTLS":
                self._act(script.starttls)
                self._secure()
                return self.connection.makefile("rb")
            case "AUTH":
                self._log_in(command, reader)
            case "MAIL":
                self.sender = command.partition("<")[2].partition(">")[0]
                self._act(script.sender)
            case "RCPT":
                self.recipients.append(command.partition("<")[2].partition(">")[0])
                self._act(script.recipient)
            case "DATA":
                self._act(script.content)
                self._take(reader)
            case "QUIT":
                self._act(script.quit)
                raise HungUpError
            case _:
                self._answer(b"500 what?")
        return reader

    def _log_in(self, command: str, reader: BinaryIO) -> None:
        _, mechanism, first = command.split(" ")
        if mechanism == "PLAIN":
            _, user, password = b64decode(first).decode().split("\0")
        else:
            user = b64decode(first).decode()
            self._answer(b"334 UGFzc3dvcmQ6")
            password = b64decode(reader.readline()).decode()
        self.relay.logins.append((user, password))
        self._act(self.relay.script.login)

    def _take(self, reader: BinaryIO) -> None:
        content = b""
        while (line := reader.readline()) != b".\r\n":
            if not line:
                self.relay.unfinished.append(content)
                raise HungUpError
            if not content and self.relay.script.body:
                self._act(self.relay.script.body)
            content += line.removeprefix(b".")
        self.relay.taken.append(Taken(self.sender, self.recipients, content))
        self._act(self.relay.script.dot)

    def _act(self, act: Act) -> None:
        if act == DROP:
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            raise HungUpError
        if act == STALL:
            while self.connection.recv(65536):
                pass
            raise HungUpError
        if act == FREEZE:
            self.relay.thawed.wait(30)
            raise HungUpError
        if isinstance(act, bytes):
            self._answer(act)

    def _answer(self, answer: bytes) -> None:
        self.connection.sendall(answer + b"\r\n")

    def _secure(self) -> None:
        assert self.relay.script.tls is not None
        self.connection = self.relay.script.tls.wrap_socket(self.connection, server_side=True)
        self.relay._connections.append(self.connection)
