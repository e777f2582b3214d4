"""Puts an update into words: the client's language, the client's time zone, and nothing that the PSA did not say."""

import tomllib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from functions.ticket_update_notifier.draft import Occurrence
from shared.mail.letter import Letter
from shared.models.ticket import Touchpoint

TEXTS = Path(__file__).parent / "texts"


@dataclass(frozen=True, slots=True)
class LetterWriter:
    """Writes letters for one client: `zone` is the IANA name of the zone that its times are given in."""

    language: str
    zone: str
    msp: str
    signature: str

    def __call__(self, what: Occurrence) -> Letter:
        """Return the letter for one update. Outside text goes in as it is; whoever renders the letter escapes it."""
        texts = texts_of(self.language)
        words: dict[str, str] = self._words(what)
        text = texts[_section(what)]
        common = texts["common"]
        name = what.ticket.contact.name if what.ticket.contact else None
        paragraphs = [line.format_map(words) for line in text["body"]]
        if what.first and what.touchpoint is not Touchpoint.RECEIVED:
            paragraphs.insert(0, common["received_too"].format_map(words))
        return Letter(
            language=self.language,
            subject=common["subject"].format_map(words),
            status=text["status"].format_map(words),
            tone=text["tone"],
            greeting=common["hello"].format(name=name) if name else common["hello_nobody"],
            paragraphs=tuple(paragraphs),
            asks=text.get("asks", ""),
            rows=self._rows(what, common, words),
            closing=(words["signature"] if "asks" in text else common["closing"].format_map(words)).strip(),
            footer=common["footer"].format_map(words),
        )

    def _words(self, what: Occurrence) -> dict[str, str]:
        ticket = what.ticket
        return {
            "number": ticket.number,
            "title": ticket.title or f"#{ticket.number}",
            "msp": self.msp,
            "signature": self.signature,
            "owner": what.past.owner or self.msp,
            "priority": what.past.priority or "",
            "vendor": ticket.vendor_reference or "",
            "when": self.local_time(what.about),
            "by": self.local_time(_up_to_five_minutes(what.next_update_by)) if what.next_update_by else "",
        }

    def _rows(self, what: Occurrence, common: dict[str, str], words: dict[str, str]) -> tuple[tuple[str, str], ...]:
        rows = [(common["row_request"], words["title"])]
        if what.past.owner:
            rows.append((common["row_owner"], what.past.owner))
        if what.past.priority:
            rows.append((common["row_priority"], what.past.priority))
        if what.touchpoint is Touchpoint.WAITING_ON_VENDOR and words["vendor"]:
            rows.append((common["row_vendor"], words["vendor"]))
        if words["by"]:
            rows.append((common["row_next"], words["by"]))
        return tuple(rows)

    def local_time(self, at: datetime) -> str:
        """Return `at` as the client's wall clock shows it, with the zone's abbreviation: no room for a mistake."""
        local = at.astimezone(ZoneInfo(self.zone))
        texts = texts_of(self.language)
        return str(
            texts["time"].format(
                weekday=texts["weekdays"][local.weekday()],
                day=local.day,
                month=texts["months"][local.month - 1],
                hour=f"{local.hour:02d}",
                minute=f"{local.minute:02d}",
                zone=local.tzname(),
            )
        )


def _up_to_five_minutes(at: datetime) -> datetime:
    """Return `at` as a person would say it. Later, never earlier: what is watched is the exact time."""
    return at + timedelta(seconds=-at.timestamp() % 300)


def _section(what: Occurrence) -> str:
    """A resolution that was learnt of only after the ticket was open again is told as what it is."""
    if what.touchpoint is Touchpoint.RESOLVED and not what.past.is_done:
        return "resolved_but_open_again"
    return what.touchpoint.value


@cache
def texts_of(language: str) -> dict[str, Any]:
    """Return the texts of a language. Raises FileNotFoundError for one that we have no words in."""
    return tomllib.loads((TEXTS / f"{language}.toml").read_text(encoding="utf-8"))
