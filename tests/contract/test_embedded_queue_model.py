"""The embedded queue against a model of a few lines: whatever is done in whatever order, both say the same."""

import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from shared.adapters.embedded_queue import DEAD_KEPT, NAMES_KEPT, EmbeddedQueue
from shared.adapters.queueing.settings import QueueSettings
from shared.ports import Task
from tests.contract.queue_trial import START
from tests.fakes.clock import VirtualClock

LIMITED = QueueSettings(
    max_attempts=3, min_backoff=timedelta(seconds=4), max_backoff=timedelta(seconds=20), max_doublings=1,
    max_concurrent=2, lease=timedelta(seconds=50),
)  # fmt: skip
PACED = QueueSettings(max_attempts=2, per_second=0.5, lease=timedelta(seconds=50))
QUEUES = {"limited": LIMITED, "paced": PACED}
WAITS = {"limited": [4, 8], "paced": [2]}  # seconds after the first, second … failure

functions = st.sampled_from(["limited", "paced", "plain"])
names = st.sampled_from([f"name-{number}" for number in range(8)])
seconds = st.one_of(st.integers(-5, 20), st.integers(50, 4000))


@dataclass
class Entry:
    order: int
    due: datetime
    attempts: int = 0
    held_until: datetime = START - timedelta(days=999)
    state: str = "pending"
    forget_at: datetime | None = None


class QueueAgainstModel(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = VirtualClock(START)
        self.entries: dict[tuple[str, str], Entry] = {}
        self.paced_opens = START
        self.orders = 0
        self.leases = []
        self.restart()

    @rule()
    def restart(self):
        self.queue = EmbeddedQueue(Path(self.folder.name) / "q", self.clock, QUEUES, durable=False)

    @rule(after=seconds)
    def time_passes(self, after):
        self.clock.pause(max(0, after))

    @rule(function=functions, name=names, after=seconds)
    def put(self, function, name, after):
        now = self.clock.now()
        self.queue.put(Task(function, name, {"id": name}, now + timedelta(seconds=after)))
        known = self.entries.get((function, name))
        if known is None or (known.state != "pending" and known.forget_at <= now):
            self.orders += 1
            self.entries[function, name] = Entry(self.orders, now + timedelta(seconds=after))

    @rule()
    def take(self):
        now = self.clock.now()
        while (expected := self._head(now)) is not None and expected[1].attempts >= self._settings(
            expected[0]
        ).max_attempts:
            expected[1].state, expected[1].forget_at = "dead", now + DEAD_KEPT
        leased = self.queue.take(now)
        if expected is None:
            assert leased is None
            return
        key, entry = expected
        assert (leased.function, leased.name, leased.retry_count, leased.eta) == (*key, entry.attempts, entry.due)
        entry.attempts += 1
        entry.held_until = now + self._settings(key).lease
        if key[0] == "paced":
            self.paced_opens = now + timedelta(seconds=2)
        self.leases.append((key, entry, entry.held_until, leased))

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), how=st.sampled_from(["done", "retry", "bury"]), retry_after=st.sampled_from([None, 0.0, 9.0]))
    def settle(self, data, how, retry_after):
        key, entry, held_until, leased = self.leases.pop(data.draw(st.integers(0, len(self.leases) - 1)))
        now = self.clock.now()
        still_held = self.entries.get(key) is entry and entry.state == "pending" and entry.held_until == held_until
        last = leased.retry_count + 1 >= self._settings(key).max_attempts
        if how == "done":
            assert self.queue.done(leased) == still_held
        elif how == "bury":
            assert self.queue.bury(leased, "by hand") == still_held
        else:
            assert self.queue.retry_later(leased, "answered 500", retry_after) == still_held
        if not still_held:
            return
        entry.held_until = now - timedelta(days=999)
        if how == "done":
            entry.state, entry.forget_at = "done", now + NAMES_KEPT
        elif how == "bury" or last:
            entry.state, entry.forget_at = "dead", now + DEAD_KEPT
        else:
            shortest = self._settings(key).min_backoff.total_seconds()
            backoff = WAITS.get(key[0], [2 * 2**n for n in range(20)])[leased.retry_count]
            entry.due = now + timedelta(seconds=backoff if retry_after is None else max(shortest, retry_after))

    @rule(name=names)
    def replay(self, name):
        dead = [e for (_, named), e in self.entries.items() if named == name and e.state == "dead"]
        dead = [e for e in dead if e.forget_at > self.clock.now()] or []
        if self.queue.replay(name) != bool(dead):
            raise AssertionError(name)
        for entry in dead:
            entry.state, entry.due, entry.attempts, entry.forget_at = "pending", self.clock.now(), 0, None

    @rule(function=functions)
    def purge(self, function):
        for (queue, _), entry in self.entries.items():
            if queue == function and entry.state == "pending":
                entry.state, entry.forget_at = "done", self.clock.now() + NAMES_KEPT
        self.queue.purge(function)

    @invariant()
    def the_same_waits(self):
        assert self.queue.pending_count() == sum(entry.state == "pending" for entry in self.entries.values())

    @invariant()
    def the_same_is_dead(self):
        dead = {
            key for key, entry in self.entries.items() if entry.state == "dead" and entry.forget_at > self.clock.now()
        }
        assert {(letter.function, letter.name) for letter in self.queue.dead_letters(100)} >= dead

    @invariant()
    def next_due_is_when_a_take_has_something(self):
        now, due = self.clock.now(), self.queue.next_due()
        if due is None:
            assert all(entry.state != "pending" for entry in self.entries.values())
        elif due > now:
            assert self._head(due - timedelta(microseconds=1)) is None
        else:
            assert self._head(now) is not None

    def teardown(self):
        self.queue.close()
        self.folder.cleanup()

    def _settings(self, key):
        return QUEUES.get(key[0], QueueSettings())

    def _head(self, now):
        held = sum(q == "limited" and e.state == "pending" and e.held_until > now for (q, _), e in self.entries.items())
        open_queues = (
            {"plain"} | ({"limited"} if held < 2 else set()) | ({"paced"} if self.paced_opens <= now else set())
        )
        ready = [
            (key, entry)
            for key, entry in self.entries.items()
            if key[0] in open_queues and entry.state == "pending" and entry.due <= now and entry.held_until <= now
        ]
        return min(ready, key=lambda pair: (pair[1].due, pair[1].order), default=None)


TestQueueAgainstModel = QueueAgainstModel.TestCase
TestQueueAgainstModel.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
