"""Makes a PSA's text fit for a subject, an SMS or a page: words, and nothing that acts on other words."""

import re

# Control characters that are not white space, bidi embeddings, overrides and isolates, noncharacters, lone surrogates.
# White space of any kind is left to `split`; joiners stay, since emoji and Persian need them.
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff]"
)


def one_line(value: str, limit: int) -> str:
    """Return `value` on one line, without control characters and bidi overrides, at most `limit` characters long.

    What could break a line or turn the reading order of the words around it is not part of any title or name.
    """
    if not value.isprintable():  # the common text needs no more than this look
        value = _UNWANTED.sub("", value)
    return " ".join(value.split())[:limit].rstrip()


def many_lines(value: str, limit: int) -> str:
    """Return `value` with its lines kept, otherwise like `one_line`."""
    lines = (_UNWANTED.sub("", line).rstrip() for line in value[: 2 * limit].splitlines())
    return "\n".join(lines).strip()[:limit]
