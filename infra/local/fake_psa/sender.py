"""Sends a fake PSA's webhooks on the virtual clock as each vendor does: its patience, its retries, its switch-off."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import requests

from infra.local.fake_psa.access import Kind
from infra.local.fake_psa.autotask.webhooks import deactivated
from infra.local.fake_psa.rules import RULES, Rule
from infra.local.fake_psa.server import FakePsa
from infra.local.fake_psa.webhooks import Delivery, Headers
from shared.ports import Clock


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back, and after how long. `status` None: the connection failed."""

    status: int | None
    seconds: float = 0.0


Post = Callable[[bytes, Headers], Answered]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of one delivery. `number` counts from 1; `status` None: no answer, or one that came too late."""

    delivery: Delivery
    number: int
    at: datetime
    status: int | None

    @property
    def succeeded(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Mischief:
    """What the network does to deliveries: shares from 0 to 1 that are lost, doubled and delayed past younger ones.

    The fate of a delivery depends on the seed and its id only: the same run has the same accidents.
    """

    seed: int
    lose: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    longest_delay: timedelta = timedelta(minutes=10)

    def befall(self, delivery: Delivery) -> list[Delivery]:
        """Return what is really sent in place of `delivery`."""
        dice = random.Random(f"{self.seed}/{delivery.id}")
        if dice.random() < self.lose:
            return []
        sent = [delivery]
        if dice.random() < self.reorder:
            sent = [replace(delivery, at=delivery.at + self.longest_delay * dice.random())]
        if dice.random() < self.duplicate:
            sent.append(replace(delivery, at=delivery.at + self.longest_delay * dice.random()))
        return sent


@dataclass(slots=True)
class _Waiting:
    delivery: Delivery
    at: datetime
    tries: int = 0


class Sender:
    """Takes deliveries from the PSA's outbox and posts them. The caller moves the clock and calls `run`.

        while (at := sender.next_at()) is not None:
            clock.move_to(at)
            sender.run(at)

    `attempts` is everything that was tried; `dropped` are deliveries that were given up.
    """

    def __init__(self, psa: FakePsa, post: Post, *, mischief: Mischief | None = None, seed: int = 1) -> None:
        self._psa = psa
        self._post = post
        self._mischief = mischief
        self._dice = random.Random(seed)
        self.rule: Rule = RULES[psa.kind]
        self.attempts: list[Attempt] = []
        self.dropped: list[Delivery] = []
        self._waiting: list[_Waiting] = []
        self._failed_in_a_row = 0
        self._failing_since: datetime | None = None

    def next_at(self) -> datetime | None:
        """Return the time of the next try; None if nothing waits."""
        self._collect()
        return min((one.at for one in self._waiting), default=None)

    def run(self, until: datetime) -> list[Attempt]:
        """Make every try that is due by `until`, in the order of time, and return them."""
        first = len(self.attempts)
        while True:
            self._collect()
            due = [one for one in self._waiting if one.at <= until]
            if not due:
                return self.attempts[first:]
            self._try(min(due, key=lambda one: one.at))

    def _collect(self) -> None:
        for delivery in self._psa.webhooks.take():
            for sent in self._mischief.befall(delivery) if self._mischief else [delivery]:
                self._waiting.append(_Waiting(sent, sent.at))
        if self.rule.in_order:
            self._line_up()

    def _line_up(self) -> None:
        """Whoever came later waits behind the first, for as long as that one is tried again."""
        for ahead, behind in zip(self._waiting, self._waiting[1:], strict=False):
            behind.at = max(behind.at, ahead.at)

    def _try(self, waiting: _Waiting) -> None:
        waiting.tries += 1
        delivery, at = waiting.delivery, waiting.at
        answered = self._post(delivery.body, delivery.headers_at(at))
        in_time = answered.seconds <= self.rule.timeout.total_seconds()
        attempt = Attempt(delivery, waiting.tries, at, answered.status if in_time else None)
        self.attempts.append(attempt)
        if attempt.succeeded:
            self._waiting.remove(waiting)
            self._failed_in_a_row, self._failing_since = 0, None
            return
        self._failing_since = self._failing_since or at
        wait = self.rule.wait_after(attempt.number, attempt.status)
        if wait is None:
            self._give_up(waiting)
            return
        waiting.at = at + wait * (1 + self.rule.jitter * self._dice.random())

    def _give_up(self, waiting: _Waiting) -> None:
        self._waiting.remove(waiting)
        self.dropped.append(waiting.delivery)
        self._failed_in_a_row += 1
        status = self.attempts[-1].status
        days = self.rule.off_after_days
        since = self._failing_since
        too_often = self.rule.off_after_failures is not None and self._failed_in_a_row >= self.rule.off_after_failures
        too_long = days is not None and since is not None and waiting.at - since >= timedelta(days=days)
        if too_often or too_long or status in self.rule.off_at:
            self._switch_off(waiting.at)

    def _switch_off(self, at: datetime) -> None:
        """Nothing that waits is sent any more. Autotask says so to the deactivation URL, once and unsigned."""
        self._psa.registration.switch_off(f"{self._failed_in_a_row} failed deliveries in a row")
        self.dropped += [one.delivery for one in self._waiting]
        self._waiting.clear()
        if self._psa.kind == "autotask":
            self._post(deactivated(at), {"Content-Type": "application/json"})


def over_http(session: requests.Session, url: str, clock: Clock, kind: Kind) -> Post:
    """Return a Post that calls `url` (a session with a WsgiTransport stays in process). Time is read from `clock`."""
    timeout = RULES[kind].timeout.total_seconds()

    def post(body: bytes, headers: Headers) -> Answered:
        started = clock.now()
        try:
            response = session.post(url, data=body, headers=headers, timeout=timeout, allow_redirects=False)
            status: int | None = response.status_code
        except requests.RequestException:
            status = None
        return Answered(status, (clock.now() - started).total_seconds())

    return post
