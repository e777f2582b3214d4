"""Processes die at random while alerts come up and people take them; relay and Twilio are asked what came of it.

Another seed by CRASH_SEED=<number>; without it each run draws its own and prints it.
"""

import os
import random
import threading
import time

import pytest

from tests.faults.alert_judge import judge
from tests.faults.alert_stage import AlertStage
from tests.faults.alert_stories import Raise, events
from tests.faults.history import of_kind

ALERTS, KILLS = 300, 40
PLAY_SECONDS = 36.0
SETTLE_SECONDS = 45.0

pytestmark = pytest.mark.slow


def test_forty_kills_leave_every_alert_told_none_told_twice_and_every_doubt_asked_about_or_listed(tmp_path, capsys):
    seed = int(os.environ.get("CRASH_SEED") or random.randrange(10**6))
    story = events(ALERTS, PLAY_SECONDS, seed)
    started = time.monotonic()
    with AlertStage(tmp_path, seed) as stage:
        play(stage, story)
        calm = time.monotonic()
        settled = stage.settle(SETTLE_SECONDS)
        stage.stock.note(stage.history)
        ended_by_themselves = [process.name for process in stage.processes if process.has_ended]
    file = tmp_path / "history.jsonl"
    stage.history.write(file)
    lines = stage.history.lines()
    verdict = judge(lines)
    with capsys.disabled():
        print(f"\ncrash run of the alerts, seed {seed}: {verdict}\n  {beside_the_verdict(stage)}")
        print(f"  {calm - started:.0f} s, then {time.monotonic() - calm:.0f} s to settle; the history is in {file}")

    assert verdict.faults == []
    assert settled
    assert ended_by_themselves == []
    assert len(of_kind(lines, "finding")) == sum(isinstance(event, Raise) for event in story)
    assert len(of_kind(lines, "kill")) == KILLS
    assert stage.phases.broken.total() > 0, "no kill hit a message on its way: the run proved too little"
    assert stage.twilio.mishaps > 0, "Twilio was well all the time: the run proved too little"
    assert any(kill["orphaned"] for kill in of_kind(lines, "kill")), "no runner died with a task in its hands"


def play(stage, story):
    """Let it all come up and be taken while processes die; return when all is stored and the last one was killed."""
    killer = threading.Thread(target=stage.chaos.kill, args=(stage.processes, KILLS))
    killer.start()
    try:
        stage.play(story)
    except BaseException:
        stage.chaos.stop()
        raise
    finally:
        killer.join()


def beside_the_verdict(stage):
    orphaned = sum(kill["orphaned"] for kill in of_kind(stage.history.lines(), "kill"))
    cut_off = ", ".join(f"{phase} {count}" for phase, count in sorted(stage.phases.broken.items()))
    return (
        f"messages cut off in: {cut_off}; Twilio's mishaps: {stage.twilio.mishaps};"
        f" tasks in a dead runner's hands: {orphaned}; looks set anew by the sweep: {stage.set_anew}"
    )
