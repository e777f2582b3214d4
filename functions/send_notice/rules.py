"""What of a notice is still to be said, asked again right before it leaves. Pure.

An alert that somebody has, that was put off or that is over is said by nobody any more; the end of one is news only for
whoever heard of its beginning.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.alerts.throttle import free_at, remembered
from shared.config.alerts import AlertSettings
from shared.models.alert import Alert, Errand, Standing, Way
from shared.models.contact_method import ContactMethod, Item, contact_method_id
from shared.models.finding import Severity
from shared.models.notice import Dropped, Notice
from shared.outgoing.claim import why_not_now
from shared.quiet_hours import quiet_until

QUIET_HOURS = "quiet_hours"
NO_ROOM = "throttled"


@dataclass(frozen=True, slots=True)
class Asked:
    """One alert as it is now. `why_over` is what its source says; `heard` are the notices of it that went out."""

    alert: Alert | None
    why_over: str = ""
    heard: frozenset[str] = frozenset()


def still_to_say(notice: Notice, asked: Mapping[str, Asked]) -> tuple[tuple[Item, ...], tuple[Dropped, ...]]:
    """Return the items that are still to be said, and the others with the reason.

    The same alert twice is said once, and is not dropped: an older round of it makes way for the younger.
    """
    kept: dict[tuple[str, Errand], Item] = {}
    dropped: list[tuple[Item, str]] = []
    for item in notice.items:
        why = why_not_any_more(item, notice, asked[item.alert])
        if why:
            dropped.append((item, why))
        else:
            kept[item.alert, item.errand] = item
    left_out = ((item, why) for item, why in dropped if (item.alert, item.errand) not in kept)
    return tuple(kept.values()), tuple(Dropped(alert=item.alert, why=why) for item, why in left_out)


def why_not_any_more(item: Item, notice: Notice, asked: Asked) -> str:
    """Return why the item is not to be said now; "" if it is."""
    alert = asked.alert
    if alert is None:
        return "the alert is gone"
    if item.cycle != alert.cycle:
        return "it was over and came back: told anew"
    if item.errand is Errand.RESOLVED:
        if alert.standing is not Standing.RESOLVED:
            return "it is not over any more"
        return "" if _heard(alert, notice, asked) else "nobody there had heard of it"
    if alert.is_open and item.round >= alert.first_round:
        return asked.why_over
    return {
        Standing.OPEN: "told again in a later round",
        Standing.ACKNOWLEDGED: f"{alert.by} has it",
        Standing.SNOOZED: f"{alert.by} put it off",
        Standing.RESOLVED: "it is over",
    }[alert.standing]


def _heard(alert: Alert, notice: Notice, asked: Asked) -> bool:
    told = [
        telling.notice
        for telling in alert.tellings
        if telling.errand is Errand.NEWS
        and telling.cycle == alert.cycle
        and (telling.person, telling.way) == (notice.person, notice.way)
    ]
    return any(each in asked.heard for each in told)


def why_unreachable(notice: Notice, method: ContactMethod | None, settings: AlertSettings, now: datetime) -> str:
    """Return why nothing can be said to this person in this way; "" if it can. The next way is tried then."""
    if notice.person not in settings.people:
        return "the settings do not name this person any more"
    address = settings.address(notice.person, notice.way)
    if address is None or contact_method_id(notice.way, address) != notice.method:
        return "the address was changed in the settings"
    if notice.way is Way.SMS and settings.sms.channel == "off":
        return "SMS is switched off"
    if method is not None and method.opted_out:
        return "opted out by STOP"
    if method is not None and method.blocked_until is not None and now < method.blocked_until:
        return method.blocked_reason
    return ""


def quiet_end(notice: Notice, items: tuple[Item, ...], settings: AlertSettings, now: datetime) -> datetime | None:
    """Return until when it must wait because the person sleeps by now; None if it need not. Critical never waits."""
    if any(item.severity is Severity.CRITICAL and item.errand is Errand.NEWS for item in items):
        return None
    return quiet_until(settings.people[notice.person].quiet_hours, now)


def put_off(notice: Notice, now: datetime, *, until: datetime, reason: str) -> Notice:
    """Return the notice as due at `until`, with all its patience from then on; unchanged if it is not ours any more."""
    if why_not_now(notice, now) is not None:
        return notice
    patience = timedelta(seconds=notice.patience_seconds)
    return notice.but(alarm_at=until, alarm_set=None, expires_at=until + patience, reason=reason)


def another_place(
    method: ContactMethod | None, notice: Notice, settings: AlertSettings, now: datetime
) -> tuple[ContactMethod | None, datetime | None]:
    """Return the contact method with the notice's place moved to `now`; or unchanged, and when there is room for it."""
    if method is None:
        return None, None
    others = list(remembered(method.sent_at, settings.throttle, now))
    if notice.decided_at in others:
        others.remove(notice.decided_at)
    free = free_at(others, settings.throttle, now)
    if free > now:
        return method, free
    return method.but(sent_at=tuple(sorted((*others, now)))), None
