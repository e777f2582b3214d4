"""Kills a process of ours at random, again and again, some at random moments and some in mid-conversation."""

import random
import threading
from collections.abc import Callable, Sequence

from tests.faults.history import History
from tests.faults.phases import Phases
from tests.faults.processes import Mortal

GAP = (0.45, 1.15)  # seconds between two kills
LONGEST_AIM = 0.6  # seconds to wait for a conversation in that phase
LONGEST_START = 10.0


class Chaos:
    """Its plan is the seed's; what it hits is not, since nobody knows where a process is at that moment.

    `aims` are the phases in which it kills; None is any moment. `held_tasks` says how many tasks are in somebody's
    hands; asked when their runner is dead.
    """

    def __init__(
        self,
        history: History,
        phases: Phases,
        aims: Sequence[str | None],
        held_tasks: Callable[[], int],
        seed: int,
    ) -> None:
        self._history, self._phases, self._aims, self._held_tasks = history, phases, aims, held_tasks
        self._dice = random.Random(seed)
        self._stopping = threading.Event()

    def kill(self, processes: Sequence[Mortal], times: int) -> None:
        """Kill one of `processes` so many times; each is started again at once. Only one at work is worth killing."""
        for _ in range(times):
            if self._stopping.wait(self._dice.uniform(*GAP)):
                return
            victim, aim = self._dice.choice(processes), self._dice.choice(self._aims)
            self._let_start(victim)
            hit = self._phases.wait_for(aim, LONGEST_AIM) if aim else False
            victim.kill()
            victim.start()
            held = self._held_tasks() if victim.name == "runner" else 0
            self._history.add("kill", who=victim.name, aim=aim, hit=hit, orphaned=held)

    def stop(self) -> None:
        self._stopping.set()

    def _let_start(self, victim: Mortal) -> None:
        waited = 0.0
        while not victim.is_ready and waited < LONGEST_START and not self._stopping.wait(0.01):
            waited += 0.01
