"""What `why` and `who` say, as the MSP reads it: its own zone, people's names, and the words of the pages."""

import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from infra.local.pages import words
from shared.alerts.kinds import KINDS
from shared.alerts.times import local_times
from shared.config.alerts import Person
from shared.models.alert import Way

WAYS: dict[str, str] = {
    Way.SMS: "SMS",
    Way.EMAIL: "e-mail",
    Way.CHAT: "chat",
    Way.PSA_NOTE: "a note in the PSA",
}

_OF_A_PERSON = re.compile(r"(round [0-9]+, step [0-9]+: )?([a-z][a-z0-9-]*)( .*)", re.DOTALL)
_BY = re.compile(r"(^ by | was not reached by )((?:sms|email|chat|psa_note)(?: and (?:sms|email|chat|psa_note))*)")
_TOLD = re.compile(r"(?<=told: )[a-z][a-z0-9-]*(?:, [a-z][a-z0-9-]*)*")
_NOT_TOLD = re.compile(r"\(([a-z_]+)\): ([a-z_]+)")
_INHIBITED = re.compile(r"(?<=inhibited by )[a-z_]+(?= \()")
_TEENS = (11, 12, 13)


def plain(text: str, people: Mapping[str, Person], zone: ZoneInfo) -> str:
    """Return `text`, what an alert or its ledger says, on one line: names for keys, titles for codes, local times."""
    text = " ".join(text.split())
    text = _TOLD.sub(lambda match: ", ".join(_name(key, people) for key in match[0].split(", ")), text)
    text = _NOT_TOLD.sub(_not_told, text)
    text = _INHIBITED.sub(lambda match: f"“{KINDS[match[0]].title}”" if match[0] in KINDS else match[0], text)
    return local_times(named(text, people), zone)


def named(text: str, people: Mapping[str, Person]) -> str:
    """Return a line that begins with whom it is about, with their name for their key, and the ways as people say."""
    about = _OF_A_PERSON.fullmatch(text)
    if about is None or about[2] not in people:
        return text
    rest = _BY.sub(lambda match: match[1] + " and ".join(WAYS[way] for way in match[2].split(" and ")), about[3], 1)
    return f"{about[1] or ''}{people[about[2]].name}{rest}"


def ordinal(number: int) -> str:
    """Return `1st`, `2nd`, `3rd`, `11th`."""
    ending = "th" if number % 100 in _TEENS else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _name(key: str, people: Mapping[str, Person]) -> str:
    return people[key].name if key in people else key


def _not_told(match: re.Match[str]) -> str:
    """`(received): no_address`, as findings say it."""
    touchpoint, why = match.groups()
    return f"({words.TOUCHPOINTS[touchpoint]}): {words.reason(why)}" if touchpoint in words.TOUCHPOINTS else match[0]
