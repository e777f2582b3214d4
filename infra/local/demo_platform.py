"""Sets up the platform for a played day: the same functions, a store of its own, a clock that is moved."""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from infra.local.data_folder import DataFolder
from infra.local.demo_stage import Stage, Weather
from infra.local.fake_psa import SECRETS
from infra.local.platform import Platform
from infra.local.queues import queue_settings
from infra.local.simulated.psas import Psas
from infra.local.virtual_clock import VirtualClock
from shared import wiring
from shared.adapters.embedded_queue import EmbeddedQueue
from shared.adapters.sqlite_store import SqliteStore
from shared.config.secret_references import Secrets
from shared.ports import App, PsaClient
from shared.psa.clients import client_for

SETTINGS = Path(__file__).with_name("demo.yaml")


@dataclass(frozen=True, slots=True)
class Day:
    """A platform that is ready to be played on."""

    platform: Platform
    stage: Stage
    psas: Psas
    clock: VirtualClock


def prepare(folder: DataFolder, start: datetime, seed: int, weather: Weather, notice: str = "") -> Day:
    """Return a day that begins at `start`, with nothing in its books."""
    clock = VirtualClock(start)
    psas = Psas(clock, seed)
    environ = {**folder.environment(SETTINGS, os.environ), **_secrets()}
    app = wiring.build(environ, clock)
    folder.keep_settings(SETTINGS)
    queue = EmbeddedQueue(folder.queue, clock, queue_settings(), durable=False)
    app = replace(
        app,
        store=SqliteStore(folder.store, durable=False),
        queue=queue,
        psa_client=_clients(app, psas, Secrets(environ)),
    )
    platform = Platform(app, environ["PROMISEKEEPER_TASK_TOKEN"], notice=notice)
    return Day(platform, Stage(platform, psas, queue, clock, weather), psas, clock)


def _secrets() -> dict[str, str]:
    """A key of the day's own makes the day's links the same every time. It opens nothing but this day."""
    fake = {reference.removeprefix("env:"): value for reference, value in SECRETS.items()}
    return {**fake, "FAKE_LINK_KEY": "fake-link-key-of-the-played-day"}


def _clients(app: App, psas: Psas, secrets: Secrets) -> Callable[[str], PsaClient]:
    """The same clients as everywhere, only that their calls end at the fake PSAs in this process."""

    @functools.cache
    def client(name: str) -> PsaClient:
        session = psas.by_connection[name].session()
        session.trust_env = False  # the call ends in this process, whatever proxy the environment names
        return client_for(app.settings.psa[name], secrets.value, session)

    return client
