"""The content of a mail, before it is HTML or text: what a person reads, as plain strings, in reading order."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer


class _StoredRow(BaseModel):
    """A row as it is stored: no store takes a list inside a list."""

    label: str
    value: str


def _from_stored(row: object) -> object:
    return (row["label"], row["value"]) if isinstance(row, dict) and row.keys() == {"label", "value"} else row


def _to_stored(row: tuple[str, str]) -> _StoredRow:
    return _StoredRow(label=row[0], value=row[1])


Row = Annotated[
    tuple[str, str],
    BeforeValidator(_from_stored),
    PlainSerializer(_to_stored, return_type=_StoredRow, when_used="json"),
]


class Letter(BaseModel):
    """Plain text only, never markup: whoever renders it escapes every string.

    `status` is the one line a reader sees first ("Waiting for you"), `tone` its colour: calm, action or done.
    `rows` are label and value pairs ("Looked after by", "Robin Vega"). `asks` is what the reader should do, if at all.
    `entries` are rows too, of which there may be many: the list in a digest.
    `link` is an address of our own (never a stranger's) that becomes a button with the words of `link_label`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    language: str = "en"
    subject: str
    status: str
    tone: str = "calm"
    greeting: str
    paragraphs: tuple[str, ...]
    asks: str = ""
    link: str = ""
    link_label: str = ""
    rows: tuple[Row, ...] = ()
    entries: tuple[Row, ...] = ()
    closing: str = ""
    footer: str = ""
