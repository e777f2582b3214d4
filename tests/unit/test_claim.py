"""Under no order of claims, crashes, lapsed leases and answers does something leave twice, or count as sent unsent."""

from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from shared.models.outgoing import Outgoing, OutgoingState
from shared.outgoing.claim import (
    FIRST_PAUSE,
    LEASE,
    LONGEST_PAUSE,
    LOOK_UP_AFTER,
    MAX_ATTEMPTS,
    NotNow,
    claim,
    committing,
    confirm,
    doubt,
    failed,
    given_up,
    held,
    looked_up,
    pause_before,
    why_not_now,
)
from shared.ports import SendFailed

AT = datetime(2026, 3, 2, 14, 5, 11, tzinfo=UTC)
SECOND = timedelta(seconds=1)


class Parcel(Outgoing):
    collection: ClassVar[str] = "parcels"
    watcher: ClassVar[str] = "send_parcel"


def parcel(**changes: object) -> Parcel:
    return Parcel(id="parcel-1", decided_at=AT, expires_at=AT + timedelta(days=2), alarm_at=AT).but(**changes)


def claimed(document: Parcel, at: datetime = AT, who: str = "task#0") -> Parcel:
    taken = claim(document, at, who, via="smtp")
    assert isinstance(taken, Parcel)
    return taken


def committed(at: datetime = AT) -> Parcel:
    mine = claimed(parcel(), at)
    document = committing(mine, at, mine.claim)
    assert document is not None
    return document


@pytest.mark.parametrize(
    ("document", "now", "expected"),
    [
        (parcel(), AT, None),
        (parcel(alarm_at=AT + 4 * SECOND), AT, None),  # within what two clocks may differ
        (parcel(alarm_at=AT + 6 * SECOND), AT, NotNow.NOT_DUE),
        (parcel(), AT + timedelta(days=2), NotNow.EXPIRED),
        (parcel(attempts=MAX_ATTEMPTS), AT, NotNow.TRIES_RAN_OUT),
        (claimed(parcel()), AT + LEASE - SECOND, NotNow.IN_OTHER_HANDS),
        (claimed(parcel()), AT + LEASE, None),
        (committed(), AT + LEASE - SECOND, NotNow.IN_OTHER_HANDS),
        (committed(), AT + LEASE, NotNow.IN_DOUBT),
        (committed(), AT + timedelta(days=3), NotNow.IN_DOUBT),  # a doubt is settled even after it expired
        (doubt(committed(), AT, "no_answer"), AT, NotNow.NOT_DUE),
        (doubt(committed(), AT, "no_answer"), AT + LOOK_UP_AFTER, NotNow.IN_DOUBT),
        (looked_up(doubt(committed(), AT, "no_answer"), AT, None), AT, NotNow.LEFT_TO_A_PERSON),
        (confirm(committed(), AT, "ref"), AT, NotNow.DONE),
        (held(parcel(), AT, "stale"), AT, NotNow.DONE),
        (given_up(parcel(), AT), AT, NotNow.DONE),
    ],
)
def test_what_stands_against_sending(document, now, expected):
    assert why_not_now(document, now) == expected
    if expected is not None:
        assert claim(document, now, "task#9", via="smtp") == expected


def test_a_claim_wakes_somebody_at_the_end_of_its_lease():
    mine = claimed(parcel())

    assert (mine.state, mine.lease_until, mine.alarm_at) == (OutgoingState.CLAIMED, AT + LEASE, AT + LEASE)


def test_two_deliveries_with_the_same_name_and_attempt_never_hold_the_same_claim():
    first = claimed(parcel())
    second = claimed(first, AT + LEASE)

    assert first.claim != second.claim
    assert committing(second, AT + LEASE, first.claim) is None


def test_the_lease_starts_afresh_at_the_point_of_no_return():
    mine = claimed(parcel())
    late = AT + timedelta(seconds=200)
    crossing = committing(mine, late, mine.claim)

    assert crossing is not None
    assert crossing.lease_until == crossing.alarm_at == late + LEASE


def test_a_try_that_failed_for_now_is_due_again_later_and_its_alarm_must_be_set_anew():
    mine = claimed(parcel())
    later = failed(mine, AT, mine.claim, SendFailed("451 try later", permanent=False))

    assert (later.state, later.reason, later.alarm_set) == (OutgoingState.PENDING, "451 try later", None)
    assert later.alarm_at == AT + pause_before(mine)
    assert not later.alarm_is_pending(AT)


@pytest.mark.parametrize(
    ("failure", "attempts", "state", "reason"),
    [
        (SendFailed("550 5.1.1", permanent=True), 1, OutgoingState.DEAD, "550 5.1.1"),
        (SendFailed("451", permanent=False), MAX_ATTEMPTS, OutgoingState.DEAD, "tries_ran_out: 451"),
        (SendFailed("451", permanent=False), 2, OutgoingState.PENDING, "451"),
    ],
)
def test_a_failure_ends_in_a_later_try_or_a_death(failure, attempts, state, reason):
    mine = claimed(parcel(attempts=attempts - 1))
    after = failed(mine, AT, mine.claim, failure)

    assert (after.state, after.reason) == (state, reason)


def test_a_try_that_would_come_after_the_end_is_not_planned():
    mine = claimed(parcel(expires_at=AT + timedelta(minutes=5)))
    after = failed(mine, AT, mine.claim, SendFailed("451", permanent=False, retry_after=600))

    assert (after.state, after.reason) == (OutgoingState.DEAD, "expired: 451")


def test_a_failure_of_somebody_who_lost_the_lease_changes_nothing():
    first = claimed(parcel())
    second = claimed(first, AT + LEASE, "task#1")

    assert failed(second, AT + LEASE, first.claim, SendFailed("550", permanent=True)) is second


def test_the_pauses_double_and_spread_and_cover_the_life_of_a_message():
    pauses = [pause_before(parcel(attempts=tries)) for tries in range(1, MAX_ATTEMPTS)]

    assert FIRST_PAUSE * 0.9 <= pauses[0] <= FIRST_PAUSE * 1.1
    assert all(pause <= LONGEST_PAUSE * 1.1 for pause in pauses)
    assert timedelta(hours=36) < sum(pauses, timedelta()) < timedelta(hours=60)
    assert pause_before(parcel(id="a", attempts=1)) != pause_before(parcel(id="b", attempts=1))


@pytest.mark.parametrize(("asked", "expected"), [(0, 1), (90, 90), (-5, 1), (1e30, 14400), (float("nan"), 1)])
def test_the_pause_that_the_other_side_asks_for_is_kept_within_reason(asked, expected):
    assert pause_before(parcel(), asked) == timedelta(seconds=expected)


@pytest.mark.parametrize("state", [claimed(parcel()), committed(), doubt(committed(), AT, "no_answer")])
def test_no_guard_stops_what_may_be_out_already_or_is_in_other_hands(state):
    assert held(state, AT, "stale") is state
    assert given_up(state, AT) is state


def test_a_doubt_never_takes_back_a_yes():
    sent = confirm(committed(), AT, "ref")

    assert doubt(sent, AT, "no_answer") is sent


def test_a_late_yes_ends_a_doubt():
    left = looked_up(doubt(committed(), AT, "no_answer"), AT + LOOK_UP_AFTER, None)

    assert confirm(left, AT + LOOK_UP_AFTER, "ref").state is OutgoingState.SENT


class OneParcelManyHands(RuleBasedStateMachine):
    """Deliveries of one task interleave as they like; `gone_out` is the outside judge.

    A worker is killed before its lease ends (see the chain of times in `shared.outgoing.claim`), so a dot that comes later than
    that never reaches the relay.
    """

    KILLED_AFTER = timedelta(seconds=180)

    def __init__(self) -> None:
        super().__init__()
        self.now = AT
        self.stored = parcel()
        self.gone_out = 0
        self.in_claim: dict[str, Parcel] = {}
        self.at_the_dot: dict[str, datetime] = {}
        self.answered: dict[str, bool | None] = {}

    @rule(truthful=st.booleans(), attempt=st.integers(0, 2))
    def a_task_arrives(self, truthful: bool, attempt: int) -> None:
        if why_not_now(self.stored, self.now) is NotNow.IN_DOUBT:
            self.stored = looked_up(self.stored, self.now, self.gone_out > 0 if truthful else None)
        taken = claim(self.stored, self.now, f"task#{attempt}", via="smtp")
        if isinstance(taken, Parcel):
            self.stored = taken
            self.in_claim[taken.claim] = taken

    @precondition(lambda self: self.in_claim)
    @rule(data=st.data())
    def one_comes_to_the_point_of_no_return(self, data: st.DataObject) -> None:
        mine = data.draw(st.sampled_from(sorted(self.in_claim)))
        del self.in_claim[mine]
        crossing = committing(self.stored, self.now, mine)
        if crossing is not None:
            self.stored = crossing
            self.at_the_dot[mine] = self.now

    @precondition(lambda self: self.at_the_dot)
    @rule(data=st.data(), heard=st.booleans(), taken=st.booleans())
    def the_relay_decides(self, data: st.DataObject, heard: bool, taken: bool) -> None:
        mine = data.draw(st.sampled_from(sorted(self.at_the_dot)))
        since = self.at_the_dot.pop(mine)
        if self.now - since < self.KILLED_AFTER:
            self.gone_out += taken
            self.answered[mine] = taken if heard else None

    @precondition(lambda self: self.answered)
    @rule(data=st.data(), permanent=st.booleans())
    def one_notes_the_answer(self, data: st.DataObject, permanent: bool) -> None:
        mine = data.draw(st.sampled_from(sorted(self.answered)))
        answer = self.answered.pop(mine)
        if answer is None:
            self.stored = doubt(self.stored, self.now, "no_answer")
        elif answer:
            self.stored = confirm(self.stored, self.now, "ref")
        else:
            self.stored = failed(self.stored, self.now, mine, SendFailed("451", permanent=permanent))

    @precondition(lambda self: self.in_claim or self.at_the_dot or self.answered)
    @rule(data=st.data())
    def one_dies(self, data: st.DataObject) -> None:
        mine = data.draw(st.sampled_from(sorted({**self.in_claim, **self.at_the_dot, **self.answered})))
        for where in (self.in_claim, self.at_the_dot, self.answered):
            where.pop(mine, None)

    @rule(seconds=st.sampled_from([1, 60, 179, 240, 901, 14400]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def a_guard_says_no(self) -> None:
        self.stored = held(self.stored, self.now, "stale")

    @invariant()
    def it_goes_out_at_most_once(self) -> None:
        assert self.gone_out <= 1

    @invariant()
    def what_counts_as_sent_is_out_and_what_was_stopped_is_not(self) -> None:
        if self.stored.state is OutgoingState.SENT:
            assert self.gone_out == 1
        if self.stored.state is OutgoingState.HELD:
            assert self.gone_out == 0

    @invariant()
    def whatever_is_not_over_has_a_next_look_or_waits_for_a_person(self) -> None:
        if self.stored.alarm_at is None:
            assert why_not_now(self.stored, self.now) in (NotNow.DONE, NotNow.LEFT_TO_A_PERSON)


TestOneParcelManyHands = OneParcelManyHands.TestCase
TestOneParcelManyHands.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
