"""What the played day comes to, for a person at a terminal: one table, one ticket's journey, where to look."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.local.demo_platform import Day
from infra.local.pages import words
from infra.local.pages.alert_words import STANDINGS, WAYS
from infra.local.pages.figures import Figures, figures
from infra.local.pages.journey import Lane, Line, journey
from infra.local.pages.stories import worth_reading
from infra.local.simulated.people import GROUPS
from shared.models.alert import Standing
from shared.models.ticket import PromiseOutcome, Ticket

MOST_REASONS = 6
MOST_LINES = 6

LANES = {
    Lane.PSA: "PSA",
    Lane.TOLD: "client",
    Lane.HELD: "held back",
    Lane.PROMISE: "promise",
    Lane.ALERT: "our people",
}
"""Who a line is about, in a word."""

_ENDS = {
    Standing.OPEN: "the next one in the chain is told when their turn comes",
    Standing.ACKNOWLEDGED: "until their time for it runs out",
    Standing.SNOOZED: "told again then",
    Standing.RESOLVED: "and whoever had heard of it heard that, too",
}

Row = tuple[str, str, str]
"""What, how many, and what it means."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures of the day, and the ticket that shows most of it."""

    day: Day
    figures: Figures
    example: Ticket | None
    lines: list[Line]


def outcome(day: Day) -> Outcome:
    desk = day.platform.desk
    ledger = desk.ledger()
    counted = figures(ledger, desk.span(desk.today()))
    settings = day.platform.app.settings
    readable = [t for t in counted.tickets if settings.language_for(t.company_id, t.company) == settings.msp.language]
    example = next((story.ticket for story in worth_reading(readable, most=1)), None)
    findings = ledger.findings(desk.span(desk.today()))
    lines = journey(example, ledger.messages_of(example.id), findings, desk.zone) if example else []
    return Outcome(day, counted, example, lines)


def show(found: Outcome, console: Console, *, title: str) -> None:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right")
    table.add_column(style="dim", overflow="fold")
    for row in _rows(found):
        table.add_row(*(Text(cell) for cell in row), end_section=False)
    console.print()
    console.print(table)
    if found.example is not None:
        console.print()
        console.print(Text(f"One journey: #{found.example.number} {found.example.title}", style="bold"))
        for line in _few(found.lines):
            console.print(_journey_line(found, line), no_wrap=True, overflow="ellipsis")


def show_where(console: Console, index: Path, out: Path, pages: int) -> None:
    console.print()
    console.print(Text("Where to look", style="bold"))
    for path, what in (
        (index, f"open it in a browser: the day, every ticket, every mail; {pages:,} pages"),
        (out / "mails", "the mails as .eml, for any mail program"),
        (out / "functions.log", "what the functions logged, one JSON line a call"),
    ):
        console.print(Text(f"  {path}"), soft_wrap=True)
        console.print(Text(f"      {what}", style="dim"), soft_wrap=True)


def show_why(found: Outcome, console: Console, out: Path) -> None:
    """Say how to ask why somebody was told: the whole line, to be copied."""
    if found.example is not None:
        line = f"make why TICKET={shlex.quote(found.example.number)} DATA={shlex.quote(str(out))}"
        console.print(Text(f"\nWhy was somebody told, or not?\n  {line}"), soft_wrap=True)


def _rows(found: Outcome) -> Iterator[Row]:
    f, stage = found.figures, found.day.stage
    travels = stage.travels
    clients = sum(len(group.clients) for group in GROUPS)
    people = sum(len(group.technicians) for group in GROUPS)
    yield "Tickets", _n(len(f.tickets)), f"from {clients} clients in {len(GROUPS)} PSAs; {people} technicians"
    yield "", "", ""
    yield "Webhooks that the PSAs sent", _n(travels.sent), "each signed, through the HTTP entry point"
    yield "  arrived twice", _n(travels.twice), "the second one changes nothing"
    yield "  arrived out of order", _n(travels.late), "find their place in the ticket's history"
    yield "  got lost on the way", _n(travels.lost), "nobody calls again"
    yield "  refused by us", _n(travels.refused), "of those that the PSAs sent"
    yield "Forged webhooks", _n(travels.forged), "strangers without the key: nothing stored"
    yield "Repaired by the sweep", _n(_repaired(found.day)), "news that no webhook had brought in time"
    yield "", "", ""
    yield "Updates to clients", _n(f.sent), _per_ticket(f)
    for name, count in f.by_touchpoint:
        yield f"  {words.touchpoint(name)}", _n(count), ""
    yield "Held back", _n(f.held), "each with its reason in the ledger"
    for reason in f.reasons[:MOST_REASONS]:
        yield "  because", _n(reason.count), reason.why
    yield "", "", ""
    yield "Promised times that came", _n(f.due), _kept(f)
    yield "  kept", _n(f.promises[PromiseOutcome.KEPT]), "with something real to tell"
    yield "  kept by a holding note", _n(f.noted), _by_notes(f)
    yield "  broken", _n(f.promises[PromiseOutcome.BROKEN]), "each is an alert for a manager"
    yield from _people_rows(f)
    yield "In doubt", _n(f.uncertain), "may have gone out; never repeated blindly" if f.uncertain else ""


def _people_rows(f: Figures) -> Iterator[Row]:
    """What our own people heard, and who has it."""
    unknown = len(f.nudges) - f.nudged
    others = f"; {unknown} more for owners whom the settings do not name" if unknown else ""
    yield "Technicians nudged in time", _n(f.nudged), f"before a promise was missed{others}"
    yield "Alerts for managers", _n(len(f.for_managers)), _alerts(f)
    for standing, count in f.by_standing.items():
        if count:
            yield f"  {STANDINGS[standing].lower()}", _n(count), _ENDS[standing]
    if f.news:
        yield "  news", _n(f.news), "the word of the day and the like: nothing to do"
    for way, count in f.people_told.items():
        yield f"  messages {WAYS[way]}", _n(count), "to our own people"
    yield "  taken by somebody", _n(f.taken), "then nobody else is told of it"
    yield "  held by quiet hours", _n(f.slept), "said in the morning, if they still hold then"


def _n(number: int) -> str:
    return f"{number:,}"


def _per_ticket(f: Figures) -> str:
    return f"{f.sent / len(f.tickets):.1f} a ticket" if f.tickets else ""


def _kept(f: Figures) -> str:
    if not f.due:
        return ""
    return f"{f.kept_percent} % kept" + (f", {f.noted} of them only by a holding note" if f.noted else "")


def _by_notes(f: Figures) -> str:
    unsent = f"; {f.unsent_notes} of them did not go out as a mail: see “Held back”" if f.unsent_notes else ""
    return f"honest: nothing new yet{unsent}"


def _alerts(f: Figures) -> str:
    return words.listed(f"{count} {words.SEVERITIES[severity].lower()}" for severity, count in f.by_severity)


def _repaired(day: Day) -> int:
    ledger = day.platform.desk.ledger()
    found = (ledger.connection(name) for name in day.platform.app.settings.psa)
    return sum(connection.repaired for connection in found if connection is not None)


def _few(lines: list[Line]) -> list[Line]:
    """Return at most six: how it began, how it ended, what the client heard in between, and only then the rest."""
    told = [place for place, line in enumerate(lines) if line.lane is Lane.TOLD]
    weight = {Lane.TOLD: 0, Lane.HELD: 2, Lane.ALERT: 3, Lane.PROMISE: 3, Lane.PSA: 4}

    def rank(place: int) -> tuple[int, int]:
        if place == 0 or place in told[-1:]:
            return -1, place
        line = lines[place]
        said_before = any(other.lane is line.lane and other.headline == line.headline for other in lines[:place])
        return weight[line.lane] + said_before, place

    return [lines[place] for place in sorted(sorted(range(len(lines)), key=rank)[:MOST_LINES])]


def _journey_line(found: Outcome, line: Line) -> Text:
    at = words.clock_time(line.at, found.day.platform.desk.zone)
    text = Text(f"  {at}  ")
    text.append(f"{LANES[line.lane]:<12}", style="cyan" if line.lane is Lane.TOLD else "dim")
    text.append(line.headline)
    if line.detail:
        text.append(f". {line.detail}", style="dim")
    return text
