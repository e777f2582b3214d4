"""Outside text made fit for a mail: visible characters only, bounded, and without anything that turns into a link."""

import re
import unicodedata
from collections.abc import Collection

SUBJECT_LIMIT = 150
ELLIPSIS = "…"

_MARKS_PER_CHARACTER = 4  # no living script needs more; a "combining storm" has hundreds and paints over its neighbours

# Printable for Unicode, nothing for the eye: Hangul fillers, the empty Braille cell, the grapheme joiner.
_INVISIBLE = str.maketrans(dict.fromkeys("\u115f\u1160\u3164\uffa0\u2800", " ") | {"\u034f": ""})
_LINE_BREAK = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_LATIN_END = "\u0300"  # below it nothing combines, joins or pairs up


def one_line(text: str, limit: int | None = None) -> str:
    """Return `text` as one line: no controls, no bidi controls, nothing zero-width, single spaces, at most `limit`."""
    clean = " ".join(_visible(text).split())
    return clean if limit is None else cut(clean, limit)


def lines(text: str, limit: int) -> tuple[str, ...]:
    """Return the lines of `text` that are not empty, each as from `one_line`; `limit` is for all of them together."""
    found: list[str] = []
    left = limit
    for line in filter(None, map(one_line, _LINE_BREAK.split(text))):
        if left < 0:  # the line before was cut and shows it
            break
        found.append(cut(line, left) if left else ELLIPSIS)
        left -= len(line)
    return tuple(found)


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters, the last one "…" if something was cut off, never through a grapheme.

    Covers what UAX 29 calls extending characters, spacing marks, flags and Hangul syllables; joiners are gone already.
    """
    if len(text) <= limit:
        return text
    end = max(limit - 1, 0)
    while end > 0 and not _is_boundary(text, end):
        end -= 1
    return text[:end].rstrip() + ELLIPSIS


def delinked(text: str, trusted: Collection[str] = ()) -> str:
    """Return `text` with every address spelt `example[.]com`, so that no mail program makes it clickable.

    Links into one of the `trusted` domains (lower case) stay. Words without a space after their full stop are spelt so
    too, rather than keeping a list of all top-level domains; well-known file names (`report.pdf`) are left alone.
    """
    if "://" not in text and _HOST.search(text) is None:
        return text
    return " ".join(word if _is_trusted(word, trusted) else _defanged(word) for word in text.split(" "))


def _visible(text: str) -> str:
    if not text.isprintable():
        text = "".join(char if char.isprintable() else _replacement(char) for char in text)
    if text.isascii() or max(text) < _LATIN_END:
        return text
    return _few_marks(text.translate(_INVISIBLE))


def _replacement(char: str) -> str:
    match unicodedata.category(char):
        case "Cf":  # bidi controls, zero-width characters, soft hyphens, tags
            return ""
        case "Cs":  # half of a surrogate pair: cannot be encoded
            return "\ufffd"
        case "Cn" if ord(char) & 0xFFFE == 0xFFFE or "\ufdd0" <= char <= "\ufdef":  # noncharacters: not allowed in HTML
            return "\ufffd"
        case "Co" | "Cn":  # private use, or newer than this Python: harmless, perhaps wanted
            return char
    return " "  # controls and all kinds of space


def _few_marks(text: str) -> str:
    kept = []
    marks = 0
    for char in text:
        marks = marks + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        if marks <= _MARKS_PER_CHARACTER:
            kept.append(char)
    return "".join(kept)


def _is_boundary(text: str, index: int) -> bool:
    """Say whether a grapheme starts at `index`."""
    char = text[index]
    if char < _LATIN_END:
        return True
    if (
        unicodedata.category(char) in ("Mn", "Me", "Mc")
        or char in "\u0e33\u0eb3"
        or "\U0001f3fb" <= char <= "\U0001f3ff"
    ):
        return False
    if "\u1160" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7fb":  # vowel and final consonant of a Hangul syllable
        return False
    if not _is_flag_half(char):
        return True
    before = index
    while before > 0 and _is_flag_half(text[before - 1]):
        before -= 1
    return (index - before) % 2 == 0


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


# ── links ──────────────────────────────────────────────────────────────────────────────────────────────────────────

# The dots of a host name: the full stop, and what a browser reads as one (UTS 46), which otherwise ends a CJK sentence.
_HOST = re.compile(r"(?<=[^\s.])(?:\.(?:[^\W_]|-)+|[\u3002\uff0e\uff61][A-Za-z0-9-]+)+")
_ANY_DOT = re.compile(r"[.\u3002\uff0e\uff61]")
_OWN_LINK = re.compile(
    r"[(<\"']?(?:https?://)?(?:[A-Za-z0-9.+_-]+@)?(?P<host>[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"
    r"(?:/[A-Za-z0-9/._~=&?%#+-]*)?[)>\"',.;:!?]*"
)
_FILE_NAME = re.compile(
    r"accdb|bak|bat|bmp|cfg|css|csv|dll|docm?|docx|dwg|eml|exe|gif|heic|html?|ini|iso|jpe?g|js|json|lan|lnk|local|log|mdb"
    r"|msg|msi|odt|ods|ost|pdf|png|ppt|pptm|pptx|pst|rdp|rtf|sql|svg|sys|tiff?|tmp|txt|vhdx|vsdx|wav|xls|xlsm|xlsx|xml|ya?ml"
)


def _is_trusted(word: str, trusted: Collection[str]) -> bool:
    if not trusted or not (found := _OWN_LINK.fullmatch(word)) or ("://" in word and "@" in word):
        return False
    host = found["host"].lower()
    return any(host == domain or host.endswith("." + domain) for domain in trusted)


def _defanged(word: str) -> str:
    return _HOST.sub(_bracket_dots, word.replace("://", "[:]//"))


def _bracket_dots(found: re.Match[str]) -> str:
    labels = _ANY_DOT.split(found[0].lower())[1:]
    if len(labels) == 1 and _FILE_NAME.fullmatch(labels[0]):
        return found[0]
    if not any(_may_be_top_level(label) for label in labels):
        return found[0]
    return _ANY_DOT.sub("[.]", found[0])


def _may_be_top_level(label: str) -> bool:
    word = label.partition("-")[0]  # a mail program may take `example.com-` for `example.com`
    return label.startswith("xn--") or (len(word) > 1 and word.isalpha())
