"""What one contact method gets next: alerts that come up together are one message, too many are one digest. Pure.

A batch is opened by the first alert and takes whatever comes until it leaves; appending and opening are one write of
one document, and so is leaving, which creates the notice: nothing is said twice and nothing falls between two batches.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.alerts.throttle import free_at, remembered
from shared.config.alerts import AlertSettings
from shared.models.alert import Alert, Errand, Telling, Way
from shared.models.contact_method import CODE_LIVES, Batch, Code, ContactMethod, Item, notice_id
from shared.models.finding import Severity
from shared.models.notice import Notice
from shared.step import AFTER_THE_COMMIT, Decision

MANY = 5
"""More alerts than this at once, soon after another message, are a storm: they wait for the digest."""

MOST_ITEMS = 1500
"""Some 300 kB: a third of what a document may hold, and as many as one mail lists."""

MOST_WAITING = 2 * MOST_ITEMS

STORM_MEMORY = timedelta(minutes=15)
PATIENCE = timedelta(minutes=1)
"""A message that the ladder lets out so soon is worth waiting for; otherwise it becomes a digest."""

_LIVES = {
    Severity.INFO: timedelta(hours=12),
    Severity.WARNING: timedelta(hours=2),
    Severity.CRITICAL: timedelta(minutes=15),
}
LISTED_ONE_BY_ONE = 3
CODES = 999


class NoRoom(Exception):
    """More waits to be said in this way than one document holds."""


def gathered(
    method: ContactMethod, telling: Telling, alert: Alert, settings: AlertSettings, now: datetime
) -> tuple[ContactMethod, str]:
    """Return the method with the telling in a batch, and the id of the notice that will carry it.

    Raises NoRoom while too much waits there: the alert keeps the telling until some of it has left.
    """
    item = Item(
        alert=alert.id,
        cycle=telling.cycle,
        round=telling.round,
        step=telling.step,
        errand=telling.errand,
        severity=alert.severity,
        ready_at=telling.ready_at,
    )
    batches = list(method.batches)
    if sum(len(batch.items) for batch in batches) >= MOST_WAITING:
        raise NoRoom
    place = next((n for n, batch in enumerate(batches) if _takes(batch, item, settings)), None)
    if place is None:
        number = method.batch_count + 1
        method = method.but(batch_count=number)
        batches.append(Batch(number=number, opened_at=now, due_at=item.ready_at, items=(item,)))
        place = len(batches) - 1
    else:
        batches[place] = batches[place].model_copy(update={"items": (*batches[place].items, item)})
    earlier = (*method.sent_at, *(batch.due_at for batch in batches[:place]))
    batches[place] = _timed(batches[place], earlier, settings, now)
    after = method.but(batches=tuple(batches))
    return after.but(alarm_at=_next_look(after, settings, now), alarm_generation=0), notice_id(
        method.id, batches[place].number
    )


def flushed(method: ContactMethod | None, settings: AlertSettings, now: datetime) -> Decision[ContactMethod]:
    """Let the batch that is due leave as a notice; exactly one, since the batch goes as the notice comes."""
    if method is None or not method.batches:
        return Decision(method, outcome="nothing_gathered")
    batch, *rest = method.batches
    due = max(batch.due_at, free_at(method.sent_at, settings.throttle, batch.due_at))
    if now < due:
        late = method.but(batches=(batch.model_copy(update={"due_at": due}), *rest))
        late = late.but(alarm_at=_next_look(late, settings, now))
        return Decision(method if late == method else late, outcome="not_due")
    codes = _codes(method, batch, now) if method.way is Way.SMS else ()
    patience = lives(batch.items, other_ways=_has_other_ways(method, settings))
    notice = Notice(
        id=notice_id(method.id, batch.number),
        person=method.person,
        way=method.way,
        method=method.id,
        items=batch.items,
        overflow=batch.overflow,
        codes=codes,
        decided_at=now,
        patience_seconds=int(patience.total_seconds()),
        expires_at=now + patience,
        alarm_at=now,
    )
    new_codes = {code.digits for code in codes}
    after = method.but(
        batches=tuple(rest),
        sent_at=(*remembered(method.sent_at, settings.throttle, now), now),
        codes=(*(code for code in method.codes if code.digits not in new_codes), *codes),
        alarm_generation=0,
    )
    return Decision(
        after.but(alarm_at=_next_look(after, settings, now)), (notice,), "digest" if batch.overflow else "flushed"
    )


def lives(items: Sequence[Item], *, other_ways: bool) -> timedelta:
    """Return how long a message is tried in one way before the next way is taken: the graver, the less patience.

    Somebody's only way is tried for as long as the least of them: there is nothing to turn to.
    """
    if not other_ways:
        return _LIVES[Severity.INFO]
    news = [item.severity for item in items if item.errand is Errand.NEWS]
    return _LIVES[max(news, key=lambda severity: severity.weight, default=Severity.INFO)]


def _has_other_ways(method: ContactMethod, settings: AlertSettings) -> bool:
    others = (way for way in Way if way is not method.way)
    return any(settings.address(method.person, way) is not None for way in others)


def _takes(batch: Batch, item: Item, settings: AlertSettings) -> bool:
    """A digest takes everything that is ready by then; another batch what can leave with it."""
    latest = batch.due_at if batch.overflow else batch.opened_at + 2 * settings.first_wait
    return len(batch.items) < MOST_ITEMS and item.ready_at <= max(latest, batch.due_at)


def _timed(batch: Batch, earlier: tuple[datetime, ...], settings: AlertSettings, now: datetime) -> Batch:
    """Set when the batch leaves: with its last alert, as soon as the ladder has room, or as a digest."""
    ready = max(item.ready_at for item in batch.items)
    free = free_at(earlier, settings.throttle, ready)
    storm = len(batch.items) > MANY and bool(earlier) and now - earlier[-1] < STORM_MEMORY
    if not batch.overflow and not storm and free - ready <= PATIENCE:
        return batch.model_copy(update={"due_at": max(free, now + AFTER_THE_COMMIT)})
    urgent = any(item.severity is Severity.CRITICAL for item in batch.items)
    minutes = settings.urgent_digest_minutes if urgent else settings.digest_minutes
    due = max(batch.opened_at + timedelta(minutes=minutes), free_at(earlier, settings.throttle, batch.opened_at))
    if batch.overflow:
        due = min(due, batch.due_at) if due >= now else batch.due_at
    return batch.model_copy(update={"due_at": max(due, ready), "overflow": True})


def _next_look(method: ContactMethod, settings: AlertSettings, now: datetime) -> datetime | None:
    """Return when the first batch may leave: not before the ladder has room, and never this very moment.

    The look of this moment is the one that is under way; nobody would look again.
    """
    if not method.batches:
        return None
    due = method.batches[0].due_at
    return max(free_at(method.sent_at, settings.throttle, due), now + AFTER_THE_COMMIT)


def _codes(method: ContactMethod, batch: Batch, now: datetime) -> tuple[Code, ...]:
    """Give digits to each alert of a short message, or to the message as a whole. The same alert keeps its digits."""
    alerts = list(dict.fromkeys(item.alert for item in batch.items))
    targets = alerts if len(alerts) <= LISTED_ONE_BY_ONE else [notice_id(method.id, batch.number)]
    known = {code.target: code.digits for code in method.codes if now - code.at < CODE_LIVES}
    in_use = set(known.values())
    taken = {known[target] for target in targets if target in known}
    oldest_first = [c.digits for c in sorted(method.codes, key=lambda code: code.at) if c.digits not in taken]
    free = [digits for digits in range(1, CODES + 1) if digits not in in_use] + oldest_first
    fresh = iter(free)
    return tuple(Code(digits=known.get(target) or next(fresh), target=target, at=now) for target in targets)
