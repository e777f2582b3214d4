"""What a question to a business calendar costs, counted in lines of Python and dates worked out, never in time."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from types import FrameType
from typing import Any

import pytest

from shared.calendar import BusinessCalendar, CalendarSpec, Window
from shared.calendar_spec import WEEKDAYS
from shared.calendar_years import LocalDates

HOUR = timedelta(hours=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def office_hours() -> BusinessCalendar:
    weekly = dict.fromkeys(WEEKDAYS[:5], (("09:00", "17:00"),))
    return BusinessCalendar(CalendarSpec(tz="Europe/Berlin", weekly=weekly))


def lines_run(question: Callable[[], object]) -> int:
    """Count the lines of Python that a question executes."""
    count = 0

    def trace(_frame: FrameType, event: str, _arg: object) -> Callable[..., Any]:
        nonlocal count
        count += event == "line"
        return trace

    previous = sys.gettrace()
    sys.settrace(trace)
    try:
        question()
    finally:
        sys.settrace(previous)
    return count


@pytest.mark.parametrize("ask", ["elapsed", "due", "before", "sla_due"])
def test_twenty_years_cost_as_many_steps_as_one_hour(ask: str) -> None:
    office, now = office_hours(), utc("2026-05-04 10:00")

    def steps(span: timedelta) -> int:
        end = now + span
        amount = office.elapsed(now, end)
        questions: dict[str, Callable[[], object]] = {
            "elapsed": lambda: office.elapsed(now, end),
            "due": lambda: office.due(now, amount),
            "before": lambda: office.before(end, amount),
            "sla_due": lambda: office.sla_due(now, amount, [(end, None)]),
        }
        questions[ask]()
        return lines_run(questions[ask])

    assert steps(timedelta(days=7305)) == steps(HOUR)


def test_a_year_is_worked_out_when_it_is_first_needed_and_only_once() -> None:
    office, now = office_hours(), utc("2026-05-04 10:00")
    office.due(now, 8 * HOUR)
    assert office.known_years == range(2026, 2027)

    office.elapsed(now, utc("2031-05-04"))
    office.elapsed(utc("2024-05-04"), now)
    assert office.known_years == range(2024, 2032)

    known = office.known_years
    assert lines_run(lambda: office.elapsed(utc("2024-05-04"), utc("2031-05-04"))) < 50
    assert office.known_years is known


def test_threads_that_ask_a_new_calendar_at_once_get_the_same_answers_and_share_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = [(utc(f"{year}-03-01"), utc(f"{year + 1}-03-01")) for year in (2026, 2040, 2012, 2033, 2019)] * 8
    expected = [office_hours().elapsed(*span) for span in asked]
    worked_out: list[date] = []
    windows = LocalDates.windows

    def watched(dates: LocalDates, day: date) -> list[Window]:
        worked_out.append(day)
        return windows(dates, day)

    monkeypatch.setattr(LocalDates, "windows", watched)
    shared_by_all, interval = office_hours(), sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda span: shared_by_all.elapsed(*span), asked))
    finally:
        sys.setswitchinterval(interval)

    assert answers == expected
    assert sorted(day.year for day in worked_out if (day.month, day.day) == (6, 1)) == list(range(2012, 2042))
