"""A real service desk's log through the real functions, judged from outside by the log itself."""

import gzip
import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from infra.local.event_log import UnreadableLog, read_log
from shared.config import file as settings_file
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
    assert silent_in(clean, truth) == []


def silent_in(out, truth, late=judge.HOLD):
    settings = settings_file.load(SETTINGS)
    calendar, promise = settings.calendar("office"), timedelta(hours=settings.updates.promises.default)
    end = max(at for states in truth.values() for at, _ in states)
    told = until_first_silence(out, judge.read_run(out))
    return judge.silences(truth, told, lambda start: calendar.due(start, promise), end, late)


def until_first_silence(out, told):
    """From the first alert of a silence on it is the manager's: its repeats become ever more seldom on purpose."""
    known = {}
    for line in (out / "alerts.jsonl").read_text().splitlines():
        alert = json.loads(line)
        if alert["kind"] == "client_in_silence":
            known.setdefault(alert["ticket"], datetime.fromisoformat(alert["at"]))
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
    assert judge.faults_in(truth, shuffled, exactly=False, late=2 * judge.HOLD) == []


@needs_the_log
def test_arrivals_late_by_up_to_the_hold_leave_no_resolution_untold(sample, truth, tmp_path):
    replay(sample, tmp_path, "--late", str(judge.HOLD.total_seconds()))

    assert judge.faults_in(truth, judge.read_run(tmp_path), exactly=False, late=3 * judge.HOLD) == []
    assert silent_in(tmp_path, truth, late=3 * judge.HOLD) == []


@needs_the_log
def test_with_every_tenth_webhook_lost_the_sweep_leaves_no_resolution_untold(sample, truth, tmp_path):
    summary = replay(sample, tmp_path, "--lose", "0.1", "--sweep", "600")

    assert summary["repaired_by_sweep"] > 0
    sweep = timedelta(minutes=10)
    assert judge.faults_in(truth, judge.read_run(tmp_path), exactly=False, late=2 * sweep) == []
    assert silent_in(tmp_path, truth, late=2 * sweep) == []


# ── the judge itself ───────────────────────────────────────────────────────────────────────────────────────────────


def some_resolved(told, truth):
    """A ticket that was told as resolved, and which of its updates that was."""
    for ticket, updates in told.updates.items():
        for place, (at, touchpoint) in enumerate(updates):
            if touchpoint == "resolved" and len(judge.resolutions(truth[ticket])) == 1:
                return ticket, place, at
    raise AssertionError("nothing was told as resolved")


def dropped(updates, place):
    del updates[place]


def doubled(updates, place):
    updates.append((updates[place][0] + timedelta(hours=30), "resolved"))


def told_200_days_late(updates, place):
    updates[place] = (updates[place][0] + timedelta(days=200), "resolved")


def told_too_early(updates, place):
    updates[place] = (updates[place][0] - timedelta(minutes=4), "resolved")


def followed_by_news(updates, place):
    updates.append((updates[place][0] + timedelta(hours=1), "progress"))


def crowded(updates, place):
    updates += [(updates[place][0] + timedelta(minutes=10 * n), "resolved") for n in range(1, 5)]


@needs_the_log
@pytest.mark.parametrize("fault", [dropped, doubled, told_200_days_late, told_too_early, followed_by_news, crowded])
def test_the_judge_finds_a_planted_fault(clean, truth, fault):
    told = judge.read_run(clean)
    ticket, place, _at = some_resolved(told, truth)
    fault(told.updates[ticket], place)

    assert any(line.startswith(ticket) for line in judge.faults_in(truth, told))


@needs_the_log
def test_the_judge_finds_a_mail_for_a_ticket_that_is_not_in_the_log(clean, truth):
    told = judge.read_run(clean)
    told.updates["no such ticket"].append((next(iter(truth.values()))[0][0], "received"))

    assert judge.faults_in(truth, told) == ["no such ticket: not in the log"]


@needs_the_log
def test_the_judge_hears_a_silence_when_notes_and_alerts_are_taken_away(clean, truth, tmp_path):
    for name in ("messages.jsonl", "alerts.jsonl"):
        lines = [line for line in (clean / name).read_text().splitlines() if '"progress"' not in line]
        kept = [line for line in lines if name == "messages.jsonl" or '"technician"' in line]
        (tmp_path / name).write_text("\n".join(kept) + "\n")

    assert len(silent_in(tmp_path, truth)) > 10


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
