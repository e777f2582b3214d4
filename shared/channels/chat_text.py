"""Outside text made fit for a chat: it shows as it was written, and calls nobody, formats nothing and opens nothing."""

import re

from shared.mail.text import one_line

# Look-alikes for what some chat reads as markup or as an address: Markdown, Slack's <...>, Teams' <at>, HTML, tables.
_LOOK_ALIKES = str.maketrans({"<": "‹", ">": "›", "*": "∗", "`": "ˋ", "~": "∼", "|": "¦", "\\": "∖"})
_UNSEEN = "\u200b"  # a zero-width space: it parts what only acts when it stands together
_ACTING = re.compile(
    r"(?<=@)(?=\w)"  # @everyone, @channel, @here, @somebody
    r"|(?<=\])(?=[(\[:])"  # [words](address), [words][reference]
    r"|(?<=:)(?=[A-Za-z]\w*:)"  # :emoji:
)
_LINE_THAT_ACTS = re.compile(r"#|=+$|-+$")  # headings, and the lines under them
_EMPHASIS = re.compile(r"(?<![^\W_])_+|_+(?![^\W_])")  # _words_; the one inside a word, as in SRV_DB_01, means nothing
_LINK = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~/?=&%+-]*)?")


def plain(text: str, limit: int) -> str:
    """Return `text` with its lines, at most `limit` characters before the marks are taken out of action.

    An address of the form https://host/path stays whole: our own links come in the same text, and whoever composes it
    has taken the others apart (`shared.mail.text.delinked`).
    """
    shown = [" ".join(map(_harmless, one_line(line).split(" "))) for line in text[:limit].splitlines()]
    return "\n".join(_UNSEEN + line if _LINE_THAT_ACTS.match(line) else line for line in shown).strip("\n")


def _harmless(word: str) -> str:
    if _LINK.fullmatch(word):
        return word
    word = _EMPHASIS.sub(lambda found: "＿" * len(found[0]), word)
    return _ACTING.sub(_UNSEEN, word.translate(_LOOK_ALIKES))
