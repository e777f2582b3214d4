"""What a notice says as mail and as chat post: what it is, who has it, since when, what to do. Pure.

As an SMS: `shared.alerts.sms_words`, which the check of the settings uses, too.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from shared.alerts.kinds import filled, kind_of
from shared.alerts.sms_words import Line, clients, counted
from shared.alerts.standing import span_words
from shared.alerts.times import local_times
from shared.mail.letter import Letter
from shared.models.alert import Alert, Errand


def letter(  # noqa: PLR0913 - all by name
    lines: Sequence[Line],
    link: str,
    now: datetime,
    *,
    reader: str,
    names: Mapping[str, str],
    zone: ZoneInfo,
    msp: str,
    overflow: bool,
) -> Letter:
    """Return the mail; a digest names every alert that there was no room for."""
    first = lines[0]
    kind = kind_of(first.alert)
    name = names.get(reader, reader).partition(" ")[0]
    footer = f"{msp} sent this by itself. Answers to this mail are not read: use the button, or the PSA."
    if len(lines) > 1:
        why = "So much came up at once that it is one mail instead of many." if overflow else "They came up together."
        return Letter(
            subject=f"{counted(lines)}: {clients(lines)}",
            status=counted(lines),
            tone="action",
            greeting=f"Hello {name},",
            paragraphs=(why,),
            link=link,
            link_label="Look, and take what is yours",
            entries=tuple((_label(line), line.brief(now)) for line in lines),
            footer=footer,
        )
    over = first.errand is Errand.RESOLVED
    action = filled(kind.action, first.alert, now)
    return Letter(
        subject=f"{_tag(first)} {first.brief(now)}".strip(),
        status="Over" if over else kind.title,
        tone="done" if over else "action",
        greeting=f"Hello {name},",
        paragraphs=tuple(local_times(_ending(first.alert) if over else first.alert.text, zone).splitlines()),
        asks="" if over else action,
        link=link,
        link_label="Open it, and take it" if kind.lasting and not over else "Look at it",
        rows=_rows(first.alert, now, reader, names),
        footer=footer,
    )


def chat(lines: Sequence[Line], link: str, now: datetime, *, most: int = 20) -> tuple[str, str]:
    """Return title and text of a post."""
    title = f"{_tag(lines[0])} {kind_of(lines[0].alert).title}".strip() if len(lines) == 1 else counted(lines)
    listed = [line.brief(now) for line in lines[:most]]
    listed += [f"and {len(lines) - most} more"] if len(lines) > most else []
    return title, "\n".join([*listed, *([f"Take it: {link}"] if link else [])])


def _tag(line: Line) -> str:
    """Mark what wants somebody; that something is over is the first word of its line anyway."""
    return "" if line.errand is Errand.RESOLVED else f"[{line.alert.severity.value}]"


def _label(line: Line) -> str:
    label = "over" if line.errand is Errand.RESOLVED else line.alert.severity.value
    return f"{label} #{line.alert.number}" if line.alert.number else label


def _ending(alert: Alert) -> str:
    ending = (alert.ledger[-1].what if alert.ledger else "it is over").removeprefix("over: ").rstrip(".")
    return f"You were told of this; nothing is left to do. It ended so: {ending}."


def _rows(alert: Alert, now: datetime, reader: str, names: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    told = dict.fromkeys(telling.person for telling in alert.tellings if telling.person != reader)
    rows = (
        ("Client", alert.company),
        ("Ticket", f"#{alert.number}" if alert.number else None),
        ("Owner", alert.owner),
        ("For", span_words(now - (alert.since or alert.opened_at))),
        ("Also told", ", ".join(names.get(person, person) for person in told)),
    )
    return tuple((label, value) for label, value in rows if value)
