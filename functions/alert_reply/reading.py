"""Reads what a page is about: the notice, and its alerts as they are now."""

from collections.abc import Collection

from shared import queries
from shared.models.alert import Alert, Errand, Standing
from shared.models.contact_method import Item
from shared.models.notice import Notice
from shared.ports import App, Found, Store

MANY = 20
MOST_ALERTS = 2000
"""So many of one notice are looked at; a digest beyond that has more urgent problems than its end."""


def news_of(notice: Notice) -> tuple[str, ...]:
    """Return the ids of the alerts that the notice told of as news, once each, in its order."""
    return tuple(dict.fromkeys(item.alert for item in _said(notice) if item.errand is Errand.NEWS))


def told_in(notice: Notice) -> tuple[str, ...]:
    """Return the ids of all alerts of the notice, also of those that it said to be over."""
    return tuple(dict.fromkeys(item.alert for item in _said(notice)))


def notice_to_show(app: App, notice_id: str) -> Notice | None:
    """Return the notice; None if there is none, or if whom it was for is not in the settings any more."""
    found = app.store.get(Notice, notice_id)
    return found.document if found and found.document.person in app.settings.alerts.people else None


def alerts_of(store: Store, ids: Collection[str]) -> list[Found[Alert]]:
    """Return the alerts in the order of `ids`, without those that are gone.

    Many are read by three questions for whatever is not over; only the others are then read one by one.
    """
    wanted = tuple(ids)[:MOST_ALERTS]
    known: dict[str, Found[Alert]] = {}
    if len(wanted) > MANY:
        for standing in (Standing.OPEN, Standing.ACKNOWLEDGED, Standing.SNOOZED):
            found = store.find(queries.ALERTS_BY_STANDING, limit=MOST_ALERTS, equals={"standing": standing.value})
            known |= {each.document.id: each for each in found}
    read = (known.get(each) or store.get(Alert, each) for each in wanted)
    return [each for each in read if each is not None]


def _said(notice: Notice) -> tuple[Item, ...]:
    dropped = {each.alert for each in notice.dropped}
    return tuple(item for item in notice.items if item.alert not in dropped) or notice.items
