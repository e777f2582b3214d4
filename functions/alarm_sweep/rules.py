"""When an alarm counts as lost, how often it is set anew, and when a person should look."""

from datetime import datetime, timedelta
from typing import TypeVar

from shared.alerts.kinds import KINDS
from shared.models.document import Watched
from shared.models.finding import Finding, finding_id
from shared.step import Decision

W = TypeVar("W", bound=Watched)

OVERDUE_AFTER = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=24)
TOLD_AT_GENERATION = 4
PAGE = 100
MAX_PAGES = 20


def overdue_after(generation: int) -> timedelta:
    """Return how long after its time an alarm of this generation counts as lost: it doubles, up to a day."""
    doubled = OVERDUE_AFTER * int(2 ** min(generation, 12))
    return min(doubled, LONGEST_WAIT)


def set_anew(document: W | None, now: datetime) -> Decision[W]:
    """Return the document with its alarm under a new generation, if overdue; a manager hears if it is stubborn.

    Not of an alert that is stuck itself: who should tell of it is who does not work. The watch outside rings then.
    """
    if document is None or document.alarm_at is None:
        return Decision(document, outcome="in_order")
    last_set = max(document.alarm_at, document.alarm_set or document.alarm_at)
    if now - last_set < overdue_after(document.alarm_generation):
        return Decision(document, outcome="in_order")
    anew = document.but(alarm_at=now, alarm_set=None, alarm_generation=document.alarm_generation + 1)
    if anew.alarm_generation != TOLD_AT_GENERATION or document.watcher == Finding.watcher:
        return Decision(anew, outcome="set_anew")
    key = f"{document.id}:{document.alarm_at.isoformat()}"
    finding = Finding(
        id=finding_id("stuck", key),
        at=now,
        kind="stuck",
        dedup_key=key,
        severity=KINDS["stuck"].severity,
        audience=KINDS["stuck"].audience,
        source=document.id,
        alarm_at=now,
        text=f"{document.id} could not be worked on {TOLD_AT_GENERATION} times; the dead letters say why.",
    )
    return Decision(anew, (finding,), "set_anew")
