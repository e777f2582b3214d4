"""What we answer to an SMS: one segment of GSM-7, with nothing in it that a phone makes a link of. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from functions.alert_reply.sms_commands import LETTERS, Command
from functions.alert_reply.wording import Reader, ending, label
from shared.alerts.standing import Answer, Deed
from shared.mail.text import cut, one_line
from shared.models.alert import Alert, Standing
from shared.sms.plain import plain
from shared.sms.segments import fitted

LONGEST_NAME = 24
_HOW = "3a = I have it, 3r = resolved, 3s = later, 3t = take over."
_LETTER_OF = {deed: letter for letter, deed in LETTERS.items()}

NOT_UNDERSTOOD = f"Not understood. Answer with the number from the alert and a letter: {_HOW}"
NOTHING_LATELY = f"There is no alert to answer. Use the number from the alert and a letter: {_HOW}"
STOPPED = "You get no more alerts by SMS here. Write START to get them again."
STARTED = "You get alerts by SMS again. Write STOP to end them."


def one_segment(text: str) -> str:
    """Return `text` in one segment of GSM-7, cut if need be."""
    return fitted("", plain(one_line(text), keep=False), "", limit_segments=1)


def about_us(msp: str) -> str:
    """Return the answer to HELP: who we are, and how to answer."""
    return f"{cut(one_line(msp), LONGEST_NAME)} alerts. {_HOW} Use the number from the alert. STOP ends them."


def which(command: Command, digits: Iterable[int]) -> str:
    """Return the question which of the last alerts is meant."""
    letter = _LETTER_OF[command.deed]
    return f"Which one? Send {' or '.join(f'{each}{letter}' for each in digits)}."


def unknown(digits: int) -> str:
    return f"{digits} is not known: it may be older than 3 days."


def said(answers: Sequence[Answer], command: Command, reader: Reader, now: datetime) -> str:
    """Return what became of one command, about one alert or about all of one message."""
    if len(answers) == 1:
        return _about_one(answers[0], command, reader, now)
    counts = [(sum(1 for each in answers if _kind(each, reader) == kind), words) for kind, words in _MANY]
    done = sum(_kind(each, reader) == "done" for each in answers)
    first = f"{_DONE_WITH_MANY[command.deed]}: {done} of {len(answers)} alerts."
    rest = [f"{count} {words}" for count, words in counts if count]
    return " ".join([first, *([f"{', '.join(rest)}."] if rest else [])])


_MANY = (("over", "over already"), ("taken", "with somebody else: see the link in the message"))
_DONE_WITH_MANY = {
    Deed.ACKNOWLEDGE: "Yours",
    Deed.TAKE_OVER: "Yours",
    Deed.RESOLVE: "Marked as resolved",
    Deed.SNOOZE: "Put off",
}


def _kind(answer: Answer, reader: Reader) -> str:
    if answer.alert.standing is Standing.RESOLVED and answer.alert.by != reader.person:
        return "over"
    return "done" if answer.done else "over" if answer.alert.standing is Standing.RESOLVED else "taken"


def _about_one(answer: Answer, command: Command, reader: Reader, now: datetime) -> str:
    alert, what = answer.alert, label(answer.alert)
    match _kind(answer, reader):
        case "over":
            return f"{what} is over since {reader.time(alert.changed_at, now)}: {ending(alert)}"
        case "taken":
            return _taken(alert, command, reader, now)
    match alert.standing:
        case Standing.RESOLVED:
            return f"{what} is marked as resolved."
        case Standing.SNOOZED:
            return f"{what} is put off until {_until(alert, reader, now)}."
        case _:
            return f"You have {what} until {_until(alert, reader, now)}."


def _taken(alert: Alert, command: Command, reader: Reader, now: datetime) -> str:
    number = f"#{alert.number}" if alert.number else "it"
    words = f"{reader.first_name(alert.by)} has {number} until {_until(alert, reader, now)}."
    return words if command.digits is None else f"{words} Send {command.digits}t to take it over."


def _until(alert: Alert, reader: Reader, now: datetime) -> str:
    return reader.time(alert.until or now, now)
