"""Every question the code asks the store. The index file of Firestore is generated from this list."""

from shared.models.alert import Alert
from shared.models.canary import Canary
from shared.models.contact_method import ContactMethod
from shared.models.finding import Finding
from shared.models.message import Message
from shared.models.notice import Notice, Unreached
from shared.models.psa_note import PsaNote
from shared.models.ticket import Ticket
from shared.ports import Query

OVERDUE_TICKETS = Query("overdue_tickets", Ticket, order_by="alarm_at")
OVERDUE_MESSAGES = Query("overdue_messages", Message, order_by="alarm_at")
MESSAGES_OF_TICKET = Query("messages_of_ticket", Message, order_by="decided_at", equals=("ticket",))
MESSAGES_BY_STATE = Query("messages_by_state", Message, order_by="decided_at", equals=("state",))
OVERDUE_NOTES = Query("overdue_notes", PsaNote, order_by="alarm_at")
NOTES_BY_STATE = Query("notes_by_state", PsaNote, order_by="decided_at", equals=("state",))
FINDINGS = Query("findings", Finding, order_by="at")
OVERDUE_FINDINGS = Query("overdue_findings", Finding, order_by="alarm_at")
ALERTS = Query("alerts", Alert, order_by="opened_at")
ALERTS_BY_STANDING = Query("alerts_by_standing", Alert, order_by="opened_at", equals=("standing",))
ALERTS_OF_KIND = Query("alerts_of_kind", Alert, order_by="opened_at", equals=("kind", "standing"))
ALERTS_OF_TICKET = Query("alerts_of_ticket", Alert, order_by="opened_at", equals=("ticket",))
OVERDUE_ALERTS = Query("overdue_alerts", Alert, order_by="alarm_at")
OVERDUE_CONTACT_METHODS = Query("overdue_contact_methods", ContactMethod, order_by="alarm_at")
NOTICES = Query("notices", Notice, order_by="decided_at")
NOTICES_BY_STATE = Query("notices_by_state", Notice, order_by="decided_at", equals=("state",))
OVERDUE_NOTICES = Query("overdue_notices", Notice, order_by="alarm_at")
OVERDUE_CANARIES = Query("overdue_canaries", Canary, order_by="alarm_at")
OVERDUE_UNREACHED = Query("overdue_unreached", Unreached, order_by="alarm_at")
TICKETS = Query("tickets", Ticket, order_by="first_seen")

ALL = (
    OVERDUE_TICKETS,
    OVERDUE_MESSAGES,
    OVERDUE_NOTES,
    MESSAGES_OF_TICKET,
    MESSAGES_BY_STATE,
    NOTES_BY_STATE,
    FINDINGS,
    OVERDUE_FINDINGS,
    ALERTS,
    ALERTS_BY_STANDING,
    ALERTS_OF_KIND,
    ALERTS_OF_TICKET,
    OVERDUE_ALERTS,
    OVERDUE_CONTACT_METHODS,
    NOTICES,
    NOTICES_BY_STATE,
    OVERDUE_NOTICES,
    OVERDUE_UNREACHED,
    OVERDUE_CANARIES,
    TICKETS,
)

OVERDUE = (
    OVERDUE_TICKETS,
    OVERDUE_MESSAGES,
    OVERDUE_NOTES,
    OVERDUE_FINDINGS,
    OVERDUE_ALERTS,
    OVERDUE_CONTACT_METHODS,
    OVERDUE_NOTICES,
    OVERDUE_UNREACHED,
    OVERDUE_CANARIES,
)
"""Everything that has an alarm: the safety sweep goes through these."""
