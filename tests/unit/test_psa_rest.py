"""What one HTTP exchange with a PSA may cost at most, against servers that misbehave on a real socket."""

import contextlib
import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from shared.errors import ConfigurationError, PsaOutcomeUnknown, PsaUnavailable
from shared.psa.call_budget import BudgetSpent, CallBudget
from shared.psa.http_bounds import Bounds, bounded_session
from shared.psa.rest import Product, PsaNotFound, RestApi
from shared.psa.retry_after import retry_after

PRODUCT = Product(name="The PSA", check="Check the key.")
QUICK = Bounds(connect_seconds=1, read_seconds=0.4, total_seconds=0.8, max_bytes=100_000)
JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

Play = Callable[[socket.socket, threading.Event], None]


class Server:
    """Listens on this machine; each connection that asks something is handed to `play`, until `over` is set."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self.over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.asked: list[bytes] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                self.asked.append(connection.recv(65_536))
                self._play(connection, self.over)

    def close(self) -> None:
        self.over.set()
        self._listener.close()


@pytest.fixture
def serve() -> Iterator[Callable[[Play], Server]]:
    servers: list[Server] = []

    def start(play: Play) -> Server:
        servers.append(Server(play))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def answer(raw: bytes) -> Play:
    return lambda connection, _over: connection.sendall(raw)


def drip(start: bytes) -> Play:
    """Send `start`, then one byte every fiftieth of a second for as long as anybody listens."""

    def play(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(start)
        while not over.wait(0.02):
            connection.sendall(b"a")

    return play


def api_of(server: Server) -> RestApi:
    session = bounded_session(QUICK.total_seconds)
    return RestApi(PRODUCT, server.url, dict, session=session, bounds=QUICK)


def body(content: bytes, extra: bytes = b"") -> bytes:
    return JSON + extra + b"Content-Length: %d\r\n\r\n" % len(content) + content


def test_a_plain_answer_is_read(serve: Callable[[Play], Server]) -> None:
    assert api_of(serve(answer(body(b'{"id":1}')))).get("/x").body == {"id": 1}


def test_a_compressed_answer_is_read(serve: Callable[[Play], Server]) -> None:
    packed = gzip.compress(b'{"id":1}')
    assert api_of(serve(answer(body(packed, b"Content-Encoding: gzip\r\n")))).get("/x").body == {"id": 1}


@pytest.mark.parametrize(
    "play",
    [
        pytest.param(drip(JSON + b"Content-Length: 100000\r\n\r\n"), id="the body drips"),
        pytest.param(drip(b"HTTP/1.1 200 OK\r\nX-Slow: "), id="the header drips"),
        pytest.param(lambda _connection, over: over.wait(), id="nothing comes"),
        pytest.param(drip(JSON + b"Transfer-Encoding: chunked\r\n\r\n1\r\n"), id="the chunks drip"),
    ],
)
def test_an_answer_that_drips_or_hangs_ends_at_the_deadline(serve: Callable[[Play], Server], play: Play) -> None:
    started = time.monotonic()
    with pytest.raises(PsaUnavailable):
        api_of(serve(play)).get("/x")
    assert time.monotonic() - started < QUICK.total_seconds + QUICK.read_seconds + 1


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(body(b"not gzip at all", b"Content-Encoding: gzip\r\n"), id="broken compression"),
        pytest.param(JSON + b"Content-Length: 500\r\n\r\n" + b'{"id":1}', id="cut short"),
        pytest.param(body(b'{"id":1'), id="half a JSON"),
        pytest.param(body(b'{"id":1,"id":2}'), id="a name twice"),
        pytest.param(body(b"null"), id="null"),
        pytest.param(body(b""), id="nothing"),
        pytest.param(body(b"[" * 5000 + b"]" * 5000), id="too deep"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 8\r\n\r\n" + b'{"id":1}', id="HTML"
        ),
        pytest.param(b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n", id="redirect"),
        pytest.param(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", id="404 of somebody else"),
        pytest.param(b"not HTTP at all\r\n\r\n", id="not HTTP"),
        pytest.param(b"", id="hung up"),
    ],
)
def test_what_is_no_clear_answer_is_the_psa_being_unavailable(serve: Callable[[Play], Server], raw: bytes) -> None:
    server = serve(answer(raw))
    with pytest.raises(PsaUnavailable):
        api_of(server).get("/x")
    assert len(server.asked) == 1, "it was asked once and followed nowhere"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(body(b'"' + b"x" * 200_000 + b'"'), id="as it is"),
        pytest.param(
            body(gzip.compress(b'"' + b" " * 50_000_000 + b'"'), b"Content-Encoding: gzip\r\n"), id="unpacked"
        ),
    ],
)
def test_an_answer_over_the_cap_is_not_read_to_its_end(serve: Callable[[Play], Server], raw: bytes) -> None:
    with pytest.raises(PsaUnavailable, match="larger than 100000 bytes"):
        api_of(serve(answer(raw))).get("/x")


def test_a_change_whose_answer_is_lost_is_in_doubt(serve: Callable[[Play], Server]) -> None:
    for raw in (b"", body(b'{"id":'), b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"):
        with pytest.raises(PsaOutcomeUnknown):
            api_of(serve(answer(raw))).change("/notes", {"text": "hello"})


def test_a_change_that_found_no_connection_is_not_in_doubt() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(PsaUnavailable) as caught:
        RestApi(PRODUCT, url, dict, bounds=QUICK).change("/notes", {"text": "hello"})
    assert not isinstance(caught.value, PsaOutcomeUnknown)


def test_no_cookie_of_one_answer_goes_into_the_next_call(serve: Callable[[Play], Server]) -> None:
    server = serve(answer(body(b'{"id":1}', b"Set-Cookie: session=abc\r\nConnection: close\r\n")))
    api = api_of(server)
    api.get("/x")
    api.get("/x")
    assert all(b"Cookie" not in asked for asked in server.asked)


def test_404_with_json_means_there_is_none(serve: Callable[[Play], Server]) -> None:
    raw = body(b'{"message":"no such ticket"}').replace(b"200 OK", b"404 Not Found")
    api = api_of(serve(answer(raw)))
    assert api.find("/x") is None
    with pytest.raises(PsaNotFound, match="no such ticket"):
        api.change("/x", {})
    with pytest.raises(PsaUnavailable, match="base_url"):
        api.get("/x")


def test_a_budget_ends_before_the_call_that_is_too_many(serve: Callable[[Play], Server]) -> None:
    server = serve(answer(body(b'{"id":1}', b"Connection: close\r\n")))
    api = api_of(server).within(CallBudget(2))
    api.get("/x")
    api.get("/x")
    with pytest.raises(BudgetSpent):
        api.get("/x")
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "page",
    [
        "https://elsewhere.example/page",
        "http://psa.example.test/page",
        "https://psa.example.test:8443/page",
        "https://psa.example.test.evil.example/page",
        "https://psa.example.test@evil.example/page",
        "https://psa.example.test:port/page",
        "https://[psa.example.test/page",
        "ftp://psa.example.test/page",
        "page",
    ],
)
def test_only_pages_of_the_configured_host_are_followed(page: str) -> None:
    asked: list[str] = []
    api = RestApi(PRODUCT, "https://psa.example.test/api", dict, admit=lambda: asked.append(page))
    with pytest.raises(PsaUnavailable, match="another host"):
        api.get(page)
    assert asked == []


def test_keys_travel_in_the_open_to_no_other_machine() -> None:
    for url in ("http://psa.example.com/api", "http://10.0.0.5", "ftp://psa.example.com"):
        with pytest.raises(ConfigurationError, match="https://"):
            RestApi(PRODUCT, url, dict)
    RestApi(PRODUCT, "http://localhost:8080/api", dict)


def test_a_key_that_no_header_can_carry_is_a_wrong_setting(serve: Callable[[Play], Server]) -> None:
    server = serve(answer(body(b'{"id":1}')))
    with pytest.raises(ConfigurationError, match="letters"):
        RestApi(PRODUCT, server.url, lambda: {"Secret": "ключ"}, bounds=QUICK).get("/x")


def test_a_date_without_the_senders_own_clock_says_nothing() -> None:
    assert retry_after({"Retry-After": "Mon, 02 Mar 2026 14:06:11 GMT"}) is None
