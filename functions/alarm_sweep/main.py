"""Schedule: the safety net under every alarm. Finds what should have been looked at and was not, and sets it anew."""

from datetime import datetime
from typing import cast

from functions.alarm_sweep.rules import MAX_PAGES, OVERDUE_AFTER, PAGE, set_anew
from shared.models.document import Watched
from shared.ports import App, Query
from shared.queries import OVERDUE
from shared.runtime import scheduled_function
from shared.step import step


@scheduled_function
def alarm_sweep(tick: datetime, app: App) -> dict[str, object]:
    """A task that the queue gave up, lost or never got is set under a new generation of its name."""
    found = {query.model.collection: _sweep(app, cast("Query[Watched]", query), tick) for query in OVERDUE}
    return {"outcome": "set_anew" if any(found.values()) else "all_quiet", **found}


def _sweep(app: App, query: Query[Watched], tick: datetime) -> int:
    anew = 0
    after: Watched | None = None
    for _page in range(MAX_PAGES):
        page = app.store.find(query, until=tick - OVERDUE_AFTER, limit=PAGE, after=after)
        for found in page:
            decision = step(app, query.model, found.document.id, set_anew, known=found)
            anew += decision.outcome == "set_anew"
        if len(page) < PAGE:
            break
        after = page[-1].document
    return anew
