"""When something may leave, and what each outcome makes of it: pure rules over Outgoing, with the time passed in.

The times hang together: waiting for the answer to the final dot 120 s < a function's limit 180 s < LEASE 240 s <= the
queue's dispatch deadline 300 s. Whoever held a lease that ran out is therefore gone, and so is its last word to the
provider. The lease starts afresh right before the step that cannot be taken back.
"""

import hashlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from shared.models.outgoing import Outgoing, OutgoingState
from shared.ports import SendFailed

O = TypeVar("O", bound=Outgoing)  # noqa: E741 - an outgoing of one kind: what comes in is what comes out

LEASE = timedelta(seconds=240)
LOOK_UP_AFTER = timedelta(minutes=15)  # a provider's own search needs a while to know what it took
MAX_ATTEMPTS = 20  # with the pauses below: about two days, which is when most messages expire
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=4)
LONGEST_REASON = 300
CLOCK_SKEW = timedelta(seconds=5)  # between the queue that wakes us and this machine

_OVER = (OutgoingState.SENT, OutgoingState.HELD, OutgoingState.DEAD)
_HELD_BY_SOMEBODY = (OutgoingState.CLAIMED, OutgoingState.COMMITTING)


class NotNow(StrEnum):
    """Why something may not leave at this moment."""

    DONE = "done"  # sent, held or dead: nothing is left to do
    LEFT_TO_A_PERSON = "left_to_a_person"  # uncertain, and nobody outside can tell
    IN_OTHER_HANDS = "in_other_hands"  # a lease still runs
    NOT_DUE = "not_due"  # its own time has not come
    IN_DOUBT = "in_doubt"  # it may have gone out: `looked_up` comes first
    EXPIRED = "expired"
    TRIES_RAN_OUT = "tries_ran_out"


def why_not_now(document: Outgoing, now: datetime) -> NotNow | None:
    """Return what stands against sending `document`, or None. A doubt is settled before anything else is asked."""
    if document.state in _OVER:
        return NotNow.DONE
    if document.state is OutgoingState.UNCERTAIN and document.alarm_at is None:
        return NotNow.LEFT_TO_A_PERSON
    return _not_yet(document, now) or _not_any_more(document, now)


def _not_yet(document: Outgoing, now: datetime) -> NotNow | None:
    lease_until = document.lease_until if document.state in _HELD_BY_SOMEBODY else None
    if lease_until is not None and now < lease_until:
        return NotNow.IN_OTHER_HANDS
    if document.alarm_at is not None and now + CLOCK_SKEW < document.alarm_at:
        return NotNow.NOT_DUE
    return NotNow.IN_DOUBT if document.state in (OutgoingState.COMMITTING, OutgoingState.UNCERTAIN) else None


def _not_any_more(document: Outgoing, now: datetime) -> NotNow | None:
    if document.expires_at <= now:
        return NotNow.EXPIRED
    return NotNow.TRIES_RAN_OUT if document.attempts >= MAX_ATTEMPTS else None


def claim(document: O, now: datetime, who: str, *, via: str, lease: timedelta = LEASE) -> O | NotNow:
    """Return `document` in the hands of `who`, or why not. No two claims are equal: each carries the count of tries.

    The wake-up after the lease counts as set: the task in hand is one. The queue brings it again until it is answered,
    and whoever then finds the lease running puts the look at its end (see `shared.outgoing.find_work`).
    """
    reason = why_not_now(document, now)
    if reason is not None:
        return reason
    tries = document.attempts + 1
    mine = document.but(state=OutgoingState.CLAIMED, claim=f"{who}.{tries}", via=via, attempts=tries, reason="")
    return _leased(mine, now + lease)


def committing(document: O, now: datetime, mine: str, *, lease: timedelta = LEASE) -> O | None:
    """Return `document` as it must be stored before the point of no return; None if the claim `mine` is lost."""
    if document.state is not OutgoingState.CLAIMED or document.claim != mine:
        return None
    return _leased(document.but(state=OutgoingState.COMMITTING), now + lease)


def confirm(document: O, now: datetime, reference: str) -> O:
    """Return `document` as sent. The other side's word ends every doubt, also one that somebody noted meanwhile."""
    if document.state is OutgoingState.SENT:
        return document
    return _free(document, OutgoingState.SENT).but(sent_at=now, reference=reference, reason="")


def failed(document: O, now: datetime, mine: str, failure: SendFailed) -> O:
    """Return `document` after a try that surely did nothing: due again later, or dead. Not ours any more: unchanged."""
    if document.claim != mine or document.state not in _HELD_BY_SOMEBODY:
        return document
    reason = failure.reason[:LONGEST_REASON]
    if failure.permanent:
        return _dead(document, reason)
    if document.attempts >= MAX_ATTEMPTS:
        return _dead(document, f"{NotNow.TRIES_RAN_OUT}: {reason}")
    next_try = now + pause_before(document, failure.retry_after)
    if next_try >= document.expires_at:
        return _dead(document, f"{NotNow.EXPIRED}: {reason}")
    return _free(document, OutgoingState.PENDING).but(reason=reason, alarm_at=next_try)


def pause_before(document: Outgoing, retry_after: float | None = None) -> timedelta:
    """Return the wait before the next try: what the other side asked for, else doubling, spread by up to a fifth.

    The spread is computed from the id, so that what failed together does not come back together.
    """
    if retry_after is not None:
        return timedelta(seconds=min(LONGEST_PAUSE.total_seconds(), max(1.0, retry_after)))
    doubled: timedelta = FIRST_PAUSE * 2 ** min(max(document.attempts - 1, 0), 12)
    digest = hashlib.sha256(f"{document.id} {document.attempts}".encode()).digest()
    return min(doubled, LONGEST_PAUSE) * (0.9 + 0.2 * digest[0] / 255)


def doubt(document: O, now: datetime, reason: str) -> O:
    """Return `document` as uncertain, to be looked up once the other side can know. What is over stays over."""
    if document.state in _OVER:
        return document
    return _free(document, OutgoingState.UNCERTAIN).but(reason=reason, alarm_at=now + LOOK_UP_AFTER)


def looked_up(document: O, now: datetime, was_sent: bool | None) -> O:
    """Return `document`, which is in doubt, after the other side was asked: sent, free again, or still uncertain.

    What is uncertain after the second question has no alarm any more: from there on a person decides.
    """
    if was_sent:
        return confirm(document, now, document.reference)
    if was_sent is False:
        return _free(document, OutgoingState.PENDING).but(alarm_at=now, reason="surely_not_sent")
    if document.state is OutgoingState.COMMITTING:
        return doubt(document, now, "stopped_while_sending")
    return document.but(alarm_at=None)


def held(document: O, now: datetime, reason: str) -> O:
    """Return `document` as stopped by a guard; unchanged if it is in other hands, in doubt or over."""
    return _free(document, OutgoingState.HELD).but(reason=reason) if _is_free(document, now) else document


def given_up(document: O, now: datetime) -> O:
    """Return `document` as dead after its last try got nowhere; unchanged if it is in other hands, in doubt or over."""
    return _dead(document, NotNow.TRIES_RAN_OUT) if _is_free(document, now) else document


def _is_free(document: Outgoing, now: datetime) -> bool:
    return why_not_now(document, now) in (None, NotNow.EXPIRED, NotNow.TRIES_RAN_OUT)


def _dead(document: O, reason: str) -> O:
    return _free(document, OutgoingState.DEAD).but(reason=str(reason))


def _leased(document: O, until: datetime) -> O:
    return document.but(lease_until=until, alarm_at=until, alarm_set=until)


def _free(document: O, state: OutgoingState) -> O:
    return document.but(state=state, lease_until=None, alarm_at=None, alarm_set=None)  # the lease's look was never put
