"""How an alert changes hands: pure transitions, each noted in the alert's own ledger. Times are UTC."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.models.alert import Alert, Entry, Standing
from shared.step import AFTER_THE_COMMIT

MAX_ENTRIES = 120
LONGEST_SNOOZE = timedelta(days=7)
FOUND_AGAIN = "found again ("
"""How the line begins that counts: however often something is found, it pushes nothing else out of the ledger."""


class Deed(StrEnum):
    """What a person can do about an alert."""

    ACKNOWLEDGE = "acknowledge"
    TAKE_OVER = "take_over"
    RESOLVE = "resolve"
    SNOOZE = "snooze"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a deed. `words` tell the person, also why it could not be done."""

    alert: Alert
    done: bool
    words: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it: the key in the settings and the name that others read. `clock` writes a time as they read it."""

    key: str
    name: str


def perform(alert: Alert, deed: Deed, actor: Actor, now: datetime, *, lease: timedelta, snooze: timedelta) -> Answer:
    """Return the alert after `deed`. The same deed by the same person again changes nothing and is answered well."""
    if alert.standing is Standing.RESOLVED:
        return Answer(alert, deed is Deed.RESOLVE, f"It is over already ({_ended_by(alert)}).")
    if deed is Deed.RESOLVE:
        return Answer(resolved(alert, actor.key, now, f"{actor.name} says it is resolved"), True, "Resolved.")
    if deed is Deed.SNOOZE:
        span = min(snooze, LONGEST_SNOOZE)
        after = _in_hands(alert, Standing.SNOOZED, actor, now, span, f"{actor.name} put it off for {span_words(span)}")
        return Answer(after, True, f"Put off for {span_words(span)}.")
    has_it = alert.standing is Standing.ACKNOWLEDGED and (alert.until is None or now < alert.until)
    if has_it and alert.by == actor.key and deed is Deed.ACKNOWLEDGE:
        return Answer(alert, True, "You have it already.")
    if has_it and deed is Deed.ACKNOWLEDGE:
        return Answer(alert, False, f"{alert.by} has it already.")
    after = _in_hands(alert, Standing.ACKNOWLEDGED, actor, now, lease, f"{actor.name} has it")
    return Answer(after, True, f"Yours for {span_words(lease)}; nobody else is told meanwhile.")


def _in_hands(alert: Alert, standing: Standing, actor: Actor, now: datetime, span: timedelta, what: str) -> Alert:
    """Every channel stops at once: what was gathered is dropped when it is about to leave."""
    return noted(alert, now, what).but(
        standing=standing,
        by=actor.key,
        until=now + span,
        changed_at=now,
        alarm_at=now + span,
        alarm_generation=0,
        tellings=_without_ungathered(alert),
        waiting=(),
    )


def resolved(alert: Alert, by: str, now: datetime, what: str) -> Alert:
    """Return the alert as over. Its alarm is due in a moment: whoever was told is to hear of it."""
    if alert.standing is Standing.RESOLVED:
        return alert
    return noted(alert, now, what).but(
        standing=Standing.RESOLVED,
        by=by,
        until=None,
        changed_at=now,
        alarm_at=now + AFTER_THE_COMMIT,
        alarm_generation=0,
        tellings=_without_ungathered(alert),
        waiting=(),
        step_at=None,
    )


def next_round(alert: Alert) -> int:
    """Return the number of the round that begins when everybody is to be told anew."""
    return max((telling.round + 1 for telling in alert.tellings if telling.cycle == alert.cycle), default=0)


def noted(alert: Alert, now: datetime, *what: str) -> Alert:
    """Add lines to the ledger; one that only repeats the last one is left out, and one count replaces another."""
    ledger = list(alert.ledger)
    for line in what:
        if ledger and ledger[-1].what == line:
            continue
        if ledger and line.startswith(FOUND_AGAIN) and ledger[-1].what.startswith(FOUND_AGAIN):
            ledger.pop()
        ledger.append(Entry(at=now, what=line))
    return alert if tuple(ledger) == alert.ledger else alert.but(ledger=tuple(ledger[-MAX_ENTRIES:]))


def span_words(span: timedelta) -> str:
    """Return "45 min", "3 h", "3 h 10 min" or "2 days 4 h": two units at most, cut off, never less than "1 min"."""
    minutes = max(1, int(span.total_seconds() // 60))
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        parts = [f"{days} day{'s' if days > 1 else ''}", f"{hours} h" if hours else ""]
    else:
        parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""]
    return " ".join(filter(None, parts))


def _ended_by(alert: Alert) -> str:
    return alert.ledger[-1].what if alert.ledger else alert.by


def _without_ungathered(alert: Alert) -> tuple[object, ...]:
    return tuple(telling for telling in alert.tellings if telling.notice)
