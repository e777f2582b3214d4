"""A played day for tests: the code of `make demo`, with fewer tickets, and a judge who looks from outside."""

import contextlib
import io
from collections import Counter
from datetime import timedelta
from pathlib import Path

from infra.local.data_folder import DataFolder
from infra.local.demo_platform import Day, prepare
from infra.local.demo_stage import Weather
from infra.local.fake_psa.things import Action
from infra.local.simulator import END, START, plot
from shared.models.message import Message
from shared.models.notice import Notice
from shared.models.outgoing import OutgoingState

HOLD = timedelta(minutes=3)
DONE = ("Completed", ">Closed", "Complete", "Resolved", "Closed")


def played(folder: Path, *, seed: int = 1, tickets: int | None = 30, weather: Weather | None = None) -> Day:
    with contextlib.redirect_stdout(io.StringIO()):  # a failing test shows what it checks, not 1,000 log lines
        day = prepare(DataFolder.at(folder), START, seed, weather or Weather(), "A played day.")
        day.stage.play(plot(seed, tickets), END)
    day.stage.count_arrivals()
    return day


def sent(day: Day) -> list[Message]:
    desk = day.platform.desk
    return desk.ledger().messages(desk.span(desk.today()), OutgoingState.SENT)


def told_people(day: Day) -> list[Notice]:
    """The messages to the MSP's own people that went out."""
    desk = day.platform.desk
    found = desk.ledger().notices(desk.span(desk.today()))
    return [notice for notice in found if notice.state is OutgoingState.SENT]


def mails(day: Day) -> list[bytes]:
    """Every mail in the mailbox, byte for byte, in its order."""
    mailbox = day.platform.mailbox
    assert mailbox is not None
    found = [mailbox.mail(place) for place in range(1, mailbox.count() + 1)]
    return [mail.raw for mail in found if mail is not None]


def told(day: Day, touchpoint: str) -> Counter[tuple[str, str]]:
    """How often each ticket (connection, number there) was told of `touchpoint`."""
    ledger = day.platform.desk.ledger()
    tickets = {message.ticket: ledger.ticket(message.ticket) for message in sent(day)}
    return Counter(
        (found.psa, found.psa_id)
        for message in sent(day)
        if message.touchpoint == touchpoint and (found := tickets[message.ticket])
    )


def resolutions_that_stood(day: Day) -> Counter[tuple[str, str]]:
    """What the PSAs' own history says: stretches of being done that outlasted the hold, of tickets with a real contact."""
    found: Counter[tuple[str, str]] = Counter()
    for connection, psa in day.psas.by_connection.items():
        done_since: dict[int, object] = {}
        for event in psa.tenant.history:
            ticket = event.ticket
            if ticket is None or event.action is Action.DELETED:
                continue
            done = ticket.status in DONE
            if done and ticket.id not in done_since:
                done_since[ticket.id] = event.at
            elif not done and (since := done_since.pop(ticket.id, None)) and event.at - since > HOLD:
                found[connection, str(ticket.id)] += 1
        for ticket_id in done_since:
            found[connection, str(ticket_id)] += 1
    return Counter({key: count for key, count in found.items() if _can_be_written_to(day, *key)})


def _can_be_written_to(day: Day, connection: str, ticket_id: str) -> bool:
    tenant = day.psas.by_connection[connection].tenant
    ticket = tenant.tickets.get(int(ticket_id))
    contact = tenant.contacts.get(ticket.contact_id or 0) if ticket else None
    if ticket is None or contact is None or ticket.board == "Internal":
        return False
    return "@" in contact.email and not contact.email.endswith(("@monitoring.example", "@homemail.example"))
