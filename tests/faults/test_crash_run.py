"""Processes die at random in the middle of a busy hour, and the relay is asked what came of it.

Another seed by CRASH_SEED=<number>; without it each run draws its own and prints it.
"""

import os
import random
import threading
import time

import pytest

from tests.faults.history import of_kind
from tests.faults.judge import judge
from tests.faults.stage import Stage
from tests.faults.stories import changes

TICKETS, KILLS = 250, 40
PLAY_SECONDS = 38.0
SETTLE_SECONDS = 45.0

pytestmark = pytest.mark.slow


def test_forty_kills_lose_nothing_say_nothing_twice_and_list_every_doubt(tmp_path, capsys):
    seed = int(os.environ.get("CRASH_SEED") or random.randrange(10**6))
    started = time.monotonic()
    with Stage(tmp_path, seed) as stage:
        play(stage, seed)
        calm = time.monotonic()
        settled = stage.settle(SETTLE_SECONDS)
        stage.stock.note(stage.history)
        ended_by_themselves = [process.name for process in stage.processes if process.has_ended]
    file = tmp_path / "history.jsonl"
    stage.history.write(file)
    lines = stage.history.lines()
    verdict = judge(lines)
    with capsys.disabled():
        print(f"\ncrash run, seed {seed}: {verdict}\n  {beside_the_verdict(stage)}")
        print(f"  {calm - started:.0f} s, then {time.monotonic() - calm:.0f} s to settle; the history is in {file}")

    assert verdict.faults == []
    assert settled
    assert ended_by_themselves == []
    assert len(of_kind(lines, "webhook")) == 4 * TICKETS
    assert len(of_kind(lines, "kill")) == KILLS
    assert stage.phases.broken.total() > 0, "no kill hit a mail on its way: the run proved too little"
    assert any(kill["orphaned"] for kill in of_kind(lines, "kill")), "no runner died with a task in its hands"


def play(stage, seed):
    """Let the PSA report a busy hour while processes die; return when all is reported and the last one was killed."""
    killer = threading.Thread(target=stage.chaos.kill, args=(stage.processes, KILLS))
    killer.start()
    try:
        stage.psa.play(changes(TICKETS, PLAY_SECONDS, seed))
    except BaseException:
        stage.chaos.stop()
        raise
    finally:
        killer.join()


def beside_the_verdict(stage):
    lines = stage.history.lines()
    orphaned = sum(kill["orphaned"] for kill in of_kind(lines, "kill"))
    again = sum(webhook["tries"] - 1 for webhook in of_kind(lines, "webhook"))
    cut_off = ", ".join(f"{phase} {count}" for phase, count in sorted(stage.phases.broken.items()))
    return (
        f"mails cut off in: {cut_off}; tasks in a dead runner's hands: {orphaned};"
        f" looks set anew by the sweep: {stage.set_anew}; webhooks sent again: {again}"
    )
