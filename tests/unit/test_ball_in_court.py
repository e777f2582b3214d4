"""Every moment of a ticket belongs to exactly one of us, client, vendor, scheduled and nobody."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.ball_in_court import Holder, held, totals
from shared.models.ticket import Moment, TicketState

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def moment(minutes: float, state: TicketState) -> Moment:
    return Moment(at=START + timedelta(minutes=minutes), state=state)


def test_the_ball_goes_round_and_the_sums_are_the_wall_time():
    moments = (
        moment(0, TicketState.NEW),
        moment(10, TicketState.WAITING_ON_VENDOR),
        moment(40, TicketState.WAITING_ON_CLIENT),
        moment(45, TicketState.RESOLVED),
    )
    sums = totals(moments, START + timedelta(minutes=60))

    assert {holder: span.total_seconds() / 60 for holder, span in sums.items() if span} == {
        Holder.US: 10,
        Holder.VENDOR: 30,
        Holder.CLIENT: 5,
        Holder.NOBODY: 15,
    }


def test_a_status_without_a_meaning_leaves_the_ball_where_it_is():
    moments = (moment(0, TicketState.WAITING_ON_VENDOR), moment(5, TicketState.UNKNOWN), moment(9, TicketState.NEW))
    assert [(h.holder, h.span) for h in held(moments, START + timedelta(minutes=10))] == [
        (Holder.VENDOR, timedelta(minutes=9)),
        (Holder.US, timedelta(minutes=1)),
    ]


def test_nothing_is_held_before_the_first_moment():
    assert held((moment(5, TicketState.NEW),), START) == ()
    assert held((), START) == ()


@given(
    moments=st.lists(
        st.builds(
            Moment,
            at=st.integers(0, 10**6).map(lambda second: START + timedelta(seconds=second)),
            state=st.sampled_from(TicketState),
        ),
        max_size=20,
    ),
    until=st.integers(-5, 2 * 10**6).map(lambda second: START + timedelta(seconds=second)),
)
def test_the_stretches_follow_each_other_without_gap_and_overlap(moments, until):
    stretches = held(tuple(moments), until)
    first = min((m.at for m in moments), default=until)

    assert sum((s.span for s in stretches), timedelta()) == max(until - first, timedelta())
    assert sum(totals(tuple(moments), until).values(), timedelta()) == max(until - first, timedelta())
    for before, after in pairwise(stretches):
        assert before.end == after.start
        assert before.holder is not after.holder
