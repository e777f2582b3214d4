"""What an SMS to us says: "3a", "3 a, 4r", "3s2", "a3", a bare "a", or one of the words of the carriers. Pure.

The words by which people leave and join a sender's list are never commands about alerts: carriers act on them, too.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from shared.alerts.standing import Deed

MOST_COMMANDS = 20

LETTERS = {"a": Deed.ACKNOWLEDGE, "r": Deed.RESOLVE, "s": Deed.SNOOZE, "t": Deed.TAKE_OVER}


class Word(StrEnum):
    """A word that is about getting messages at all. YES is a START for some carriers, so it is nothing to us."""

    STOP = "STOP"
    START = "START"
    HELP = "HELP"
    NOTHING = "YES"


_WORDS = {
    **dict.fromkeys(("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"), Word.STOP),
    **dict.fromkeys(("START", "UNSTOP"), Word.START),
    **dict.fromkeys(("HELP", "INFO"), Word.HELP),
    "YES": Word.NOTHING,
}


@dataclass(frozen=True, slots=True)
class Command:
    """One deed. `digits` name what it is about; None for whatever came last. `hours` is how long to put it off."""

    deed: Deed
    digits: int | None
    hours: int | None = None


_NUMBERS = r"(?:\d{1,6}(?!\d)(?:[\s+&/]+(?=\d))?)+"
_HOURS = r"(?:(?P<{0}>[1-9]\d{{0,2}})h?(?!\d|\s*[arst])|\s+(?P<{0}_apart>[1-9]\d{{0,2}})\s*h?(?=\s*$))"
_NUMBER_FIRST = re.compile(rf"\s*(?P<numbers>{_NUMBERS})\s*(?:(?P<letter>[art])|s{_HOURS.format('hours')}?)")
_LETTER_FIRST = re.compile(rf"\s*(?P<letter>[arst])\s*(?P<numbers>{_NUMBERS})")
_BARE = re.compile(r"\s*(?P<letter>[arst])\s*")


def word_of(text: str) -> Word | None:
    """Return the carriers' word that the whole text is, whatever its case and punctuation; None if it is none."""
    return _WORDS.get(re.sub(r"[\W_]", "", _plain(text).upper()) if len(text) < 40 else "")


def commands_of(text: str) -> tuple[Command, ...]:
    """Return what the text orders; nothing at all unless every part of it is understood."""
    plain = "".join(map(_meant, _plain(text))).rstrip()
    if bare := _BARE.fullmatch(plain):
        return (Command(LETTERS[bare["letter"]], None),)
    for pattern in (_NUMBER_FIRST, _LETTER_FIRST):
        found = _all(pattern, plain)
        if found:
            return found if len(found) <= MOST_COMMANDS else ()
    return ()


def _all(pattern: re.Pattern[str], text: str) -> tuple[Command, ...]:
    """Return the commands if `pattern`, again and again, covers the whole text."""
    commands: dict[Command, None] = {}
    place = 0
    while place < len(text):
        match = pattern.match(text, place)
        if match is None:
            return ()
        parts = match.groupdict()
        hours = parts.get("hours") or parts.get("hours_apart")
        deed = LETTERS[parts["letter"] or "s"]
        for digits in re.findall(r"\d+", parts["numbers"]):
            commands[Command(deed, int(digits), int(hours) if hours else None)] = None
        place = match.end()
    return tuple(commands)


def _meant(char: str) -> str:
    """Return a space for what says nothing: punctuation, a smiley. Letters and digits of any script say something."""
    return char if char in "+&/" or unicodedata.category(char)[0] in "LN" else " "


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().lower()
