"""How much room an SMS takes (3GPP TS 23.038 and 23.040), and text made to take less of it.

The package smsutil 1.1.3 counts the same, but takes ESC for a character (it is the shift code, and turns what follows
into something else), registers a codec for the whole process, and cannot shorten; a table and twenty lines can.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from shared.mail.text import cut, delinked, one_line
from shared.sms.plain import EXTENSION, GSM7, plain

LIMIT_SEGMENTS = 2
_LONGEST_OUTSIDE = 320  # characters: two segments hold no more, however well they pack


class Encoding(StrEnum):
    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


@dataclass(frozen=True, slots=True)
class Count:
    """`units` are septets of GSM-7 or 16-bit units of UCS-2; `segments` is what the provider bills, 0 for no text."""

    encoding: Encoding
    units: int
    segments: int


_ONE_SEGMENT = {Encoding.GSM7: 160, Encoding.UCS2: 70}
_EACH_OF_SEVERAL = {Encoding.GSM7: 153, Encoding.UCS2: 67}  # a header of 6 bytes says how they belong together


def segments(text: str) -> Count:
    """Return how `text` is encoded and how many segments it takes. One character outside GSM-7 turns all into UCS-2.

    A character of two units (one of the extension table, or a surrogate pair) is never split across segments.
    """
    if GSM7.issuperset(text):
        encoding = Encoding.GSM7
        widths = [2 if char in EXTENSION else 1 for char in text]
    else:
        encoding = Encoding.UCS2
        widths = [2 if char > "\uffff" else 1 for char in text]
    units = sum(widths)
    if units <= _ONE_SEGMENT[encoding]:
        return Count(encoding, units, min(units, 1))
    return Count(encoding, units, _filled(widths, _EACH_OF_SEVERAL[encoding]))


def fitted(before: str, outside: str, after: str, limit_segments: int = LIMIT_SEGMENTS) -> str:
    """Return `before`, as much of `outside` as there is room for, and `after`: at most `limit_segments` in all.

    `outside` is a stranger's text, a ticket's title: it becomes one line without anything that a phone makes a link of.
    Letters that GSM-7 has no look for are kept if that leaves anything of it, else each run of them becomes a "?".
    `before` and `after` are ours (words, link, reply codes) and are never cut: if they alone are over the limit, the
    result is they alone. Whoever composes them keeps them shorter.
    """
    before, after, title = plain(before), plain(after), one_line(outside, _LONGEST_OUTSIDE)

    def whole(source: str, length: int) -> str:
        return f"{before}{_shown(cut(source, length))}{after}"

    def fits(source: str, length: int) -> bool:
        return segments(whole(source, length)).segments <= limit_segments

    for source in (title, plain(title, keep=False)):
        length = _longest(len(source), partial(fits, source))
        if length > 1 or length == len(source):  # one character of more would be but the ellipsis
            return whole(source, length)
    return f"{before}{after}"


def _shown(text: str) -> str:
    """Links are looked for last: a substitution may have made a full stop that was none."""
    return delinked(one_line(plain(text)))


def _longest(most: int, fits: Callable[[int], bool]) -> int:
    """Return a length that fits, and if longer text takes more room, the greatest. 0 if none was found."""
    if fits(most):
        return most
    fitting, too_long = 0, most
    while too_long - fitting > 1:
        middle = (fitting + too_long) // 2
        if fits(middle):
            fitting = middle
        else:
            too_long = middle
    return fitting


def _filled(widths: Sequence[int], room: int) -> int:
    count, left = 1, room
    for width in widths:
        if width > left:
            count, left = count + 1, room
        left -= width
    return count
