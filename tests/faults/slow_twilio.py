"""Twilio as an outside judge sees it: slow, sometimes hanging up after it took a message, with a record of all it took.

What it took counts as delivered, also if the sender died before it heard so.
"""

import random
import time
from urllib.parse import parse_qs, urlsplit

from tests.fakes.twilio import BROKEN_AFTER, DROP_AFTER, DROP_BEFORE, Act, FakeTwilio, Handler, Message, busy
from tests.faults.fast_clock import FastClock
from tests.faults.history import History
from tests.faults.phases import Phases
from tests.faults.sink import still_listens

BEFORE_ANSWER = (0.005, 0.030)  # seconds between a request's last byte and what comes of it
MISHAPS = ((DROP_AFTER, 0.04), (BROKEN_AFTER, 0.02), (DROP_BEFORE, 0.02), (busy("30"), 0.02))


class SlowTwilio(FakeTwilio):
    """A context manager. Its mishaps are drawn from the seed; its list is always right."""

    def __init__(self, history: History, phases: Phases, clock: FastClock, seed: int) -> None:
        super().__init__(now=clock.now)
        self.history, self.phases = history, phases
        self.mishaps = 0
        self._dice = random.Random(seed)

    def handler(self) -> type[Handler]:
        return _Watched

    def next_act(self, method: str) -> Act | None:
        if method != "POST":
            return None
        drawn = self._dice.random()
        for act, share in MISHAPS:
            if drawn < share:
                self.mishaps += 1
                return act
            drawn -= share
        return None

    def keep(self, to: str, body: str, **fields) -> Message:
        message = super().keep(to, body, **fields)
        [notice] = parse_qs(urlsplit(message.status_url).query)["notice"]
        self.history.add("sms", notice=notice, to=to, body=body)
        return message

    def linger(self, phase: str) -> None:
        time.sleep(self._dice.uniform(*BEFORE_ANSWER))
        self.phases.wait_at_gate(phase)


class _Watched(Handler):
    """Phases: `header` (a message is announced), `posted` (all of it is here, nothing is said yet)."""

    def do_POST(self) -> None:  # noqa: N802 - the name is the library's
        phases, self.phase = self.server.twilio.phases, "header"
        phases.moved(None, self.phase)
        incomplete = True
        try:
            super().do_POST()
            incomplete = self.phase == "header"
        except OSError:
            pass
        finally:
            if incomplete:
                phases.broke(self.phase)
            phases.moved(self.phase, None)

    def _meet(self, fields: dict[str, str]) -> None:
        if self.command == "POST":
            self.server.twilio.phases.moved(self.phase, "posted")
            self.phase = "posted"
            self.server.twilio.linger("posted")
            if not still_listens(self.connection):
                self.server.twilio.phases.broke("posted")
        super()._meet(fields)
