"""What comes to exist together with a notice's new state: if it did not arrive, its alerts go on to the next way."""

from datetime import datetime

from shared.models.alert import Errand
from shared.models.document import Document
from shared.models.notice import Notice, Unreached, unreached_id
from shared.models.outgoing import OutgoingState

NOBODY_NEEDS_IT = "nobody_needs_it"


def beside(notice: Notice, now: datetime) -> tuple[Document, ...]:
    """Return what the notice's new state brings along. A doubt that nobody can settle counts as not arrived.

    Better twice through two ways than not at all: the second message does not repeat the first on the same phone.
    """
    lost = (
        notice.state is OutgoingState.DEAD
        or (notice.state is OutgoingState.HELD and notice.reason != NOBODY_NEEDS_IT)
        or (notice.state is OutgoingState.UNCERTAIN and notice.alarm_at is None)
    )
    if not lost or all(item.errand is Errand.RESOLVED for item in notice.items):
        return ()
    reason = notice.reason or notice.state.value
    return (Unreached(id=unreached_id(notice.id), notice=notice.id, reason=reason, at=now, alarm_at=now),)
