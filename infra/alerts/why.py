"""Says why somebody was (not) told: `python -m infra.alerts.why --alert ID | --ticket NUMBER [--settings] [--data]`.

Reads the store that PROMISEKEEPER_STORE names, else the one of the data folder. Nothing is written.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from infra.alerts.asking import zone_of
from infra.alerts.records import Records
from infra.alerts.story import Teller
from infra.alerts.ticket_story import ticket_story
from infra.local.data_folder import DataFolder
from shared import wiring
from shared.errors import ConfigurationError, Retryable
from shared.ports import App

_NOT_USED = "a-name-that-is-not-used-here-0123456789"


def main(arguments: Sequence[str] | None = None) -> int:
    """Tell on standard output. Returns 0, 1 if nothing was found, 2 if it cannot be looked for."""
    options = _parser().parse_args(arguments)
    try:
        app = open_store(os.environ, options.settings, options.data)
        told = list(_told(app, options))
    except (ConfigurationError, Retryable) as error:
        sys.stdout.write(f"{error}\n")
        return 2
    for line in [*told, f"Times are in {zone_of(app.settings).key}."] if told else [_not_found(options)]:
        sys.stdout.write("".join(char if char.isprintable() else " " for char in line) + "\n")
    return 0 if told else 1


def open_store(variables: Mapping[str, str], settings: Path | None, data: Path) -> App:
    """Return an App whose store can be read. Raises ConfigurationError where there is none, or no settings."""
    variables = dict(variables)
    named = settings or _path(variables.get("PROMISEKEEPER_SETTINGS"))
    if not variables.get("PROMISEKEEPER_STORE"):
        folder = DataFolder(data)
        if not folder.store.exists():
            raise ConfigurationError(_no_store(data))
        variables["PROMISEKEEPER_STORE"] = f"sqlite:{folder.store}"
        if settings is None and folder.settings.exists():
            named = folder.settings
    if named is None:
        raise ConfigurationError("No settings are known for this store, so no zone and no names: say SETTINGS=<yaml>")
    unused = {"PROMISEKEEPER_QUEUE": f"embedded:{_NOT_USED}", "PROMISEKEEPER_TASK_TOKEN": _NOT_USED}
    variables.pop("PROMISEKEEPER_INVOKERS", None)
    return wiring.build({**variables, **unused, "PROMISEKEEPER_SETTINGS": str(named)})


def _path(name: str | None) -> Path | None:
    return Path(name) if name else None


def _no_store(data: Path) -> str:
    played = DataFolder(data / "demo").store.exists()
    after = f"for the played day say DATA={data / 'demo'}" if played else "`make demo` plays a day into var/demo"
    return f"{data} holds no store: name the folder that `make serve` uses (DATA=<dir>); {after}"


def _told(app: App, options: argparse.Namespace) -> Iterator[str]:
    records = Records(app.store)
    teller = Teller(records, app.settings.alerts, zone_of(app.settings))
    if options.ticket:
        for ticket in records.tickets(options.ticket):
            yield from ticket_story(teller, ticket)
        return
    found = records.alerts(options.alert)
    if len(found) > 1:
        yield f"{len(found)} alerts begin so; name more of it:"
        yield from (
            f"  {alert.id}  {alert.kind} {alert.company or ''} {alert.number or ''}".rstrip() for alert in found
        )
        return
    for alert in found:
        yield from teller.story(alert)


def _not_found(options: argparse.Namespace) -> str:
    if options.ticket:
        return (
            f"No ticket has the number {options.ticket}: no webhook or sweep has brought it. Look whether its board is "
            "read, and whether the store is the right one (DATA=... or PROMISEKEEPER_STORE)."
        )
    return (
        f"No alert's id begins with {options.alert}: take it from the alerts' page, at least four characters of it; or "
        "ask for the ticket (TICKET=<number>). Look whether the store is the right one (DATA=, PROMISEKEEPER_STORE)."
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.alerts.why", description=__doc__)
    about = parser.add_mutually_exclusive_group(required=True)
    about.add_argument("--alert", metavar="ID", help="an alert's id, or its first characters")
    about.add_argument("--ticket", metavar="NUMBER", help="a ticket's number or id")
    parser.add_argument("--settings", type=Path, metavar="FILE", help="default: those that ran in DIR")
    parser.add_argument("--data", type=Path, default=Path("var"), metavar="DIR", help="default ./var")
    return parser


if __name__ == "__main__":
    sys.exit(main())
