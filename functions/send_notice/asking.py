"""Reads what a notice is about, as it is now: each alert, its source, and whether its end is news to this person."""

from collections.abc import Collection

from functions.send_notice.rules import Asked
from shared.alerts.source import why_over
from shared.models.alert import Alert, Errand, Standing
from shared.models.contact_method import Item
from shared.models.notice import Notice
from shared.models.outgoing import OutgoingState
from shared.ports import Store

WENT_OUT = (OutgoingState.SENT, OutgoingState.COMMITTING, OutgoingState.UNCERTAIN)
"""Or may have: better an end of something unheard than no end of something heard."""


def ask(store: Store, notice: Notice, only: Collection[str] | None = None) -> dict[str, Asked]:
    """Return the alerts of the notice by their ids. `only` limits the reading; the others then count as gone."""
    return {
        item.alert: _asked(store, notice, item) if only is None or item.alert in only else Asked(None)
        for item in notice.items
    }


def _asked(store: Store, notice: Notice, item: Item) -> Asked:
    found = store.get(Alert, item.alert)
    if found is None:
        return Asked(None)
    alert = found.document
    if alert.standing is Standing.RESOLVED:
        heard = _heard(store, alert, notice) if item.errand is Errand.RESOLVED else frozenset()
        return Asked(alert, heard=heard)
    return Asked(alert, why_over=why_over(store, alert) if alert.is_open else "")


def _heard(store: Store, alert: Alert, notice: Notice) -> frozenset[str]:
    """Return the notices by which this person heard of the alert, in this cycle and this way."""
    carried = {
        telling.notice
        for telling in alert.tellings
        if telling.cycle == alert.cycle
        and telling.errand is Errand.NEWS
        and (telling.person, telling.way) == (notice.person, notice.way)
    }
    found = (store.get(Notice, each) for each in carried if each)
    return frozenset(
        each.document.id
        for each in found
        if each is not None
        and each.document.state in WENT_OUT
        and alert.id not in {dropped.alert for dropped in each.document.dropped}
    )
