"""The one archive: the same bytes each time, and every function of the list starts from it with nothing else installed."""

import hashlib
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import venv
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from infra.package import build, main, sources
from shared.edge.task_call import LAST_ATTEMPT

ROOT = Path(__file__).parents[2]
FUNCTIONS = {entry["name"]: entry for entry in json.loads((ROOT / "infra" / "functions.json").read_text())["functions"]}
TOKEN = "a-token-that-only-this-test-knows-0123456789"


def copied(tmp_path):
    for tree in ("functions", "shared", "infra"):
        shutil.copytree(ROOT / tree, tmp_path / "copy" / tree, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "requirements.txt", tmp_path / "copy")
    return tmp_path / "copy"


def test_the_same_sources_give_the_same_bytes(tmp_path):
    root = copied(tmp_path)
    first = build(tmp_path / "first.zip", root)
    for path in root.rglob("*.py"):
        os.utime(path, (0, 0))
        path.chmod(0o600)
    (root / "shared" / "__pycache__").mkdir()
    (root / "shared" / "__pycache__" / "ids.cpython-311.pyc").write_bytes(b"compiled")

    assert build(tmp_path / "second.zip", root) == first
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()


def test_another_source_gives_another_name(tmp_path):
    root = copied(tmp_path)
    first = build(tmp_path / "first.zip", root)
    (root / "shared" / "ids.py").write_text("# changed\n")

    assert build(tmp_path / "second.zip", root) != first


def test_the_command_prints_the_name_to_upload_it_under(tmp_path, capsys):
    out = tmp_path / "dist" / "source.zip"

    assert main([str(out)]) == 0
    assert capsys.readouterr().out.strip() == hashlib.sha256(out.read_bytes()).hexdigest()


def test_only_what_runs_is_in_the_archive():
    names = list(sources())

    assert {name.split("/")[0] for name in names} == {"functions", "main.py", "requirements.txt", "shared"}
    assert not [name for name in names if "test" in name or name.endswith(".pyc")]
    assert {f"functions/{name}/main.py" for name in FUNCTIONS} <= set(names)


def test_every_folder_with_an_entry_point_is_in_the_list_and_no_other():
    folders = {path.parent.name for path in (ROOT / "functions").glob("*/main.py")}

    assert folders == set(FUNCTIONS)


def test_every_function_is_named_like_its_folder():
    for name in FUNCTIONS:
        assert f"\ndef {name}(" in (ROOT / "functions" / name / "main.py").read_text()


def test_what_a_function_is_triggered_by_is_what_its_code_expects():
    decorators = {"http": "@http_function(", "task": "@task_function\n", "schedule": "@scheduled_function\n"}
    for name, entry in FUNCTIONS.items():
        assert decorators[entry["trigger"]] in (ROOT / "functions" / name / "main.py").read_text()
        assert ("queue" in entry) == (entry["trigger"] == "task")
        assert ("cron" in entry) == (entry["trigger"] == "schedule")


def test_only_what_checks_its_caller_itself_is_public():
    assert [name for name, entry in FUNCTIONS.items() if entry["public"]] == ["psa_webhook", "alert_reply"]


def test_a_dead_letter_has_deliveries_of_its_own():
    """The last attempt writes it, and may fail to: the queue must come once more."""
    for entry in FUNCTIONS.values():
        if "queue" in entry:
            assert entry["queue"]["max_attempts"] > LAST_ATTEMPT + 1


def test_the_readme_says_of_every_function_what_the_list_says():
    table = (ROOT / "README.md").read_text().partition("## The functions")[2].partition("```")[0]
    said = re.findall(r"^\| `([a-z_]+)` \| .+ \| (.+) \|$", table, flags=re.MULTILINE)

    assert dict(said) == {name: entry["job"] for name, entry in FUNCTIONS.items()}


# ── from the archive, with only requirements.txt installed ─────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def clean_python(request):
    """A virtual environment made of requirements.txt alone, kept until that file changes."""
    requirements = ROOT / "requirements.txt"
    folder = request.config.cache.mkdir(f"venv-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:16]}")
    ready = folder / "ready"
    if not ready.exists():
        venv.create(folder / "env", with_pip=True, clear=True)
        command = [
            folder / "env" / "bin" / "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
            requirements,
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if "Failed to establish a new connection" in done.stderr:
            pytest.skip("no package index can be reached from here")
        assert done.returncode == 0, done.stderr
        ready.touch()
    return folder / "env" / "bin"


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("archive")
    build(folder / "source.zip")
    with zipfile.ZipFile(folder / "source.zip") as archive:
        archive.extractall(folder / "source")
    return folder / "source"


def environment(folder):
    settings = folder / "settings.yaml"
    shutil.copy(ROOT / "infra" / "settings.example.yaml", settings)
    return {
        "PATH": os.environ["PATH"],
        "PROMISEKEEPER_SETTINGS": str(settings),
        "PROMISEKEEPER_STORE": f"sqlite:{folder / 'store.db'}",
        "PROMISEKEEPER_QUEUE": f"embedded:{folder / 'queue.db'}",
        "PROMISEKEEPER_MAILBOX": str(folder / "mailbox"),
        "PROMISEKEEPER_TASK_TOKEN": TOKEN,
        "CONNECTWISE_SIGNING_KEY": "a-signing-key-of-enough-characters",
    }


@pytest.fixture(scope="module")
def served(clean_python, unpacked, tmp_path_factory):
    """Every function of the list, each in a process of its own as the cloud starts it; its port by its name."""
    processes, ports = [], {}
    for name in FUNCTIONS:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            ports[name] = free.getsockname()[1]
        log = (tmp_path_factory.mktemp(name) / "log").open("w+")
        command = [
            clean_python / "functions-framework",
            "--target",
            name,
            "--host",
            "127.0.0.1",
            "--port",
            str(ports[name]),
        ]
        folder = tmp_path_factory.mktemp(name)
        processes.append(
            (subprocess.Popen(command, cwd=unpacked, env=environment(folder), stdout=log, stderr=log), log)
        )
    yield {name: _listening(ports[name], *running) for (name, running) in zip(ports, processes, strict=True)}
    for process, _ in processes:
        process.terminate()
        process.wait(timeout=10)


def _listening(port, process, log):
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return port
        time.sleep(0.05)  # another process: there is nothing to wait on but its port
    log.seek(0)
    raise AssertionError(f"it does not start:\n{log.read()[-3000:]}")


def call(port, method="POST", path="/", body=b"{}", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, entry in FUNCTIONS.items() if not entry["public"]])
def test_a_private_function_starts_from_the_archive_and_knows_its_caller(served, name):
    for _ in range(2):
        assert call(served[name]) == (401, {"error": "unauthenticated"})
        assert call(served[name], Authorization="Bearer wrong")[0] == 401
        assert call(served[name], "GET", Authorization=f"Bearer {TOKEN}")[0] == 405


NOTHING_TO_DO = {
    "psa_fetch": {"psa": "removed", "ticket": "1"},
    "alarm_sweep": {},
    "ticket_update_notifier": {"id": "ticket-none"},
    "send_message": {"id": "message-none"},
    "psa_note": {"id": "note-none"},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTHING_TO_DO)
def test_a_private_function_works_for_its_caller_with_all_that_it_needs(served, name):
    for _ in range(2):
        status, body = call(
            served[name], body=json.dumps(NOTHING_TO_DO[name]).encode(), Authorization=f"Bearer {TOKEN}"
        )
        assert (status, "outcome" in body) == (200, True), body


@pytest.mark.slow
def test_the_public_function_starts_from_the_archive_and_believes_nobody(served):
    for _ in range(2):
        assert call(served["psa_webhook"], "GET")[0] == 405
        assert call(served["psa_webhook"], path="/nobody")[0] == 404
        assert call(served["psa_webhook"], path="/connectwise") == (401, {"error": "unauthenticated"})


@pytest.mark.slow
def test_a_connection_without_its_secret_is_shut_and_the_others_live(served):
    status, body = call(served["psa_webhook"], path="/autotask")

    assert (status, body["error"]) == (500, "internal")
    assert call(served["psa_webhook"], path="/connectwise")[0] == 401


@pytest.mark.slow
@pytest.mark.parametrize(
    "missing", ["PROMISEKEEPER_SETTINGS", "PROMISEKEEPER_STORE", "PROMISEKEEPER_QUEUE", "PROMISEKEEPER_TASK_TOKEN"]
)
def test_a_missing_setting_stops_the_start_and_names_itself(clean_python, unpacked, tmp_path, missing):
    env = {name: value for name, value in environment(tmp_path).items() if name != missing}
    command = [clean_python / "functions-framework", "--target", "alarm_sweep", "--port", "0"]
    done = subprocess.run(command, cwd=unpacked, env=env, capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == 1
    assert f"{missing} is not set" in done.stderr


@pytest.mark.slow
def test_our_folders_hide_no_library(clean_python):
    """The archive's folder stands last on the path: a library named like one of our folders would be found first."""
    command = [
        clean_python / "python",
        "-c",
        "import importlib.util as u; print(u.find_spec('shared'), u.find_spec('functions'))",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/")

    assert done.stdout.split() == ["None", "None"]


@pytest.mark.slow
def test_the_archive_compiles_as_a_whole(unpacked):
    done = subprocess.run(
        [sys.executable, "-m", "compileall", "-q", "."], cwd=unpacked, check=False, capture_output=True
    )

    assert done.returncode == 0, done.stdout
