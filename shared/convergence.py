"""How a stored ticket takes in what the PSA says: converge on the newest snapshot, keep the moments in between.

Duplicates, disorder and lost webhooks cost nothing here: the same snapshot twice changes nothing, an older one finds
its place in the history, and the sweep brings what never came.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from shared.config.settings import Connection
from shared.ids import stable_id
from shared.models.ticket import Moment, Person, Ticket, TicketState
from shared.ports import App
from shared.psa.facts import PsaTicket
from shared.step import AFTER_THE_COMMIT, Decision, step

LATE = timedelta(hours=1)
"""Within this time of the newest snapshot every moment is kept, even one that says nothing new: a snapshot that arrives
late must find its true neighbours. Older moments that repeat the one before them are dropped."""

MAX_MOMENTS = 80
KEPT_WHOLE = 20
MAX_PHASES = MAX_MOMENTS - KEPT_WHOLE - 1


def ticket_id(psa: str, psa_id: str) -> str:
    """Return the document id of a ticket of the connection `psa`."""
    return stable_id("ticket", psa, psa_id)


@dataclass(frozen=True, slots=True)
class Intake:
    """How snapshots of the connection `psa` are taken in.

    `present`: they were read from the PSA as it is now; a webhook, or a feed of versions, speaks of some moment.
    """

    psa: str
    connection: Connection
    hold: timedelta
    present: bool = False


def converge(ticket: Ticket | None, snapshot: PsaTicket, now: datetime, intake: Intake) -> Decision[Ticket]:
    """Return the ticket with `snapshot` taken in; the very same object if it says nothing that we did not know.

    Two snapshots may have the same time: some PSAs stamp to the second. The one that comes last is believed for now,
    and the outcome is "ambiguous"; what was read from the PSA as it is now is the last word of its time. A time that
    lies ahead of our clock counts as now: nothing may be newer than everything that is still to come.

    When a fact changed that a client could see, somebody looks at the ticket a hold after it did; where we hear of it
    later than that (or the PSA's clock is slow), a hold after we heard.
    """
    set_aside = snapshot.board is not None and snapshot.board in intake.connection.ignored_boards
    if set_aside and (ticket is None or ticket.set_aside):
        return Decision(ticket, outcome="ignored_board")
    moment = Moment(
        at=min(snapshot.updated_at, now),
        state=intake.connection.statuses.state(snapshot.status),
        owner=snapshot.owner,
        priority=snapshot.priority,
    )
    on_time = now - moment.at <= intake.hold
    look_at = max(now + AFTER_THE_COMMIT, moment.at + intake.hold) if on_time else now + intake.hold
    if ticket is None:
        return Decision(_first_seen(snapshot, moment, now, intake.psa, look_at), outcome="new")
    changes = _facts(ticket, snapshot, moment, set_aside=set_aside)
    ahead = snapshot.updated_at > now and moment.same_facts(ticket.moments[-1])
    moments = None if ahead else _with_moment(ticket.moments, moment, present=intake.present)
    if moments is None and not changes:
        return Decision(ticket, outcome="known")
    same_time = not intake.present and any(known.at == moment.at for known in ticket.moments)
    news = moments is not None and _says_something(ticket.moments, moments, moment)
    if moments is not None:
        changes["moments"] = moments
        changes["updated_at"] = max(ticket.updated_at, moment.at)
    if news or changes.keys() & {"gone", "set_aside"}:
        changes["alarm_at"] = look_at if ticket.alarm_at is None else min(ticket.alarm_at, look_at)
    return Decision(ticket.but(**changes), outcome="ambiguous" if same_time else "changed" if news else "touched")


def gone(ticket: Ticket | None) -> Decision[Ticket]:
    """Return the ticket marked as deleted: nothing more is said about it, unless it comes back."""
    if ticket is None or ticket.gone:
        return Decision(ticket, outcome="known")
    return Decision(ticket.but(gone=True), outcome="gone")


def _facts(ticket: Ticket, snapshot: PsaTicket, moment: Moment, *, set_aside: bool) -> dict[str, Any]:
    """Return what `snapshot` changes in the ticket's own fields, if it is not older than they are."""
    if moment.at < ticket.updated_at:
        return {}
    facts = _newest(snapshot) | {"set_aside": set_aside}
    if ticket.gone and moment.at > ticket.updated_at:
        facts["gone"] = False
    return {name: value for name, value in facts.items() if getattr(ticket, name) != value}


def _first_seen(snapshot: PsaTicket, moment: Moment, now: datetime, psa: str, look_at: datetime) -> Ticket:
    return Ticket(
        id=ticket_id(psa, snapshot.id),
        psa=psa,
        psa_id=snapshot.id,
        created_at=snapshot.created_at,
        first_seen=now,
        moments=(moment,),
        updated_at=moment.at,
        alarm_at=look_at,
        **_newest(snapshot),
    )


def _newest(snapshot: PsaTicket) -> dict[str, Any]:
    contact = snapshot.contact
    return {
        "number": snapshot.number,
        "title": snapshot.title,
        "status": snapshot.status,
        "company_id": snapshot.company_id,
        "company": snapshot.company,
        "contact": Person(id=contact.id, name=contact.name, email=contact.email) if contact else None,
        "board": snapshot.board,
        "vendor_reference": snapshot.vendor_reference,
    }


def _with_moment(moments: tuple[Moment, ...], new: Moment, *, present: bool) -> tuple[Moment, ...] | None:
    """Return the history with `new` in its place, or None if it is there already (or lies before what we keep)."""
    if new.at > moments[-1].at:
        return _compact((*moments, new))
    first = bisect_left(moments, new.at, key=_at)
    after = bisect_right(moments, new.at, key=_at)
    same_time = moments[first:after]
    if any(known.same_facts(new) for known in same_time):
        if not present or same_time[-1].same_facts(new):
            return None
        others = tuple(known for known in same_time if not known.same_facts(new))
        return (*moments[:first], *others, new, *moments[after:])
    if after == 0 and len(moments) >= MAX_MOMENTS // 2:
        return None
    compacted = _compact((*moments[:after], new, *moments[after:]))
    return None if compacted == moments else compacted


def _at(moment: Moment) -> datetime:
    return moment.at


def _compact(moments: tuple[Moment, ...]) -> tuple[Moment, ...]:
    """Drop old moments that repeat the one before them; if that is not enough, all that begin no new phase.

    What is left is cut only where a phase begins: what was told of a phase is found again by the time that it began.
    """
    settled_before = moments[-1].at - LATE
    if moments[0].at >= settled_before and len(moments) <= MAX_MOMENTS:
        return moments
    kept = [moments[0]]
    kept += [m for before, m in pairwise(moments) if m.at >= settled_before or not m.same_facts(before)]
    if len(kept) <= MAX_MOMENTS:
        return tuple(kept)
    recent = kept[-KEPT_WHOLE:]
    phases = [m for before, m in pairwise(kept[:-KEPT_WHOLE]) if _phase(m) is not None and _phase(m) != _phase(before)]
    return (*([kept[0]] if len(phases) < MAX_PHASES else []), *phases[-MAX_PHASES:], *recent)


def _phase(moment: Moment) -> str | None:
    """Return what the client would call it; None for a status that says nothing. Resolved and closed are one phase."""
    if moment.state is TicketState.UNKNOWN:
        return None
    return "done" if moment.state.is_done else moment.state.value


def _says_something(old: tuple[Moment, ...], new: tuple[Moment, ...], moment: Moment) -> bool:
    """True unless `moment` came last and repeats what was known before it."""
    return new[-1] is not moment or not moment.same_facts(old[-1])


def take_snapshot(app: App, psa: str, snapshot: PsaTicket, *, present: bool = False) -> str:
    """Converge the stored ticket on `snapshot` of the connection `psa`; return what came of it, in one word."""
    hold = app.settings.updates_for(snapshot.company_id, snapshot.company).hold
    intake = Intake(psa, app.settings.psa[psa], hold, present)
    identity = ticket_id(psa, snapshot.id)
    return step(app, Ticket, identity, lambda ticket, now: converge(ticket, snapshot, now, intake)).outcome


def take_gone(app: App, psa: str, psa_id: str) -> str:
    """Mark a ticket as deleted; return what came of it, in one word."""
    return step(app, Ticket, ticket_id(psa, psa_id), lambda ticket, _now: gone(ticket)).outcome
