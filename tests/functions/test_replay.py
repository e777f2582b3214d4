"""A real service desk's log through the real functions, judged from outside by the log itself."""

import gzip
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from infra.local.event_log import UnreadableLog, read_log
from shared import settings_file
from shared.convergence import ticket_id
from tests import replay_judge as judge

ROOT = Path(__file__).parents[2]
LOG = ROOT.parent / "shared" / "data" / "bpic2013-incidents.csv.gz"
SETTINGS = ROOT / "tests" / "fixtures" / "bpic2013.yaml"
ONE_IN = 12

needs_the_log = pytest.mark.skipif(not LOG.exists(), reason=f"the incident log is not at {LOG}: replays are not judged")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """All changes of one ticket in twelve."""
    header, *lines = gzip.decompress(LOG.read_bytes()).decode().splitlines()
    chosen = [line for line in lines if int(ticket_id("log", line.split(",")[0])[-6:], 16) % ONE_IN == 0]
    path = tmp_path_factory.mktemp("log") / "sample.csv"
    path.write_text("\n".join([header, *chosen]) + "\n")
    return path


def replay(log, out, *options):
    command = [sys.executable, "-m", "infra.local.replay", str(log), str(out), "--settings", str(SETTINGS), "--quiet"]
    subprocess.run([*command, *options], check=True, cwd=ROOT, capture_output=True, text=True)
    return json.loads((out / "summary.json").read_text())


@pytest.fixture(scope="module")
def clean(sample, tmp_path_factory):
    out = tmp_path_factory.mktemp("clean")
    replay(sample, out)
    return out


@pytest.fixture(scope="module")
def truth(sample):
    connection = settings_file.load(SETTINGS).psa["log"]
    return judge.log_of(read_log(sample), lambda status: connection.statuses.state(status).value)


@needs_the_log
def test_every_resolution_is_told_once_and_nobody_is_stormed(clean, truth):
    assert judge.faults_in(truth, judge.read_run(clean)) == []


@needs_the_log
def test_nobody_is_silent_past_a_promised_time_unnoticed(clean, truth):
    settings = settings_file.load(SETTINGS)
    calendar = settings.calendar("office")
    end = max(at for states in truth.values() for at, _ in states)

    # After two notes in a row alerts repeat ever more seldom: each wait at most doubles, up to 32 times the interval.
    def latest(start):
        return calendar.due(start, timedelta(hours=32 * settings.updates.promises.default))

    def promised(start):
        return calendar.due(start, timedelta(hours=settings.updates.promises.default))

    told = judge.read_run(clean)
    assert judge.silences(truth, told, latest, end) == []
    first_silences = judge.silences(truth, _until_first_silence(clean, told), promised, end)
    assert first_silences == []


def _until_first_silence(out, told):
    """Count an alert of silence as noticed for good: what comes after it is the manager's."""
    known = {}
    for line in (out / "alerts.jsonl").read_text().splitlines():
        alert = json.loads(line)
        if alert["kind"] == "client_in_silence":
            known.setdefault(alert["ticket"], judge._time(alert["at"]))
    for ticket, since in known.items():
        told.alerts[ticket] += [since + timedelta(hours=8 * step) for step in range(3 * 900)]
    return told


@needs_the_log
def test_two_runs_and_a_run_with_every_webhook_three_times_say_the_same(sample, clean, tmp_path):
    summary = replay(sample, tmp_path / "thrice", "--times", "3")

    assert (tmp_path / "thrice" / "messages.jsonl").read_bytes() == (clean / "messages.jsonl").read_bytes()
    assert summary["refused"] == 0


@needs_the_log
def test_arrivals_shuffled_within_the_hold_tell_the_same_story(sample, clean, truth, tmp_path):
    replay(sample, tmp_path, "--shuffle", str(judge.HOLD.total_seconds()))

    straight, shuffled = judge.read_run(clean), judge.read_run(tmp_path)
    same = sum(straight.sequence(ticket) == shuffled.sequence(ticket) for ticket in truth)
    assert same / len(truth) >= 0.99
    assert judge.faults_in(truth, shuffled, exactly=False) == []


@needs_the_log
def test_with_every_tenth_webhook_lost_the_sweep_leaves_no_resolution_untold(sample, truth, tmp_path):
    summary = replay(sample, tmp_path, "--lose", "0.1", "--sweep", "600")

    assert summary["repaired_by_sweep"] > 0
    assert judge.faults_in(truth, judge.read_run(tmp_path), exactly=False) == []


@needs_the_log
def test_a_webhook_costs_at_most_one_read_one_write_and_one_task(clean):
    summary = json.loads((clean / "summary.json").read_text())
    looks = sum(1 for line in (clean / "functions.log").open() if '"ticket_update_notifier"' in line)
    sends = summary["messages"]

    assert summary["store"]["reads"] <= summary["events"] + looks + 3 * sends
    assert summary["refused"] == 0


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a,b\n1,2\n", "the first line must name the columns"),
        ("ticket,at,status,substatus,owner\n", "no row below the header"),
        ("ticket,at,status,substatus,owner\n1,yesterday,New,,\n", "line 2: 'yesterday' is no time"),
        ("ticket,at,status,substatus,owner\n1,2026-03-02T09:00:00,New,,\n", "no time with a zone"),
        ("ticket,at,status,substatus,owner\n,2026-03-02T09:00:00Z,New,,\n", "the ticket is empty"),
    ],
)
def test_an_unreadable_log_is_refused_with_its_line(tmp_path, text, complaint):
    path = tmp_path / "log.csv"
    path.write_text(text)

    with pytest.raises(UnreadableLog, match=complaint):
        read_log(path)
