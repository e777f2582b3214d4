"""What a replay leaves behind: who was told what and why, what was held back, what a manager would hear."""

import json
import resource
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import mean, quantiles
from typing import Any, TypeVar

from shared import queries
from shared.instant import format_instant
from shared.models.document import Document
from shared.models.finding import Finding
from shared.models.message import Message
from shared.models.outgoing import OutgoingState
from shared.models.ticket import PromiseOutcome, Ticket
from shared.ports import Query, Store

D = TypeVar("D", bound=Document)
PAGE = 500
NOT_SENT = (OutgoingState.HELD, OutgoingState.DEAD, OutgoingState.UNCERTAIN, OutgoingState.PENDING)

Line = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Run:
    """One replay: the store it left and what was counted on the way."""

    store: Store
    events: int
    refused: int
    repaired: int
    wall_seconds: float
    half_seconds: tuple[float, float]
    reads: int
    writes: int
    queue_calls: int
    statuses_without_meaning: list[str]


@dataclass(frozen=True, slots=True)
class Summary:
    figures: Mapping[str, Any]

    def in_words(self) -> str:
        """Return the figures as a person reads them."""
        f = self.figures
        n, p = f["per_ticket"], f["promise"]
        lines = [
            f"{f['tickets']:,} tickets, {f['events']:,} changes -> {f['messages']:,} updates to clients",
            f"per ticket: mean {n['mean']}, median {n['p50']}, 90 % have at most {n['p90']}, most {n['max']}",
            f"promised times: {p['made']:,} made, {p['kept']:,} kept, {p['kept_by_note']:,} of them by a holding note",
            f"{p['broken']:,} promised times were broken, each told to a manager",
            f"{f['wall_seconds']} s, {f['events_per_second']} changes/s, {f['peak_megabytes']} MB at most",
            f"store: {f['store']['reads']:,} reads, {f['store']['writes']:,} writes; {f['queue_calls']:,} queue calls",
        ]
        if f["refused"]:
            lines.append(f"WARNING: {f['refused']:,} webhooks were refused; see the log lines above")
        if f["statuses_without_meaning"]:
            lines.append(f"statuses without a meaning in the settings: {', '.join(f['statuses_without_meaning'])}")
        return "\n".join(lines)


class _Findings:
    """What the report says of each document: a line or a count. All tickets and messages at once would be too much."""

    def __init__(self, store: Store) -> None:
        self.told: Counter[str] = Counter()
        self.touchpoints: Counter[str] = Counter()
        self.promises: Counter[PromiseOutcome] = Counter()
        self.alert_kinds: Counter[str] = Counter()
        self.messages: Counter[OutgoingState] = Counter()
        self._sent: list[tuple[datetime, str, int, Line]] = []
        self._held: list[tuple[datetime, str, str, str]] = []
        self._alerts: list[tuple[datetime, str, Line]] = []
        for ticket in every(store, queries.TICKETS):
            self._take_ticket(ticket)
        for state in OutgoingState:
            for message in every(store, queries.MESSAGES_BY_STATE, {"state": state.value}):
                self._take_message(message)
        for alert in every(store, queries.FINDINGS):
            self.alert_kinds[alert.kind] += 1
            self._alerts.append((alert.at, alert.id, _alert(alert)))

    def _take_ticket(self, ticket: Ticket) -> None:
        self.told[ticket.id] = 0
        self.promises.update(promise.outcome for promise in ticket.promises)
        self._held += [(line.at, ticket.number, line.touchpoint.value, line.why) for line in ticket.held]

    def _take_message(self, message: Message) -> None:
        self.messages[message.state] += 1
        if message.state is OutgoingState.SENT:
            self.told[message.ticket] += 1
            self.touchpoints[message.touchpoint] += 1
            self._sent.append((message.sent_at or message.decided_at, message.number, message.order, _message(message)))
        elif message.state in NOT_SENT:
            why = f"{message.state.value}: {message.reason}"
            self._held.append((message.decided_at, message.number, message.touchpoint, why))

    def write(self, out: Path) -> None:
        """Write messages.jsonl, held.jsonl and alerts.jsonl into `out`, each in the order of time."""
        _write(out / "messages.jsonl", (line for *_, line in sorted(self._sent, key=lambda sent: sent[:3])))
        _write(out / "held.jsonl", map(_held, sorted(self._held)))
        _write(out / "alerts.jsonl", (line for *_, line in sorted(self._alerts, key=lambda alert: alert[:2])))


def write_report(run: Run, out: Path) -> Summary:
    """Write messages.jsonl, held.jsonl, alerts.jsonl and summary.json into `out`."""
    found = _Findings(run.store)
    found.write(out)
    figures = {
        "tickets": len(found.told),
        "events": run.events,
        "messages": found.messages[OutgoingState.SENT],
        "by_touchpoint": dict(sorted(found.touchpoints.items())),
        "per_ticket": _spread(list(found.told.values())),
        "promise": _promises(found.promises),
        "alerts": dict(sorted(found.alert_kinds.items())),
        "uncertain": found.messages[OutgoingState.UNCERTAIN],
        "refused": run.refused,
        "repaired_by_sweep": run.repaired,
        "wall_seconds": round(run.wall_seconds, 2),
        "half_seconds": [round(half, 2) for half in run.half_seconds],
        "events_per_second": round(run.events / run.wall_seconds, 1),
        "store": {"reads": run.reads, "writes": run.writes},
        "queue_calls": run.queue_calls,
        "peak_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "statuses_without_meaning": run.statuses_without_meaning,
    }
    (out / "summary.json").write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return Summary(figures)


def every(store: Store, query: Query[D], equals: Mapping[str, str | int | bool] | None = None) -> Iterator[D]:
    """Yield all documents of a query, page by page."""
    after: D | None = None
    while True:
        page = store.find(query, limit=PAGE, after=after, equals=equals)
        yield from (found.document for found in page)
        if len(page) < PAGE:
            return
        after = page[-1].document


def _message(message: Message) -> Line:
    return {
        "ticket": message.number,
        "touchpoint": message.touchpoint,
        "to": message.sent_to,
        "subject": message.letter.subject,
        "at": format_instant(message.sent_at or message.decided_at),
        "message_id": message.message_id,
        "in_reply_to": message.previous[-1] if message.previous else None,
        "why": message.why,
    }


def _held(line: tuple[datetime, str, str, str]) -> Line:
    at, number, touchpoint, why = line
    return {"ticket": number, "touchpoint": touchpoint, "at": format_instant(at), "why": why}


def _alert(alert: Finding) -> Line:
    return {
        "at": format_instant(alert.at),
        "kind": alert.kind,
        "severity": alert.severity.value,
        "audience": alert.audience.value,
        "ticket": alert.number,
        "text": alert.text,
    }


def _promises(outcomes: Counter[PromiseOutcome]) -> dict[str, int]:
    by_note = outcomes[PromiseOutcome.KEPT_BY_NOTE]
    return {
        "made": outcomes.total(),
        "kept": outcomes[PromiseOutcome.KEPT] + by_note,
        "broken": outcomes[PromiseOutcome.BROKEN],
        "kept_by_note": by_note,
        "withdrawn": outcomes[PromiseOutcome.WITHDRAWN],
        "open": outcomes[PromiseOutcome.OPEN],
    }


def _spread(counts: list[int]) -> dict[str, float]:
    if len(counts) < 2:
        counts = counts * 2 or [0, 0]
    cuts = quantiles(counts, n=100, method="inclusive")
    return {
        "mean": round(mean(counts), 2),
        "p10": round(cuts[9], 1),
        "p50": round(cuts[49], 1),
        "p90": round(cuts[89], 1),
        "p99": round(cuts[98], 1),
        "max": max(counts),
    }


def _write(path: Path, lines: Iterable[Mapping[str, object]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
