"""Run a file of business-hours cases against `shared.calendar`: `python -m tests.business_hours FILE`.

The file names its calendars once and its cases by kind. A case that is marked disputed is run and listed, but does not
count. Exit code 0: every other case agrees; 1: at least one differs; 2: there is no such file to read.
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from shared.calendar import BusinessCalendar, CalendarSpec, Window, localize
from shared.errors import PromisekeeperError

Case = Mapping[str, Any]
Answer = tuple[list[Any], Any]
"""What the case accepts (one value, or one for each edge convention), and what the calendar says."""


@dataclass(frozen=True)
class Outcome:
    """One case after it was run."""

    id: str
    kind: str
    calendar: str
    expected: str
    got: str
    agrees: bool
    disputed: str = ""

    def __str__(self) -> str:
        return f"{self.id}  {self.kind}  calendar {self.calendar}: expected {self.expected}, got {self.got}"


@dataclass
class Report:
    """All outcomes of one file."""

    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def settled(self) -> list[Outcome]:
        """The cases on which all engines agree."""
        return [outcome for outcome in self.outcomes if not outcome.disputed]

    @property
    def disputed(self) -> list[Outcome]:
        """The cases whose value rests on a choice; they do not count."""
        return [outcome for outcome in self.outcomes if outcome.disputed]

    @property
    def differences(self) -> list[Outcome]:
        """The cases that count and differ."""
        return [outcome for outcome in self.settled if not outcome.agrees]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _seconds(case: Case) -> timedelta:
    return timedelta(seconds=case["seconds"])


def _first(case: Case, *names: str) -> Any:
    for name in names:
        if name in case:
            return case[name]
    raise KeyError(f"none of {', '.join(names)}")


def _instants(case: Case, *names: str) -> list[datetime | None]:
    """Return every instant that the case accepts; null stands for none at all."""
    found = [case[name] for name in names if name in case]
    if not found:
        raise KeyError(f"none of {', '.join(names)}")
    return [None if text is None else _instant(text) for text in found]


def _pauses(case: Case) -> list[tuple[datetime, datetime | None]]:
    return [(_instant(start), end and _instant(end)) for start, end in case.get("pauses") or ()]


def _elapsed(calendar: BusinessCalendar, case: Case) -> Answer:
    return [case["seconds"]], calendar.elapsed(_instant(case["start"]), _instant(case["end"])).total_seconds()


def _deadline(calendar: BusinessCalendar, case: Case) -> Answer:
    accepted = _instants(case, "due", "due_closing", "due_next_open")
    return accepted, calendar.due(_instant(case["start"]), _seconds(case))


def _before(calendar: BusinessCalendar, case: Case) -> Answer:
    accepted = _instants(case, "start", "start_opening", "start_previous_close")
    return accepted, calendar.before(_instant(case["end"]), _seconds(case))


def _roll_forward(calendar: BusinessCalendar, case: Case) -> Answer:
    return _instants(case, "to"), calendar.next_open(_instant(case["at"]))


def _roll_back(calendar: BusinessCalendar, case: Case) -> Answer:
    return _instants(case, "to"), calendar.previous_open(_instant(case["at"]))


def _is_open(calendar: BusinessCalendar, case: Case) -> Answer:
    return [case["open"]], calendar.is_open(_instant(case["at"]))


def _windows(calendar: BusinessCalendar, case: Case) -> Answer:
    expected = [Window(_instant(start), _instant(end)) for start, end in case["windows"]]
    return [expected], list(islice(calendar.windows(_instant(case["from"])), len(expected)))


def _windows_back(calendar: BusinessCalendar, case: Case) -> Answer:
    expected = [Window(_instant(start), _instant(end)) for start, end in case["windows"]]
    return [expected], list(islice(calendar.windows_before(_instant(case["from"])), len(expected)))


def _sla_due(calendar: BusinessCalendar, case: Case) -> Answer:
    accepted = _instants(case, "due", "due_closing", "due_next_open")
    return accepted, calendar.sla_due(_instant(case["start"]), _seconds(case), _pauses(case))


def _sla_elapsed(calendar: BusinessCalendar, case: Case) -> Answer:
    running = calendar.sla_elapsed(_instant(case["start"]), _instant(case["end"]), _pauses(case))
    return [_first(case, "seconds", "elapsed")], running.total_seconds()


def _elapsed_minutes_floor(calendar: BusinessCalendar, case: Case) -> Answer:
    running = calendar.sla_elapsed(_instant(case["start"]), _instant(case["end"]), _pauses(case))
    return [_first(case, "minutes", "floor", "value")], running // timedelta(minutes=1)


def _engine_artifact(calendar: BusinessCalendar, case: Case) -> Answer:
    exact = case["exact"]
    if isinstance(exact, str):
        return [_instant(exact)], calendar.sla_due(_instant(case["start"]), _seconds(case), _pauses(case))
    running = calendar.sla_elapsed(_instant(case["start"]), _instant(case["end"]), _pauses(case))
    return [exact], running.total_seconds()


KINDS: Mapping[str, Callable[[BusinessCalendar, Case], Answer]] = {
    "elapsed": _elapsed,
    "deadline": _deadline,
    "before": _before,
    "roll_forward": _roll_forward,
    "roll_back": _roll_back,
    "is_open": _is_open,
    "windows": _windows,
    "windows_back": _windows_back,
    "sla_due": _sla_due,
    "sla_elapsed": _sla_elapsed,
    "elapsed_minutes_floor": _elapsed_minutes_floor,
    "engine_artifact": _engine_artifact,
}
"""Every kind that asks a calendar; `localize` asks a zone only."""


def _localize(case: Case) -> Answer:
    hours, minutes, *seconds = (float(part) for part in case["time"].split(":"))
    shown = timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))
    return _instants(case, "instant"), localize(date.fromisoformat(case["date"]), shown, ZoneInfo(case["tz"]))


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, list):
        return f"[{', '.join(f'{_shown(start)}/{_shown(end)}' for start, end in value)}]"
    return str(value)


def _outcome(case: Case, answer: Callable[[], Answer]) -> Outcome:
    try:
        accepted, got = answer()
        agrees = any(got == value for value in accepted)
        expected, said = " or ".join(dict.fromkeys(map(_shown, accepted))), _shown(got)
    except (LookupError, TypeError, ValueError, PromisekeeperError) as error:
        agrees, expected, said = False, "an answer", f"{type(error).__name__}: {error}"
    return Outcome(
        id=str(case.get("id")),
        kind=str(case.get("kind")),
        calendar=str(case.get("calendar")),
        expected=expected,
        got=said,
        agrees=agrees,
        disputed=str(case.get("disputed") or ""),
    )


def run(content: Mapping[str, Any]) -> Report:
    """Run every case of a file that was read as JSON."""
    calendars: dict[str, BusinessCalendar] = {}

    def calendar_of(case: Case) -> BusinessCalendar:
        name = case["calendar"]
        if name not in calendars:
            spec = {key: value for key, value in content["calendars"][name].items() if key != "note"}
            calendars[name] = BusinessCalendar(CalendarSpec.model_validate(spec))
        return calendars[name]

    def answer(case: Case) -> Answer:
        if case["kind"] == "localize":
            return _localize(case)
        if case["kind"] not in KINDS:
            raise LookupError(f"nothing here can run the kind {case['kind']}")
        return KINDS[case["kind"]](calendar_of(case), case)

    return Report([_outcome(case, partial(answer, case)) for case in content["cases"]])


def main(arguments: list[str]) -> int:
    """Run the file named on the command line, print what differs, and return the exit code."""
    if len(arguments) != 1 or not Path(arguments[0]).is_file():
        print("usage: python -m tests.business_hours FILE", file=sys.stderr)
        return 2
    content = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
    began = time.perf_counter()
    report = run(content)
    seconds = time.perf_counter() - began
    for outcome in report.differences:
        print(f"differs   {outcome}")
    for outcome in report.disputed:
        print(f"disputed  {'agrees' if outcome.agrees else 'differs'}  {outcome}  ({outcome.disputed})")
    settled, differing, disputed = len(report.settled), len(report.differences), len(report.disputed)
    print(f"{settled - differing} of {settled} agree, {differing} differ, {disputed} disputed, {seconds:.3f} seconds")
    return 1 if differing else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
