"""The journey of one ticket as a person reads it: what the PSA said, what the client heard, what was kept back."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from infra.local.pages import words
from infra.local.pages.mails import place_in_mailbox
from shared.models.alert import alert_id
from shared.models.finding import Audience, Finding
from shared.models.message import Message
from shared.models.outgoing import OutgoingState
from shared.models.ticket import Held, Moment, Promise, PromiseOutcome, Ticket, Told


class Lane(StrEnum):
    """Who speaks. The order is that of two lines at the same time."""

    PSA = "psa"
    TOLD = "told"
    HELD = "held"
    PROMISE = "promise"
    ALERT = "alert"


LANES = {
    Lane.PSA: "The PSA says",
    Lane.TOLD: "The client is told",
    Lane.HELD: "Held back",
    Lane.PROMISE: "Promise",
    Lane.ALERT: "Our people hear",
}


@dataclass(frozen=True, slots=True)
class Line:
    """`mail` is the mail's place in the mailbox, where it went out into one; `alert` is the id of the alert that a
    finding became; `tone` colours what ends well or badly.
    """

    at: datetime
    lane: Lane
    headline: str
    detail: str = ""
    mail: int | None = None
    tone: str = ""
    alert: str = ""


def journey(ticket: Ticket, messages: Iterable[Message], findings: Iterable[Finding], zone: ZoneInfo) -> list[Line]:
    """Return the lines in the order of time. `findings` may hold those of other tickets, too."""
    by_id = {message.id: message for message in messages}
    lines = [
        *_psa_lines(ticket),
        *(_told_line(ticket, told, by_id.get(told.message), zone) for told in ticket.told),
        *(_held_line(held) for held in ticket.held),
        *(line for promise in ticket.promises for line in _promise_lines(ticket, promise, zone)),
        *(_finding_line(each, zone) for each in findings if each.ticket == ticket.id),
    ]
    order = list(Lane)
    return sorted(lines, key=lambda line: (line.at, order.index(line.lane)))


def _psa_lines(ticket: Ticket) -> Iterator[Line]:
    if not ticket.moments:
        return
    first = ticket.moments[0]
    facts = [words.STATES[first.state], *_named(first.owner, first.priority)]
    yield Line(first.at, Lane.PSA, f"Opened: {', '.join(facts)}")
    for before, moment in pairwise(ticket.moments):
        changes = list(_changes(before, moment))
        if changes:
            tone = "done" if moment.state.is_done else ""
            yield Line(moment.at, Lane.PSA, words.sentence(", ".join(changes)), tone=tone)
    if ticket.gone:
        yield Line(ticket.updated_at, Lane.PSA, "Deleted")


def _changes(before: Moment, now: Moment) -> Iterator[str]:
    if now.state is not before.state:
        yield words.STATES[now.state]
    if now.owner != before.owner:
        yield f"{now.owner} has it" if now.owner else "nobody has it"
    if now.priority != before.priority:
        yield _priority(now.priority) if now.priority else "no priority"


def _named(owner: str | None, priority: str | None) -> Iterator[str]:
    if owner:
        yield f"{owner} has it"
    if priority:
        yield _priority(priority)


def _priority(label: str) -> str:
    """Some PSAs' labels say it themselves: Priority 2 - High."""
    return label if label.casefold().startswith("priority") else f"priority {label}"


def _told_line(ticket: Ticket, told: Told, message: Message | None, zone: ZoneInfo) -> Line:
    """The promises that this update kept and made are told in the same breath."""
    parts = [words.sentence(told.why)]
    kept = next((p for p in ticket.promises if p.settled == told.at), None)
    if kept is not None and kept.outcome is PromiseOutcome.KEPT:
        parts.append(f"In time: word was promised by {words.relative_time(kept.by, told.at, zone)}")
    if kept is not None and kept.outcome is PromiseOutcome.KEPT_BY_NOTE:
        parts = [f"Nothing new to tell, but word was promised by {words.relative_time(kept.by, told.at, zone)}"]
    made = next((p for p in ticket.promises if p.made == told.at), None)
    if made is not None:
        parts.append(f"Next word promised by {words.relative_time(made.by, told.at, zone)}")
    headline, tone = words.touchpoint(told.touchpoint), told.touchpoint.value
    if message is not None and message.state is OutgoingState.UNCERTAIN:
        headline, tone = f"{headline}: may or may not have gone out", "broken"
    elif message is not None and message.state in (OutgoingState.HELD, OutgoingState.DEAD):
        headline, tone = f"{headline}: did not go out", "broken"
        parts.insert(0, words.sentence(words.reason(message.reason)))
    at = message.sent_at if message is not None and message.sent_at is not None else told.at
    return Line(at, Lane.TOLD, headline, ". ".join(parts) + ".", place_in_mailbox(message) if message else None, tone)


def _held_line(held: Held) -> Line:
    return Line(held.at, Lane.HELD, words.touchpoint(held.touchpoint), f"{words.sentence(words.reason(held.why))}.")


def _promise_lines(ticket: Ticket, promise: Promise, zone: ZoneInfo) -> Iterator[Line]:
    """Only what no other line says: a promise that nobody spoke for when it was made, or one that ended otherwise."""
    by = words.relative_time(promise.by, promise.made, zone)
    told_at = {told.at for told in ticket.told}
    if promise.made not in told_at:
        yield Line(promise.made, Lane.PROMISE, f"Next word is due by {by}")
    if promise.settled is None:
        return
    match promise.outcome:
        case PromiseOutcome.BROKEN:
            yield Line(promise.settled, Lane.PROMISE, f"Broken: word was promised by {by}", tone="broken")
        case PromiseOutcome.WITHDRAWN:
            yield Line(promise.settled, Lane.PROMISE, "Rests: the ball is with the client")
        case PromiseOutcome.KEPT if promise.settled not in told_at:
            yield Line(promise.settled, Lane.PROMISE, f"Kept: it was done before {by}", tone="done")


def _finding_line(finding: Finding, zone: ZoneInfo) -> Line:
    who = "The technician is nudged" if finding.audience is Audience.TECHNICIAN else "A manager is told"
    return Line(
        finding.at,
        Lane.ALERT,
        "It is over" if finding.over else who,
        words.in_zone(finding.text, finding.at, zone),
        tone="info" if finding.over else finding.severity.value,
        alert=alert_id(finding.kind, finding.dedup_key),
    )
