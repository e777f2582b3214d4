"""One alert as the page shows it: what it is, where it stands, who was told, and what this person may do. Pure."""

from dataclasses import dataclass
from datetime import datetime

from functions.alert_reply.wording import Reader, ending, label
from shared.alerts.kinds import filled, kind_of
from shared.alerts.standing import span_words
from shared.mail.text import one_line
from shared.models.alert import Alert, Errand, Standing, Telling
from shared.models.finding import Severity

SEVERITIES = {
    Severity.CRITICAL: "Act now",
    Severity.WARNING: "Look today",
    Severity.INFO: "For your information",
}
_WAYS = {"sms": "SMS", "email": "e-mail", "chat": "chat", "psa_note": "a note in the PSA"}
NO_CLIENT = "No client"


@dataclass(frozen=True, slots=True)
class Line:
    when: str
    words: str


@dataclass(frozen=True, slots=True)
class Card:
    """`take` is the label of the button by which it changes hands, "" for none; `take_deed` is what that does.

    `heading` names it under its client's name, `label` anywhere. All text is plain, not markup.
    """

    id: str
    client: str
    label: str
    heading: str
    title: str
    brief: str
    action: str
    severity: Severity
    severity_words: str
    standing: str
    tone: str
    facts: tuple[tuple[str, str], ...]
    told: tuple[Line, ...]
    ledger: tuple[Line, ...]
    earlier: int
    take: str
    take_deed: str
    is_open: bool
    is_over: bool
    mine: bool
    in_hands: bool


def card_of(alert: Alert, reader: Reader, now: datetime, *, ledger_lines: int) -> Card:
    """Return the card of `alert` at `now`; of its ledger at most the last `ledger_lines`."""
    kind = kind_of(alert)
    over = alert.standing is Standing.RESOLVED
    take, deed = _take(alert, reader) if kind.lasting and not over else ("", "")
    shown = alert.ledger[-ledger_lines:]
    return Card(
        id=alert.id,
        client=one_line(alert.company or "", 80) or NO_CLIENT,
        label=label(alert),
        heading=f"#{one_line(alert.number, 40)}: {kind.title}" if alert.number else kind.title,
        title=kind.title,
        brief=one_line(filled(kind.brief, alert, now), 300),
        action="" if over else one_line(filled(kind.action, alert, now), 300),
        severity=alert.severity,
        severity_words=SEVERITIES[alert.severity],
        standing=_standing(alert, reader, now, lasting=kind.lasting),
        tone="over" if over else "held" if alert.standing is not Standing.OPEN else alert.severity.value,
        facts=_facts(alert, reader, now),
        told=tuple(_told(telling, reader, now) for telling in alert.tellings if _is_news_now(telling, alert)),
        ledger=tuple(Line(reader.time(entry.at, now), one_line(entry.what, 300)) for entry in shown),
        earlier=len(alert.ledger) - len(shown),
        take=take,
        take_deed=deed,
        is_open=bool(take) and alert.standing is Standing.OPEN,
        is_over=over,
        mine=alert.standing is Standing.ACKNOWLEDGED and alert.by == reader.person,
        in_hands=alert.standing is Standing.ACKNOWLEDGED and alert.by != reader.person,
    )


def _take(alert: Alert, reader: Reader) -> tuple[str, str]:
    if alert.standing is not Standing.ACKNOWLEDGED:
        return "I have it", "acknowledge"
    if alert.by == reader.person:
        return "I need longer", "take_over"
    return f"Take over from {reader.name(alert.by)}", "take_over"


def _standing(alert: Alert, reader: Reader, now: datetime, *, lasting: bool) -> str:
    mine = alert.by == reader.person
    who = "You" if mine else reader.name(alert.by)
    until = reader.time(alert.until or now, now)
    match alert.standing:
        case Standing.RESOLVED:
            return f"Over since {reader.time(alert.changed_at, now)}: {ending(alert)}"
        case Standing.ACKNOWLEDGED:
            return f"{who} {'have' if mine else 'has'} it until {until}"
        case Standing.SNOOZED:
            return f"{who} put it off until {until}"
    return "Nobody has it yet" if lasting else "For your information: nothing is left to take"


def _facts(alert: Alert, reader: Reader, now: datetime) -> tuple[tuple[str, str], ...]:
    since = alert.since or alert.opened_at
    ended = alert.changed_at if alert.standing is Standing.RESOLVED else now
    facts = (
        ("Ticket", f"#{one_line(alert.number, 40)}" if alert.number else ""),
        ("Client", one_line(alert.company or "", 80)),
        ("Owner", one_line(alert.owner or "", 80) or ("nobody" if alert.ticket or alert.number else "")),
        ("Since", f"{reader.time(since, now)} ({span_words(ended - since)})"),
        ("Team", one_line(alert.team or "", 80)),
        ("Found", f"{alert.times} times" if alert.times > 1 else ""),
    )
    return tuple((name, value) for name, value in facts if value)


def _is_news_now(telling: Telling, alert: Alert) -> bool:
    return telling.errand is Errand.NEWS and telling.cycle == alert.cycle


def _told(telling: Telling, reader: Reader, now: datetime) -> Line:
    how = f"{reader.name(telling.person)} by {_WAYS.get(telling.way.value, telling.way.value)}"
    if telling.unreached:
        return Line(reader.time(telling.at, now), f"{how}: not reached ({one_line(telling.unreached, 120)})")
    later = telling.ready_at > now
    return Line(
        reader.time(telling.ready_at if later else telling.at, now), f"{how}, if it is open then" if later else how
    )
