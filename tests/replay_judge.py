"""Judges a replay from outside: the log and the files it wrote, and no code of the functions."""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

HOLD = timedelta(minutes=3)
DAY = timedelta(days=1)
PER_DAY = 4
PROMPTLY = timedelta(minutes=3, seconds=1)  # one hold more, if an update had just gone out
Log = dict[str, list[tuple[datetime, str]]]


@dataclass
class Told:
    """What one run left behind: per ticket the updates in order, and the alerts for managers."""

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
        if alert["ticket"] and alert["audience"] == "manager":
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


def faults_in(log: Log, told: Told, *, exactly: bool = True, late: timedelta = PROMPTLY) -> list[str]:
    """Say what is wrong with a run.

    Each resolution that stood is told in its time: a hold after it began, `late` at most after that; a day later still
    where the day's budget was spent. `exactly`: and nothing besides; else doubles and late words are forgiven.
    """
    faults = [f"{ticket}: not in the log" for ticket in told.updates if told.updates[ticket] and ticket not in log]
    for ticket, states in log.items():
        updates = told.updates.get(ticket, [])
        times = [at for at, _ in updates]
        resolved = [at for at, touchpoint in updates if touchpoint == "resolved"]
        for start, _end in resolutions(states):
            in_time = [at for at in resolved if start + HOLD <= at <= _latest(start, times, late)]
            if in_time:
                resolved.remove(in_time[0])
            else:
                faults.append(f"{ticket}: the resolution of {start} was not told in time")
        if exactly:
            faults += [f"{ticket}: resolved was told at {at} without one that stood" for at in resolved]
        faults += [f"{ticket}: two updates within the hold at {b}" for a, b in pairwise(times) if b - a <= HOLD]
        crowds = [t for t in times if sum(t <= u < t + DAY for u in times) > PER_DAY]
        faults += [f"{ticket}: more than {PER_DAY} updates in the day from {t}" for t in crowds]
        for at, touchpoint in updates:
            if exactly and touchpoint != "resolved" and _state_at(states, at) in ("resolved", "closed"):
                faults.append(f"{ticket}: {touchpoint} was told while the ticket was done")
    return faults


def _latest(start: datetime, times: list[datetime], late: timedelta) -> datetime:
    """The time by which a resolution must have been told; the budget of a day may put it off, each time by a day."""
    latest = start + HOLD + late
    while sum(latest - DAY - late < at < latest for at in times) >= PER_DAY and latest - start < 4 * DAY:
        latest += DAY
    return latest


def silences(
    log: Log, told: Told, promised: Callable[[datetime], datetime], end: datetime, late: timedelta = HOLD
) -> list[str]:
    """Say which open tickets that do not wait on their client were silent past the promised time, unnoticed.

    The clock starts when the ticket begins, at an update, or when the ball comes back from the client; only an update
    or an alert for a manager stops it. `promised` gives the latest time for it.
    """
    faults = []
    for ticket, states in log.items():
        heard = sorted([*(at for at, _ in told.updates.get(ticket, [])), *told.alerts.get(ticket, [])])
        for start, until in _owed(states, end):
            marks = [start, *(at for at in heard if start < at < until), until]
            silent = [before for before, after in pairwise(marks) if after > promised(before) + late]
            faults += [f"{ticket}: silent from {before}" for before in silent[:1]]
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
