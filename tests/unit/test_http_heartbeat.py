"""The call that keeps an outside watch quiet."""

import socket

import pytest

from shared.channels.http_heartbeat import HttpHeartbeat
from shared.errors import Retryable
from tests.fakes.scripted_http import DROP, TAKE_AND_STALL, Asked, ScriptedHttp, Told

SECRET = "0b7e-s3cr3t"


class Watch(ScriptedHttp):
    def take(self, asked: Asked) -> Told:
        return Told(200, b"OK")


@pytest.fixture
def watch():
    with Watch() as fake:
        yield fake


def test_a_beat_is_one_get(watch):
    HttpHeartbeat(f"{watch.url}/ping/{SECRET}").beat()

    assert [(asked.method, asked.path) for asked in watch.asked] == [("GET", f"/ping/{SECRET}")]


@pytest.mark.parametrize(
    "act",
    [Told(404), Told(500), Told(429), Told(302, b"", {"Location": "http://127.0.0.1:1/"}), DROP, TAKE_AND_STALL],
)
def test_a_watch_that_does_not_answer_well_is_called_again_later(watch, act):
    watch.faults.append((SECRET, act))
    with pytest.raises(Retryable) as failed:
        HttpHeartbeat(f"{watch.url}/ping/{SECRET}", timeout_seconds=0.3).beat()

    assert SECRET not in str(failed.value)
    assert len(watch.asked) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/{secret}", "not a URL {secret}", "http://a..b/{secret}"])
def test_nobody_there_is_called_again_later_and_the_url_stays_secret(url):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(Retryable) as failed:
        HttpHeartbeat(url.format(port=port, secret=SECRET), timeout_seconds=1).beat()

    assert SECRET not in str(failed.value)
    assert failed.value.__cause__ is None
