"""Draws the day of an invented service provider from a seed: which ticket comes when, and who does what about it."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from infra.local.simulated.people import GROUPS, Client, Group, login
from infra.local.simulated.stories import STORIES, Beat
from infra.local.simulated.titles import GERMAN, TITLES

MIDNIGHT = datetime(2026, 3, 10, tzinfo=UTC)
"""A Tuesday. In Dublin winter time is UTC, so that the times in every file are those on the wall."""

START = MIDNIGHT + timedelta(hours=7)
END = MIDNIGHT + timedelta(hours=20)
_AT_WORK = (MIDNIGHT + timedelta(hours=8, minutes=2), MIDNIGHT + timedelta(hours=18))

PORTAL = "portal"
"""The login under which clients' own doings appear in a PSA."""

MIX = {
    "fixed_in_the_call": 13,
    "handled": 19,
    "question": 12,
    "vendor": 6,
    "flapping": 5,
    "came_back": 5,
    "silent": 3,
    "forgotten": 1,
    "handed_on": 3,
    "early": 2,
    "evening": 4,
    "urgent_evening": 1,
    "monitoring": 2,
    "no_mail": 1,
    "other_address": 1,
    "spam": 1,
    "internal": 2,
}
"""How many tickets of a day take which course. Most are dull, as on every day."""

_OPENS = {  # in minutes after midnight: from, until, and where most of them lie
    "early": (426, 468, 440),
    "evening": (1090, 1175, 1110),
    "urgent_evening": (1110, 1125, 1120),
    "silent": (495, 560, 510),
    "forgotten": (490, 520, 500),
    "vendor": (490, 780, 600),
    "came_back": (490, 800, 560),
    "question": (484, 860, 570),
    "flapping": (490, 880, 600),
    "handed_on": (490, 800, 600),
}
_OPENS_OTHERWISE = (483, 990, 570)

Kind = Literal["open", "change", "note", "time", "delete"]


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody does in a PSA. `ticket` counts the day's tickets from 0; `by` is a login."""

    at: datetime
    connection: str
    ticket: int
    kind: Kind
    by: str
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Cast:
    """Who plays in one story: `contact` is a name at the client, "" for a ticket that nobody outside asked for."""

    number: int
    story: str
    group: Group
    client: Client
    contact: str
    technician: str
    colleague: str
    title: str
    opened: datetime


def plot(seed: int, tickets: int | None = None) -> list[Act]:
    """Return everything that happens on the day, in order; the same for the same seed. `tickets`: so many at most."""
    dice = random.Random(seed)
    stories = [story for story, count in MIX.items() for _ in range(count)]
    dice.shuffle(stories)
    titles = {story: dice.sample(of_it, len(of_it)) for story, of_it in TITLES.items()}
    german = {story: dice.sample(of_it, len(of_it)) for story, of_it in GERMAN.items()}
    opened = sorted((_opening(story, dice), story) for story in stories[:tickets])
    casts = [_cast(number, story, at, titles, german, dice) for number, (at, story) in enumerate(opened)]
    acts = [act for cast in casts for act in _acts(cast, dice)]
    return sorted((act for act in acts if act.at < END), key=lambda act: act.at)


def _opening(story: str, dice: random.Random) -> datetime:
    minute = dice.triangular(*_OPENS.get(story, _OPENS_OTHERWISE))
    return MIDNIGHT + timedelta(seconds=round(minute * 60))


def _cast(
    number: int,
    story: str,
    opened: datetime,
    titles: dict[str, list[str]],
    german: dict[str, list[str]],
    dice: random.Random,
) -> _Cast:
    group = _group(story, dice)
    client = dice.choice(group.clients)
    if story == "other_address":
        client = next(each for each in group.clients if each.vip)
    in_german = client.german and bool(german.get(story))
    if client.german and not in_german:  # nobody there writes in English: somebody else's ticket
        client = dice.choice([each for each in group.clients if not each.german])
    technician = "Jakob Lindner" if in_german else dice.choice(group.technicians)
    pool = german if in_german else titles
    title = pool[story].pop(0)
    pool[story].append(title)
    contact = {"internal": "", "monitoring": "Monitoring", "no_mail": "Dispatch desk"}.get(story)
    return _Cast(
        number=number,
        story=story,
        group=group,
        client=client,
        contact=dice.choice(client.people) if contact is None else contact,
        technician=technician,
        colleague=dice.choice([each for each in group.technicians if each != technician]),
        title=title,
        opened=opened,
    )


def _group(story: str, dice: random.Random) -> Group:
    connectwise, autotask, halo = GROUPS
    fixed = {"monitoring": autotask, "other_address": halo, "spam": connectwise, "internal": connectwise}
    return fixed.get(story) or dice.choices((connectwise, autotask, halo), weights=(46, 27, 27))[0]


def _acts(cast: _Cast, dice: random.Random) -> Iterator[Act]:
    group, technician = cast.group, login(cast.technician)
    in_person = cast.story in ("fixed_in_the_call", "internal")
    yield Act(
        at=cast.opened,
        connection=group.connection,
        ticket=cast.number,
        kind="open",
        by=technician if in_person else PORTAL,
        fields={
            "title": cast.title,
            "client": cast.client.name,
            "contact": cast.contact,
            "elsewhere": cast.story == "other_address",
            "priority": group.priorities["low" if cast.story == "monitoring" else "medium"],
            "board": "Internal" if cast.story == "internal" else "Help Desk",
        },
    )
    begin = max(cast.opened, _AT_WORK[0])
    for beat in STORIES[cast.story](dice):
        at = (cast.opened if beat.by_client else begin) + timedelta(seconds=round(beat.after * 60))
        if at >= _AT_WORK[1] and not beat.by_client:
            return  # tomorrow
        yield from _acts_of(beat, at, cast, technician)


def _acts_of(beat: Beat, at: datetime, cast: _Cast, technician: str) -> Iterator[Act]:
    group = cast.group
    by = PORTAL if beat.state in ("answered", "reopened") and beat.by_client else technician

    def act(kind: Kind, fields: Mapping[str, object], before: float = 0) -> Act:
        return Act(at - timedelta(seconds=before), group.connection, cast.number, kind, by, fields)

    if beat.note is not None:
        yield act("note", {"text": beat.note}, before=17)
    if beat.hours is not None:
        yield act("time", {"hours": beat.hours, "note": cast.title}, before=9)
    changed: dict[str, str] = {}
    if beat.state is not None:
        changed["status"] = group.statuses[beat.state]
    if beat.owner is not None:
        changed["owner"] = technician if beat.owner == "me" else login(cast.colleague)
    if beat.priority is not None:
        changed["priority"] = group.priorities[beat.priority]
    if beat.vendor_reference is not None:
        changed["vendor_reference"] = beat.vendor_reference
    if changed:
        yield act("change", changed)
    if beat.delete:
        yield act("delete", {})
