"""Whatever happens to a ticket, and in whatever order we hear of it, these hold."""

import itertools
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.config.settings import Updates
from shared.models.ticket import Touchpoint
from tests.unit.story import MONDAY, Story, minutes

HOLD = Updates().hold
STATUSES = ("New", "Working", "Waiting on client", "Waiting on vendor", "Resolved", "Closed", "Quux")
DONE = ("Resolved", "Closed")

gaps = st.one_of(st.integers(1, 5), st.integers(1, 400), st.integers(1, 6000))
changes = st.lists(
    st.tuples(gaps, st.sampled_from(STATUSES), st.sampled_from([None, "Ann", "Bob"])), min_size=1, max_size=14
)
FAR = 60 * 24 * 60


def timeline(steps):
    at, line = 0, []
    for gap, status, owner in steps:
        line.append((at, status, owner))
        at += gap
    return line


def resolutions_that_stood(line):
    """Count them independently of the code under test."""
    stood, since, known = [], None, "New"
    for at, status, _ in [*line, (line[-1][0] + FAR, None, None)]:
        known = known if status == "Quux" else status
        if known in DONE and since is None:
            since = at
        elif (known not in DONE) and since is not None:
            if minutes(at - since) > HOLD:
                stood.append((since, at))
            since = None
    return stood


@given(changes)
@settings(max_examples=300, deadline=None)
def test_each_resolution_that_stood_is_told_once_and_the_days_budget_holds(steps):
    line = timeline(steps)
    story = Story()
    for at, status, owner in line:
        story.happens(at, status, owner=owner)
    story.passes(line[-1][0] + FAR)

    times = [message.decided_at for message in story.messages]
    assert story.told.count("resolved") == len(resolutions_that_stood(line))
    assert all(later - earlier > HOLD for earlier, later in itertools.pairwise(times))
    assert all(sum(t <= other < t + timedelta(days=1) for other in times) <= Updates().per_day for t in times)


@given(changes)
@settings(max_examples=200, deadline=None)
def test_nothing_but_a_resolution_is_told_while_the_ticket_is_done(steps):
    line = timeline(steps)
    story = Story()
    for at, status, owner in line:
        story.happens(at, status, owner=owner)
    story.passes(line[-1][0] + FAR)

    for message in story.messages:
        known = [status for at, status, _ in line if MONDAY + minutes(at) <= message.decided_at and status != "Quux"]
        if known and known[-1] in DONE:
            assert message.touchpoint == "resolved"


@given(changes, st.integers(1, 3))
@settings(max_examples=150, deadline=None)
def test_repeats_change_nothing(steps, times):
    line = timeline(steps)
    once, often = Story(), Story()
    for at, status, owner in line:
        once.happens(at, status, owner=owner)
        for _ in range(times + 1):
            often.happens(at, status, owner=owner)

    once.passes(line[-1][0] + FAR)
    often.passes(line[-1][0] + FAR)

    assert often.messages == once.messages
    assert often.ticket == once.ticket


@given(changes, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_no_resolution_goes_untold_when_arrivals_are_late_by_less_than_the_hold(steps, dice):
    line = timeline(steps)
    late = sorted(((at + dice.random() * 3, at, status, owner) for at, status, owner in line), key=lambda item: item[0])
    story = Story()
    for arrives, at, status, owner in late:
        story.happens(at, status, owner=owner, arrives=arrives)
    story.passes(line[-1][0] + FAR)

    assert story.told.count("resolved") >= len(resolutions_that_stood(line))


@given(changes, st.sets(st.sampled_from(list(Touchpoint))), st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_nothing_is_created_twice_whatever_is_switched_on(steps, touchpoints, notes):
    line = timeline(steps)
    story = Story(Updates(touchpoints=tuple(touchpoints), holding_notes_in_a_row=notes))
    for at, status, owner in line:
        story.happens(at, status, owner=owner)

    story.passes(line[-1][0] + FAR)  # the story itself checks each id

    assert {message.touchpoint for message in story.messages} <= {touchpoint.value for touchpoint in touchpoints}


@given(changes)
@settings(max_examples=150, deadline=None)
def test_an_open_ticket_that_was_told_something_always_has_a_time_to_be_looked_at(steps):
    line = timeline(steps)
    story = Story()
    for at, status, owner in line:
        story.happens(at, status, owner=owner)
    story.passes(line[-1][0] + FAR)

    known = [status for _, status, _ in line if status != "Quux"] or ["Closed"]
    if known[-1] in ("New", "Working", "Waiting on vendor"):
        assert story.ticket.alarm_at is not None
