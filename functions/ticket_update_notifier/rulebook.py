"""From the MSP's settings to the rules that hold for one ticket's client."""

from datetime import timedelta

from functions.ticket_update_notifier.draft import Rules
from functions.ticket_update_notifier.letters import LetterWriter
from shared.config.settings import Settings
from shared.models.ticket import Ticket


def rules_for(settings: Settings, ticket: Ticket | None) -> Rules:
    """Return the rules for `ticket`'s client: its own where it has some, the general ones where not."""
    company_id, company = (ticket.company_id, ticket.company) if ticket else (None, None)
    updates = settings.updates_for(company_id, company)
    writer = LetterWriter(
        language=settings.language_for(company_id, company),
        zone=settings.calendars[updates.calendar].tz,
        msp=settings.msp.name,
        signature=settings.msp.signature,
    )
    return Rules(
        updates=updates,
        calendar=settings.calendar(updates.calendar),
        message_domain=settings.msp.mail_from.rpartition("@")[2],
        expires_after=timedelta(hours=settings.mail.expires_hours),
        write=writer,
    )
