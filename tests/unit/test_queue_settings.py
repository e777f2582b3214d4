"""How long a task waits between its attempts, and how fast a queue may flow."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.queueing.settings import QueueSettings
from shared.adapters.queueing.token_bucket import after_passing, bucket_size

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_waits_double_and_then_grow_by_equal_steps():
    documented = QueueSettings(min_backoff=timedelta(seconds=10), max_backoff=timedelta(seconds=300), max_doublings=3)

    waits = [documented.backoff(failures).total_seconds() for failures in range(1, 9)]

    assert waits == [10, 20, 40, 80, 160, 240, 300, 300]


def test_without_doublings_waits_grow_by_equal_steps():
    linear = QueueSettings(min_backoff=timedelta(seconds=10), max_backoff=timedelta(seconds=35), max_doublings=0)

    assert [linear.backoff(failures).total_seconds() for failures in range(1, 6)] == [10, 20, 30, 35, 35]


def test_the_defaults_outlive_an_outage_of_an_hour():
    defaults = QueueSettings()

    assert sum((defaults.backoff(n) for n in range(1, defaults.max_attempts)), timedelta()) > timedelta(hours=1)


@settings(deadline=None)
@given(
    low=st.floats(0.001, 1e5),
    high=st.floats(0.001, 1e6),
    doublings=st.integers(0, 1000),
    failures=st.integers(1, 10_000),
)
def test_a_wait_never_shrinks_and_stays_within_its_limits(low, high, doublings, failures):
    low, high = timedelta(seconds=min(low, high)), timedelta(seconds=max(low, high))
    queue = QueueSettings(min_backoff=low, max_backoff=high, max_doublings=doublings)

    assert low <= queue.backoff(failures) <= queue.backoff(failures + 1) <= high


@pytest.mark.parametrize(
    ("asked", "seconds"), [(None, 2), (0.0, 2), (-5.0, 2), (7.5, 7.5), (1e12, 86_400), (float("inf"), 86_400)]
)
def test_a_function_may_ask_for_a_wait_within_reason(asked, seconds):
    assert QueueSettings().waits(1, asked) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_attempts": 0},
        {"max_doublings": -1},
        {"min_backoff": timedelta(0)},
        {"min_backoff": timedelta(hours=1)},
        {"per_second": 0.0},
        {"max_concurrent": 0},
        {"lease": timedelta(0)},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong):
    with pytest.raises(ValueError, match=r"needs|positive|at least|not negative"):
        QueueSettings(**wrong)


@settings(deadline=None)
@given(
    per_second=st.floats(0.01, 5_000),
    pauses=st.lists(st.one_of(st.just(0.0), st.floats(0, 0.01), st.floats(0, 30)), min_size=1, max_size=60),
)
def test_in_any_span_of_time_no_more_pass_than_rate_and_bucket_allow(per_second, pauses):
    now, opens, passed = NOW, None, []
    for pause in pauses:
        now += timedelta(seconds=pause)
        now = max(now, opens or now)
        opens = after_passing(opens, now, per_second)
        passed.append(now)

    for first in range(len(passed)):
        for last in range(first, len(passed)):
            span = (passed[last] - passed[first]).total_seconds()
            assert last - first + 1 <= span * per_second + bucket_size(per_second) + 1e-3 * (1 + per_second / 1000)


@settings(deadline=None)
@given(per_second=st.floats(0.01, 5_000))
def test_a_queue_under_load_flows_at_its_full_rate(per_second):
    opens, passed = None, []
    for _ in range(bucket_size(per_second) + 50):
        now = max(NOW, opens or NOW)
        opens = after_passing(opens, now, per_second)
        passed.append(now)

    steady = passed[-50:]
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(steady)]
    assert max(gaps) <= 1 / per_second + 1e-6
