"""What a business calendar answers, case by case; `test_calendar_brute` compares it with a count minute by minute."""

import json
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.calendar import BusinessCalendar, CalendarSpec, NeverOpens, Window, localize
from shared.calendar_spec import WEEKDAYS
from tests import business_hours

CASES = Path(__file__).parents[3] / "shared/data/business-hours-cases.json"
HOUR = timedelta(hours=1)
OFFICE = dict.fromkeys(WEEKDAYS[:5], (("09:00", "17:00"),))
NIGHTS = dict.fromkeys(WEEKDAYS, (("22:00", "30:00"),))
ALWAYS = dict.fromkeys(WEEKDAYS, (("00:00", "24:00"),))


def calendar(tz: str = "Europe/Berlin", **rules: Any) -> BusinessCalendar:
    return BusinessCalendar(CalendarSpec.model_validate({"tz": tz, "weekly": OFFICE} | rules))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, zone: str = "Europe/Berlin") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def rota(subject: BusinessCalendar, day: str, count: int) -> list[str]:
    """Return the next windows from a local midnight on as local text, so that a test reads like a rota."""
    zone = ZoneInfo(subject.spec.tz)
    windows = islice(subject.windows(local(day, subject.spec.tz)), count)
    return [f"{start.astimezone(zone):%a %H:%M} - {end.astimezone(zone):%a %H:%M}" for start, end in windows]


@pytest.fixture
def content() -> dict[str, Any]:
    if not CASES.is_file():
        pytest.skip(f"the cases taken from other engines are not here: {CASES}")
    return dict(json.loads(CASES.read_text(encoding="utf-8")))


def test_every_case_on_which_other_engines_agree_agrees(content: dict[str, Any]) -> None:
    report = business_hours.run(content)

    assert len(report.outcomes) == len(content["cases"])
    assert [str(outcome) for outcome in report.differences] == []


def test_on_an_edge_a_due_time_is_the_closing_and_a_start_the_opening(content: dict[str, Any]) -> None:
    asked = [case for case in content["cases"] if case["kind"] in {"deadline", "before"}]
    strict = [
        {key: value for key, value in case.items() if key not in {"due", "due_next_open", "start_previous_close"}}
        | ({"start": case["start_opening"]} if case["kind"] == "before" else {})
        for case in asked
    ]

    assert [str(outcome) for outcome in business_hours.run(content | {"cases": strict}).differences] == []


@pytest.mark.parametrize(
    ("zone", "day", "at", "instant"),
    [
        ("Europe/Berlin", date(2026, 3, 29), time(2, 30), "2026-03-29 01:30"),  # skipped: 03:30 summer time
        ("Europe/Berlin", date(2026, 10, 25), time(2, 30), "2026-10-25 00:30"),  # twice: the first
        ("America/New_York", date(2026, 3, 8), time(2, 0), "2026-03-08 07:00"),
        ("America/New_York", date(2026, 11, 1), time(1, 59), "2026-11-01 05:59"),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 10), "2026-10-03 15:40"),  # a gap of half an hour
        ("Australia/Lord_Howe", date(2026, 4, 5), time(1, 45), "2026-04-04 14:45"),
        ("Africa/Cairo", date(2026, 4, 24), time(0, 0), "2026-04-23 22:00"),  # there is no midnight that day
        ("Africa/Cairo", date(2026, 4, 23), timedelta(hours=24), "2026-04-23 22:00"),
        ("Africa/Cairo", date(2026, 10, 29), timedelta(hours=24), "2026-10-29 22:00"),  # 23:00 comes twice before it
        ("Asia/Kathmandu", date(2026, 1, 1), time(9, 0, 0, 1), "2026-01-01 03:15:00.000001"),
    ],
)
def test_a_skipped_local_time_moves_forward_and_a_doubled_one_is_the_first(
    zone: str, day: date, at: time | timedelta, instant: str
) -> None:
    assert localize(day, at, ZoneInfo(zone)) == utc(instant)


def test_a_day_on_which_the_clocks_change_is_23_or_25_hours_long() -> None:
    always = calendar(weekly=ALWAYS)

    assert always.elapsed(local("2026-03-29"), local("2026-03-30")) == 23 * HOUR
    assert always.elapsed(local("2026-10-25"), local("2026-10-26")) == 25 * HOUR


@pytest.mark.parametrize(
    ("zone", "evening", "morning", "hours"),
    [
        ("Europe/Berlin", "2026-03-28 12:00", "2026-03-29 12:00", 7),
        ("Europe/Berlin", "2026-10-24 12:00", "2026-10-25 12:00", 9),
        ("America/New_York", "2026-03-07 12:00", "2026-03-08 12:00", 7),
        ("America/New_York", "2026-10-31 12:00", "2026-11-01 12:00", 9),
        ("Australia/Lord_Howe", "2026-10-03 12:00", "2026-10-04 12:00", 7.5),
        ("Australia/Lord_Howe", "2026-04-04 12:00", "2026-04-05 12:00", 8.5),
        ("Africa/Cairo", "2026-04-23 12:00", "2026-04-24 12:00", 7),
        ("Africa/Cairo", "2026-10-29 12:00", "2026-10-30 12:00", 9),
    ],
)
def test_a_night_shift_of_eight_hours_over_the_change_lasts_as_long_as_it_really_does(
    zone: str, evening: str, morning: str, hours: float
) -> None:
    assert calendar(zone, weekly=NIGHTS).elapsed(local(evening, zone), local(morning, zone)) == hours * HOUR


def test_a_break_over_the_change_cuts_out_the_real_time_it_takes() -> None:
    night = ("2026-10-24 12:00", "2026-10-25 12:00")
    with_break = calendar(weekly=NIGHTS, breaks={"2026-10-25": [["01:30", "03:30"]]})

    assert with_break.elapsed(*map(local, night)) == 6 * HOUR


def test_a_window_or_a_break_inside_the_skipped_hour_is_empty_or_moves_with_it() -> None:
    def sunday(*hours: list[str], **rules: Any) -> list[str]:
        return rota(calendar(weekly={"sun": hours}, **rules), "2026-03-29", 1)

    assert sunday(["02:00", "02:30"]) == ["Sun 03:00 - Sun 03:30"]
    assert sunday(["02:00", "03:00"]) == ["Sun 02:00 - Sun 03:00"]  # a week later: this Sunday has no such hour
    assert sunday(["00:00", "06:00"], breaks={"2026-03-29": [["02:30", "03:00"]]}) == ["Sun 00:00 - Sun 06:00"]


def test_where_the_skipped_hour_puts_a_late_window_behind_an_early_one_both_count() -> None:
    nuuk = calendar("America/Nuuk", weekly={"sat": [["23:30", "25:00"]], "sun": [["00:15", "02:00"]]})

    assert rota(nuuk, "2026-03-28 12:00", 1) == ["Sun 00:15 - Sun 02:00"]  # 23:00 to midnight does not exist


def test_a_night_shift_ends_at_the_midnight_that_begins_a_holiday_and_the_next_one_begins_the_day_after() -> None:
    closed = calendar(weekly=NIGHTS, holidays=["2026-12-25"])

    assert rota(closed, "2026-12-24 12:00", 2) == ["Thu 22:00 - Fri 00:00", "Sat 22:00 - Sun 06:00"]
    assert not closed.is_open(local("2026-12-26 03:00"))


def test_an_override_replaces_week_and_holiday_and_leaves_the_night_before_alone() -> None:
    open_anyway = calendar(weekly=NIGHTS, yearly_holidays=["12-25"], overrides={"2026-12-25": [["10:00", "12:00"]]})
    no_shift = calendar(weekly=NIGHTS, overrides={"2026-12-25": []})

    assert rota(open_anyway, "2026-12-24 12:00", 3) == [
        "Thu 22:00 - Fri 06:00",
        "Fri 10:00 - Fri 12:00",
        "Sat 22:00 - Sun 06:00",
    ]
    assert rota(no_shift, "2026-12-24 12:00", 2) == ["Thu 22:00 - Fri 06:00", "Sat 22:00 - Sun 06:00"]


def test_windows_that_overlap_count_once_and_windows_that_touch_stay_two() -> None:
    overlapping = calendar(weekly={"mon": [["12:00", "17:00"], ["09:00", "13:00"]]})
    touching = calendar(weekly={"mon": [["09:00", "12:00"], ["12:00", "17:00"]]})
    into_the_next = calendar(weekly={"mon": [["22:00", "30:00"]], "tue": [["05:00", "13:00"]]})

    assert rota(overlapping, "2026-05-04", 1) == ["Mon 09:00 - Mon 17:00"]
    assert rota(touching, "2026-05-04", 2) == ["Mon 09:00 - Mon 12:00", "Mon 12:00 - Mon 17:00"]
    assert rota(into_the_next, "2026-05-04", 2) == ["Mon 22:00 - Tue 06:00", "Tue 06:00 - Tue 13:00"]
    assert into_the_next.elapsed(local("2026-05-04"), local("2026-05-10")) == 15 * HOUR


def test_a_break_cuts_a_window_wherever_it_opened_and_may_itself_run_past_midnight() -> None:
    early = calendar(weekly=NIGHTS, breaks={"2026-05-05": [["01:00", "02:00"]]})
    over_midnight = {"2026-05-04": [["23:00", "25:00"]]}

    assert rota(early, "2026-05-04 12:00", 2) == ["Mon 22:00 - Tue 01:00", "Tue 02:00 - Tue 06:00"]
    for weekly, closes in ((NIGHTS, "Tue 06:00"), (ALWAYS, "Wed 00:00")):
        broken = calendar(weekly=weekly, breaks=over_midnight)
        assert rota(broken, "2026-05-04 22:00", 2) == ["Mon 22:00 - Mon 23:00", f"Tue 01:00 - {closes}"]


def test_24_00_leaves_no_hole_at_midnight() -> None:
    always = calendar(weekly=ALWAYS)

    assert always.is_open(local("2026-05-04 23:59:59.999999"))
    assert always.is_open(local("2026-05-05"))
    assert always.elapsed(local("2026-01-01"), local("2027-01-01")) == timedelta(days=365)
    assert always.due(local("2026-05-04 10:00"), 48 * HOUR) == local("2026-05-06 10:00")


def test_a_window_over_new_year_is_one_window_whichever_year_was_worked_out_first() -> None:
    for first_asked in ("2025-06-01", "2026-06-01"):
        nights = calendar("Pacific/Auckland", weekly=NIGHTS)
        nights.is_open(utc(first_asked))
        assert rota(nights, "2025-12-31 12:00", 2) == ["Wed 22:00 - Thu 06:00", "Thu 22:00 - Fri 06:00"]
        assert nights.elapsed(utc("2025-12-31"), utc("2026-01-02")) == 16 * HOUR


def test_a_budget_used_up_at_closing_time_is_due_then_and_one_microsecond_more_is_due_next_morning() -> None:
    office = calendar()
    start, microsecond = local("2026-05-08 16:00"), timedelta(microseconds=1)

    assert office.due(start, HOUR) == local("2026-05-08 17:00")
    assert office.due(start, HOUR + microsecond) == local("2026-05-11 09:00:00.000001")
    assert office.before(local("2026-05-11 10:00"), HOUR) == local("2026-05-11 09:00")
    assert office.before(local("2026-05-11 10:00"), HOUR + microsecond) == local("2026-05-08 16:59:59.999999")


def test_no_duration_at_all_is_due_at_once_and_a_negative_one_is_refused() -> None:
    saturday = local("2026-05-09 12:00")

    assert calendar().due(saturday, timedelta(0)) == saturday == calendar().before(saturday, timedelta(0))
    with pytest.raises(ValueError, match="cannot be negative"):
        calendar().due(saturday, -HOUR)
    with pytest.raises(ValueError, match="cannot be negative"):
        calendar().sla_due(saturday, -HOUR, [])


def test_answers_are_in_utc_and_a_time_without_a_zone_is_refused() -> None:
    office = calendar()

    assert office.due(local("2026-05-04 09:00"), HOUR).tzinfo is UTC
    assert next(office.windows(local("2026-05-04"))).start.tzinfo is UTC
    with pytest.raises(ValueError, match="needs its zone"):
        office.elapsed(datetime(2026, 5, 4), utc("2026-05-04"))  # noqa: DTZ001  that is the point


def test_the_no_date_of_other_systems_is_refused_and_costs_nothing() -> None:
    office = calendar()
    for no_date in ("0001-01-01", "1900-01-01", "9999-12-31"):
        with pytest.raises(ValueError, match="answers for 1970 to 2199"):
            office.is_open(utc(no_date))
    assert len(office.known_years) == 0


@pytest.mark.parametrize(
    "rules",
    [
        {"weekly": {}},
        {"weekly": {}, "overrides": {"2020-05-04": [["09:00", "10:00"]], "2035-05-04": []}},
        {"yearly_holidays": [f"{date(2000, 1, 1) + timedelta(days):%m-%d}" for days in range(366)]},
    ],
)
def test_a_calendar_that_never_opens_again_says_so(rules: dict[str, Any]) -> None:
    never, now = calendar(**rules), utc("2026-05-04")

    with pytest.raises(NeverOpens, match="Europe/Berlin"):
        never.next_open(now)
    with pytest.raises(NeverOpens):
        never.due(now, HOUR)
    assert list(never.windows(now)) == []
    assert never.elapsed(now, utc("2027-05-04")) == timedelta(0)


def test_nothing_lies_before_the_first_window() -> None:
    once = calendar(weekly={}, overrides={"2026-05-04": [["09:00", "10:00"]]})

    assert once.previous_open(utc("2030-01-01")) == local("2026-05-04 10:00")
    assert list(once.windows_before(utc("2030-01-01"))) == [Window(utc("2026-05-04 07:00"), utc("2026-05-04 08:00"))]
    with pytest.raises(NeverOpens):
        once.previous_open(local("2026-05-04 09:00"))
    with pytest.raises(NeverOpens):
        once.before(utc("2030-01-01"), 2 * HOUR)


def test_windows_come_to_an_end_with_the_last_year() -> None:
    assert len(list(calendar(weekly=ALWAYS).windows(utc("2199-12-30")))) == 3  # Berlin's 30th began an hour before


def test_public_holidays_close_and_an_override_opens_them() -> None:
    bavaria = calendar(country="DE", subdivision="BY", overrides={"2026-01-01": [["10:00", "11:00"]]})

    assert not bavaria.is_open(local("2026-01-06 10:00"))  # Epiphany
    assert calendar(country="DE").is_open(local("2026-01-06 10:00"))
    assert bavaria.next_open(local("2026-01-01")) == local("2026-01-01 10:00")


def test_a_clock_stands_still_in_pauses_however_they_come() -> None:
    office, start = calendar(), local("2026-05-08 15:00")
    monday = (local("2026-05-08 16:00"), local("2026-05-11 10:00"))
    inside = (local("2026-05-08 16:30"), local("2026-05-09 00:00"))
    backwards = (local("2026-05-11 11:00"), local("2026-05-11 10:30"))

    assert office.sla_due(start, 4 * HOUR, [inside, backwards, monday]) == local("2026-05-11 13:00")
    assert office.sla_elapsed(start, local("2026-05-11 13:00"), [inside, backwards, monday]) == 4 * HOUR


def test_a_clock_in_an_open_pause_has_no_due_time_unless_it_ran_out_before() -> None:
    office, start = calendar(), local("2026-05-04 09:00")
    waiting = [(local("2026-05-04 11:00"), None)]

    assert office.sla_due(start, 3 * HOUR, waiting) is None
    assert office.sla_due(start, 2 * HOUR, waiting) == local("2026-05-04 11:00")
    assert office.sla_elapsed(start, local("2026-06-01"), waiting) == 2 * HOUR
