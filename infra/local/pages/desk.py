"""What the pages look at: the platform's store, mailbox and phone, in the MSP's own time zone."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from infra.local.answering_phone import AnsweringPhone
from infra.local.pages.ledger import LOOK_BACK, Ledger
from infra.local.pages.span import Span, day_span
from shared.channels.mailbox import MailboxChannel
from shared.models.ticket import Ticket
from shared.ports import App


@dataclass(frozen=True)
class Desk:
    """`mailbox` and `phone` are None where mails and SMS really go out. `notice` stands on every page, for example that
    time is played.
    """

    app: App
    mailbox: MailboxChannel | None
    notice: str = ""
    phone: AnsweringPhone | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the calendar that holds for all clients: the MSP's own."""
        settings = self.app.settings
        return ZoneInfo(settings.calendars[settings.updates.calendar].tz)

    def today(self) -> date:
        return self.app.clock.now().astimezone(self.zone).date()

    def ledger(self) -> Ledger:
        return Ledger(self.app.store)

    def span(self, day: date) -> Span:
        return day_span(day, self.zone)

    def find_by_number(self, number: str) -> Ticket | None:
        """Return the ticket that people call `number`: in most PSAs its id, else it is looked for in the last days."""
        wanted = number.strip().lstrip("#")
        if not wanted:
            return None
        ledger = self.ledger()
        for name in self.app.settings.psa:
            ticket = ledger.ticket_of(name, wanted)
            if ticket is not None:
                return ticket
        now = self.app.clock.now()
        recent = ledger.tickets(Span(now - LOOK_BACK, self.span(self.today()).end))
        return next((t for t in reversed(recent) if t.number.casefold() == wanted.casefold()), None)
