"""Tells of an alert where technicians work: an internal note on the ticket itself. Pure."""

from datetime import datetime, timedelta

from functions.alert_manager.chain import unreached
from shared.alerts.kinds import filled, kind_of
from shared.config.settings import Settings
from shared.mail.text import one_line
from shared.models.alert import Alert, Telling
from shared.models.psa_note import PsaNote, psa_note_id
from shared.models.ticket import Ticket
from shared.ports import Found
from shared.step import Decision

NOTE_EXPIRES = timedelta(days=1)
LONGEST_NOTE = 600


def noted_in_psa(
    alert: Alert | None, telling: Telling, ticket: Found[Ticket] | None, settings: Settings, now: datetime
) -> Decision[Alert]:
    """Return the alert with the note on its way, or with the telling unreached where there is no ticket to write on."""
    if alert is None or telling not in alert.tellings:
        return Decision(alert)
    about_notes = alert.kind == "undelivered_note"  # a note about it would come back, too
    if ticket is None or about_notes or ticket.document.psa not in settings.psa:
        return Decision(unreached(alert, telling, "there is no ticket to write on", settings.alerts, now))
    cause = f"{alert.id}.{'.'.join(map(str, telling.key))}"
    kind = kind_of(alert)
    text = f"Promisekeeper: {filled(kind.brief, alert, now)} {filled(kind.action, alert, now)}"
    note = PsaNote(
        id=psa_note_id(cause),
        ticket=ticket.document.id,
        psa=ticket.document.psa,
        psa_id=ticket.document.psa_id,
        text=one_line(text, LONGEST_NOTE),
        message=alert.id,
        decided_at=now,
        expires_at=now + NOTE_EXPIRES,
        alarm_at=now,
    )
    return Decision(alert.with_telling(telling, notice=note.id), (note,))
