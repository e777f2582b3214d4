"""Plays one day of a 12-technician service provider with three PSAs, and shows what its clients were told.

`python -m infra.local.demo [--stay] [--seed N] [--out DIR]`. Nothing but this process is needed; nothing leaves it.
"""

import argparse
import contextlib
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from infra.local import demo_report, export
from infra.local.data_folder import DataFolder, UnusableFolder
from infra.local.demo_afterwards import Afterwards
from infra.local.demo_platform import Day, prepare
from infra.local.demo_stage import Weather
from infra.local.pages.words import clock_time, day_name
from infra.local.run import PORT
from infra.local.serving import PortTaken, Server
from infra.local.simulator import END, START, plot
from infra.local.stopping import wait_for_stop
from shared.errors import ConfigurationError

OUT = Path("var/demo")
NOTICE = "This is a played day with invented people. It ended on {day} at {time}."


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    console = Console(file=sys.stdout, highlight=False)  # as it is now: later it is the functions' log
    try:
        demo(options.seed, options.out, options.port if options.stay else None, console)
    except (UnusableFolder, PortTaken, export.NotOurFolder, ConfigurationError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


def demo(seed: int, out: Path, port: int | None, console: Console) -> None:
    """Play the day and report. With a `port` the pages stay up there until SIGINT or SIGTERM."""
    started = time.perf_counter()
    export.clear(out)
    folder = DataFolder.at(out)
    export.mark(out)
    with (out / "functions.log").open("w", encoding="utf-8") as log, contextlib.redirect_stdout(log):
        day = prepare(folder, START, seed, Weather(), _notice())
        server = (
            Server(Afterwards(day), port) if port is not None else None
        )  # before the wait: a taken port says so now
        play(day, seed)
        found = demo_report.outcome(day)
        exported = export.export(day.platform.desk, out)
        seconds = time.perf_counter() - started
        msp = day.platform.app.settings.msp.name
        title = f"{msp}, {day_name(START.date())}, 07:00 to 20:00 (seed {seed}, played in {seconds:.0f} s)"
        demo_report.show(found, console, title=title)
        demo_report.show_where(console, exported.index, out, exported.pages)
        demo_report.show_why(found, console, out)
        if server is None:
            console.print("\n`make run` plays the same day, and lets you browse it and answer its alerts.")
        else:
            _stay(server, console)


def play(day: Day, seed: int, *, tickets: int | None = None) -> None:
    """Let the whole day happen, with a progress bar where somebody watches."""
    with _progress() as bar:
        task = bar.add_task(day_name(START.date()), total=(END - START).total_seconds(), clock="07:00")

        def happened(at: datetime) -> None:
            bar.update(task, completed=(at - START).total_seconds(), clock=clock_time(at, day.platform.desk.zone))

        day.stage.play(plot(seed, tickets), END, happened)
        happened(END)
    day.stage.count_arrivals()


def _stay(server: Server, console: Console) -> None:
    server.start()
    console.print(f"\nBrowse the day at {server.url}   (Ctrl-C ends it)")
    wait_for_stop()
    server.stop()


def _notice() -> str:
    return NOTICE.format(day=day_name(END.date()), time=f"{END:%H:%M}")


def _progress() -> Progress:
    """On standard error, and only on a terminal: what is piped somewhere stays readable."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}  {task.fields[clock]}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    watched = console.is_terminal
    return Progress(*columns, console=console, disable=not watched, redirect_stdout=False, redirect_stderr=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.local.demo", description=__doc__)
    parser.add_argument("--stay", action="store_true", help="keep the pages up afterwards, until Ctrl-C")
    parser.add_argument("--seed", type=int, default=1, help="another seed is another day; default 1")
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help=f"where the day is kept; default {OUT}")
    parser.add_argument("--port", type=int, default=PORT, metavar="N", help=f"for --stay; default {PORT}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
