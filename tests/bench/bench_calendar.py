"""Print what a question to a business calendar costs: `python -m tests.bench.bench_calendar`. It asserts nothing."""

import time
import timeit
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from shared.calendar import BusinessCalendar, CalendarSpec
from shared.calendar_spec import WEEKDAYS

NOW = datetime(2026, 5, 4, 8, 17, 3, 250_000, tzinfo=UTC)
SPANS = {"1 h": timedelta(hours=1), "1 y": timedelta(days=365), "20 y": timedelta(days=7305)}
SPEC = CalendarSpec(
    tz="Europe/Berlin",
    weekly=dict.fromkeys(WEEKDAYS[:5], (("08:00", "12:00"), ("13:00", "17:30"))),
    yearly_holidays=frozenset({"01-01", "05-01", "10-03", "12-25", "12-26"}),
)
ROUNDS = 20_000


def microseconds(question: Callable[[], object]) -> float:
    """Return the best of five runs, in microseconds for one call."""
    return min(timeit.repeat(question, number=ROUNDS, repeat=5)) / ROUNDS * 1e6


def first_use() -> float:
    """Return the milliseconds of the first question to a new calendar; the zone is already in memory."""
    calendar = BusinessCalendar(SPEC)
    began = time.perf_counter()
    calendar.due(NOW, timedelta(hours=8))
    return (time.perf_counter() - began) * 1e3


def main() -> None:
    """Print one line for each span, then the first use."""
    calendar = BusinessCalendar(SPEC)
    print("microseconds, warm   elapsed      due   before  sla_due with 3 pauses")
    for name, span in SPANS.items():
        end = NOW + span
        open_time = calendar.elapsed(NOW, end)
        calendar.before(end, open_time)
        pauses = [(NOW + span * part / 8, NOW + span * (part + 1) / 8) for part in (1, 3, 5)]
        running = calendar.sla_elapsed(NOW, end, pauses)
        questions = (
            partial(calendar.elapsed, NOW, end),
            partial(calendar.due, NOW, open_time),
            partial(calendar.before, end, open_time),
            partial(calendar.sla_due, NOW, running, pauses),
        )
        print(f"{name:>18}", *(f"{microseconds(question):8.2f}" for question in questions))
    print(f"{'is_open':>18}  {microseconds(partial(calendar.is_open, NOW)):8.2f}")
    print(f"{'next_open':>18}  {microseconds(partial(calendar.next_open, NOW)):8.2f}")
    print(f"first use of a calendar: {min(first_use() for _ in range(20)):.2f} ms for one year")
    began = time.perf_counter()
    BusinessCalendar(SPEC).elapsed(NOW, NOW + SPANS["20 y"])
    print(f"first use over 20 years: {(time.perf_counter() - began) * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
