"""The pages: each view reads what it needs and returns the name of its template and the values in it."""

from collections.abc import Mapping
from datetime import timedelta

from infra.local.pages.alert_views import alerts, one_alert, rows
from infra.local.pages.days import days_of
from infra.local.pages.desk import Desk
from infra.local.pages.figures import figures
from infra.local.pages.journey import LANES, journey
from infra.local.pages.ledger import LOOK_BACK
from infra.local.pages.mail_views import mailbox, one_mail
from infra.local.pages.phone_views import conversation, phone
from infra.local.pages.span import Span
from infra.local.pages.stories import worth_reading
from infra.local.pages.view import Missing, View
from shared.models.outgoing import OutgoingState

__all__ = [
    "alerts",
    "conversation",
    "mailbox",
    "one_alert",
    "one_mail",
    "one_ticket",
    "overview",
    "phone",
    "tickets",
    "uncertain",
]


def overview(desk: Desk, query: Mapping[str, str]) -> View:
    days = days_of(desk, query)
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
    days = days_of(desk, query)
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
    lines = journey(ticket, messages, ledger.findings(around), desk.zone)
    found = ledger.alerts_of(ticket.id)
    settings = desk.app.settings
    return View(
        "ticket.html",
        {
            "ticket": ticket,
            "lines": lines,
            "lanes": LANES,
            "alerts": rows(desk, reversed(found)),
            "alert_ids": {alert.id for alert in found},
            "mails": sum(message.state is OutgoingState.SENT for message in messages),
            "updates": settings.updates_for(ticket.company_id, ticket.company),
            "own_settings": settings.client(ticket.company_id, ticket.company) is not None,
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
