"""The Big List of Naughty Strings, and what a letter is expected to make of one string."""

import json
from pathlib import Path

import pytest

from shared.mail.text import delinked, one_line

_LIST = Path(__file__).parents[2] / "shared" / "data" / "text" / "blns.json"


def naughty_strings() -> list[str]:
    """Return all 515, in their order. Skips the test where the list was not fetched."""
    if not _LIST.exists():
        pytest.skip("the Big List of Naughty Strings is not here")
    strings = json.loads(_LIST.read_text(encoding="utf-8"))
    assert len(strings) == 515
    return strings


def shown(text: str) -> str:
    """Return `text` as a reader gets to see it, spaces aside."""
    return delinked(one_line(text))
