"""Says who would be told of an alert, when and how: `python -m infra.alerts.who [--at TIME] --settings FILE [...]`.

The real rules decide, on a made-up alert that nobody takes, until the end of its chain. Nothing is stored or sent.
Exit status 1 if nobody would be told.
"""

import argparse
import sys
import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from infra.alerts.asking import UnreadableTime, made_up, time_at, zone_of
from infra.alerts.rehearsal import Event, Remark, Told, rehearsed, told
from infra.alerts.week import NOBODY, letters_of, week
from infra.alerts.wording import WAYS, plain
from shared.alerts.kinds import KINDS
from shared.alerts.times import shown_time
from shared.config.file import load
from shared.config.settings import Settings
from shared.errors import ConfigurationError
from shared.models.alert import Errand, Way
from shared.models.finding import Severity
from shared.system_clock import SystemClock

_END = "that was the last step"
_INDENT = " " * len("  03:00:00  ")


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer on standard output. Returns 0, 1 if nobody would be told (in some hour), 2 for what cannot be read."""
    options = _parser().parse_args(arguments)
    console = Console(highlight=False)
    if options.severity is None and options.kind in KINDS:
        options.severity = KINDS[options.kind].severity.value
    for name, asked, known in (("kind", options.kind, KINDS), ("severity", options.severity, list(Severity))):
        if asked not in known:
            _say(console, f"There is no {name} {asked!r}. There are: {', '.join(sorted(known))}.")
            return 2
    try:
        settings = load(options.settings)
        zone = zone_of(settings)
        at = time_at(options.at, zone) if options.at else SystemClock().now()
    except (ConfigurationError, UnreadableTime) as error:
        console.print(str(error), markup=False)
        return 2
    return _show_week(console, settings, at, options) if options.week else _show_once(console, settings, at, options)


def _play(settings: Settings, at: datetime, options: argparse.Namespace) -> list[Event]:
    facts = {"client": options.client, "team": options.team, "owner": options.owner}
    psa = options.psa or next(iter(settings.psa), None)
    return rehearsed(settings, made_up(at, Severity(options.severity), options.kind, psa=psa, **facts), at)


def _show_once(console: Console, settings: Settings, at: datetime, options: argparse.Namespace) -> int:
    zone = zone_of(settings)
    events = _play(settings, at, options)
    _say(console, f"{options.severity} {options.kind}, found {shown_time(at, zone)} ({zone.key}).")
    _say(console, "If nobody takes it:")
    for line in _lines(events, settings, at, with_addresses=options.addresses):
        _say(console, line)
    if settings.alerts.sms.channel == "phone" and any(e.way is Way.SMS for e in told(events)):
        _say(console, "SMS stay on the pages here (alerts.sms.channel is phone): nobody's phone rings.")
    if not told(events):
        _say(console, "Nobody would be told.")
        return 1
    return 0


def _lines(events: list[Event], settings: Settings, at: datetime, *, with_addresses: bool) -> Iterator[str]:
    """Yield a line for each step and person, and one for each new day; what is said of the end comes last."""
    zone = zone_of(settings)
    day = at.astimezone(zone).date()
    steps: dict[object, list[Event]] = {}
    for number, event in enumerate(events):
        one = event if isinstance(event, Told) else None
        key = (one.at, one.person, one.turn, one.errand, one.lost) if one else number
        steps.setdefault(key, []).append(event)
    ends = [e for e in events if isinstance(e, Remark) and e.what.startswith(_END)]
    for step in steps.values():
        there = step[0].at.astimezone(zone)
        if step[0] in ends:
            continue
        if there.date() != day:
            day = there.date()
            yield f"{there:%a %d %b}"
        tellings = [event for event in step if isinstance(event, Told)]
        yield f"  {there:%H:%M:%S}  {_told(tellings, settings, there)}{_remarks(step, settings, zone)}"
        reached = [settings.alerts.address(telling.person, telling.way) for telling in tellings]
        if with_addresses and any(reached):
            yield f"{_INDENT}{', '.join(filter(None, reached))}"
    for end in ends:
        yield f"{_INDENT}{plain(end.what, settings.alerts.people, zone)}"


def _told(tellings: list[Told], settings: Settings, there: datetime) -> str:
    """Return who is told by which ways; the time on their own clock where it is another one."""
    if not tellings:
        return ""
    first = tellings[0]
    person = settings.alerts.people[first.person]
    turn = f"round {first.turn[0]}, step {first.turn[1]}" if first.errand is Errand.NEWS else "that it is over"
    theirs = there.astimezone(ZoneInfo(person.timezone)) if person.timezone else there
    if theirs.utcoffset() != there.utcoffset():
        turn += f"; {theirs:%H:%M} for them" if theirs.date() == there.date() else f"; {theirs:%a %H:%M} for them"
    lost = f", but not sent: {first.lost}" if first.lost else ""
    return f"{person.name} by {' and '.join(WAYS[each.way] for each in tellings)} ({turn}){lost}"


def _remarks(step: list[Event], settings: Settings, zone: ZoneInfo) -> str:
    remarks = (event for event in step if isinstance(event, Remark))
    return "; ".join(plain(remark.what, settings.alerts.people, zone) for remark in remarks)


def _say(console: Console, text: str) -> None:
    """Print it, broken where the terminal ends, below where its words began."""
    begins = len(_INDENT) if text.startswith(" ") else 0
    lines = textwrap.wrap(text, console.width, subsequent_indent=" " * begins, break_long_words=False)
    console.print("\n".join(lines), markup=False, soft_wrap=True)


def _show_week(console: Console, settings: Settings, at: datetime, options: argparse.Namespace) -> int:
    zone, letters = zone_of(settings), letters_of(settings)
    title = f"Who is told first of {options.severity} {options.kind}, from {at.astimezone(zone):%d %b %Y}, {zone.key}"
    table = Table(title=title, box=None, padding=(0, 1, 0, 0), pad_edge=False)  # 80 columns are enough
    for heading in ("", *(f"{hour:02}" for hour in range(24))):
        table.add_column(heading, no_wrap=True)
    days = list(week(lambda when: _play(settings, when, options), letters, at, zone))
    for day in days:
        table.add_row(day.name, *day.cells)
    console.print(table)
    console.print(", ".join(f"{letter} {settings.alerts.people[key].name}" for key, letter in letters.items()))
    console.print("Small letters: only after more than 15 min. A dot: nobody. Blank: the clock skips that hour.")
    nobody = sum(cell == NOBODY for day in days for cell in day.cells)
    if nobody:
        console.print(f"Nobody is told in {nobody} of these hours.")
    return 1 if nobody else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.alerts.who", description=__doc__)
    parser.add_argument("--settings", type=Path, default=Path("infra/settings.example.yaml"), metavar="FILE")
    parser.add_argument(
        "--at", metavar="TIME", help='"2026-12-24 03:00" in the MSP\'s zone, or with a zone; default now'
    )
    parser.add_argument("--severity", help="info, warning or critical; that of the kind if it is left out")
    parser.add_argument("--kind", default="client_in_silence", help="of alert; a wrong one shows them all")
    parser.add_argument("--client", help="its name or id in the PSA")
    parser.add_argument("--team", help="the ticket's board")
    parser.add_argument("--owner", help="who looks after the ticket, as the PSA names them")
    parser.add_argument("--psa", help="the connection's name; default: the first")
    parser.add_argument(
        "--week", action="store_true", help="a grid of seven days instead: who is told first in each hour"
    )
    parser.add_argument("--addresses", action="store_true", help="also the numbers and addresses")
    return parser


if __name__ == "__main__":
    sys.exit(main())
