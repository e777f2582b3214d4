"""Runs the platform on this machine, for real: `python -m infra.local.run [--settings FILE] [--data DIR] [--port N]`.

Everything is in the data folder. What the functions log goes to standard output, one JSON line a call.
"""

import argparse
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from infra.local.data_folder import DataFolder, UnusableFolder
from infra.local.local_links import KEY, with_local_links
from infra.local.platform import Platform
from infra.local.queues import queue_settings
from infra.local.scheduler import Scheduler, jobs
from infra.local.serving import PortTaken, Server
from infra.local.stopping import wait_for_stop
from shared import wiring
from shared.adapters.embedded_queue import EmbeddedQueue
from shared.adapters.task_workers import TaskWorkers
from shared.errors import ConfigurationError, Retryable
from shared.ports import App

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PORT = 8710
WORKERS = 12  # more than all paced queues together take at once, so that a slow PSA or relay holds nobody else up


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        run(options.settings, options.data, options.port)
    except ConfigurationError as error:
        _say(f"The settings are not right yet:\n{error}")
        return 2
    except (UnusableFolder, PortTaken, Retryable) as error:
        _say(f"Cannot start: {error}")
        return 2
    return 0


def run(settings: Path, data: Path, port: int) -> None:
    """Run until SIGINT or SIGTERM. Raises ConfigurationError, UnusableFolder or PortTaken before anything has begun."""
    folder = DataFolder.at(data)
    environ = folder.environment(settings, os.environ)
    app = wiring.build(environ)
    folder.keep_settings(settings)
    queue = EmbeddedQueue(folder.queue, app.clock, queue_settings())

    def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        return platform(environ, start_response)

    server = Server(answer, port)  # its address is known from here on, and links need it
    app = with_local_links(replace(app, queue=queue), server.url, {**environ, KEY: folder.link_key()})
    platform = Platform(app, environ["PROMISEKEEPER_TASK_TOKEN"])
    workers = TaskWorkers(queue, platform.deliver, app.clock, threads=WORKERS)
    scheduler = Scheduler(jobs(), platform.tick, app.clock)
    shut = list(_shut_doors(app))  # before it says that it runs: from then on a signal is to find us waiting for it
    server.start()
    workers.start()
    scheduler.start()
    _say(
        f"{app.settings.msp.name}: the platform runs. Look at {server.url}\n"
        f"Webhooks come to {server.url}psa_webhook/<{' | '.join(app.settings.psa)}>. Data is in {folder.path}.\n"
        "Ctrl-C stops it."
    )
    for problem in shut:
        _say(f"Not ready yet: {problem}")
    wait_for_stop()
    _say("Stopping: what is under way is finished first. Ctrl-C again stops at once.")
    server.stop()
    scheduler.stop()
    workers.stop()
    _say("Stopped. Nothing is lost: what was not done waits in the data folder.")


def _shut_doors(app: App) -> Iterator[str]:
    """Say what cannot be used yet, and what to set. It alone stays shut, so it is no reason not to start."""
    said = set[str]()
    for name, door in _doors(app):
        try:
            door()
        except ConfigurationError as error:
            lack = " ".join(str(error).split())
            if lack not in said:
                yield f"{name}: {lack}"
            said.add(lack)


def _doors(app: App) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield what needs a secret of its own: its name, and what builds it. None of them calls anybody yet."""
    alerts = app.settings.alerts
    for name in app.settings.psa:
        yield name, partial(app.psa_webhook, name)
    yield f"mail by {app.settings.mail.channel}", app.mail
    yield "the call to the watch outside (alerts.heartbeat_url)", app.heartbeat
    if not alerts.people:
        return
    yield "the links in alerts", app.alert_links
    if alerts.sms.channel != "off":
        yield f"SMS by {alerts.sms.channel}", app.sms
        yield "answers by SMS", app.sms_webhook
    for person in alerts.people.values():
        if person.chat:
            yield f"the chat of {person.name}", partial(app.chat, person.chat)


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.local.run", description=__doc__)
    parser.add_argument("--settings", type=Path, default=Path("infra/settings.example.yaml"), metavar="FILE")
    parser.add_argument(
        "--data", type=Path, default=Path("var"), metavar="DIR", help="store, queue, mailbox; default ./var"
    )
    parser.add_argument("--port", type=int, default=PORT, metavar="N", help=f"on 127.0.0.1; default {PORT}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
