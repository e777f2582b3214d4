"""The mailbox: the list of mails, newest first, and one mail with the reason why it was sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from infra.local.pages.alert_views import speaker
from infra.local.pages.desk import Desk
from infra.local.pages.journey import Lane, journey
from infra.local.pages.ledger import Ledger
from infra.local.pages.mails import OpenedMail, notice_of, opened, place_in_mailbox, sent_date, ticket_of
from infra.local.pages.phone_views import local_link
from infra.local.pages.view import Missing, View, Wrong
from shared.channels.mailbox import KeptMail
from shared.models.message import Message
from shared.models.notice import Notice
from shared.models.outgoing import OutgoingState
from shared.models.ticket import Ticket

PAGE = 50
WITHOUT_SERVER = 1_000  # in a folder nobody asks for the next page


@dataclass(frozen=True, slots=True)
class MailRow:
    """One line of the list. `message` is what the store knows about a mail to a client; None for one of another life.
    `alert` says that it is a mail to our own people.
    """

    place: int
    to: str
    subject: str
    at: datetime | None
    message: Message | None
    alert: bool = False


def mailbox(desk: Desk, query: Mapping[str, str], *, page: int = PAGE) -> View:
    ledger = desk.ledger()
    ticket = _wanted_ticket(desk, ledger, query)
    number = query.get("number", "").strip()[:60]
    if desk.mailbox is None:
        rows, older = [], None
    elif ticket is not None:
        rows, older = _rows_of_ticket(desk, ledger, ticket), None
    else:
        rows, older = _newest(desk, ledger, query, page)
    return View(
        "mailbox.html",
        {
            "rows": rows,
            "older": older,
            "first_page": not query.get("before"),
            "ticket": ticket,
            "number": number,
            "count": desk.mailbox.count() if desk.mailbox else 0,
            "kept": desk.mailbox is not None,
        },
    )


def one_mail(desk: Desk, place: int) -> View:
    mail = open_mail(desk, place)
    kept = desk.mailbox.mail(place) if desk.mailbox else None
    ledger = desk.ledger()
    ticket_id = ticket_of(kept.message_id) if kept else None
    ticket = ledger.ticket(ticket_id) if ticket_id else None
    messages = ledger.messages_of(ticket.id) if ticket else []
    message = next((m for m in messages if kept and m.message_id == kept.message_id), None)
    lines = journey(ticket, messages, (), desk.zone) if ticket else []
    notice_id = notice_of(kept.message_id) if kept else None
    notice = ledger.notice(notice_id) if notice_id else None
    return View(
        "mail.html",
        {
            "place": place,
            "mail": mail,
            "ticket": ticket,
            "message": message,
            "line": next((line for line in lines if line.lane is Lane.TOLD and line.mail == place), None),
            "note": ledger.note_about(message) if message else None,
            **_of_notice(desk, ledger, notice),
            "thread": [
                (m, other)
                for m in messages
                if m.state is OutgoingState.SENT and (other := place_in_mailbox(m)) is not None
            ],
        },
    )


def _of_notice(desk: Desk, ledger: Ledger, notice: Notice | None) -> dict[str, object]:
    """Return what the page says of a mail to one of our own people; all of it empty for any other mail."""
    says = speaker(desk)
    found = [ledger.alert(key) for key in dict.fromkeys(item.alert for item in notice.items)] if notice else []
    settings = desk.app.settings.alerts
    has_links = notice is not None and settings.link_base is not None and settings.link_keys
    return {
        "alert_notice": notice,
        "alerts": [alert for alert in found if alert is not None],
        "alert_title": says.title,
        "person": says.name(notice.person) if notice else "",
        "letter_link": local_link(desk, desk.app.alert_links().page(notice.id)) if has_links and notice else "",
    }


def open_mail(desk: Desk, place: int) -> OpenedMail:
    mail = desk.mailbox.mail(place) if desk.mailbox else None
    if mail is None:
        raise Missing("There is no mail at this place of the mailbox.")
    return opened(mail)


def _newest(desk: Desk, ledger: Ledger, query: Mapping[str, str], page: int) -> tuple[list[MailRow], int | None]:
    before = query.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) <= 12):
        raise Wrong("A place in the mailbox is a number.")
    if desk.mailbox is None:
        return [], None
    found = desk.mailbox.newest(page + 1, before=int(before) if before else None)
    rows = _rows(desk, ledger, found[:page])
    return rows, rows[-1].place if len(found) > page else None


def _rows(desk: Desk, ledger: Ledger, kept: list[KeptMail]) -> list[MailRow]:
    tickets = {ticket for one in kept if (ticket := ticket_of(one.message_id))}
    known = {m.message_id: m for ticket in sorted(tickets) for m in ledger.messages_of(ticket)}
    return [_row(desk, one, known.get(one.message_id)) for one in kept]


def _row(desk: Desk, kept: KeptMail, message: Message | None) -> MailRow:
    at = message.sent_at if message else None
    notice = notice_of(kept.message_id)
    if at is None and desk.mailbox is not None and (mail := desk.mailbox.mail(kept.place)) is not None:
        at = sent_date(mail)
    return MailRow(kept.place, kept.recipient, kept.subject, at, message, notice is not None)


def _rows_of_ticket(desk: Desk, ledger: Ledger, ticket: Ticket) -> list[MailRow]:
    rows = []
    for message in reversed(ledger.messages_of(ticket.id)):
        place = place_in_mailbox(message)
        mail = desk.mailbox.mail(place) if desk.mailbox and place is not None else None
        if place is not None and mail is not None:
            rows.append(MailRow(place, mail.recipient, mail.subject, message.sent_at, message))
    return rows


def _wanted_ticket(desk: Desk, ledger: Ledger, query: Mapping[str, str]) -> Ticket | None:
    if query.get("ticket"):
        ticket = ledger.ticket(query["ticket"])
        if ticket is None:
            raise Missing("There is no ticket at this address.")
        return ticket
    return desk.find_by_number(query["number"]) if query.get("number", "").strip() else None
