"""What a replay leaves behind: who was told what and why, what was held back, what a manager would hear."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, quantiles
from typing import Any, TypeVar

from shared import queries
from shared.instant import format_instant
from shared.models.document import Document
from shared.models.message import Message
from shared.models.outgoing import OutgoingState
from shared.models.ticket import PromiseOutcome, Ticket
from shared.ports import Query, Store

D = TypeVar("D", bound=Document)
PAGE = 500


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
    peak_megabytes: float
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


def write_report(run: Run, out: Path) -> Summary:
    """Write messages.jsonl, held.jsonl, alerts.jsonl and summary.json into `out`."""
    tickets = list(every(run.store, queries.TICKETS))
    numbers = {ticket.id: ticket.number for ticket in tickets}
    by_state = {state: list(_in_state(run.store, state)) for state in OutgoingState}
    sent = sorted(by_state[OutgoingState.SENT], key=lambda m: (m.sent_at or m.decided_at, m.number, m.order))
    _write(out / "messages.jsonl", (_message(message) for message in sent))
    _write(out / "held.jsonl", _held(tickets, by_state))
    alerts = sorted(every(run.store, queries.ALERTS), key=lambda alert: (alert.at, alert.id))
    _write(
        out / "alerts.jsonl",
        (
            {
                "at": format_instant(alert.at),
                "kind": alert.kind,
                "severity": alert.severity.value,
                "audience": alert.audience.value,
                "ticket": alert.number,
                "text": alert.text,
            }
            for alert in alerts
        ),
    )
    per_ticket = Counter(message.ticket for message in sent)
    figures = {
        "tickets": len(tickets),
        "events": run.events,
        "messages": len(sent),
        "by_touchpoint": dict(sorted(Counter(message.touchpoint for message in sent).items())),
        "per_ticket": _spread([per_ticket.get(ticket_id, 0) for ticket_id in numbers]),
        "promise": _promises(tickets),
        "alerts": dict(sorted(Counter(alert.kind for alert in alerts).items())),
        "uncertain": len(by_state[OutgoingState.UNCERTAIN]),
        "refused": run.refused,
        "repaired_by_sweep": run.repaired,
        "wall_seconds": round(run.wall_seconds, 2),
        "half_seconds": [round(half, 2) for half in run.half_seconds],
        "events_per_second": round(run.events / run.wall_seconds, 1),
        "store": {"reads": run.reads, "writes": run.writes},
        "queue_calls": run.queue_calls,
        "peak_megabytes": round(run.peak_megabytes),
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


def _in_state(store: Store, state: OutgoingState) -> Iterator[Message]:
    return every(store, queries.MESSAGES_BY_STATE, {"state": state.value})


def _message(message: Message) -> dict[str, object]:
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


def _held(tickets: list[Ticket], by_state: Mapping[OutgoingState, list[Message]]) -> Iterator[dict[str, object]]:
    lines = [(h.at, t.number, h.touchpoint.value, h.why) for t in tickets for h in t.held]
    for state in (OutgoingState.HELD, OutgoingState.DEAD, OutgoingState.UNCERTAIN, OutgoingState.PENDING):
        lines += [(m.decided_at, m.number, m.touchpoint, f"{state.value}: {m.reason}") for m in by_state[state]]
    for at, number, touchpoint, why in sorted(lines):
        yield {"ticket": number, "touchpoint": touchpoint, "at": format_instant(at), "why": why}


def _promises(tickets: list[Ticket]) -> dict[str, int]:
    outcomes = Counter(promise.outcome for ticket in tickets for promise in ticket.promises)
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
