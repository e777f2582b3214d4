"""psa_webhook over HTTP, as deployed on one machine, in turn with a bare function that makes the same store calls."""

import base64
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

from infra.local.event_log import Change
from infra.local.log_psa import LogPsa
from shared.wiring import SystemClock
from tests.bench.figures import Figure

ROOT = Path(__file__).parents[2]
KEY = bytes(range(32))
REQUESTS = 1200
CLIENTS = 4
ROUNDS = 3


def figures(folder: Path) -> list[Figure]:
    ours, theirs = [], []
    with _server("psa_webhook", folder) as webhook, _server("bare", folder) as bare:
        for turn in range(ROUNDS):
            ours.append(_per_second(webhook, "/log", turn))
            theirs.append(_per_second(bare, "/", turn))
        waits = _at_a_pace(webhook, 50, 10)
    ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
    cuts = quantiles(waits, n=100)
    return [
        Figure("psa_webhook over HTTP", f"{median(ours):.0f} requests/s", ROUNDS),
        Figure("bare function, same store calls", f"{median(theirs):.0f} requests/s", ROUNDS),
        Figure("ratio, pair by pair", f"{ratio:.2f}", ROUNDS, "0.7"),
        Figure("psa_webhook at 50/s, p50", f"{cuts[49] * 1000:.1f} ms", len(waits)),
        Figure("psa_webhook at 50/s, p99", f"{cuts[98] * 1000:.1f} ms", len(waits), "50 ms"),
    ]


def _webhooks(name: str, count: int) -> list[tuple[bytes, dict[str, str]]]:
    now = datetime.now(UTC)
    changes = [Change(f"{name}-{n}", now, "Accepted/In Progress", "Ann", "", "", "", "") for n in range(count)]
    psa = LogPsa(changes, SystemClock(), KEY)
    return [(webhook.body, webhook.headers) for webhook in map(psa.webhook, changes)]


def _per_second(port: int, path: str, turn: int) -> float:
    batches = [_webhooks(f"t{turn}-{port}-{client}", REQUESTS // CLIENTS) for client in range(CLIENTS)]
    start = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda batch: _send_all(port, path, batch), batches))
    return REQUESTS / (time.perf_counter() - start)


def _at_a_pace(port: int, per_second: int, seconds: int) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    waits, start = [], time.perf_counter()
    for number, webhook in enumerate(_webhooks(f"paced-{port}", per_second * seconds)):
        time.sleep(max(0.0, start + number / per_second - time.perf_counter()))
        sent = time.perf_counter()
        _send(connection, "/log", webhook)
        waits.append(time.perf_counter() - sent)
    return waits


def _send_all(port: int, path: str, batch: list[tuple[bytes, dict[str, str]]]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for webhook in batch:
        _send(connection, path, webhook)


def _send(connection: http.client.HTTPConnection, path: str, webhook: tuple[bytes, dict[str, str]]) -> None:
    connection.request("POST", path, *webhook)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path} answered {answer.status}: {body!r}")


@contextmanager
def _server(target: str, folder: Path) -> Iterator[int]:
    source = ROOT / ("tests/bench/bare/main.py" if target == "bare" else f"functions/{target}/main.py")
    port, file = free_port(), folder / f"{target}.sqlite3"
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "BENCH_FILE": str(file),
        "PROMISEKEEPER_SETTINGS": str(ROOT / "tests/fixtures/bpic2013.yaml"),
        "PROMISEKEEPER_STORE": f"sqlite:{file}",
        "PROMISEKEEPER_QUEUE": f"embedded:{file}",
        "PROMISEKEEPER_TASK_TOKEN": "t" * 40,
        "REPLAY_SIGNING_KEY": "whsec_" + base64.b64encode(KEY).decode(),
    }
    command = [sys.executable, "-m", "functions_framework", "--target", target, "--source", str(source)]
    server = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port)], env=environment, stdout=subprocess.DEVNULL, cwd=ROOT
    )
    try:
        _wait_for(port)
        yield port
    finally:
        server.terminate()
        server.wait(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the function did not start")
