"""Schedule: says to the world outside that this system lives, and to the manager once a day that all is quiet."""

from datetime import datetime
from typing import cast

from functions.heartbeat.rules import all_quiet, is_alive
from shared.errors import Retryable
from shared.models.document import Watched
from shared.models.finding import Finding
from shared.ports import App, Query
from shared.queries import ALERTS_BY_STANDING, OVERDUE
from shared.runtime import scheduled_function
from shared.step import Decision, step

ENOUGH = 1000


@scheduled_function
def heartbeat(tick: datetime, app: App) -> dict[str, object]:
    """Beat only if nothing has waited too long: a platform that answers but does no work counts as dead.

    Raises Retryable if the watch outside does not answer: it rings by itself then, which is what it is for.
    """
    alive = is_alive([_oldest(app, cast("Query[Watched]", query), tick) for query in OVERDUE], tick)
    watch = app.heartbeat()
    if alive and watch is not None:
        watch.beat()
    standing = app.store.find(ALERTS_BY_STANDING, limit=ENOUGH, equals={"standing": "open"})
    news = all_quiet(app.settings, tick, [found.document for found in standing])
    if news is not None:
        step(app, Finding, news.id, lambda known, _now: Decision(known or news))
    if not alive:
        raise Retryable("work has waited for too long: the watch outside is left to ring")
    return {"outcome": "beat" if watch else "no_watch", "alerts": len(standing)}


def _oldest(app: App, query: Query[Watched], tick: datetime) -> datetime | None:
    """Return the time of the alarm that waits the longest; None if none is due."""
    found = app.store.find(query, limit=1, until=tick)
    return found[0].document.alarm_at if found else None
