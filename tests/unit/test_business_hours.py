"""The runner of business-hours case files tells agreement, difference and dispute apart."""

import json
from pathlib import Path

import pytest

from shared.calendar_spec import WEEKDAYS
from tests import business_hours

OFFICE = dict.fromkeys(WEEKDAYS[:5], (("09:00", "17:00"),))


def test_a_wrong_value_an_unknown_kind_and_a_missing_calendar_are_differences_and_a_dispute_is_none() -> None:
    noon = {"calendar": "office", "at": "2026-05-04T10:00:00Z"}
    cases = [
        {"id": "wrong", "kind": "is_open", "open": False} | noon,
        {"id": "unknown", "kind": "sunrise"} | noon,
        {"id": "missing", "kind": "is_open", "open": True} | noon | {"calendar": "nowhere"},
        {"id": "disputed", "kind": "is_open", "open": False, "disputed": "lunch"} | noon,
    ]

    report = business_hours.run({"calendars": {"office": {"tz": "UTC", "weekly": OFFICE}}, "cases": cases})

    assert [outcome.id for outcome in report.differences] == ["wrong", "unknown", "missing"]
    assert [outcome.id for outcome in report.disputed] == ["disputed"]
    assert str(report.differences[0]) == "wrong  is_open  calendar office: expected False, got True"


@pytest.mark.parametrize(
    "case",
    [
        {"kind": "sla_due", "seconds": 7200, "due": "2026-05-04T13:00:00Z"},
        {"kind": "sla_due", "seconds": 7200, "due": None, "pauses": [["2026-05-04T10:00:00Z", None]]},
        {"kind": "sla_elapsed", "end": "2026-05-04T13:00:00Z", "seconds": 7200},
        {"kind": "elapsed_minutes_floor", "end": "2026-05-04T11:30:59Z", "minutes": 30},
        {"kind": "engine_artifact", "seconds": 7200, "due": "2026-05-04T13:01:00Z", "exact": "2026-05-04T13:00:00Z"},
        {"kind": "engine_artifact", "end": "2026-05-04T13:00:30Z", "seconds": 7200, "exact": 7230},
    ],
)
def test_kinds_without_an_example_in_the_file_are_run_too(case: dict[str, object]) -> None:
    pauses = [["2026-05-04T10:00:00Z", "2026-05-04T11:00:00Z"], ["2026-05-04T10:30:00Z", "2026-05-04T11:30:00Z"]]
    asked = {"id": "x", "calendar": "office", "start": "2026-05-04T09:30:00Z", "pauses": pauses} | case

    report = business_hours.run({"calendars": {"office": {"tz": "UTC", "weekly": OFFICE}}, "cases": [asked]})

    assert [str(outcome) for outcome in report.differences] == []


def test_the_exit_code_says_whether_a_case_that_counts_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def exit_code(*, expected: bool, **more: str) -> int:
        case = {"id": "x", "kind": "is_open", "calendar": "office", "at": "2026-05-04T10:00:00Z", "open": expected}
        content = {"calendars": {"office": {"tz": "UTC", "weekly": OFFICE}}, "cases": [case | more]}
        (tmp_path / "cases.json").write_text(json.dumps(content), encoding="utf-8")
        return business_hours.main([str(tmp_path / "cases.json")])

    assert exit_code(expected=True) == 0
    assert exit_code(expected=False) == 1
    assert exit_code(expected=False, disputed="lunch") == 0
    assert business_hours.main([str(tmp_path / "absent.json")]) == 2
    assert "1 of 1 agree, 0 differ, 0 disputed" in capsys.readouterr().out
