"""What a press of a button came to, carried over the redirect as a short code and said in words by the page. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlencode

from functions.alert_reply.wording import Reader, ending, label
from shared.alerts.standing import Answer
from shared.models.alert import Alert, Standing


class Said(StrEnum):
    DONE = "done"
    NOT_DONE = "not_done"
    ALL = "all"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`about` is the id of one alert; `done` and `left` count the alerts of a press about all."""

    said: Said
    about: str = ""
    done: int = 0
    left: int = 0

    @property
    def query(self) -> str:
        facts = {"said": self.said.value, "about": self.about, "done": self.done, "left": self.left}
        return urlencode({name: value for name, value in facts.items() if value})


@dataclass(frozen=True, slots=True)
class Message:
    """What the page says first. `good` is False where something was not done."""

    text: str
    good: bool = True


def of_one(about: str, answer: Answer | None) -> Outcome:
    if answer is None:
        return Outcome(Said.GONE)
    return Outcome(Said.DONE if answer.done else Said.NOT_DONE, about)


def of_all(answers: Sequence[Answer]) -> Outcome:
    done = sum(answer.done for answer in answers)
    return Outcome(Said.ALL, done=done, left=len(answers) - done)


def outcome_in(query: Mapping[str, str]) -> Outcome | None:
    """Return the outcome that an address carries; None if it carries none, or nonsense."""
    try:
        said = Said(query.get("said", ""))
        counts = [int(query.get(name, "0")[:5]) for name in ("done", "left")]
    except ValueError:
        return None
    return Outcome(said, query.get("about", ""), max(0, counts[0]), max(0, counts[1]))


def message_of(outcome: Outcome, alerts: Mapping[str, Alert], reader: Reader, now: datetime) -> Message | None:
    """Return the words, read off the alerts as they are now: an old address must not say what is no longer so."""
    match outcome.said:
        case Said.GONE:
            return Message("Nothing was done: this alert is gone.", good=False)
        case Said.ALL:
            return _about_all(outcome)
    alert = alerts.get(outcome.about)
    if alert is None:
        return None
    return _about_one(alert, reader, now) if outcome.said is Said.DONE else _not_done(alert, reader, now)


def _about_all(outcome: Outcome) -> Message:
    done = f"Done: you have {_counted(outcome.done)} now."
    if not outcome.done:
        return Message("Nothing was left to take: somebody has each of them, or it is over.", good=False)
    return Message(f"{done} {_counted(outcome.left)} stayed with somebody else." if outcome.left else done)


def _counted(number: int) -> str:
    return "1 alert" if number == 1 else f"{number:,} alerts"


def _about_one(alert: Alert, reader: Reader, now: datetime) -> Message | None:
    what, until = label(alert), reader.time(alert.until or now, now)
    if alert.standing is Standing.RESOLVED:
        if alert.by == reader.person:
            return Message(f"Done: {what} is marked as resolved. Whoever was told hears so.")
        return Message(f"{what} is over since {reader.time(alert.changed_at, now)}: {ending(alert)}")
    if alert.by != reader.person:
        return None
    if alert.standing is Standing.SNOOZED:
        return Message(f"Done: {what} is put off until {until}. Then it is told again, from the first step.")
    return Message(f"Done: you have {what} until {until}. Nobody else is told meanwhile.")


def _not_done(alert: Alert, reader: Reader, now: datetime) -> Message | None:
    what = label(alert)
    if alert.standing is Standing.RESOLVED:
        since = reader.time(alert.changed_at, now)
        return Message(f"Not needed: {what} is over since {since}: {ending(alert)}", good=False)
    if alert.standing is Standing.ACKNOWLEDGED and alert.by != reader.person:
        until = reader.time(alert.until or now, now)
        return Message(f"Not done: {reader.name(alert.by)} has {what} until {until}.", good=False)
    return None
