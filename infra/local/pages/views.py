"""The pages: each view reads what it needs and returns the name of its template and the values in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from infra.local.pages.desk import Desk
from infra.local.pages.figures import figures
from infra.local.pages.journey import LANES, journey
from infra.local.pages.ledger import LOOK_BACK, Span
from infra.local.pages.mail_views import mailbox, one_mail
from infra.local.pages.stories import worth_reading
from infra.local.pages.view import Missing, View, Wrong
from shared.models.finding import Audience
from shared.models.outgoing import OutgoingState

__all__ = [
    "Missing",
    "View",
    "Wrong",
    "alerts",
    "mailbox",
    "one_mail",
    "one_ticket",
    "overview",
    "tickets",
    "uncertain",
]


@dataclass(frozen=True, slots=True)
class Days:
    """The day a page is about, and its neighbours as far as there is something to see."""

    day: date
    before: date | None
    after: date | None
    is_today: bool


def overview(desk: Desk, query: Mapping[str, str]) -> View:
    days = _days(desk, query)
    ledger = desk.ledger()
    counted = figures(ledger, desk.span(days.day))
    connections = [(name, ledger.connection(name)) for name in desk.app.settings.psa]
    return View(
        "overview.html",
        {
            "days": days,
            "figures": counted,
            "stories": worth_reading(counted.tickets),
            "connections": connections,
            "cut": sorted(ledger.cut),
            "most": max((count for _, count in counted.by_touchpoint), default=1),
        },
    )


def tickets(desk: Desk, query: Mapping[str, str]) -> View:
    days = _days(desk, query)
    ledger = desk.ledger()
    found = ledger.tickets(desk.span(days.day))
    number = query.get("number", "").strip()[:60]
    hit = desk.find_by_number(number) if number else None
    return View(
        "tickets.html",
        {"days": days, "tickets": list(reversed(found)), "cut": sorted(ledger.cut), "number": number, "hit": hit},
    )


def one_ticket(desk: Desk, ticket_id: str) -> View:
    ledger = desk.ledger()
    ticket = ledger.ticket(ticket_id)
    if ticket is None:
        raise Missing("There is no ticket at this address.")
    messages = ledger.messages_of(ticket.id)
    around = Span(ticket.first_seen - timedelta(days=1), desk.app.clock.now() + timedelta(seconds=1))
    lines = journey(ticket, messages, ledger.alerts(around), desk.zone)
    settings = desk.app.settings
    return View(
        "ticket.html",
        {
            "ticket": ticket,
            "lines": lines,
            "lanes": LANES,
            "mails": sum(message.state is OutgoingState.SENT for message in messages),
            "updates": settings.updates_for(ticket.company_id, ticket.company),
            "own_settings": settings.client(ticket.company_id, ticket.company) is not None,
        },
    )


def alerts(desk: Desk, query: Mapping[str, str]) -> View:
    days = _days(desk, query)
    ledger = desk.ledger()
    found = list(reversed(ledger.alerts(desk.span(days.day))))
    return View(
        "alerts.html",
        {
            "days": days,
            "for_managers": [alert for alert in found if alert.audience is Audience.MANAGER],
            "for_technicians": [alert for alert in found if alert.audience is Audience.TECHNICIAN],
            "cut": sorted(ledger.cut),
        },
    )


def uncertain(desk: Desk) -> View:
    """Everything of the last days that may have gone out, and what the other side refused for good."""
    ledger = desk.ledger()
    now = desk.app.clock.now()
    span = Span(now - LOOK_BACK, now + timedelta(seconds=1))
    notes = [(note, ledger.ticket(note.ticket)) for note in ledger.notes(span, OutgoingState.UNCERTAIN)]
    return View(
        "uncertain.html",
        {
            "messages": list(reversed(ledger.messages(span, OutgoingState.UNCERTAIN))),
            "refused": list(reversed(ledger.messages(span, OutgoingState.DEAD))),
            "notes": list(reversed(notes)),
            "days": LOOK_BACK.days,
        },
    )


def _days(desk: Desk, query: Mapping[str, str]) -> Days:
    today = desk.today()
    day = today
    if query.get("day"):
        try:
            day = date.fromisoformat(query["day"])
        except ValueError:
            raise Wrong("A day is written like 2026-03-10.") from None
    if not date(2000, 1, 1) <= day <= today:
        raise Wrong("That day is not in the books: it lies ahead, or long before us.")
    first = desk.ledger().first_ticket()
    began = first.first_seen.astimezone(desk.zone).date() if first else today
    one = timedelta(days=1)
    return Days(day, day - one if day > began else None, day + one if day < today else None, day == today)
