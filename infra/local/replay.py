"""Plays a service desk's log through the real functions on virtual time: what would its clients have been told?

Every row goes as a signed webhook through the HTTP entry point of psa_webhook; alarms and messages go through the queue
and the entry points of their functions. Two years take a minute or two.
"""

import argparse
import base64
import contextlib
import functools
import json
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import requests
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from infra.local import entry_points
from infra.local.event_log import Change, UnreadableLog, read_log
from infra.local.host import FunctionHost
from infra.local.log_psa import LogPsa
from infra.local.replay_report import Run, write_report
from infra.local.virtual_clock import VirtualClock
from infra.local.wsgi_transport import WsgiTransport
from shared import wiring
from shared.adapters.counting_store import CountingStore
from shared.adapters.embedded_queue import EmbeddedQueue
from shared.adapters.sqlite_store import SqliteStore
from shared.adapters.task_delivery import deliver_due
from shared.config.settings import Generic
from shared.errors import ConfigurationError
from shared.instant import format_instant
from shared.ports import App, PsaClient, Task
from shared.psa.clients import client_for

KEY = bytes(range(32))  # signs what this process sends to itself
TASK_TOKEN = base64.urlsafe_b64encode(KEY).decode()
AFTER_THE_LAST_CHANGE = timedelta(hours=24)
DEFAULT_SETTINGS = Path(__file__).with_name("replay.yaml")


@dataclass(frozen=True, slots=True)
class Mischief:
    """What goes wrong on the way: webhooks `times` over, those of a ticket overtaking each other, some lost."""

    times: int = 1
    shuffle: timedelta = timedelta(0)
    late: timedelta = timedelta(0)
    lose: float = 0.0
    sweep: timedelta | None = None
    seed: int = 1


class CountingQueue:
    """Counts what was put on the queue by whoever asks; everything else goes through."""

    def __init__(self, queue: EmbeddedQueue) -> None:
        self.queue = queue
        self.puts = 0

    def put(self, task: Task) -> None:
        self.puts += 1
        self.queue.put(task)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    mischief = Mischief(
        times=options.times,
        shuffle=timedelta(seconds=options.shuffle),
        late=timedelta(seconds=options.late),
        lose=options.lose,
        sweep=timedelta(seconds=options.sweep) if options.sweep else (timedelta(minutes=10) if options.lose else None),
        seed=options.seed,
    )
    try:
        changes = read_log(options.log)
        run = replay(changes, options.out, options.settings, mischief, show_progress=not options.quiet)
    except (UnreadableLog, ConfigurationError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 2
    summary = write_report(run, options.out)
    print(summary.in_words())
    return 0


def replay(changes: list[Change], out: Path, settings: Path, mischief: Mischief, *, show_progress: bool) -> Run:
    """Run the whole log and return what can be reported. `out` keeps the store and the mailbox of the run."""
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("replay.sqlite3*"):
        old.unlink()
    arrivals = list(_arrivals(changes, mischief))
    clock = VirtualClock(arrivals[0][0])
    psa = LogPsa(changes, clock, KEY)
    app, store, queue, connection = _app(out, settings, clock, psa)
    wiring.use(app)
    stage = _Stage(app, queue.queue, clock, psa, mischief, connection)
    started = time.perf_counter()
    halves = [0.0, 0.0]
    log = (out / "functions.log").open("w", encoding="utf-8")
    with log, contextlib.redirect_stdout(log), _progress(show_progress) as bar:
        task = bar.add_task("tickets' history", total=len(arrivals))
        for number, (at, change, lost) in enumerate(arrivals):
            stage.advance(at)
            if not lost:
                stage.send(change)
            if number % 250 == 0 or number + 1 == len(arrivals):
                bar.update(task, completed=number + 1)
            if number == len(arrivals) // 2:
                halves[0] = time.perf_counter() - started
        stage.advance(arrivals[-1][0] + AFTER_THE_LAST_CHANGE)
    wall = time.perf_counter() - started
    halves[1] = wall - halves[0]
    return Run(
        store=app.store,
        events=len(arrivals),
        refused=stage.refused,
        repaired=stage.repaired,
        wall_seconds=wall,
        half_seconds=(halves[0], halves[1]),
        reads=store.reads,
        writes=store.writes,
        queue_calls=queue.puts,
        statuses_without_meaning=sorted(
            {c.status for c in changes if app.settings.psa[connection].statuses.state(c.status).value == "unknown"}
        ),
    )


class _Stage:
    """Moves the time on and lets everything that is due happen in between."""

    def __init__(
        self,
        app: App,
        queue: EmbeddedQueue,
        clock: VirtualClock,
        psa: LogPsa,
        mischief: Mischief,
        connection: str,
    ) -> None:
        self.app, self.queue, self.clock, self.psa = app, queue, clock, psa
        self.front_door = FunctionHost(["psa_webhook"])
        self.mischief, self.connection = mischief, connection
        self.refused = 0
        self.repaired = 0
        self._next_sweep = clock.now() + mischief.sweep if mischief.sweep else None
        self._swept = clock.now() - timedelta(days=1)

    def advance(self, at: datetime) -> None:
        """Let everything due before `at` happen, sweeps among it, and stop the clock at `at`."""
        while self._next_sweep is not None and self._next_sweep < at:
            self._deliver(self._next_sweep)
            self._sweep(self._next_sweep)
        self._deliver(at)

    def send(self, change: Change) -> None:
        for _ in range(self.mischief.times):
            webhook = self.psa.webhook(change)
            answer = self.front_door.post("psa_webhook", webhook.body, webhook.headers, f"/{self.connection}")
            self.refused += answer.status >= 300

    def _deliver(self, until: datetime) -> None:
        before = until - timedelta(microseconds=1)  # what the PSA says at `until` comes first
        deliver_due(self.queue, self._post, self.clock, until=before)
        self.clock.move_to(until)

    def _post(self, function: str, body: bytes, headers: dict[str, str]) -> tuple[int, float | None]:
        answer = entry_points.post(function, body, {**headers, "Authorization": f"Bearer {TASK_TOKEN}"})
        retry_after = answer.header("Retry-After")
        return answer.status, float(retry_after) if retry_after else None

    def _sweep(self, at: datetime) -> None:
        """Sweep, unless nothing has happened that this sweep could read: then it would find nothing."""
        if self.mischief.sweep is None:
            return
        if self.psa.happened_between(self._swept, at):
            headers = {"Authorization": f"Bearer {TASK_TOKEN}", "X-CloudScheduler-ScheduleTime": format_instant(at)}
            answer = entry_points.post("psa_sweep", b"{}", headers)
            if answer.status != 200:
                raise RuntimeError(f"psa_sweep answered {answer.status}: {answer.body!r}")
            self.repaired += int(json.loads(answer.body)["repaired"])
            self._swept = at
        self._next_sweep = at + self.mischief.sweep


def _arrivals(changes: list[Change], mischief: Mischief) -> Iterator[tuple[datetime, Change, bool]]:
    """Yield when each webhook arrives, and whether it is lost. A file out of order arrives in the file's order."""
    dice = random.Random(mischief.seed)
    arrivals = _shuffled(changes, mischief.shuffle, dice) if mischief.shuffle else [(c.at, c) for c in changes]
    if mischief.late:
        arrivals = sorted(((at + mischief.late * dice.random(), c) for at, c in arrivals), key=lambda one: one[0])
    now = arrivals[0][0]
    for at, change in arrivals:
        now = max(now, at)
        yield now, change, dice.random() < mischief.lose


def _shuffled(changes: list[Change], within: timedelta, dice: random.Random) -> list[tuple[datetime, Change]]:
    """Let a ticket's changes of any such stretch of time arrive in any order, when the last of them has happened."""
    together: dict[str, list[list[Change]]] = {}
    for change in changes:
        groups = together.setdefault(change.ticket, [])
        if groups and change.at - groups[-1][0].at < within:
            groups[-1].append(change)
        else:
            groups.append([change])
    arrivals: list[tuple[datetime, Change]] = []
    for group in (group for groups in together.values() for group in groups):
        last = group[-1].at
        dice.shuffle(group)
        arrivals += [(last, change) for change in group]
    return sorted(arrivals, key=lambda arrival: arrival[0])


def _app(out: Path, settings: Path, clock: VirtualClock, psa: LogPsa) -> tuple[App, CountingStore, CountingQueue, str]:
    file, tasks = out / "replay.sqlite3", out / "replay.sqlite3-queue"  # two: each keeps its pages in memory
    environ = {
        **os.environ,
        "PROMISEKEEPER_SETTINGS": str(settings),
        "PROMISEKEEPER_STORE": f"sqlite:{file}",
        "PROMISEKEEPER_QUEUE": f"embedded:{tasks}",
        "PROMISEKEEPER_MAILBOX": str(out / "replay.sqlite3-mailbox"),
        "PROMISEKEEPER_TASK_TOKEN": TASK_TOKEN,
        "REPLAY_SIGNING_KEY": "whsec_" + base64.b64encode(KEY).decode(),
    }
    app = wiring.build(environ, clock)
    connection = next((n for n, c in app.settings.psa.items() if isinstance(c.system, Generic)), None)
    if connection is None:
        raise ConfigurationError(f"{settings}: a replay speaks through a connection of kind generic; there is none")
    store = CountingStore(SqliteStore(file, durable=False))
    queue = CountingQueue(EmbeddedQueue(tasks, clock, durable=False))
    session = requests.Session()
    session.mount("https://", WsgiTransport(psa))
    return replace(app, store=store, queue=queue, psa_client=_reader(app, session)), store, queue, connection


def _reader(app: App, session: requests.Session) -> Callable[[str], PsaClient]:
    """The sweep reads the log through the same REST client as it would read any system."""

    @functools.cache
    def client(name: str) -> PsaClient:
        return client_for(app.settings.psa[name], lambda _reference: TASK_TOKEN, session=session)

    return client


def _progress(show: bool) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), disable=not show)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.local.replay", description=__doc__)
    parser.add_argument("log", type=Path, help="CSV or CSV.gz: ticket,at,status,substatus,owner[,company,contact,...]")
    parser.add_argument("out", type=Path, help="folder for messages.jsonl, held.jsonl, alerts.jsonl, summary.json")
    parser.add_argument("--settings", type=Path, default=DEFAULT_SETTINGS)
    parser.add_argument("--times", type=int, default=1, help="send every webhook so many times")
    parser.add_argument(
        "--shuffle",
        type=float,
        default=0,
        metavar="SECONDS",
        help="let a ticket's webhooks overtake each other within this",
    )
    parser.add_argument("--late", type=float, default=0, metavar="SECONDS", help="each webhook is late by up to this")
    parser.add_argument("--lose", type=float, default=0, metavar="SHARE", help="lose this share of the webhooks")
    parser.add_argument("--sweep", type=float, default=0, metavar="SECONDS", help="sweep this often (600 with --lose)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    return parser


if __name__ == "__main__":
    sys.exit(main())
