"""The content of a mail, before it is HTML or text: what a person reads, as plain strings, in reading order."""

from pydantic import BaseModel, ConfigDict


class Letter(BaseModel):
    """Plain text only, never markup: whoever renders it escapes every string.

    `status` is the one line a reader sees first ("Waiting for you"), `tone` its colour: calm, action or done.
    `rows` are label and value pairs ("Looked after by", "Robin Vega"). `asks` is what the reader should do, if anything.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    language: str = "en"
    subject: str
    status: str
    tone: str = "calm"
    greeting: str
    paragraphs: tuple[str, ...]
    asks: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    closing: str = ""
    footer: str = ""
