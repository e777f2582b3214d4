"""The web server of one machine: threads, bounded in number and in patience, that end when they are told to.

Werkzeug's and not gunicorn's: gunicorn forks a worker, and the queue, the scheduler and the pages of this platform live
in one process with the server, also inside a test or a demo. Whatever faces the internet is a proxy in front of it,
since PSAs call https only.
"""

import errno
import socket
import threading
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

ADDRESS = "127.0.0.1"
MOST_AT_ONCE = 64
PATIENCE_SECONDS = 15  # between two bytes of a request; a body has its own, shorter bound


class PortTaken(Exception):
    """Something else listens there."""


class _Handler(WSGIRequestHandler):
    timeout = PATIENCE_SECONDS

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Each function writes its own line; an access log would hold addresses with ticket numbers in them."""

    def version_string(self) -> str:
        return "promisekeeper"


class _Server(ThreadedWSGIServer):
    daemon_threads = False
    block_on_close = True  # the requests under way are answered before `stop` returns

    def __init__(self, port: int, app: "WSGIApplication") -> None:
        self._places = threading.BoundedSemaphore(MOST_AT_ONCE)
        super().__init__(ADDRESS, port, app, handler=_Handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as socketserver has it
        """Whoever comes when all places are taken waits in the listener's own line."""
        self._places.acquire()
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()


class Server:
    """Listens from the start; answers after `start`. Port 0 takes a free one."""

    def __init__(self, app: "WSGIApplication", port: int) -> None:
        """Raises PortTaken."""
        _refuse_if_taken(port)
        self._server = _Server(port, app)
        self.port: int = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, name="server", daemon=True)

    @property
    def url(self) -> str:
        return f"http://{ADDRESS}:{self.port}/"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Take no new request, answer those under way, let go of the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _refuse_if_taken(port: int) -> None:
    """Werkzeug itself would print advice of its own and leave the process."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            if error.errno in (errno.EADDRINUSE, errno.EACCES):
                why = "is taken by another program" if error.errno == errno.EADDRINUSE else "may not be used by you"
                raise PortTaken(f"port {port} {why}; choose another with --port") from error
            raise
