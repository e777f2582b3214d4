"""Who may import whom, and what has its one place. Every rule is shown to bite."""

from pathlib import Path

import pytest

from tests.unit.architecture import RULES, breaches

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for tree in ("functions", "shared", "infra")
    for path in (ROOT / tree).rglob("*.py")
)

EXCEPTIONS = {
    ("shared/adapters/sqlite_store.py", "one_place_has_clock_and_dice"): "a version must differ from every earlier one, also of a document that was deleted and made again",
}  # fmt: skip


@pytest.mark.parametrize("path", SOURCES)
def test_a_file_keeps_the_rules(path):
    found = [
        sentence
        for rule, sentence in breaches(path, (ROOT / path).read_text(encoding="utf-8"))
        if (path, rule) not in EXCEPTIONS
    ]

    assert found == []


@pytest.mark.parametrize(("path", "rule"), EXCEPTIONS)
def test_an_exception_is_still_needed(path, rule):
    assert rule in {broken for broken, _ in breaches(path, (ROOT / path).read_text(encoding="utf-8"))}


PLANTED = [
    ("functions/psa_sweep/main.py", "from functions.psa_fetch.main import psa_fetch", "functions_stand_alone"),
    ("functions/psa_sweep/main.py", "import functions.psa_fetch.main", "functions_stand_alone"),
    ("functions/psa_sweep/main.py", "from ..psa_fetch import main", "functions_stand_alone"),
    ("functions/psa_sweep/main.py", "def f():\n    from functions import psa_fetch", "functions_stand_alone"),
    ("functions/psa_sweep/main.py", "from shared.adapters.sqlite_store import SqliteStore", "functions_stand_alone"),
    ("functions/psa_sweep/main.py", "from shared.channels import smtp", "functions_stand_alone"),
    ("functions/psa_sweep/main.py", "from shared import wiring", "functions_stand_alone"),
    ("functions/psa_sweep/main.py", "import tests.fakes.clock", "functions_stand_alone"),
    ("shared/step.py", "from functions.psa_sweep.rules import due", "shared_knows_no_function"),
    ("shared/step.py", "from infra.package import build", "shared_knows_no_function"),
    ("shared/step.py", "from shared.adapters import sqlite_store", "adapters_are_picked_in_one_place"),
    ("shared/channels/smtp.py", "from shared.adapters import sqlite_store", "adapters_are_picked_in_one_place"),
    ("shared/step.py", "from shared.wiring import app", "adapters_are_picked_in_one_place"),
    ("shared/step.py", "import google.cloud.firestore", "libraries_have_homes"),
    ("shared/psa/autotask/client.py", "from google.cloud import tasks_v2", "libraries_have_homes"),
    ("functions/psa_sweep/main.py", "import sqlite3", "libraries_have_homes"),
    ("shared/channels/smtp.py", "import sqlite3", "libraries_have_homes"),
    ("functions/psa_sweep/main.py", "import requests", "libraries_have_homes"),
    ("shared/adapters/sqlite_store.py", "import requests", "libraries_have_homes"),
    ("shared/psa/rest.py", "from urllib.request import urlopen", "libraries_have_homes"),
    ("shared/step.py", "from flask import Request", "libraries_have_homes"),
    ("functions/psa_sweep/main.py", "import importlib", "libraries_have_homes"),
    ("shared/step.py", "import os\nos.environ['A']", "one_place_reads_the_environment"),
    ("functions/psa_sweep/main.py", "import os\nos.getenv('A')", "one_place_reads_the_environment"),
    ("shared/step.py", "from os import environ", "one_place_reads_the_environment"),
    ("shared/step.py", "from datetime import datetime, UTC\nnow = datetime.now(UTC)", "one_place_has_clock_and_dice"),
    ("shared/step.py", "import datetime as dt\nnow = dt.datetime.now()", "one_place_has_clock_and_dice"),
    ("shared/step.py", "from datetime import date\nday = date.today()", "one_place_has_clock_and_dice"),
    ("shared/wiring.py", "from datetime import datetime, UTC\nnow = datetime.now(UTC)", "one_place_has_clock_and_dice"),
    ("functions/psa_sweep/rules.py", "import time\nnow = time.time()", "one_place_has_clock_and_dice"),
    ("functions/psa_sweep/rules.py", "from time import time", "one_place_has_clock_and_dice"),
    ("functions/psa_sweep/rules.py", "import uuid\nid = uuid.uuid4()", "one_place_has_clock_and_dice"),
    ("functions/psa_sweep/rules.py", "import random", "one_place_has_clock_and_dice"),
    ("functions/psa_sweep/rules.py", "from secrets import token_hex", "one_place_has_clock_and_dice"),
    ("shared/psa/rest.py", "import requests\nrequests.get('https://a')", "outgoing_calls_are_bounded"),
    ("shared/psa/rest.py", "import requests\nself._session.request('GET', 'https://a')", "outgoing_calls_are_bounded"),
    ("shared/channels/smtp.py", "import smtplib\nsmtplib.SMTP('a', 25)", "outgoing_calls_are_bounded"),
    ("functions/psa_sweep/rules.py", "from shared.runtime import note", "rules_do_nothing_but_decide"),
    ("functions/psa_sweep/rules.py", "from shared.ports import App", "rules_do_nothing_but_decide"),
]


@pytest.mark.parametrize(("path", "source", "rule"), PLANTED)
def test_a_planted_breach_is_found(path, source, rule):
    assert rule in {broken for broken, _ in breaches(path, source)}


def test_every_rule_was_seen_to_bite():
    assert {rule.__name__ for rule in RULES} == {rule for _, _, rule in PLANTED}


KEPT = [
    ("functions/psa_sweep/main.py", "from functions.psa_sweep.rules import due\nfrom .rules import due"),
    ("functions/psa_sweep/main.py", "import flask\nfrom shared.runtime import http_function"),
    ("shared/wiring.py", "import os\nos.environ['A']"),
    ("shared/system_clock.py", "import random\nfrom datetime import datetime, UTC\ndatetime.now(UTC)"),
    ("shared/wiring.py", "from shared.adapters.sqlite_store import SqliteStore"),
    ("shared/adapters/sqlite_store.py", "import sqlite3\nfrom shared.adapters.storing import sql"),
    ("shared/psa/rest.py", "import requests\nself._session.get('https://a', timeout=(5, 15))\nheaders.get('A')"),
    ("shared/edge/call_log.py", "import time\ntime.perf_counter()\ntime.monotonic()"),
    ("infra/local/host.py", "import os\nfrom shared import wiring\nos.environ.pop('A')"),
]


@pytest.mark.parametrize(("path", "source"), KEPT)
def test_what_is_right_is_left_alone(path, source):
    assert list(breaches(path, source)) == []
