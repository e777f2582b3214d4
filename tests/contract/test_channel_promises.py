"""What every channel promises, whatever it is made of: once, known, bounded in time, and without a word too many."""

import time

import pytest

from shared.errors import Conflict
from shared.ports import Receipt, SendFailed, SendUncertain
from tests.contract.channel_rig import UNANSWERED, Adapter, Rig, State
from tests.contract.mail_rigs import MAIL_ADAPTERS
from tests.contract.other_rigs import OTHER_ADAPTERS
from tests.contract.sms_rigs import SMS_ADAPTERS

ADAPTERS = [*MAIL_ADAPTERS, *SMS_ADAPTERS, *OTHER_ADAPTERS]
LONGEST = 8.0  # seconds; SQLite waits 5 s for a lock, and an impatient channel a fraction of one


def possible(*states: State):
    """Parametrize a test with every channel in each of the states that it can be in."""
    return pytest.mark.parametrize(
        ("adapter", "state"),
        [
            pytest.param(adapter, state, id=f"{adapter.name}: {state}")
            for adapter in ADAPTERS
            for state in states
            if state not in adapter.impossible
        ],
    )


def failure(rig: Rig, adapter: Adapter) -> tuple[SendFailed | SendUncertain, int]:
    """Send, and return what was raised and how many commitments were made."""
    commitments: list[None] = []
    started = time.monotonic()
    with pytest.raises((SendFailed, SendUncertain)) as raised:
        rig.send(lambda: commitments.append(None))

    assert time.monotonic() - started < LONGEST
    for secret in adapter.secrets:
        assert secret not in str(raised.value)
    return raised.value, len(commitments)


@possible(State.WELL)
def test_the_commitment_comes_once_and_before_anything_is_out(adapter, state, tmp_path):
    out: list[int] = []
    with adapter.rig(state, tmp_path) as rig:
        receipt = rig.send(lambda: out.append(rig.arrived()))

        assert isinstance(receipt, Receipt)
        assert out == [0]
        assert rig.arrived() == 1


@possible(State.WELL)
@pytest.mark.parametrize("error", [Conflict("somebody else has it"), KeyboardInterrupt(), OSError("store")])
def test_a_commitment_that_fails_keeps_everything_in(adapter, state, error, tmp_path):
    def lose() -> None:
        raise error

    with adapter.rig(state, tmp_path) as rig:
        with pytest.raises(type(error)) as raised:
            rig.send(lose)

        assert raised.value is error
        assert rig.arrived() == 0
        rig.send(lambda: None)
        assert rig.arrived() == 1


@possible(State.REFUSES)
def test_a_refusal_for_good_is_permanent_and_nothing_arrived(adapter, state, tmp_path):
    with adapter.rig(state, tmp_path) as rig:
        failed, commitments = failure(rig, adapter)

        assert isinstance(failed, SendFailed)
        assert failed.permanent
        assert commitments <= 1
        assert rig.arrived() == 0
        assert not rig.ask()


@possible(State.BUSY)
def test_a_busy_side_is_tried_again_when_it_says(adapter, state, tmp_path):
    with adapter.rig(state, tmp_path) as rig:
        failed, commitments = failure(rig, adapter)

        assert isinstance(failed, SendFailed)
        assert not failed.permanent
        assert failed.retry_after == adapter.waits
        assert commitments <= 1
        assert rig.arrived() == 0
        assert not rig.ask()


@possible(*UNANSWERED)
def test_a_lost_answer_is_a_doubt_and_whoever_is_asked_says_the_truth_or_nothing(adapter, state, tmp_path):
    with adapter.rig(state, tmp_path) as rig:
        unsure, commitments = failure(rig, adapter)

        assert isinstance(unsure, SendUncertain)
        assert str(unsure)
        assert commitments == 1
        assert rig.arrived() == (0 if state is State.HANGS_UP else 1)
        assert rig.ask() in (None, rig.arrived() == 1)


@possible(State.ABSENT)
def test_nobody_listening_is_tried_again(adapter, state, tmp_path):
    with adapter.rig(state, tmp_path) as rig:
        failed, commitments = failure(rig, adapter)

        if state in adapter.only_in_doubt:
            assert isinstance(failed, SendUncertain)
        else:
            assert isinstance(failed, SendFailed)
            assert not failed.permanent
        assert commitments <= 1
        assert not rig.ask()


@pytest.mark.parametrize("adapter", ADAPTERS, ids=lambda adapter: adapter.name)
def test_what_a_channel_does_not_promise_is_declared_with_a_reason(adapter):
    declared = adapter.impossible | adapter.only_in_doubt

    assert State.WELL not in declared
    assert all(declared.values())
    assert not set(adapter.impossible) & set(adapter.only_in_doubt)
