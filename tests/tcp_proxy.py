"""A TCP line with a person at the plug: it passes bytes on, keeps the answers back, cuts, or takes no call at all."""

import contextlib
import socket
import threading


class TcpProxy:
    """Listens on a port of its own and leads to `target` (host:port)."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._answers_pass = threading.Event()
        self._answers_pass.set()
        self._lock = threading.Lock()
        self._lines: list[socket.socket] = []
        self._listener = self._listen(0)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._port}"

    def hold_answers(self) -> None:
        """Let requests through; what the other side says waits."""
        self._answers_pass.clear()

    def cut(self) -> None:
        """Close every line, with all that was held back; new ones pass again."""
        with self._lock:
            lines, self._lines = self._lines, []
        for line in lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        self._answers_pass.set()

    def refuse(self) -> None:
        """Close every line and take no new one."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # closing alone would still take one call
        self._listener.close()
        self.cut()

    def accept_again(self) -> None:
        self._listener = self._listen(self._port)

    def close(self) -> None:
        self.refuse()

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port))
        self._port = listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                near, _ = listener.accept()
                try:
                    far = socket.create_connection(self._target)
                except OSError:
                    near.close()
                    continue
                with self._lock:
                    self._lines += [near, far]
                for source, sink, waits in ((near, far, False), (far, near, True)):
                    threading.Thread(target=self._pass_on, args=(source, sink, waits), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, waits: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if waits:
                    self._answers_pass.wait()
                sink.sendall(data)
        for line in (source, sink):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
