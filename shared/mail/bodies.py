"""A letter's two bodies, HTML and plain text, from the same cleaned words: outside text stays text in both."""

import re
import textwrap
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from shared.errors import PermanentFailure
from shared.mail.letter import Letter
from shared.mail.text import delinked, lines, one_line

TEXT_WIDTH = 72

_LONG = 4000  # characters of one paragraph; a pasted log file is not an update, and Gmail hides all beyond 102 kB
_SHORT = 300
_MOST_PARAGRAPHS = 12
_LINK = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:/[A-Za-z0-9._~/%?=&-]*)?")
_MOST_ROWS = 12
_MOST_ENTRIES = 1500  # a digest of a bad hour
_LABEL_WIDTH = 24
_PREVIEW = 140  # what a mail list shows after the subject
# The only words of the layout itself; all others come with the letter.
_NEXT_STEP = {"de": "Ihr nächster Schritt", "en": "Your next step"}
_DETAILS = {"de": "Auf einen Blick", "en": "At a glance"}


@dataclass(frozen=True, slots=True)
class Tone:
    """Colours of one tone, light and dark: text and edge on their tint. Contrast is at least 4.5 (WCAG 2.2, 1.4.3)."""

    ink: str
    tint: str
    edge: str
    dark_ink: str
    dark_tint: str
    dark_edge: str


TONES = {
    "calm": Tone("#1b4b8f", "#eaf1fb", "#2f6fc4", "#a9cbff", "#172a45", "#4d8be0"),
    "action": Tone("#7a3d00", "#fff3e0", "#c96a00", "#ffd199", "#3a2810", "#e08a2b"),
    "done": Tone("#14572f", "#e8f6ed", "#1f8a4c", "#98e2b4", "#14301f", "#36a866"),
}


@dataclass(frozen=True, slots=True)
class Bodies:
    """Both ends of a `multipart/alternative`, as text with plain line feeds."""

    html: str
    text: str


def bodies(
    letter: Letter, *, language: str, subject: str, brand: str, number: str, trusted: Collection[str] = ()
) -> Bodies:
    """Render the letter. `subject`, `brand` and `number` are one line each already; `language` is a BCP 47 tag.

    Links to hosts outside `trusted` are spelt out of use, since the words may come from anybody who can open a ticket.
    """
    base = language.partition("-")[0].lower()
    values = {
        **_words(letter, trusted),
        **asdict(TONES.get(letter.tone, TONES["calm"])),
        "language": language,
        "subject": subject,
        "brand": brand,
        "number": number,
        "next_step": _NEXT_STEP.get(base, _NEXT_STEP["en"]),
        "details": _DETAILS.get(base, _DETAILS["en"]),
    }
    return Bodies(html=_HTML.render(values) + "\n", text=_TEXT.render(values).strip("\n") + "\n")


def _words(letter: Letter, trusted: Collection[str]) -> dict[str, Any]:
    """Return the letter with every string cleaned and bounded; what a template sees, one name for each part."""

    def short(text: str) -> str:
        return delinked(one_line(text, _SHORT), trusted)

    def long(text: str) -> tuple[str, ...]:
        return tuple(delinked(line, trusted) for line in lines(text, _LONG))

    status, asks = short(letter.status), long(letter.asks)
    paragraphs = tuple(filter(None, map(long, letter.paragraphs[:_MOST_PARAGRAPHS])))
    if len(letter.paragraphs) > _MOST_PARAGRAPHS:
        paragraphs = (*paragraphs, ("…",))
    first = asks or next(iter(paragraphs), ())
    return {
        "preview": one_line(" ".join((status + ".", *first)), _PREVIEW),
        "status": status,
        "greeting": short(letter.greeting),
        "paragraphs": paragraphs,
        "asks": asks,
        "link": _own_link(letter.link),
        "link_label": short(letter.link_label) or _own_link(letter.link),
        "rows": tuple((short(label), value) for label, text in _rows(letter) if (value := short(text))),
        "closing": long(letter.closing),
        "footer": long(letter.footer),
    }


def _rows(letter: Letter) -> tuple[tuple[str, str], ...]:
    return (*letter.rows[:_MOST_ROWS], *letter.entries[:_MOST_ENTRIES])


def _own_link(url: str) -> str:
    """Return `url` if it is nothing but an address. Raises PermanentFailure: a letter's link is always ours."""
    if url and not _LINK.fullmatch(url):
        raise PermanentFailure("the letter's link is not a plain web address")
    return url


def _wrapped(paragraph: tuple[str, ...], indent: str = "") -> str:
    return "\n".join(_fill(line, indent, indent) for line in paragraph)


def _aligned(rows: tuple[tuple[str, str], ...]) -> str:
    """Return `label:  value` in two columns; a label too long for its column gets a line of its own."""
    width = min(max(len(label) for label, _ in rows), _LABEL_WIDTH) + 3
    return "\n".join(_row(label, value, width) for label, value in rows)


def _row(label: str, value: str, width: int) -> str:
    indent = " " * width
    if len(label) + 3 > width:
        return _fill(f"{label}:", "", "  ") + "\n" + _fill(value, indent, indent)
    return _fill(value, f"{label}:".ljust(width), indent)


def _fill(text: str, first: str, rest: str) -> str:
    if text and len(first) + len(text) <= TEXT_WIDTH:  # most lines are: cleaned words need no wrapping then
        return first + text
    return textwrap.fill(
        text,
        TEXT_WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=lambda name: name is None or not name.endswith(".txt.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["wrapped"] = _wrapped
    environment.filters["aligned"] = _aligned
    return environment


_ENVIRONMENT = _environment()
_HTML = _ENVIRONMENT.get_template("letter.html.j2")
_TEXT = _ENVIRONMENT.get_template("letter.txt.j2")
