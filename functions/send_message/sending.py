"""The way of one message: what stands against it, then the channel."""

from collections.abc import Callable
from functools import partial

from functions.send_message.admission import ADMITTED, admit, block, names_a_bad_mailbox
from functions.send_message.news import beside
from functions.send_message.rules import Situation, why_not
from shared.edge.task_call import TaskCall
from shared.errors import PermanentFailure
from shared.mail.compose import compose
from shared.mail.letter import Letter
from shared.models.contact import Contact, contact_id
from shared.models.message import Message
from shared.models.outgoing import OutgoingState
from shared.models.ticket import Ticket
from shared.outgoing.claim import NotNow, given_up, held, why_not_now
from shared.outgoing.delivery import Delivery
from shared.ports import App, Found, MailChannel, Receipt, SendFailed
from shared.step import step


def deliver(call: TaskCall, app: App, found: Found[Message]) -> str:
    """Send the message or note why not; return what came of it in one word."""
    ticket = _ticket(app, found.document)
    channel = app.mail()
    delivery = Delivery(
        call,
        app,
        found,
        via=app.settings.mail.channel,
        beside=lambda message, now: beside(message, ticket, app.settings, now),
    )
    not_now = why_not_now(delivery.document, app.clock.now())
    if not_now is NotNow.IN_DOUBT:
        state = delivery.look_up(partial(_was_sent, channel, delivery.document.message_id))
        if state is not OutgoingState.PENDING:
            return state
    if not_now is NotNow.TRIES_RAN_OUT:
        return delivery.conclude(given_up)
    situation = Situation(delivery.document, ticket, app.settings, app.clock.now())
    reason = why_not(situation) or _why_not_admitted(app, situation)
    if reason:
        return delivery.conclude(partial(held, reason=reason))
    return _send(app, delivery, channel, situation)


def _send(app: App, delivery: Delivery[Message], channel: MailChannel, situation: Situation) -> str:
    address = situation.address
    outcome = delivery.hand_over(
        lambda before_commitment: _through(channel, situation, before_commitment),
        commit_at_once=channel.knows_message_ids,
        change=lambda message, _now: message.but(sent_to=address),
    )
    if outcome == OutgoingState.DEAD and names_a_bad_mailbox(delivery.document.reason):
        step(app, Contact, contact_id(address), lambda contact, now: block(contact, address, now))
    return outcome


def _through(channel: MailChannel, situation: Situation, before_commitment: Callable[[], None]) -> Receipt:
    """Every try composes the same bytes: the letter is frozen and the date is that of the decision."""
    message, ticket = situation.message, situation.ticket
    try:
        mail = compose(
            greeted(message, ticket),
            msp=situation.settings.msp,
            to_address=situation.address,
            to_name=(ticket.contact.name if ticket and ticket.contact else None) or "",
            message_id=message.message_id,
            previous=message.previous,
            date=message.decided_at,
            ticket_number=message.number,
        )
    except PermanentFailure as refused:  # never a half-right mail: the message is dead, and somebody hears of it
        raise SendFailed(refused.code, permanent=True) from refused
    return channel.send(mail, before_commitment)


def greeted(message: Message, ticket: Ticket | None) -> Letter:
    """Return the letter, with the name of who gets it now: the contact may have changed since it was written."""
    name = (ticket.contact.name if ticket and ticket.contact else None) or ""
    letter = message.letter
    if not message.addressee or not name or name == message.addressee:
        return letter
    return letter.model_copy(update={"greeting": letter.greeting.replace(message.addressee, name)})


def _was_sent(channel: MailChannel, message_id: str) -> bool | None:
    """A channel that delivers the same Message-ID once may always be asked again by sending again."""
    verdict = channel.was_sent(message_id)
    return False if verdict is None and channel.knows_message_ids else verdict


def _why_not_admitted(app: App, situation: Situation) -> str:
    message, address = situation.message, situation.address
    decision = step(app, Contact, contact_id(address), lambda contact, now: admit(contact, message, address, now))
    return "" if decision.outcome == ADMITTED else decision.outcome


def _ticket(app: App, message: Message) -> Ticket | None:
    found = app.store.get(Ticket, message.ticket)
    return found.document if found else None
