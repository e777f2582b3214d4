"""What keeps a message from going out: pure rules, each giving one word that says why.

The order is the order of the question "may this still be said at all, to whom, and may that one get mail now?".
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.config.settings import Settings
from shared.mail.address import BadAddress, mail_address, why_never_mailed
from shared.models.message import Message
from shared.models.ticket import Ticket, TicketState, Touchpoint

ALWAYS_NEWS = (Touchpoint.RESOLVED, Touchpoint.CLOSED, Touchpoint.MERGED)


@dataclass(frozen=True, slots=True)
class Situation:
    """A message, its ticket as it is now (None if it is not there any more), and the time."""

    message: Message
    ticket: Ticket | None
    settings: Settings
    now: datetime

    @property
    def raw_address(self) -> str:
        """The address as the PSA has it now, unchecked."""
        contact = self.ticket.contact if self.ticket else None
        return (contact.email or "").strip() if contact else ""

    @property
    def address(self) -> str:
        """The one plain address that the mail goes to. Raises BadAddress."""
        return mail_address(self.raw_address)


Guard = Callable[[Situation], str]


def why_not(situation: Situation) -> str:
    """Return the first reason against sending in one word; "" if there is none."""
    return next((reason for guard in GUARDS if (reason := guard(situation))), "")


def expired(situation: Situation) -> str:
    return "expired" if situation.message.expires_at <= situation.now else ""


def ticket_gone(situation: Situation) -> str:
    return "ticket_gone" if situation.ticket is None or situation.ticket.gone else ""


def switched_off(situation: Situation) -> str:
    """The MSP switched updates off, for all or for this client, while the message waited."""
    ticket = situation.ticket
    if ticket is None or situation.settings.updates_for(ticket.company_id, ticket.company).enabled:
        return ""
    return "switched_off"


def stale(situation: Situation) -> str:
    """Work in progress is no news once the ticket is done; that it is done stays news."""
    if situation.ticket is None or situation.message.touchpoint in ALWAYS_NEWS:
        return ""
    return "stale" if _is_done(situation.ticket) else ""


def overtaken(situation: Situation) -> str:
    """A message that had to wait, and a younger one says otherwise by now: the client's last word must be the last."""
    ticket = situation.ticket
    younger = ticket is not None and any(told.order > situation.message.order for told in ticket.told)
    if ticket is None or not younger:
        return ""
    return "" if situation.message.touchpoint in ALWAYS_NEWS and _is_done(ticket) else "overtaken"


def moved(situation: Situation) -> str:
    """The ticket went to another client after the words were chosen: they are not for these eyes."""
    ticket, message = situation.ticket, situation.message
    if ticket is None or message.company is None:
        return ""
    return "" if message.company == (ticket.company_id or ticket.company) else "moved"


def _is_done(ticket: Ticket) -> bool:
    known = [moment.state for moment in ticket.moments if moment.state is not TicketState.UNKNOWN]
    return bool(known) and known[-1].is_done


def no_address(situation: Situation) -> str:
    return "" if situation.raw_address else "no_address"


def bad_address(situation: Situation) -> str:
    try:
        mail_address(situation.raw_address)
    except BadAddress:
        return "bad_address"
    return ""


def machine_address(situation: Situation) -> str:
    """Nobody reads it, or something answers by itself (RFC 3834)."""
    return "machine_address" if why_never_mailed(situation.address, ()) else ""


def own_address(situation: Situation) -> str:
    """A mail to ourselves opens a ticket, which sends a mail."""
    msp = situation.settings.msp
    own = (*msp.own_domains, msp.mail_from, msp.reply_to or msp.mail_from)
    return "own_address" if why_never_mailed(situation.address, [ours.lower() for ours in own]) else ""


def other_domain(situation: Situation) -> str:
    """The client has named its mail domains, and this is none of them: somebody else must not read about it."""
    ticket = situation.ticket
    client = situation.settings.client(ticket.company_id, ticket.company) if ticket else None
    if client is None or not client.mail_domains:
        return ""
    domain = situation.address.rpartition("@")[2].lower()
    return "" if domain in (each.lower() for each in client.mail_domains) else "other_domain"


GUARDS: tuple[Guard, ...] = (
    expired,
    ticket_gone,
    switched_off,
    stale,
    overtaken,
    moved,
    no_address,
    bad_address,
    machine_address,
    own_address,
    other_domain,
)
