"""The phone: who got which SMS, what they answered, and a form to answer for them."""

import re
from dataclasses import dataclass
from datetime import datetime

from infra.local.answering_phone import LONGEST_TEXT, NotTaken
from infra.local.pages.desk import Desk
from infra.local.pages.view import Failed, Missing, View, Wrong
from shared.channels.phone import KeptText
from shared.sms.segments import segments

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
_PAGE_OF_A_NOTICE = re.compile(r"/n/[A-Za-z0-9_.-]+", re.ASCII)
_NOTICE = re.compile(r"notice-[0-9a-f]{32}", re.ASCII)


@dataclass(frozen=True, slots=True)
class PhoneRow:
    number: str
    name: str
    count: int
    last_text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text; `href` leads somewhere on this machine, "" for what is no link."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Bubble:
    """One text as a phone shows it. `at` is UTC, None where nobody knows."""

    place: int
    is_answer: bool
    pieces: tuple[Piece, ...]
    at: datetime | None
    segments: int


def phone(desk: Desk) -> View:
    known = {row.number: row for row in desk.phone.numbers()} if desk.phone else {}
    numbers = [*known, *(number for number in _owners(desk) if number not in known)]
    rows = [
        PhoneRow(number, _name(desk, number), row.count if row else 0, row.last_text if row else "")
        for number in numbers
        for row in (known.get(number),)
    ]
    return View("phone.html", {"rows": rows, "kept": desk.phone is not None})


def conversation(desk: Desk, number: str) -> View:
    kept = _conversation(desk, number)
    return View(
        "conversation.html",
        {
            "number": number,
            "name": _name(desk, number),
            "bubbles": [_bubble(desk, text) for text in kept],
            "after": _last(kept),
            "can_answer": desk.phone is not None and desk.phone.can_answer,
            "longest": LONGEST_TEXT,
        },
    )


def typed(desk: Desk, number: str, text: str, after: str) -> None:
    """Bring what somebody typed to the function that takes answers. Raises Missing, Wrong or Failed."""
    _conversation(desk, number)
    text = text.replace("\r\n", "\n").strip()
    if not text or "\0" in text:
        raise Wrong("An SMS has at least one letter.")
    if len(text) > LONGEST_TEXT:
        raise Wrong(f"An SMS has at most {LONGEST_TEXT:,} characters.")
    if not (after.isascii() and after.isdigit() and len(after) <= 12):
        raise Wrong("This form is not from one of these pages.")
    phone = desk.phone
    if phone is None or not phone.can_answer:
        raise Missing("Nobody takes answers here.")
    try:
        phone.typed(number, text, after)
    except NotTaken as error:
        raise Failed(str(error)) from error


def local_link(desk: Desk, url: str) -> str:
    """Return where a link of ours leads on this machine: the function, not the public address; "" for other links."""
    base = (desk.app.settings.alerts.link_base or "").rstrip("/")
    rest = url.removeprefix(base)
    return f"/alert_reply{rest}" if base and rest != url and _PAGE_OF_A_NOTICE.fullmatch(rest) else ""


def _conversation(desk: Desk, number: str) -> list[KeptText]:
    """Raises Missing for a number that is nobody's and that nothing was sent to."""
    kept = desk.phone.conversation(number) if desk.phone and _NUMBER.fullmatch(number) else []
    if desk.phone is None or not (kept or number in _owners(desk)):
        raise Missing("Nobody's phone has this number.")
    return kept


def _last(kept: list[KeptText]) -> int:
    """What stood there last when the form was shown: a form that is sent twice is one answer."""
    return max((text.place for text in kept), default=0)


def _bubble(desk: Desk, kept: KeptText) -> Bubble:
    at = kept.at
    if at is None and _NOTICE.fullmatch(kept.id) and (notice := desk.ledger().notice(kept.id)) is not None:
        at = notice.sent_at
    return Bubble(kept.place, kept.from_person, tuple(_pieces(desk, kept)), at, segments(kept.text).segments)


def _pieces(desk: Desk, kept: KeptText) -> list[Piece]:
    """Only what we wrote ourselves may have a link in it, and only one that begins with our own address."""
    base = (desk.app.settings.alerts.link_base or "").rstrip("/")
    if kept.from_person or not base:
        return [Piece(kept.text)]
    parts = re.split(f"({re.escape(base)}/n/[A-Za-z0-9_.-]+)", kept.text, flags=re.ASCII)
    return [Piece(part, local_link(desk, part)) for part in parts if part]


def _owners(desk: Desk) -> dict[str, str]:
    """Return the numbers of the settings, with the names of those who have them."""
    owners: dict[str, str] = {}
    for person in desk.app.settings.alerts.people.values():
        if person.phone:
            owners[person.phone] = ", ".join(filter(None, (owners.get(person.phone), person.name)))
    return owners


def _name(desk: Desk, number: str) -> str:
    return _owners(desk).get(number, "")
