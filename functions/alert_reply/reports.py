"""What became of an SMS of ours, as the provider reports it: doubled, out of order, late, or after our own doubt."""

import re
from datetime import datetime

from functions.alert_reply.consent import opted_out_there
from shared.models.alert import Errand
from shared.models.contact_method import ContactMethod
from shared.models.document import Document
from shared.models.notice import Arrival, Notice, Unreached, unreached_id
from shared.models.outgoing import OutgoingState
from shared.outgoing.claim import confirm
from shared.ports import App
from shared.runtime import note
from shared.sms.sms import DeliveryReport
from shared.step import Decision, step

OPTED_OUT = "21610"
"""Twilio's code for a number whose owner wrote STOP."""

_NOTICE = re.compile(r"notice-[0-9a-f]{32}")
_OPEN_STATES = (OutgoingState.PENDING, OutgoingState.CLAIMED, OutgoingState.COMMITTING, OutgoingState.UNCERTAIN)


def take_in(app: App, notice_id: str, report: DeliveryReport) -> str:
    """Note the report with its notice, and whatever follows from it, in one commit; return the outcome in one word."""
    if not _NOTICE.fullmatch(notice_id):
        return "unknown_notice"

    def decide(notice: Notice | None, now: datetime) -> Decision[Notice]:
        known = app.store.get(Unreached, unreached_id(notice_id)) is not None
        return reported(notice, report, now, unreached_is_known=known)

    decision = step(app, Notice, notice_id, decide)
    notice = decision.document
    if notice is None:
        return "unknown_notice"
    if report.error == OPTED_OUT and notice.reference == report.reference:
        step(app, ContactMethod, notice.method, lambda m, now: opted_out_there(m, notice.decided_at, now))
    note(notice=notice_id)
    return decision.outcome


def reported(
    notice: Notice | None, report: DeliveryReport, now: datetime, *, unreached_is_known: bool
) -> Decision[Notice]:
    """Return the notice after the report. Pure.

    A report about a message that we were not sure of is the proof that the provider took it. What is later in
    `Arrival` is never taken back. The first word that it did not arrive sends its alerts on to the next way.
    """
    if notice is None:
        return Decision(None)
    if notice.reference not in ("", report.reference):
        return Decision(notice, outcome="other_message")
    after = confirm(notice, now, report.reference) if notice.state in _OPEN_STATES else notice
    if not after.reference:
        after = after.but(reference=report.reference)
    if report.arrival.rank > notice.arrival.rank:
        after = after.but(arrival=report.arrival, arrived_at=now)
    if after is notice:
        return Decision(notice)
    lost = after.arrival is Arrival.UNDELIVERED and notice.arrival is not Arrival.UNDELIVERED
    news = any(item.errand is Errand.NEWS for item in notice.items)
    creates: tuple[Document, ...] = ()
    if lost and news and not unreached_is_known:
        reason = f"not delivered, code {report.error}" if report.error else "not delivered"
        creates = (Unreached(id=unreached_id(notice.id), notice=notice.id, reason=reason, at=now, alarm_at=now),)
    return Decision(after, creates, after.arrival.value)
