"""All that the page of one notice shows, in its order: what is open and grave first, by client. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from functions.alert_reply.cards import Card, card_of
from functions.alert_reply.outcome import Message
from functions.alert_reply.wording import Reader
from shared.models.alert import Alert

IN_FULL = 300
"""So many alerts are shown with their buttons; the others are named."""

_LEDGER_LINES = ((1, 120), (10, 30), (50, 10), (IN_FULL, 4))
"""The more alerts, the fewer lines of each one's ledger: (up to so many alerts, lines)."""

SNOOZES = (("30", "30 min"), ("60", "1 hour"), ("240", "4 hours"))


@dataclass(frozen=True, slots=True)
class Group:
    client: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Again:
    """A press that was too quick, or from nowhere: the same once more, with a button of its own."""

    deed: str
    alert: str
    minutes: str
    words: str


@dataclass(frozen=True, slots=True)
class View:
    """`rest` are the alerts that there was no room for in full. `to_take` counts those that nobody has."""

    name: str
    heading: str
    groups: tuple[Group, ...]
    rest: tuple[Group, ...]
    count: int
    to_take: int
    morning: str
    message: Message | None
    again: Again | None


def view_of(
    alerts: Sequence[Alert], reader: Reader, now: datetime, message: Message | None = None, again: Again | None = None
) -> View:
    lines = next((most for up_to, most in _LEDGER_LINES if len(alerts) <= up_to), _LEDGER_LINES[-1][1])
    cards = sorted((card_of(alert, reader, now, ledger_lines=lines) for alert in alerts), key=_urgency)
    to_take = sum(card.is_open for card in cards)
    return View(
        name=reader.name(reader.person),
        heading=_heading(cards, to_take),
        groups=_by_client(cards[:IN_FULL]),
        rest=_by_client(cards[IN_FULL:]),
        count=len(cards),
        to_take=to_take,
        morning=reader.time(reader.morning(now), now),
        message=message,
        again=again,
    )


def _urgency(card: Card) -> tuple[bool, bool, int, str, str]:
    return (card.is_over, not card.is_open, -card.severity.weight, card.client, card.label)


def _by_client(cards: Sequence[Card]) -> tuple[Group, ...]:
    groups: dict[str, list[Card]] = {}
    for card in cards:
        groups.setdefault(card.client, []).append(card)
    return tuple(Group(client, tuple(members)) for client, members in groups.items())


def _heading(cards: Sequence[Card], to_take: int) -> str:
    if not cards:
        return "These alerts are gone"
    if len(cards) == 1:
        return f"{cards[0].label}: {cards[0].title}"
    return f"{len(cards):,} alerts, {f'{to_take:,}' if to_take else 'none'} to take"
