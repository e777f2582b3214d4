"""Every question the code asks the store. The index file of Firestore is generated from this list."""

from shared.models.alert import Alert
from shared.models.message import Message
from shared.models.psa_note import PsaNote
from shared.models.ticket import Ticket
from shared.ports import Query

OVERDUE_TICKETS = Query("overdue_tickets", Ticket, order_by="alarm_at")
OVERDUE_MESSAGES = Query("overdue_messages", Message, order_by="alarm_at")
MESSAGES_OF_TICKET = Query("messages_of_ticket", Message, order_by="decided_at", equals=("ticket",))
MESSAGES_BY_STATE = Query("messages_by_state", Message, order_by="decided_at", equals=("state",))
OVERDUE_NOTES = Query("overdue_notes", PsaNote, order_by="alarm_at")
NOTES_BY_STATE = Query("notes_by_state", PsaNote, order_by="decided_at", equals=("state",))
ALERTS = Query("alerts", Alert, order_by="at")
TICKETS = Query("tickets", Ticket, order_by="first_seen")

ALL = (
    OVERDUE_TICKETS,
    OVERDUE_MESSAGES,
    OVERDUE_NOTES,
    MESSAGES_OF_TICKET,
    MESSAGES_BY_STATE,
    NOTES_BY_STATE,
    ALERTS,
    TICKETS,
)

OVERDUE = (OVERDUE_TICKETS, OVERDUE_MESSAGES, OVERDUE_NOTES)
"""Everything that has an alarm: the safety sweep goes through these."""
