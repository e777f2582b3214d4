"""How much one client hears about one ticket: so many updates in 24 hours, and so many of the kind that can wait."""

from datetime import datetime, timedelta

from functions.ticket_update_notifier.occasions import Occasion
from shared.config.settings import Updates
from shared.models.ticket import Ticket, Touchpoint

DAY = timedelta(days=1)
OPTIONAL = frozenset({Touchpoint.ASSIGNED, Touchpoint.TRIAGED, Touchpoint.CLOSED})
"""Nice to know. They give way to everything else, and a ticket has only so many of them."""


def optional_told(ticket: Ticket) -> int:
    return sum(1 for told in ticket.told if told.touchpoint in OPTIONAL)


def places_for(occasion: Occasion, updates: Updates) -> int:
    """Return how many updates may stand in 24 hours, this one among them.

    The last place of the day is kept for a resolution, the one before it for what cannot wait. That somebody else has
    it now is worth a mail only to a client who has heard nothing all day.
    """
    if occasion.touchpoint is Touchpoint.RESOLVED:
        return updates.per_day
    if occasion.hand_over:
        return 1
    return max(1, updates.per_day - (2 if occasion.touchpoint in OPTIONAL else 1))


def free_at(ticket: Ticket, now: datetime, places: int) -> datetime | None:
    """Return None if one more update fits into `places` per 24 hours; else when it will."""
    recent = [told.at for told in ticket.told if told.at > now - DAY]
    return None if len(recent) < places else recent[-places] + DAY
