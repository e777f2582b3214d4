"""Judges a replay from outside: the log and the files it wrote, and no code of the functions."""

import itertools
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

HOLD = timedelta(minutes=3)
DAY = timedelta(days=1)
Log = dict[str, list[tuple[datetime, str]]]


@dataclass
class Told:
    """What one run left behind: per ticket the updates in order, and the alerts."""

    updates: dict[str, list[tuple[datetime, str]]] = field(default_factory=lambda: defaultdict(list))
    alerts: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))

    def sequence(self, ticket: str) -> list[str]:
        return [touchpoint for _, touchpoint in self.updates[ticket]]


def read_run(out: Path) -> Told:
    told = Told()
    for line in (out / "messages.jsonl").read_text().splitlines():
        message = json.loads(line)
        told.updates[message["ticket"]].append((_time(message["at"]), message["touchpoint"]))
    for line in (out / "alerts.jsonl").read_text().splitlines():
        alert = json.loads(line)
        if alert["ticket"]:
            told.alerts[alert["ticket"]].append(_time(alert["at"]))
    return told


def log_of(changes, meaning: Callable[[str], str]) -> Log:
    """The truth: per ticket when it was in which state, by the log's own times. Unknown statuses change nothing."""
    log: Log = defaultdict(list)
    for change in sorted(changes, key=lambda change: change.at):
        state = meaning(change.status)
        log[change.ticket].append(
            (change.at, log[change.ticket][-1][1] if state == "unknown" and log[change.ticket] else state)
        )
    return log


def resolutions(states: list[tuple[datetime, str]]) -> list[tuple[datetime, datetime | None]]:
    """Every stretch in which the ticket was done for longer than the hold."""
    found, since = [], None
    for at, state in states:
        done = state in ("resolved", "closed")
        if done and since is None:
            since = at
        elif not done and since is not None:
            found.append((since, at))
            since = None
    if since is not None:
        found.append((since, None))
    return [(start, end) for start, end in found if end is None or end - start > HOLD]


def faults_in(log: Log, told: Told, *, exactly: bool = True) -> list[str]:
    """Say what is wrong with a run. `exactly`: each resolution is told once, no more; else: none goes untold."""
    faults: list[str] = []
    for ticket, states in log.items():
        updates = told.updates.get(ticket, [])
        times = [at for at, _ in updates]
        count, wanted = sum(t == "resolved" for _, t in updates), len(resolutions(states))
        if count < wanted or (exactly and count != wanted):
            faults.append(f"{ticket}: {wanted} resolutions stood, {count} were told")
        faults += [
            f"{ticket}: two updates within the hold at {b}" for a, b in itertools.pairwise(times) if b - a <= HOLD
        ]
        faults += [
            f"{ticket}: more than 4 updates in the day from {t}"
            for t in times
            if sum(t <= u < t + DAY for u in times) > 4
        ]
        for at, touchpoint in updates:
            if exactly and touchpoint != "resolved" and _state_at(states, at) in ("resolved", "closed"):
                faults.append(f"{ticket}: {touchpoint} was told while the ticket was done")
    return faults


def silences(log: Log, told: Told, promised: Callable[[datetime], datetime], end: datetime) -> list[str]:
    """Say which open tickets that do not wait on their client were silent past the promised time, unnoticed.

    The clock starts at an update, or when the ball comes back from the client. `promised` gives the latest time for it.
    """
    faults = []
    for ticket, states in log.items():
        heard = sorted([*(at for at, _ in told.updates.get(ticket, [])), *told.alerts.get(ticket, [])])
        for start, until in _owed(states, end):
            marks = [start, *(at for at in heard if start < at < until), until]
            for before, after in itertools.pairwise(marks):
                if heard and before >= heard[0] and after > promised(before) + HOLD:
                    faults.append(f"{ticket}: silent from {before} to {after}")
                    break
    return faults


def _owed(states: list[tuple[datetime, str]], end: datetime) -> list[tuple[datetime, datetime]]:
    """The stretches in which the MSP owed the client a word: open, and not waiting on the client."""
    stretches: list[tuple[datetime, datetime]] = []
    since = None
    for at, state in [*states, (end, "closed")]:
        owes = state not in ("resolved", "closed", "waiting_on_client")
        if owes and since is None:
            since = at
        elif not owes and since is not None:
            stretches.append((since, at))
            since = None
    return stretches


def _state_at(states: list[tuple[datetime, str]], at: datetime) -> str:
    known = [state for when, state in states if when <= at]
    return known[-1] if known else "new"


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
