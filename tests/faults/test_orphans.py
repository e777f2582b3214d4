"""What a dead runner of the queue had in its hands: it comes again when its lease ends, and nothing is sent twice."""

import pytest

from shared.models.outgoing import OutgoingState
from tests.faults.history import of_kind
from tests.faults.judge import judge
from tests.faults.processes import wait_until_ready
from tests.faults.stage import Stage
from tests.faults.stories import Change

PATIENCE = 30.0
NEW = Change(0.0, "T1", "New", 0)

pytestmark = pytest.mark.slow


@pytest.fixture
def stage(tmp_path):
    with Stage(tmp_path, seed=1, workers=1, speed=150.0) as stage:
        yield stage


def stopped_in(stage, phase):
    """Bring one mail into `phase`, and let it stay there."""
    stage.phases.close_gate(phase)
    stage.psa.report(NEW)
    assert stage.phases.wait_for(phase, PATIENCE)


def comes_to_rest(stage):
    """Let everything happen and return the one message."""
    stage.phases.open_gates()
    wait_until_ready(stage.processes)
    assert stage.settle(PATIENCE)
    stage.stock.note(stage.history)
    [message] = stage.stock.messages()
    return message


def arrived(stage):
    return len(of_kind(stage.history.lines(), "mail"))


def killed(stage, *processes):
    for process in processes:
        process.kill()
        stage.history.add("kill", who=process.name)


def test_a_task_whose_runner_was_killed_comes_again_and_finds_its_mail_sent(stage):
    stopped_in(stage, "dot")
    killed(stage, stage.runner)
    assert stage.stock.held_tasks() == 1
    stage.runner.start()
    message = comes_to_rest(stage)

    assert (arrived(stage), message.state) == (1, OutgoingState.SENT)
    assert stage.stock.tries("send_message")[0] >= 2
    assert judge(stage.history.lines()).faults == []


def test_a_mail_cut_off_before_its_final_dot_is_sent_when_the_leases_have_ended(stage):
    stopped_in(stage, "content")
    killed(stage, stage.runner, *stage.workers)
    assert stage.stock.held_tasks() == 1
    for process in stage.processes:
        process.start()
    message = comes_to_rest(stage)

    assert (arrived(stage), message.state, message.attempts) == (1, OutgoingState.SENT, 2)
    assert stage.stock.tries("send_message")[0] >= 2
    assert judge(stage.history.lines()).faults == []


def test_a_mail_cut_off_after_its_final_dot_is_listed_as_a_doubt_and_not_sent_again(stage):
    stopped_in(stage, "dot")
    killed(stage, stage.runner, *stage.workers)
    for process in stage.processes:
        process.start()
    message = comes_to_rest(stage)

    assert (arrived(stage), message.state, message.attempts) == (1, OutgoingState.UNCERTAIN, 1)
    assert judge(stage.history.lines()).faults == []


def test_what_becomes_due_while_no_runner_lives_is_done_by_the_next(stage):
    killed(stage, stage.runner)
    stage.psa.report(NEW)
    stage.runner.start()
    message = comes_to_rest(stage)

    assert (arrived(stage), message.state) == (1, OutgoingState.SENT)
    assert judge(stage.history.lines()).faults == []
