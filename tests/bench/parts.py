"""The parts by themselves: store, queue, one composed letter, the calendar, and what each function costs to import."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from infra.local.host import function_names
from infra.local.virtual_clock import VirtualClock
from shared.adapters.embedded_queue import EmbeddedQueue
from shared.adapters.sqlite_store import SqliteStore
from shared.calendar import BusinessCalendar
from shared.config.settings import Msp
from shared.mail.compose import compose
from shared.models.ticket import Ticket
from shared.ports import Create, Put, Task
from tests.bench.figures import Figure, microseconds
from tests.unit.story import MONDAY, OFFICE, Story

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TIMES = 2000


def store(folder: Path) -> list[Figure]:
    """SQLite, without waiting for the disk: what the code costs."""
    kept = SqliteStore(folder / "store.sqlite3", durable=False)
    ticket = (
        Story().happens(0, "Working", owner="Robin Vega").passes(10).happens(60, "Waiting on client").passes(70).ticket
    )
    create = microseconds(lambda n: kept.commit([Create(ticket.but(id=f"ticket-{n}"))]), TIMES)
    get = microseconds(lambda n: kept.get(Ticket, f"ticket-{n}"), TIMES)

    def put(n: int) -> None:
        found = kept.get(Ticket, f"ticket-{n}")
        kept.commit([Put(found.document.but(silence_alerts=found.document.silence_alerts + 1), found.version)])

    both = microseconds(put, TIMES)
    return [
        Figure("store: get a ticket", f"{get:.0f} us", 5),
        Figure("store: create a ticket", f"{create:.0f} us", 5),
        Figure("store: get and put a ticket", f"{both:.0f} us", 5),
    ]


def queue(folder: Path) -> list[Figure]:
    waiting = EmbeddedQueue(folder / "queue.sqlite3", VirtualClock(NOW), durable=False)
    put = microseconds(lambda n: waiting.put(Task("send_message", f"task-{n}", {"id": f"message-{n}"}, NOW)), TIMES)
    take = microseconds(lambda _n: waiting.done(waiting.take(NOW)), TIMES)
    return [Figure("queue: put", f"{put:.0f} us", 5), Figure("queue: take and done", f"{take:.0f} us", 5)]


def letter() -> list[Figure]:
    message = Story().happens(0, "Working", owner="Robin Vega").passes(10).messages[0]
    msp = Msp(name="Northwind IT", mail_from="support@northwind.example")

    def one(n: int) -> None:
        compose(
            message.letter, msp=msp, to_address="dana@client.example", to_name="Dana Fox",
            message_id=f"<{n}@northwind.example>", previous=(), date=message.decided_at, ticket_number="7",
        )  # fmt: skip

    return [Figure("mail: compose and check one", f"{microseconds(one, 300):.0f} us", 5)]


def calendar() -> list[Figure]:
    office = BusinessCalendar(OFFICE)
    spans = {"1 hour": timedelta(hours=1), "1 year": timedelta(days=365), "20 years": timedelta(days=7305)}
    return [
        Figure(f"calendar: elapsed over {name}", f"{microseconds(lambda _n, s=span: office.elapsed(MONDAY, MONDAY + s), TIMES):.1f} us", 5)
        for name, span in spans.items()
    ]  # fmt: skip


def imports() -> list[Figure]:
    """A new interpreter up to the imported function, less one that imports functions-framework alone."""
    bare = _import_seconds("import functions_framework")
    return [
        Figure(f"import {name}", f"+{(_import_seconds(f'import functions.{name}.main') - bare) * 1000:.0f} ms", 5)
        for name in function_names()
    ]


def _import_seconds(statement: str) -> float:
    found = []
    for _ in range(5):
        start = perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True)
        found.append(perf_counter() - start)
    return median(found)
