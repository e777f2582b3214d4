"""The platform of one machine: it starts, serves, keeps strangers from its workers, says what is wrong, and stops."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import requests
import yaml

from infra.local import run
from infra.local.data_folder import DataFolder, UnusableFolder
from infra.local.demo_platform import SETTINGS, prepare
from infra.local.demo_stage import CALM
from infra.local.fake_psa import SECRETS, FakePsa, over_http
from infra.local.local_links import KEY as LOCAL_KEY
from infra.local.local_links import with_local_links
from infra.local.pages import Desk, Pages
from infra.local.platform import Platform
from infra.local.queues import queue_settings
from infra.local.serving import PortTaken, Server
from infra.local.simulator import START
from infra.local.wsgi_call import call
from shared import wiring
from shared.alerts.links import AlertLinks
from shared.wiring import SystemClock

ROOT = Path(__file__).parents[2]
KEY = "a-key-for-links-that-is-long-enough"
KEYS = {LOCAL_KEY: KEY, "FAKE_LINK_KEY": "another-key-that-is-long-enough"}
NOTICE = "notice-" + "0f" * 16


def without(app, *names, **changes):
    """The app with settings of alerts that lack `names`."""
    lacking = {**{name: () if name == "link_keys" else None for name in names}, **changes}
    alerts = app.settings.alerts.model_copy(update=lacking)
    return replace(app, settings=app.settings.model_copy(update={"alerts": alerts}))


@pytest.fixture(scope="module")
def platform(tmp_path_factory):
    return prepare(DataFolder.at(tmp_path_factory.mktemp("platform")), START, 1, CALM).platform


def test_it_takes_a_signed_webhook_over_http_shows_the_ticket_and_stops_when_told(tmp_path):
    environ = {**os.environ, **{name.removeprefix("env:"): value for name, value in SECRETS.items()}}
    command = [
        sys.executable,
        "-m",
        "infra.local.run",
        "--settings",
        SETTINGS,
        "--data",
        tmp_path / "data",
        "--port",
        "0",
    ]
    with subprocess.Popen(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        url = re.search(r"http://127\.0\.0\.1:\d+/", process.stderr.readline())[0]
        clock = SystemClock()
        psa = FakePsa("connectwise", clock)
        contact = psa.tenant.add_contact(
            "Orla Keane", "orla@liffeylegal.example", psa.tenant.add_company("Liffey Legal")
        )
        psa.tenant.add_member("Aoife Brennan")
        (delivery,) = psa.create_ticket(clock.now(), title="No dial tone", contact=contact, by="ABrennan").deliveries

        post = over_http(requests.Session(), f"{url}psa_webhook/connectwise", clock, "connectwise")
        answered = post(delivery.body, delivery.headers_at(clock.now()))
        page = requests.get(f"{url}tickets", timeout=10)
        process.send_signal(signal.SIGTERM)
        log, told = process.communicate(timeout=30)

    assert answered.status == 200
    assert "No dial tone" in page.text
    assert process.returncode == 0
    assert "Stopped." in told
    assert '"function": "psa_webhook", "outcome": "new"' in log


@pytest.mark.parametrize("function", ["send_message", "ticket_update_notifier", "psa_note", "psa_fetch", "psa_sweep"])
def test_nobody_but_our_own_queue_and_scheduler_reaches_a_worker(platform, function):
    body, headers = b'{"id": "message-1"}', {"Content-Type": "application/json"}

    assert call(platform, "POST", f"/{function}/", body, headers).status == 401
    assert call(platform, "POST", f"/{function}/", body, {**headers, "Authorization": "Bearer guess"}).status == 401
    assert platform.deliver(function, body, headers)[0] != 401


def test_where_mails_really_go_out_the_mailbox_says_so(platform):
    answer = call(Pages(Desk(platform.app, None)), "GET", "/mailbox")

    assert answer.status == 200
    assert b"Mails go out through the mail relay" in answer.body


def test_a_taken_port_is_named(tmp_path, capsys):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=f"port {port} is taken"):
            Server(lambda _environ, _start: [], port)
        assert run.main(["--settings", str(SETTINGS), "--data", str(tmp_path), "--port", str(port)]) == 2

    assert "choose another with --port" in capsys.readouterr().err


def test_wrong_settings_are_named_with_file_and_line(tmp_path, capsys):
    file = tmp_path / "my.yaml"
    file.write_text(SETTINGS.read_text().replace("hold_minutes: 3", "hold_minutes: soon"))

    assert run.main(["--settings", str(file), "--data", str(tmp_path / "data"), "--port", "0"]) == 2
    assert re.search(rf"{re.escape(str(file))}:\d+: updates\.hold_minutes", capsys.readouterr().err)


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path, capsys):
    (tmp_path / "file").write_text("")

    with pytest.raises(UnusableFolder, match="cannot be used as data folder"):
        DataFolder.at(tmp_path / "file" / "data")
    assert run.main(["--settings", str(SETTINGS), "--data", str(tmp_path / "file"), "--port", "0"]) == 2
    assert "Cannot start" in capsys.readouterr().err


def test_the_token_is_drawn_once_and_for_the_owner_only(tmp_path):
    folder = DataFolder.at(tmp_path)
    token = folder.token()

    assert len(token) >= 43
    assert DataFolder.at(tmp_path).token() == token
    assert stat.S_IMODE((tmp_path / "task-token").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["task-token"]


def test_the_key_of_links_is_drawn_once_and_is_not_the_token(tmp_path):
    folder = DataFolder.at(tmp_path)
    key = folder.link_key()

    assert len(key) >= 43
    assert DataFolder.at(tmp_path).link_key() == key != folder.token()
    assert stat.S_IMODE((tmp_path / "link-key").stat().st_mode) == 0o600


def test_settings_with_people_get_links_to_this_machine_where_they_name_none(platform):
    app = with_local_links(without(platform.app, "link_base", "link_keys"), "http://127.0.0.1:8710/", KEYS)

    assert app.settings.alerts.link_base == "http://127.0.0.1:8710/alert_reply"
    assert app.settings.alerts.people == platform.app.settings.alerts.people
    address = app.alert_links().page(NOTICE)
    assert address.startswith("http://127.0.0.1:8710/alert_reply/n/")
    assert AlertLinks("", [KEY]).notice(address.rpartition("/")[2]) == NOTICE


def test_what_the_settings_say_of_links_stays(platform):
    whole = platform.app
    only_a_key, only_a_base = without(whole, "link_base"), without(whole, "link_keys")

    assert with_local_links(whole, "http://127.0.0.1:1/", KEYS) is whole
    given = with_local_links(only_a_key, "http://127.0.0.1:1/", KEYS).settings.alerts
    assert given.link_keys == whole.settings.alerts.link_keys
    given = with_local_links(only_a_base, "http://127.0.0.1:1/", KEYS)
    assert given.settings.alerts.link_base == whole.settings.alerts.link_base
    assert given.alert_links().page(NOTICE).startswith(whole.settings.alerts.link_base)


def test_a_key_of_the_settings_signs_links_at_our_own_address(platform):
    app = with_local_links(without(platform.app, "link_base"), "http://127.0.0.1:1/", KEYS)

    assert app.alert_links().page(NOTICE) == AlertLinks("http://127.0.0.1:1/alert_reply", [KEYS["FAKE_LINK_KEY"]]).page(
        NOTICE
    )


def test_settings_that_name_nobody_get_no_links(platform):
    app = without(platform.app, "link_base", "link_keys", people={})

    assert with_local_links(app, "http://127.0.0.1:8710/", KEYS) is app


TWILIO = {"account": "env:TWILIO_ACCOUNT", "auth_tokens": ["env:TWILIO_TOKEN"], "sender": "+353871239990"}


def doors(tmp_path, *, alerts=None, **secrets):
    """What is not ready with settings that send for real, as far as `secrets` are not given."""
    raw = yaml.safe_load(SETTINGS.read_text())
    relay = {"host": "smtp.example.com", "port": 587, "username": "env:RELAY_USER", "password": "env:RELAY_PASSWORD"}
    raw["mail"] = {"channel": "smtp", "smtp": relay}
    raw["alerts"]["people"]["ciara"]["chat"] = "env:CIARA_CHAT"
    sends = {"heartbeat_url": "env:WATCH", "sms": {"channel": "twilio", "twilio": TWILIO}}
    raw["alerts"] = {**raw["alerts"], **sends, **(alerts or {})}
    (tmp_path / "my.yaml").write_text(yaml.safe_dump(raw))
    app = wiring.build(DataFolder.at(tmp_path).environment(tmp_path / "my.yaml", secrets))
    return list(run._shut_doors(app))


def test_whatever_lacks_a_secret_is_named_with_what_to_set(tmp_path):
    shut = doors(tmp_path)

    for name, reference in (
        ("connectwise", "env:FAKE_CW_SIGNING_KEY"),
        ("halo", "env:FAKE_HALO_WEBHOOK_PASSWORD"),
        ("mail by smtp", "env:RELAY_USER"),
        ("the call to the watch outside", "env:WATCH"),
        ("the links in alerts", "env:FAKE_LINK_KEY"),
        ("SMS by twilio", "env:TWILIO_ACCOUNT"),
        ("answers by SMS", "env:TWILIO_TOKEN"),
        ("the chat of Ciara Walsh", "env:CIARA_CHAT"),
    ):
        assert [line for line in shut if line.startswith(name) and f"{reference} is empty or not set" in line], name
    assert not any("\n" in line for line in shut)


def test_what_is_set_or_switched_off_or_not_needed_is_not_named(tmp_path):
    given = doors(tmp_path, FAKE_LINK_KEY=KEY, WATCH="https://watch.example/1")
    assert not any("links" in line or "watch" in line for line in given)

    assert not any("SMS" in line for line in doors(tmp_path, alerts={"sms": {"channel": "off"}}))
    nobody = doors(tmp_path, alerts={"people": {}, "chains": {}, "routes": [], "default_chain": None})
    assert not any(word in line for line in nobody for word in ("SMS", "links", "chat"))


def test_one_lack_is_said_once(tmp_path):
    shut = doors(tmp_path, TWILIO_ACCOUNT="AC" + "0" * 32)

    assert sum("TWILIO_TOKEN" in line for line in shut) == 1


def test_without_people_there_is_no_phone(platform):
    app = without(platform.app, people={})
    try:
        assert Platform(app, "t" * 43).phone is None
    finally:
        wiring.use(platform.app)


def test_what_the_cloud_would_set_does_not_open_the_local_workers(tmp_path):
    environ = DataFolder.at(tmp_path).environment(SETTINGS, {"PROMISEKEEPER_INVOKERS": "x@y.example", "HOME": "/"})

    assert "PROMISEKEEPER_INVOKERS" not in environ
    assert environ["HOME"] == "/"


def test_the_queues_behave_as_in_the_cloud():
    settings = queue_settings()

    assert settings["send_message"].per_second == 5
    assert settings["psa_note"].max_concurrent == 2
