"""The stage of the played day: people act in their PSAs, webhooks travel badly, the platform answers, time passes."""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import requests

from infra.local.fake_psa import Answered, Delivery, FakePsa, Fault, Mischief, Sender, over_http
from infra.local.platform import Platform
from infra.local.scheduler import jobs
from infra.local.simulated.on_duty import on_duty
from infra.local.simulated.psas import Psas
from infra.local.simulator import MIDNIGHT, Act
from infra.local.virtual_clock import VirtualClock
from infra.local.wsgi_transport import WsgiTransport
from shared.adapters.embedded_queue import EmbeddedQueue
from shared.adapters.task_delivery import deliver_due

ORIGIN = "http://127.0.0.1"
_INSTANT = timedelta(microseconds=1)
_ALL_PASSED = 200


@dataclass(frozen=True, slots=True)
class Weather:
    """How badly webhooks travel: shares that are lost, doubled and delayed past younger ones; and the day's mishaps."""

    lose: float = 0.04
    duplicate: float = 0.08
    reorder: float = 0.07
    longest_delay: timedelta = timedelta(minutes=4)
    mishaps: bool = True


CALM = Weather(lose=0, duplicate=0, reorder=0, mishaps=False)


@dataclass
class Travels:
    """What became of the webhooks. `arrived` counts answers by status."""

    sent: int = 0
    lost: int = 0
    twice: int = 0
    late: int = 0
    forged: int = 0
    arrived: Counter[int | None] = field(default_factory=Counter)

    @property
    def refused(self) -> int:
        return sum(count for status, count in self.arrived.items() if status is None or status >= 300)


@dataclass(frozen=True, slots=True)
class CountedMischief(Mischief):
    """Notes what it does, for the report of the day."""

    travels: Travels = field(default_factory=Travels)

    def befall(self, delivery: Delivery) -> list[Delivery]:
        sent = Mischief.befall(self, delivery)
        self.travels.sent += 1
        self.travels.lost += not sent
        self.travels.twice += len(sent) > 1
        self.travels.late += bool(sent) and sent[0].at != delivery.at
        return sent


class Stage:
    """Moves the clock from one thing that happens to the next. `happened` is told the time after each step."""

    def __init__(
        self, platform: Platform, psas: Psas, queue: EmbeddedQueue, clock: VirtualClock, weather: Weather
    ) -> None:
        self.platform, self.psas, self.queue, self.clock = platform, psas, queue, clock
        self.travels = Travels()
        self.repaired = 0
        session = requests.Session()
        session.trust_env = False  # nothing leaves this process, whatever proxy the environment names
        session.mount(ORIGIN, WsgiTransport(platform))
        self._session = session
        self._senders = [self._sender(name, psa, weather) for name, psa in psas.by_connection.items()]
        self._jobs = jobs()
        self._ticks = {job.function: job.cron.after(clock.now() - _INSTANT) for job in self._jobs}
        self._on_duty = on_duty(platform)
        self._mishaps = _mishaps(psas.by_connection, self._forge) if weather.mishaps else []

    def play(self, acts: list[Act], end: datetime, happened: Callable[[datetime], None] = lambda _at: None) -> None:
        """Let everything happen until `end`, in the order of time; at one time people come first, sweeps last."""
        waiting = list(reversed(acts))
        while True:
            at = self._next(waiting[-1].at if waiting else None)
            if at is None or at > end:
                break
            self._pass_until(at)
            while waiting and waiting[-1].at <= at:
                self.psas.do(waiting.pop())
            while self._mishaps and self._mishaps[0][0] <= at:
                self._mishaps.pop(0)[1]()
            for sender in self._senders:
                sender.run(at)
            self._fire(at)
            if self._on_duty is not None:
                self._on_duty.acts(at)
                self._on_duty.looks(at)
            happened(at)
        self._pass_until(end)
        deliver_due(self.queue, self.platform.deliver, self.clock, until=end)

    def count_arrivals(self) -> None:
        """Take stock of what the senders tried."""
        self.travels.arrived = Counter(attempt.status for sender in self._senders for attempt in sender.attempts)

    def _next(self, act: datetime | None) -> datetime | None:
        times = [sender.next_at() for sender in self._senders]
        times += [act, self._mishaps[0][0] if self._mishaps else None, *self._ticks.values()]
        times.append(self._on_duty.next_at() if self._on_duty else None)
        return min((at for at in times if at is not None), default=None)

    def _pass_until(self, at: datetime) -> None:
        """Alarms and messages that are due before `at` are worked on before anything else happens."""
        deliver_due(self.queue, self.platform.deliver, self.clock, until=max(at - _INSTANT, self.clock.now()))
        self.clock.move_to(at)

    def _fire(self, at: datetime) -> None:
        for job in self._jobs:
            planned = self._ticks[job.function]
            if planned > at:
                continue
            answer = self.platform.tick(job.function, planned)
            if answer.status != _ALL_PASSED:
                raise RuntimeError(f"{job.function} answered {answer.status}: {answer.body!r}")
            self._ticks[job.function] = job.cron.after(planned)

    def _sender(self, name: str, psa: FakePsa, weather: Weather) -> Sender:
        mischief = CountedMischief(
            seed=random.Random(name).randrange(1000),
            lose=weather.lose,
            duplicate=weather.duplicate,
            reorder=weather.reorder,
            longest_delay=weather.longest_delay,
            travels=self.travels,
        )
        url = f"{ORIGIN}/psa_webhook/{name}"
        return Sender(psa, over_http(self._session, url, self.clock, psa.kind), mischief=mischief)

    def _forge(self, name: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        """A stranger knows the address, but not the key."""
        response = self._session.post(f"{ORIGIN}/psa_webhook/{name}", data=body, headers=dict(headers), timeout=5)
        self.travels.forged += response.status_code == 401
        return Answered(response.status_code)


Mishap = tuple[datetime, Callable[[], object]]


def _mishaps(psas: Mapping[str, FakePsa], forge: Callable[[str, bytes, Mapping[str, str]], object]) -> list[Mishap]:
    """What goes wrong on this day: strangers at the door, a lost answer, a PSA that is away over lunch."""
    json_body = {"Content-Type": "application/json"}
    halo, connectwise = psas["halo"].faults, psas["connectwise"].faults
    signed_by_nobody = {**json_body, "x-content-signature": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}
    wrong_key = {**json_body, "X-Hook-Signature": "sha1=AAAAAAAAAAAAAAAAAAAAAAAAAAA="}
    return [
        (_at(9, 41, 7), lambda: forge("connectwise", b'{"ID":48000,"Action":"updated"}', signed_by_nobody)),
        (_at(10, 20), lambda: connectwise.on(Fault.LOST_ANSWER, path="/notes", times=1)),
        (_at(12, 58), lambda: halo.on(Fault.UNREACHABLE)),
        (_at(13, 17), halo.off),
        (_at(14, 12, 30), lambda: forge("autotask", b'{"Action":"Deactivated"}', wrong_key)),
        (_at(16, 3, 11), lambda: forge("halo", b"[]", json_body)),
    ]


def _at(hour: int, minute: int, second: int = 0) -> datetime:
    return MIDNIGHT + timedelta(hours=hour, minutes=minute, seconds=second)
