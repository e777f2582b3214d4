"""Schedule: says to the world outside that this system lives, and to the manager once a day how quiet it is."""

from datetime import date, datetime, timedelta
from typing import Any, cast

from functions.heartbeat.daily import ENOUGH, Count, word_id, word_of
from functions.heartbeat.rules import A_FEW, STUBBORN, asked, due_word, is_silent, too_long
from shared.errors import Retryable
from shared.models.alert import Alert, Standing
from shared.models.canary import CANARY, Canary
from shared.models.document import Watched
from shared.models.finding import Finding
from shared.ports import App, Query
from shared.queries import ALERTS, ALERTS_BY_STANDING, OVERDUE, OVERDUE_TICKETS
from shared.runtime import note, scheduled_function
from shared.step import Decision, step

SEARCHED = 50
MOST_PAGES = 4
_DAY = timedelta(days=1)


@scheduled_function
def heartbeat(tick: datetime, app: App) -> dict[str, object]:
    """Beat only if nothing has waited too long: a platform that answers but does no work counts as dead.

    The word of the day comes first: a watch that is out of order must not keep it back. Raises Retryable if work waits,
    or if the watch does not answer; it rings by itself then, which is what it is for.
    """
    oldest = {query.name: _oldest(app, cast("Query[Watched]", query), tick) for query in OVERDUE}
    word = _say_word(app, due_word(app.settings, tick), tick)
    waits = too_long(oldest, tick)
    if _asks_canary(app, tick):
        note(why="no_answer_through_the_queue")
        raise Retryable("nobody answers through the queue: the watch outside is left to ring")
    if waits:
        note(why="work_waits", **waits)
        raise Retryable("work has waited for too long: the watch outside is left to ring")
    watch = app.heartbeat()
    if watch is not None:
        note(why="the_watch_did_not_answer")  # what the line says if the next call is the last
        watch.beat()
        note(why="all_is_well")
    return {"outcome": "beat" if watch else "no_watch", "word": word}


def _oldest(app: App, query: Query[Watched], tick: datetime) -> datetime | None:
    """Return the time of the alarm that waits the longest, but for a few that are stubborn; None if none is due."""
    after: Watched | None = None
    stubborn = 0
    for _page in range(MOST_PAGES):
        page = [found.document for found in app.store.find(query, limit=SEARCHED, until=tick, after=after)]
        for document in page:
            stubborn += document.alarm_generation >= STUBBORN
            if document.alarm_generation < STUBBORN or stubborn > A_FEW:
                return document.alarm_at
        if len(page) < SEARCHED:
            return None
        after = page[-1]
    return None


def _asks_canary(app: App, tick: datetime) -> bool:
    """Put the question anew; return whether the last one has waited too long for an answer."""
    silent = False

    def ask(canary: Canary | None, _now: datetime) -> Decision[Canary]:
        nonlocal silent
        silent = is_silent(canary, tick)
        return Decision(asked(canary, tick))

    step(app, Canary, CANARY, ask)
    return silent


def _say_word(app: App, day: date | None, tick: datetime) -> str:
    """Say the day's word unless it was said; what is counted may have changed since, what was said does not."""
    if day is None:
        return "not_due"
    if app.store.get(Finding, word_id(day)) is not None:
        return "said_already"
    names = {key: person.name for key, person in app.settings.alerts.people.items()}
    word = word_of(day, tick, _counted(app, tick), names)
    step(app, Finding, word.id, lambda known, _now: Decision(known or word))
    return "said"


def _counted(app: App, tick: datetime) -> Count:
    """Five questions, each with a bound: at most 5000 documents, once a day."""
    place: dict[str, Any] = {"id": "alert", "opened_at": tick - _DAY}
    yesterday = Alert.model_construct(None, **place)  # only a place in the order
    open_, acknowledged, snoozed = (
        [found.document for found in app.store.find(ALERTS_BY_STANDING, limit=ENOUGH, equals={"standing": each})]
        for each in (Standing.OPEN.value, Standing.ACKNOWLEDGED.value, Standing.SNOOZED.value)
    )
    recent = app.store.find(ALERTS, limit=ENOUGH, after=yesterday)
    return Count(
        tickets=len(app.store.find(OVERDUE_TICKETS, limit=ENOUGH)),
        open=open_,
        held=[*acknowledged, *snoozed],
        recent=[found.document for found in recent],
    )
