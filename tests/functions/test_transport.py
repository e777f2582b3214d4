"""The edge behind the real server, over sockets: what a proper HTTP library would never send."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAD = b"POST /in HTTP/1.1\r\nHost: promisekeeper.example\r\n"
CHUNK = b"100\r\n" + b"x" * 256 + b"\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """A server of its own, started as the cloud starts it."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        number = free.getsockname()[1]
    log = (tmp_path_factory.mktemp("server") / "log").open("w+")
    command = [sys.executable, "-m", "functions_framework", "--target", "door", "--port", str(number)]
    source = ["--source", str(ROOT / "tests" / "functions" / "served_sample.py"), "--host", "127.0.0.1"]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen([*command, *source], cwd=ROOT, env=env, stdout=log, stderr=log)
    until = time.monotonic() + 30
    while socket.socket().connect_ex(("127.0.0.1", number)) != 0:
        assert time.monotonic() < until, f"it does not start:\n{Path(log.name).read_text()}"
        assert server.poll() is None, f"it does not start:\n{Path(log.name).read_text()}"
        time.sleep(0.05)  # another process: there is nothing to wait on but its port
    yield number
    server.terminate()
    server.wait(timeout=10)


def exchange(port, *pieces, patience=10.0, every=None):
    """Send the pieces, then read until the server closes; every `every` seconds without an answer one more byte goes out.

    Returns the status, the whole answer, and how long the connection lived.
    """
    began = time.monotonic()
    answer = b""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        with contextlib.suppress(OSError):  # the server may close before it has everything
            for piece in pieces:
                connection.sendall(piece)
        connection.settimeout(every or patience)
        while time.monotonic() - began < patience:
            try:
                received = connection.recv(65536)
            except TimeoutError:
                if every:
                    connection.sendall(b"x")
                continue
            except ConnectionError:
                break
            if not received:
                break
            answer += received
    return int(answer[9:12] or 0), answer, time.monotonic() - began


def test_a_proper_request_passes(port):
    for _ in range(2):
        status, answer, _ = exchange(port, HEAD, b"Connection: close\r\nContent-Length: 5\r\n\r\nhello")
        assert status == 202
        assert answer.endswith(b'{"length": 5}')


def test_a_chunked_body_passes_and_is_whole(port):
    for _ in range(2):
        status, answer, _ = exchange(
            port, HEAD, b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n", CHUNK * 3, b"0\r\n\r\n"
        )
        assert status == 202
        assert answer.endswith(b'{"length": 768}')


def test_a_chunked_body_that_grows_over_the_cap_is_refused(port):
    for _ in range(2):
        assert exchange(port, HEAD, b"Transfer-Encoding: chunked\r\n\r\n", CHUNK * 100_000)[0] == 413


def test_a_body_that_is_said_to_be_vast_does_not_keep_the_connection(port):
    status, _, seconds = exchange(port, HEAD, b"Content-Length: 99999999999\r\n\r\nabc", patience=12)

    assert status == 413
    assert seconds < 10


def test_a_body_that_trickles_in_is_ended(port):
    status, _, seconds = exchange(port, HEAD, b"Content-Length: 900\r\n\r\nabc", patience=14, every=1)

    assert status == 400
    assert seconds < 11


MALFORMED = {
    "two ways to say the length": b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "a negative length": b"Content-Length: -3\r\n\r\nabc",
    "a length that is no number": b"Content-Length: 3x\r\n\r\nabc",
    "a folded header": b"X-A: b\r\n c\r\nContent-Length: 3\r\n\r\nabc",
    "a broken chunk": b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
    "no colon": b"X-A\r\nContent-Length: 3\r\n\r\nabc",
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_request_is_refused(port, kind):
    for _ in range(2):
        assert exchange(port, HEAD, MALFORMED[kind])[0] == 400


def test_a_nul_in_the_path_is_refused(port):
    for _ in range(2):
        assert exchange(port, HEAD.replace(b"/in", b"/in\0"), b"Content-Length: 0\r\n\r\n")[0] == 400


@pytest.mark.parametrize(
    "headers",
    [b"X: " + b"x" * 70_000 + b"\r\n", b"".join(b"X-%d: x\r\n" % n for n in range(1000)), b"".join(b"X-%d: %s\r\n" % (n, b"x" * 7000) for n in range(12))],
    ids=["one of 70 kB", "a thousand", "a dozen of 7 kB"],
)  # fmt: skip
def test_headers_without_measure_are_refused(port, headers):
    for _ in range(2):
        assert exchange(port, HEAD, headers, b"Connection: close\r\nContent-Length: 3\r\n\r\nabc")[0] == 431


def test_the_server_lives_after_all_that(port):
    assert exchange(port, HEAD, b"Connection: close\r\nContent-Length: 5\r\n\r\nhello")[0] == 202
