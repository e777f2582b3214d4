"""Header lines in plain ASCII (RFC 5322, RFC 2047), written by us: the library decodes outside text while it writes.

CVE-2024-6923: given the title `=?utf-8?q?x=0D=0ABcc:_evil=40example.com?=`, `email.message` writes a real Bcc header.
Everything here takes text that went through `mail_text.one_line`, and refuses anything else.
"""

import re
from binascii import b2a_base64

_LINE = 76
_ENCODED_BYTES = 39  # 52 base64 characters + 12 of frame + "Subject: " stay under the 76 of RFC 2047 section 2
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NAME_BREAKERS = str.maketrans(dict.fromkeys('<>"\\', " "))


def unstructured(name: str, text: str) -> str:
    """Return the header line `name: text`, folded. Raises ValueError for text with a control character."""
    _refuse_controls(text)
    if text.isascii() and "=?" not in text:
        return _folded(f"{name}:", text.split(" "))
    return _folded(f"{name}:", _encoded_words(text))


def mailbox(name: str, display_name: str, address: str) -> str:
    """Return the header line `name: display_name <address>`; `address` was checked by `mail_address`.

    Characters that could close a quoted name or open an address are dropped from the display name.
    """
    _refuse_controls(display_name)
    shown = " ".join(display_name.translate(_NAME_BREAKERS).split())
    if not shown:
        return f"{name}: {address}\r\n"
    if not shown.isascii() or "=?" in shown:
        words = _encoded_words(shown)
    elif _PLAIN_NAME.fullmatch(shown):
        words = shown.split(" ")
    else:
        words = [f'"{shown}"']  # in one piece: not every reader finds the end of a folded one
    return _folded(f"{name}:", [*words, f"<{address}>"])


def listed(name: str, words: tuple[str, ...]) -> str:
    """Return the header line of words that are safe already (message ids, fixed values), folded between them."""
    return _folded(f"{name}:", words)


def _encoded_words(text: str) -> list[str]:
    """Split at characters, never inside one: a decoder may treat each encoded word on its own (RFC 2047 section 5)."""
    chunks: list[bytes] = [b""]
    for char in text:
        encoded = char.encode("utf-8")
        if len(chunks[-1]) + len(encoded) > _ENCODED_BYTES:
            chunks.append(b"")
        chunks[-1] += encoded
    return [f"=?utf-8?B?{b2a_base64(chunk, newline=False).decode('ascii')}?=" for chunk in chunks]


def _folded(first: str, words: list[str] | tuple[str, ...]) -> str:
    lines = [first]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > _LINE and lines[-1] != first:
            lines.append("")
        lines[-1] += " " + word
    return "\r\n".join(lines) + "\r\n"


def _refuse_controls(text: str) -> None:
    if _CONTROL.search(text):
        raise ValueError("a header value with a control character")
