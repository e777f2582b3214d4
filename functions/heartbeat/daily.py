"""The word of the day: how much was watched, what came up, and what is still open. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shared.alerts.kinds import kind_of
from shared.alerts.standing import span_words
from shared.mail.text import one_line
from shared.models.alert import Alert, Standing
from shared.models.finding import Audience, Finding, Severity, finding_id

ENOUGH = 1000
"""So many are counted; more are "1000 or more"."""

LISTED = 20
_LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Count:
    """What the store was asked for the word of a day: at most ENOUGH of each, in the order in which they came up.

    `tickets` are those that have a next look; `recent` the alerts that came up in the last 24 hours; `held` those that
    somebody has or put off.
    """

    tickets: int
    open: Sequence[Alert]
    recent: Sequence[Alert]
    held: Sequence[Alert] = ()


def word_id(day: date) -> str:
    return finding_id("all_quiet", day.isoformat())


def word_of(day: date, tick: datetime, counted: Count, names: Mapping[str, str]) -> Finding:
    """Return the day's word: its first line says whether all is quiet, each other line names an open alert."""
    return Finding(
        id=word_id(day),
        at=tick,
        kind="all_quiet",
        dedup_key=day.isoformat(),
        severity=Severity.INFO,
        audience=Audience.MANAGER,
        text="\n".join(_lines(counted, tick, names)),
        alarm_at=tick,
    )


def _lines(counted: Count, tick: datetime, names: Mapping[str, str]) -> list[str]:
    standing, held = _gravest_first(counted.open), _gravest_first(counted.held)
    recent = _lasting(counted.recent)
    watched = f"{_number(counted.tickets, 'ticket', counted.tickets)} watched"
    alerts = _number(len(recent), "alert", len(counted.recent)) if recent else "no alert"
    came_up = f"{alerts} in the last 24 hours"
    in_hands = f"{_number(len(held), 'alert', len(counted.held))} in somebody's hands; " if held else ""
    if not standing:
        first = f"All quiet: {in_hands}{watched}, {came_up}{_how_they_are(recent)}."
    else:
        are = "is" if len(standing) == 1 else "are"
        open_ = _number(len(standing), "alert", len(counted.open))
        first = f"Not quiet: {open_} {are} open; {in_hands}{watched}, {came_up}."
    return [first, *_listed(standing, counted.open, tick, names), *_listed(held, counted.held, tick, names)]


def _listed(alerts: Sequence[Alert], asked: Sequence[Alert], tick: datetime, names: Mapping[str, str]) -> list[str]:
    rest = len(alerts) - LISTED
    more = [f"and {_number(rest, 'other', len(asked))}"] if rest > 0 else []
    return [*(_line(alert, tick, names) for alert in alerts[:LISTED]), *more]


def _gravest_first(alerts: Sequence[Alert]) -> list[Alert]:
    return sorted(_lasting(alerts), key=lambda alert: (-alert.severity.weight, alert.opened_at))


def _lasting(alerts: Sequence[Alert]) -> list[Alert]:
    """News is told and done with: nobody has to take it, and yesterday's word is no reason for unrest."""
    return [alert for alert in alerts if kind_of(alert).lasting]


def _how_they_are(recent: Sequence[Alert]) -> str:
    over = sum(alert.standing is Standing.RESOLVED for alert in recent)
    if not recent:
        return ""
    words = "over" if over == len(recent) else "taken" if not over else "taken or over"
    return f", {words}" if len(recent) == 1 else f", all {words}"


def _line(alert: Alert, tick: datetime, names: Mapping[str, str]) -> str:
    about = " ".join(filter(None, (alert.company, f"#{alert.number}" if alert.number else None))) or alert.psa or ""
    told = dict.fromkeys(telling.person for telling in alert.tellings if telling.cycle == alert.cycle)
    what = f"{alert.severity}: {kind_of(alert).title}" + (f", {one_line(about, _LONGEST_NAME)}" if about else "")
    who = {
        Standing.ACKNOWLEDGED: f"{names.get(alert.by, alert.by)} has it",
        Standing.SNOOZED: f"{names.get(alert.by, alert.by)} put it off",
    }.get(alert.standing, f"told: {', '.join(names.get(person, person) for person in told) or 'nobody'}")
    return f"{what}, for {span_words(tick - alert.opened_at)}; {who}"


def _number(number: int, noun: str, counted: int) -> str:
    """Return "3 alerts"; "3 or more alerts" if so many documents were `counted` that there may be more."""
    bound = " or more" if counted >= ENOUGH else ""
    return f"{number}{bound} {noun}{'' if number == 1 and not bound else 's'}"
