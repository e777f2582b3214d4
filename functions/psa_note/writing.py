"""The way of one note. No PSA recognises a note that it has already, so each is committed to before it is tried."""

from datetime import datetime
from functools import partial

from shared.alerts.kinds import KINDS
from shared.edge.task_call import TaskCall
from shared.errors import PermanentFailure, PsaOutcomeUnknown, PsaUnavailable
from shared.models.document import Document
from shared.models.finding import Finding, finding_id
from shared.models.notice import Unreached, unreached_id
from shared.models.outgoing import OutgoingState
from shared.models.psa_note import PsaNote
from shared.outgoing.claim import NotNow, given_up, held, why_not_now
from shared.outgoing.delivery import Delivery
from shared.ports import App, Found, PsaClient, Receipt, SendFailed, SendUncertain


def write(call: TaskCall, app: App, found: Found[PsaNote]) -> str:
    """Write the note into the PSA or note why not; return what came of it in one word."""
    note = found.document
    delivery = Delivery(call, app, found, via=note.psa, beside=beside)
    not_now = why_not_now(note, app.clock.now())
    if not_now is NotNow.IN_DOUBT:
        return delivery.look_up(_nobody_can_tell)
    if not_now is NotNow.TRIES_RAN_OUT:
        return delivery.conclude(given_up)
    if not_now is not None or note.psa not in app.settings.psa:
        return delivery.conclude(partial(held, reason=str(not_now or "connection_removed")))
    client = app.psa_client(note.psa)
    return delivery.hand_over(lambda _before: _add(client, note), commit_at_once=True)


def beside(note: PsaNote, now: datetime) -> tuple[Document, ...]:
    """A note that the PSA will not take is worth a line for the manager. One in doubt is not: it is listed.

    Was the note to tell somebody of an alert, then the alert has to go another way.
    """
    if note.state not in (OutgoingState.DEAD, OutgoingState.HELD):
        return ()
    if note.message.startswith("alert-"):
        lost = Unreached(
            id=unreached_id(note.id), notice=note.id, alert=note.message, reason=note.reason, at=now, alarm_at=now
        )
        return (lost,)
    return (_finding(note, now),) if note.state is OutgoingState.DEAD else ()


def _finding(note: PsaNote, now: datetime) -> Finding:
    cause = f"{note.id}.{note.attempts}"
    return Finding(
        id=finding_id("undelivered_note", cause),
        at=now,
        kind="undelivered_note",
        dedup_key=cause,
        severity=KINDS["undelivered_note"].severity,
        audience=KINDS["undelivered_note"].audience,
        text=f"The PSA did not take the note about a message that went out: {note.reason}.",
        ticket=note.ticket,
        source=note.id,
        alarm_at=now,
    )


def _add(client: PsaClient, note: PsaNote) -> Receipt:
    try:
        return Receipt(client.add_note(note.psa_id, note.text, internal=note.internal))
    except PsaOutcomeUnknown as unknown:
        raise SendUncertain(unknown.code) from unknown
    except PsaUnavailable as unavailable:
        raise SendFailed(unavailable.code, permanent=False, retry_after=unavailable.retry_after) from unavailable
    except PermanentFailure as refused:
        raise SendFailed(refused.code, permanent=True) from refused


def _nobody_can_tell() -> None:
    """No PSA can be asked for a note by what it says."""
