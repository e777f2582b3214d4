"""Which tickets of a day are worth reading: one for each thing that can go other than straight."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shared.models.ticket import PromiseOutcome, Ticket, TicketState, Touchpoint


@dataclass(frozen=True, slots=True)
class Story:
    ticket: Ticket
    why: str


def _reopened(ticket: Ticket) -> bool:
    return any(told.touchpoint is Touchpoint.REOPENED for told in ticket.told)


def _flickered(ticket: Ticket) -> bool:
    """Resolved twice in the PSA and told once."""
    done = sum(1 for moment in ticket.moments if moment.state.is_done)
    return done > 1 and sum(told.touchpoint is Touchpoint.RESOLVED for told in ticket.told) == 1


def _asked(ticket: Ticket) -> bool:
    return any(told.touchpoint is Touchpoint.NEEDS_YOU for told in ticket.told) and ticket.moments[-1].state.is_done


def _with_outcome(outcome: PromiseOutcome) -> Callable[[Ticket], bool]:
    return lambda ticket: any(promise.outcome is outcome for promise in ticket.promises)


def _with_vendor(ticket: Ticket) -> bool:
    return any(moment.state is TicketState.WAITING_ON_VENDOR for moment in ticket.moments)


_KINDS: tuple[tuple[str, Callable[[Ticket], bool]], ...] = (
    ("opened again after it was told as resolved", _reopened),
    ("a promised time passed in silence", _with_outcome(PromiseOutcome.BROKEN)),
    ("nothing new to tell, and said so in time", _with_outcome(PromiseOutcome.KEPT_BY_NOTE)),
    ("the PSA flickered, the client got one mail", _flickered),
    ("a question, an answer, a solution", _asked),
    ("waits on a vendor", _with_vendor),
)


def worth_reading(tickets: Iterable[Ticket], most: int = 4) -> list[Story]:
    """Return at most one ticket of each kind, the one that has most to tell; no ticket stands there twice."""
    ranked = sorted(tickets, key=lambda ticket: (-_richness(ticket), ticket.first_seen, ticket.id))
    stories: list[Story] = []
    for why, fits in _KINDS:
        taken = {story.ticket.id for story in stories}
        found = next((t for t in ranked if t.id not in taken and t.moments and fits(t)), None)
        if found is not None:
            stories.append(Story(found, why))
    return stories[:most]


def _richness(ticket: Ticket) -> int:
    kinds = len({told.touchpoint for told in ticket.told})
    return 3 * kinds + min(len(ticket.held), 3) + min(len(ticket.moments), 12) // 3
