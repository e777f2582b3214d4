"""What happens to each thing that a PSA reported: converge a snapshot, fetch after a hint, count the rest."""

from collections import Counter
from collections.abc import Iterable

from shared.convergence import take_gone, take_snapshot
from shared.edge.call_log import note
from shared.ids import stable_id
from shared.instant import format_instant
from shared.ports import App, Task
from shared.psa.facts import Ignored, PsaEvent, PsaTicket, TicketGone


def take_in(app: App, psa: str, events: Iterable[PsaEvent]) -> dict[str, object]:
    """Take in all `events` of the connection `psa`; return how many had which outcome.

    A snapshot costs one read and at most one write and one task; a hint costs one task and no store call.
    """
    outcomes: Counter[str] = Counter()
    for event in events:
        outcomes[_take_one(app, psa, event)] += 1
    note(outcome="+".join(sorted(outcomes)) or "nothing")
    return dict(outcomes)


def _take_one(app: App, psa: str, event: PsaEvent) -> str:
    if isinstance(event, PsaTicket):
        outcome = take_snapshot(app, psa, event)
        if outcome == "ambiguous" and app.settings.psa[psa].can_be_read:
            _fetch_later(app, psa, event.id, f"{format_instant(event.updated_at)} {event.status} {event.owner}")
        return outcome
    if isinstance(event, TicketGone):
        return take_gone(app, psa, event.ticket_id)
    if isinstance(event, Ignored):
        return f"ignored_{event.reason}"
    return _fetch_later(app, psa, event.ticket_id, event.version)


def _fetch_later(app: App, psa: str, psa_id: str, version: str) -> str:
    """What was said is not enough: have the ticket read by id. The same cause twice is the same task."""
    now = app.clock.now()
    app.queue.put(
        Task(
            function="psa_fetch",
            name=stable_id("fetch", psa, psa_id, version) + "-g0",
            body={"psa": psa, "ticket": psa_id, "at": format_instant(now)},
            at=now,
        )
    )
    return "fetching"
