"""The story of one alert as a person reads it: found, told to whom by which way, kept back, taken, over. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from infra.local.pages import words
from infra.local.pages.alert_words import ARRIVALS, WAYS, Speaker
from shared.alerts.kinds import kind_of
from shared.models.alert import Alert, Entry, Errand, Telling, Way
from shared.models.notice import Notice
from shared.models.outgoing import Outgoing, OutgoingState


class Lane(StrEnum):
    """What kind of line it is. The names are those of the sheet."""

    FOUND = "alert"
    TOLD = "told"
    HELD = "held"
    HAND = "promise"
    RULE = "psa"


LANES = {
    Lane.FOUND: "Found",
    Lane.TOLD: "Our people are told",
    Lane.HELD: "Kept back",
    Lane.HAND: "Whose it is",
    Lane.RULE: "Decided",
}
_TURN = re.compile(r"round [0-9]+, step [0-9]+: ")
_INHIBITED = re.compile(r"inhibited by (\w+) \((alert-[0-9a-f]{32})\)")
_OF_HANDS = (" has it", " put it off for ", "ran out: told again", "put it off until now: told again")


@dataclass(frozen=True, slots=True)
class Line:
    """`mail` is a place in the mailbox, `number` whose phone to look at, `alert` the id of the one that explains it."""

    at: datetime
    lane: Lane
    headline: str
    detail: str = ""
    tone: str = ""
    mail: int | None = None
    number: str = ""
    alert: str = ""


def alert_story(alert: Alert, carriers: Mapping[str, Outgoing], speaker: Speaker) -> list[Line]:
    """Return the lines in the order of time. `carriers` are the notices and notes of its tellings, by their ids."""
    told_at = {telling.at for telling in alert.tellings}
    lines = [
        _entry_line(entry, alert, speaker)
        for entry in alert.ledger
        if not (entry.at in told_at and _TURN.match(entry.what))  # the tellings say it better
    ]
    lines += [_telling_line(each, alert, carriers.get(each.notice), speaker) for each in alert.tellings]
    order = [Lane.FOUND, Lane.RULE, Lane.HELD, Lane.TOLD, Lane.HAND]
    return sorted(lines, key=lambda line: (line.at, order.index(line.lane)))


def _entry_line(entry: Entry, alert: Alert, speaker: Speaker) -> Line:
    what, at = entry.what, entry.at
    said = speaker.entry(what, at)
    head, _, rest = said.partition(": ")
    if found := _INHIBITED.match(what):
        return Line(at, Lane.HELD, "A graver alert explains it", "Nobody is told while it stands.", alert=found[2])
    if what.startswith(("suppressed", "nobody of this step")) or " sleeps: held until " in what:
        return Line(at, Lane.HELD, said)
    if what.startswith(("found", "became ")):
        headline = kind_of(alert).title if what.startswith("found: ") else head
        return Line(at, Lane.FOUND, headline, rest, tone=alert.severity.value)
    if what.startswith("over: "):
        return Line(at, Lane.HAND, head, words.sentence(rest), tone="done")
    over = what.startswith("given up") or what.endswith(" says it is resolved")
    of_hands = over or what.endswith(_OF_HANDS) or " put it off for " in what
    return Line(at, Lane.HAND if of_hands else Lane.RULE, said, tone="done" if over else "")


def _telling_line(telling: Telling, alert: Alert, carrier: Outgoing | None, speaker: Speaker) -> Line:
    name, way = speaker.name(telling.person), WAYS[telling.way]
    over = telling.errand is Errand.RESOLVED
    parts = list(_details(telling, alert, carrier, speaker))
    if carrier is not None and carrier.state is OutgoingState.SENT and carrier.sent_at and not _dropped(alert, carrier):
        headline = f"{name} hears {way} that it is over" if over else f"{name} is told {way}"
        tone = "done" if over else ""
        mail, number = _where(telling, carrier, speaker)
        return Line(carrier.sent_at, Lane.TOLD, headline, " ".join(parts), tone, mail, number)
    if not telling.notice or (carrier is not None and carrier.state is OutgoingState.PENDING):
        headline = f"{name} is to {'hear' if over else 'be told'} {way}{' that it is over' if over else ''}"
        return Line(telling.at, Lane.HELD, headline, " ".join(parts))
    broken = carrier is not None and carrier.state in (OutgoingState.DEAD, OutgoingState.UNCERTAIN)
    headline = f"{name} {'does not hear' if over else 'is not told'} {way}"
    if carrier is not None and carrier.state is OutgoingState.UNCERTAIN:
        headline = f"{name} may or may not have been told {way}"
    at = max(telling.at, telling.ready_at)
    return Line(at, Lane.TOLD if broken else Lane.HELD, headline, " ".join(parts), "broken" if broken else "")


def _details(telling: Telling, alert: Alert, carrier: Outgoing | None, speaker: Speaker) -> Iterator[str]:
    if telling.errand is Errand.NEWS:
        yield f"Step {telling.step + 1} of round {telling.round + 1}."
    if isinstance(carrier, Notice):
        yield from _of_notice(telling, alert, carrier, speaker)
    elif carrier is None:
        yield f"It is to leave at {speaker.time(telling.ready_at, telling.at)}."
    elif carrier.state is not OutgoingState.SENT:
        yield f"{words.sentence(speaker.state(carrier))}."
    if telling.unreached:
        yield f"Not reached: {telling.unreached}."


def _of_notice(telling: Telling, alert: Alert, notice: Notice, speaker: Speaker) -> Iterator[str]:
    if why := _dropped(alert, notice):
        yield f"{words.sentence(_named(why, speaker))}."
    elif notice.state is not OutgoingState.SENT:
        if notice.state is OutgoingState.PENDING and notice.alarm_at is not None:
            yield f"It leaves at {speaker.time(max(notice.alarm_at, telling.ready_at), telling.at)}."
        yield f"{words.sentence(speaker.state(notice))}."
    elif telling.way is Way.SMS:
        yield f"“{speaker.sms(notice.text)}”"
    if ARRIVALS[notice.arrival]:
        yield ARRIVALS[notice.arrival]


def _dropped(alert: Alert, carrier: Outgoing) -> str:
    """Return why the alert was left out of the message when it left; "" if it was not."""
    dropped = carrier.dropped if isinstance(carrier, Notice) else ()
    return next((each.why for each in dropped if each.alert == alert.id), "")


def _named(why: str, speaker: Speaker) -> str:
    key, space, rest = why.partition(" ")
    return f"{speaker.name(key)}{space}{rest}"


def _where(telling: Telling, carrier: Outgoing, speaker: Speaker) -> tuple[int | None, str]:
    """Return the mail's place in the mailbox and the number of the phone, as far as they are kept on this machine."""
    kept, _, place = carrier.reference.partition("-")
    if kept == "mailbox" and place.isdigit():
        return int(place), ""
    address = speaker.settings.address(telling.person, telling.way)
    return None, (address or "") if kept == "phone" else ""
