"""Says who would be told of an alert, when and how: `python -m infra.alerts.who [--at TIME] --settings FILE [...]`.

The real rules decide, on a made-up alert that nobody takes, until the end of its chain. Nothing is stored or sent.
Exit status 1 if nobody would be told.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra.alerts.asking import UnreadableTime, made_up, time_at, zone_of
from infra.alerts.rehearsal import Event, Remark, rehearsed, told
from infra.alerts.week import NOBODY, letters_of, week
from infra.alerts.wording import local_times, shown_time
from shared.alerts.kinds import KINDS
from shared.config.file import load
from shared.config.settings import Settings
from shared.errors import ConfigurationError
from shared.models.alert import Errand, Way
from shared.models.finding import Severity
from shared.system_clock import SystemClock

_WAYS = {Way.SMS: "SMS", Way.EMAIL: "e-mail", Way.CHAT: "chat", Way.PSA_NOTE: "note in the PSA"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer on standard output. Returns 0, 1 if nobody would be told (in some hour), 2 for what cannot be read."""
    options = _parser().parse_args(arguments)
    console = Console(highlight=False)
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
    table = Table(
        title=f"{options.severity} {options.kind}, found {shown_time(at, zone)} ({zone.key}), nobody takes it"
    )
    for heading in ("time", "their time", "person", "way", "address", "why"):
        table.add_column(heading, overflow="fold")
    for event in events:
        table.add_row(*(escape(cell) for cell in _row(event, settings, zone)))
    console.print(table)
    if settings.alerts.sms.channel == "phone" and any(e.way is Way.SMS for e in told(events)):
        console.print("SMS stay on the pages here (alerts.sms.channel is phone): nobody's phone rings.")
    if not told(events):
        console.print("Nobody would be told.")
        return 1
    return 0


def _row(event: Event, settings: Settings, zone: ZoneInfo) -> tuple[str, ...]:
    when = shown_time(event.at, zone)
    if isinstance(event, Remark):
        return when, "", "", "", "", local_times(event.what, zone)
    person = settings.alerts.people[event.person]
    theirs = shown_time(event.at, ZoneInfo(person.timezone)) if person.timezone else ""
    address = settings.alerts.address(event.person, event.way) or ""
    turn = f"round {event.turn[0]}, step {event.turn[1]}" if event.errand is Errand.NEWS else "it is put away"
    why = f"{turn}, but not sent: {event.lost}" if event.lost else turn
    return when, theirs, person.name, _WAYS[event.way], address, why


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
    parser.add_argument("--severity", choices=[each.value for each in Severity], default="critical")
    parser.add_argument("--kind", choices=sorted(KINDS), default="client_in_silence")
    parser.add_argument("--client", help="its name or id in the PSA")
    parser.add_argument("--team", help="the ticket's board")
    parser.add_argument("--owner", help="who looks after the ticket, as the PSA names them")
    parser.add_argument("--psa", help="the connection's name; default: the first")
    parser.add_argument(
        "--week", action="store_true", help="a grid of seven days instead: who is told first in each hour"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
