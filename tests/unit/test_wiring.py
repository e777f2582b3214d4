"""What runs where: adapters by the environment, built when first used; what is missing names itself."""

import subprocess
import sys
import threading
from datetime import UTC
from pathlib import Path

import pytest

from shared import wiring
from shared.errors import ConfigurationError
from shared.models.ticket import Ticket

ROOT = Path(__file__).parents[2]
TOKEN = "a-token-that-only-this-test-knows-0123456789"
SETTINGS = """\
msp: {name: Example IT, mail_from: support@example.com}
calendars: {office: {tz: UTC}}
psa:
  desk:
    system: {kind: generic, signing_keys: ["env:DESK_KEY"]}
    statuses: {new: [New]}
  other:
    system: {kind: generic, signing_keys: ["env:OTHER_KEY"]}
    statuses: {new: [New]}
"""
DESK_KEY = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@pytest.fixture
def environ(tmp_path):
    (tmp_path / "settings.yaml").write_text(SETTINGS)
    return {
        "PROMISEKEEPER_SETTINGS": str(tmp_path / "settings.yaml"),
        "PROMISEKEEPER_STORE": f"sqlite:{tmp_path / 'store.db'}",
        "PROMISEKEEPER_QUEUE": f"embedded:{tmp_path / 'queue.db'}",
        "PROMISEKEEPER_MAILBOX": str(tmp_path / "mailbox.db"),
        "PROMISEKEEPER_TASK_TOKEN": TOKEN,
        "DESK_KEY": DESK_KEY,
    }


@pytest.mark.parametrize("name", ["SETTINGS", "STORE", "QUEUE", "TASK_TOKEN"])
def test_what_is_missing_names_itself(environ, name):
    del environ[f"PROMISEKEEPER_{name}"]

    with pytest.raises(ConfigurationError, match=f"PROMISEKEEPER_{name} is not set"):
        wiring.build(environ)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("STORE", "sqlite:", "written sqlite:/path or firestore:project/database"),
        ("STORE", "mysql:/path", "written sqlite:/path or firestore:project/database"),
        ("STORE", "firestore:project", "two names with a slash"),
        ("QUEUE", "redis:/path", "written embedded:/path or cloud-tasks:project/location"),
        ("QUEUE", "cloud-tasks:project/location", "PROMISEKEEPER_URL_BASE is not set"),
        ("TASK_TOKEN", "short", "at least 32 characters"),
        ("INVOKERS", "tasks@example.com", "needs PROMISEKEEPER_URL_BASE"),
        ("SETTINGS", "/nowhere/settings.yaml", "/nowhere/settings.yaml:1: No such file"),
    ],
)
def test_what_is_wrong_says_what_to_write(environ, name, value, said):
    with pytest.raises(ConfigurationError, match=said):
        wiring.build({**environ, f"PROMISEKEEPER_{name}": value})


def test_the_embedded_form_stores_queues_and_keeps_mail_in_files(environ, tmp_path):
    app = wiring.build(environ)

    assert app.store.get(Ticket, "ticket-1") is None
    assert app.mail().knows_message_ids
    assert app.settings.msp.name == "Example IT"
    assert app.clock.now().tzinfo is UTC
    assert (tmp_path / "store.db").exists()


def test_building_opens_nothing(environ, tmp_path):
    """A server may fork after it: no connection and no thread may be born before."""
    threads = threading.active_count()
    wiring.build(environ)

    assert threading.active_count() == threads
    assert [path.name for path in tmp_path.iterdir()] == ["settings.yaml"]


def test_a_process_imports_only_what_its_work_needs(environ):
    script = (
        "import sys; from shared import wiring; app = wiring.start(); app.psa_webhook('desk');"
        "print(sorted(set(sys.modules) & {'google.api_core', 'grpc', 'requests', 'holidays', 'smtplib', 'jinja2', 'sqlite3'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"


def test_a_connection_that_is_not_in_the_settings_is_none(environ):
    assert wiring.build(environ).psa_webhook("nobody") is None


def test_a_connection_without_its_secret_stays_shut_and_the_others_live(environ):
    app = wiring.build(environ)

    for _ in range(2):
        with pytest.raises(ConfigurationError, match="env:OTHER_KEY is empty or not set"):
            app.psa_webhook("other")
    assert app.psa_webhook("desk") is app.psa_webhook("desk")


def test_a_shut_connection_opens_when_its_secret_is_there(environ):
    app = wiring.build(environ)
    with pytest.raises(ConfigurationError):
        app.psa_webhook("other")
    environ["OTHER_KEY"] = DESK_KEY

    assert app.psa_webhook("other") is not None


def test_a_mailbox_without_its_path_is_missed_only_by_who_sends(environ):
    del environ["PROMISEKEEPER_MAILBOX"]
    app = wiring.build(environ)

    assert app.store.get(Ticket, "ticket-1") is None
    with pytest.raises(ConfigurationError, match="PROMISEKEEPER_MAILBOX is not set"):
        app.mail()


def test_mail_goes_to_the_relay_when_the_settings_say_so(environ, tmp_path):
    text = (
        SETTINGS
        + "mail: {channel: smtp, smtp: {host: mail.example.com, username: env:SMTP_USER, password: env:SMTP_PASSWORD}}\n"
    )
    (tmp_path / "settings.yaml").write_text(text)
    app = wiring.build(environ)

    with pytest.raises(ConfigurationError, match="env:SMTP_USER"):
        app.mail()
    environ |= {"SMTP_USER": "promisekeeper", "SMTP_PASSWORD": "correct horse"}
    assert not app.mail().knows_message_ids


def test_there_is_one_app_however_many_threads_ask_at_once(environ, monkeypatch):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    wiring.reset()
    apps, gate = [], threading.Barrier(8)

    def ask():
        gate.wait()
        apps.append((wiring.app(), wiring.app().psa_webhook("desk")))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wiring.reset()

    assert len(apps) == 8
    assert len({id(app) for app, _ in apps}) == 1
    assert len({id(webhook) for _, webhook in apps}) == 1


def test_the_local_token_proves_our_own_caller(environ):
    ours = wiring.build(environ).caller_is_ours

    assert ours({"Authorization": f"Bearer {TOKEN}"})
    assert not ours({"Authorization": f"Bearer {TOKEN[:-1]}"})


def test_in_the_cloud_a_caller_is_known_by_its_identity_alone(environ):
    cloud = {
        "PROMISEKEEPER_INVOKERS": "tasks@example.com",
        "PROMISEKEEPER_URL_BASE": "https://a.example/",
        "FUNCTION_TARGET": "x",
    }
    ours = wiring.build({**environ, **cloud}).caller_is_ours

    assert ours.audiences == {"https://a.example/x"}
    assert not ours({"Authorization": f"Bearer {TOKEN}"})
