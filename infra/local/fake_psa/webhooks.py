"""The webhooks of a fake PSA: for each change the vendor's body and headers, in an outbox until a sender takes them."""

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from infra.local.fake_psa.access import Kind
from infra.local.fake_psa.autotask.webhooks import AutotaskWebhooks
from infra.local.fake_psa.connectwise.callbacks import ConnectWiseCallbacks
from infra.local.fake_psa.generic.webhooks import GenericWebhooks
from infra.local.fake_psa.halopsa.webhooks import HaloWebhooks, encoded
from infra.local.fake_psa.setup import Setup
from infra.local.fake_psa.things import Event

BATCH_DELAY = timedelta(seconds=30)
"""How long Halo collects events for one delivery, where the tenant chose batches."""

Headers = dict[str, str]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One webhook that the PSA wants to send at `at`. `events` are the numbers of the changes that it tells of.

    `headers_at` signs for one try: a signature can hold the time of the try.
    """

    id: str
    at: datetime
    body: bytes
    events: tuple[int, ...]
    headers_at: Callable[[datetime], Headers] = field(repr=False, compare=False)


class Vendor(Protocol):
    def bodies(self, event: Event, message_id: str) -> list[bytes]: ...
    def headers(self, body: bytes, message_id: str, sent_at: datetime) -> Headers: ...


class Webhooks:
    """Builds deliveries and keeps them in the outbox. While the registration is not active nothing is built."""

    def __init__(self, kind: Kind, setup: Setup, *, seed: int, payload: str) -> None:
        self._registration = setup.registration
        self._seed = seed
        self._halo = HaloWebhooks(setup, "eventonly" if payload == "eventonly" else "full")
        self._vendor = _vendor(kind, setup, self._halo)
        self._batches = kind == "halopsa" and payload == "batch"
        self._batch: list[Event] = []
        self.outbox: list[Delivery] = []

    def add(self, event: Event) -> list[Delivery]:
        """Return the deliveries that `event` raised, and put them into the outbox.

        A batch that is still open is replaced in the outbox by the larger one.
        """
        if not self._registration.active:
            return []
        if self._batches:
            return self._add_to_batch(event)
        message_id = self._message_id(event.number)
        at = event.at + timedelta(seconds=self._random(event.number).uniform(0.2, 2.0))
        bodies = self._vendor.bodies(event, message_id)
        made = []
        for place, body in enumerate(bodies):
            delivery_id = message_id if place == len(bodies) - 1 else f"{message_id}-{place}"
            made.append(self._delivery(delivery_id, at, body, (event.number,)))
        self.outbox += made
        return made

    def take(self) -> list[Delivery]:
        """Return everything in the outbox and empty it. A batch that was open is closed."""
        taken, self.outbox, self._batch = self.outbox, [], []
        return taken

    def _add_to_batch(self, event: Event) -> list[Delivery]:
        if event.ticket is None:
            return []
        if self._batch and event.at - self._batch[0].at <= BATCH_DELAY:
            self.outbox.pop()
        else:
            self._batch = []
        self._batch.append(event)
        first = self._batch[0]
        items = [self._halo.item(one, self._message_id(one.number)) for one in self._batch]
        body = encoded([item for item in items if item is not None])
        numbers = tuple(one.number for one in self._batch)
        delivery = self._delivery(self._message_id(first.number), first.at + BATCH_DELAY, body, numbers)
        self.outbox.append(delivery)
        return [delivery]

    def _delivery(self, delivery_id: str, at: datetime, body: bytes, numbers: tuple[int, ...]) -> Delivery:
        def headers_at(sent_at: datetime) -> Headers:
            return self._vendor.headers(body, delivery_id, sent_at)

        return Delivery(delivery_id, at, body, numbers, headers_at)

    def _random(self, number: int) -> random.Random:
        """The same for the same seed and change, whatever was asked before."""
        return random.Random(f"{self._seed}/{number}")

    def _message_id(self, number: int) -> str:
        return str(uuid.UUID(int=self._random(number).getrandbits(128), version=4))


def _vendor(kind: Kind, setup: Setup, halo: HaloWebhooks) -> Vendor:
    if kind == "connectwise":
        return ConnectWiseCallbacks(setup)
    if kind == "autotask":
        return AutotaskWebhooks(setup)
    if kind == "halopsa":
        return halo
    return GenericWebhooks(setup)
