"""Writes sample letters as HTML, text and raw mail into a folder, to be looked at: `python -m tests.look.letters DIR`."""

import email
import sys
from email import policy
from pathlib import Path

from shared.mail.letter import Letter
from tests.letters import NEEDS_YOU, RECEIVED, RESOLVED, composed

HOSTILE = Letter(
    subject="=?utf-8?q?x=0D=0ABcc:_evil=40evil.example?= <script>alert(1)</script> https://evil.example/login",
    status="Réseau " + "très " * 20 + "lent",
    tone="action",
    greeting="Hello <b>Dana</b> \u202egnp.exe,",
    paragraphs=(
        "W" * 300,
        "Log in at https://evil.example/login or www.evil.example\n<img src=x onerror=alert(1)>",
        "日本語のチケットです。" * 12,
    ),
    asks="-- \nZ\u0335\u0321\u0322\u0327\u0328\u0341\u0358algo {{7*7}} ${7*7} {% raw %}",
    rows=(("Label " * 12, "Value " * 40), ("Owner", "👩‍👩‍👧‍👦 🇩🇪 Zoë")),
    closing="'\"><svg onload=alert(1)>",
    footer="x" * 200,
)
SAMPLES = {"received": RECEIVED, "needs-you": NEEDS_YOU, "resolved": RESOLVED, "hostile": HOSTILE}


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, letter in SAMPLES.items():
        raw = composed(letter).raw
        parts = {
            part.get_content_subtype(): part for part in email.message_from_bytes(raw, policy=policy.default).walk()
        }
        (folder / f"{name}.eml").write_bytes(raw)
        (folder / f"{name}.txt").write_text(parts["plain"].get_content(), encoding="utf-8")
        (folder / f"{name}.html").write_text(parts["html"].get_content(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
