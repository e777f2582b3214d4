"""Text brought into the alphabet of a cheap SMS, GSM-7, wherever the eye does not miss what is lost."""

import unicodedata
from functools import lru_cache

# 3GPP TS 23.038, 6.2.1: the default alphabet in the order of its codes, without ESC, and the extension table.
GSM7_DEFAULT = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
GSM7 = frozenset(GSM7_DEFAULT) | EXTENSION

_UNKNOWN = "?"
_LOOKS = {
    **dict.fromkeys("‘’‚‛′‹›ʹʻʼʽˈˊˋ`´", "'"),
    **dict.fromkeys("“”„‟″«»〝〞〟", '"'),
    **dict.fromkeys("‐‑‒–—―−⁃─━·", "-"),
    **dict.fromkeys("•‣◦∙●○▪■□▶►", "*"),
    **dict.fromkeys("⁄∕÷", "/"),
    "…": "...", "‥": "..", "×": "x", "→": "->", "←": "<-", "⇒": "=>", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~",
    "±": "+/-", "©": "(C)", "®": "(R)", "¢": "c", "¦": "|", "µ": "u", "₹": "Rs", "№": "No",
    "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ħ": "h", "Ħ": "H", "ŧ": "t", "Ŧ": "T", "ı": "i", "ŋ": "n", "Ŋ": "N",
    "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th", "ð": "d", "Ð": "D", "ẞ": "ß", "ſ": "s", "ə": "e", "Ə": "E",
    "\t": " ",
}  # fmt: skip


def plain(text: str, *, keep: bool = True) -> str:
    """Return `text` with a look-alike of GSM-7 for what GSM-7 lacks: one curly quote must not halve the room of all.

    Punctuation gets its plain form, letters with accents their base letter; a sign without a look-alike (an emoji, a
    degree) is left out. A letter or digit without one (Chinese, Cyrillic) is what the text is about and cannot be
    guessed. So with `keep` a text that has one comes back untouched: it is UCS-2 anyway, and nothing is gained by
    spoiling the rest. Without `keep` each run of such letters becomes one "?", and the result is GSM-7 in any case.
    """
    if GSM7.issuperset(text):
        return text
    looks = [char if char in GSM7 else _look(char) for char in unicodedata.normalize("NFC", text)]
    if None not in looks:
        return "".join(filter(None, looks))
    if keep:
        return text
    seen = [look for look in looks if look != ""]
    runs = (look for place, look in enumerate(seen) if look is not None or place == 0 or seen[place - 1] is not None)
    return "".join(_UNKNOWN if look is None else look for look in runs)


@lru_cache(maxsize=4096)
def _look(char: str) -> str | None:
    """Return what stands for `char`, "" for nothing at all; None for a letter or digit that nothing stands for."""
    if char in _LOOKS:
        return _LOOKS[char]
    parts = unicodedata.normalize("NFKD", char)
    if parts != char:
        looks = [part if part in GSM7 else _look(part) for part in parts]
        return None if None in looks else "".join(filter(None, looks))
    category = unicodedata.category(char)
    if category in ("Mn", "Me", "Cf"):  # an accent on nothing of ours, or invisible
        return ""
    if category[0] == "Z":
        return " "
    return None if category[0] in "LNM" else ""
