"""What the settings of a calendar accept, and what they say to whoever wrote something impossible."""

import subprocess
import sys
from datetime import date

import pytest
from pydantic import ValidationError

from shared.calendar import BusinessCalendar, CalendarSpec
from shared.errors import ConfigurationError


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"weekly": {"mon": [["17:00", "09:00"]]}}, "if it runs past midnight, write 17:00-33:00"),
        ({"weekly": {"mon": [["09:00", "09:00"]]}}, "does not close after it opens"),
        ({"weekly": {"mon": [["25:00", "26:00"]]}}, "opens after 23:59: write it under the next day"),
        ({"weekly": {"mon": [["09:00", "48:01"]]}}, "closes after 48:00"),
        ({"weekly": {"mon": [["9 am", "17:00"]]}}, '"9 am" is not a time of day: write HH:MM'),
        ({"weekly": {"mon": [["09:00", "17:60"]]}}, '"17:60" is not a time of day'),
        ({"weekly": {"mon": [["09:00", 1020]]}}, "two local times in quotes"),
        ({"weekly": {"mon": [["09:00"]]}}, "two local times in quotes"),
        ({"weekly": {"monday": [["09:00", "17:00"]]}}, "'mon', 'tue'"),
        ({"tz": "Mars/Olympus"}, 'unknown time zone "Mars/Olympus": use an IANA name'),
        ({"tz": "../etc/passwd"}, "unknown time zone"),
        ({"tz": "Europe"}, "unknown time zone"),
        ({"holidays": ["2026-02-30"]}, "valid date"),
        ({"yearly_holidays": ["25.12."]}, "write MM-DD, for example 12-25"),
        ({"yearly_holidays": ["W01-1"]}, "write MM-DD"),
        ({"country": "Germany"}, "use two capital letters"),
        ({"subdivision": "BY"}, "subdivision needs the country"),
        ({"opening_hours": {}}, "opening_hours\n  Extra inputs are not permitted"),
    ],
)
def test_an_impossible_calendar_is_refused_with_what_to_write_instead(rules: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        CalendarSpec.model_validate({"tz": "Europe/Berlin"} | rules)

    assert message in str(refused.value)


def test_a_calendar_survives_being_written_to_json_and_read_back() -> None:
    spec = CalendarSpec.model_validate(
        {
            "tz": "America/New_York",
            "weekly": {"mon": [["22:00", "30:00"], ["00:00", "24:00"]]},
            "holidays": ["2026-07-03"],
            "yearly_holidays": ["02-29", "12-25"],
            "country": "US",
            "subdivision": "CA",
            "overrides": {"2026-12-24": [["09:00", "12:00"]], "2026-12-31": []},
            "breaks": {"2026-12-24": [["10:00", "10:15"]]},
        }
    )

    assert CalendarSpec.model_validate_json(spec.model_dump_json()) == spec


def test_a_spec_cannot_be_changed_afterwards() -> None:
    spec = CalendarSpec(tz="UTC")
    with pytest.raises(ValidationError, match="frozen"):
        spec.tz = "Europe/Berlin"  # type: ignore[misc]


def test_public_holidays_come_by_year_and_region() -> None:
    bavaria = CalendarSpec(tz="Europe/Berlin", country="DE", subdivision="BY")

    assert date(2026, 1, 6) in bavaria.public_holidays(2026)
    assert {2027} == {day.year for day in bavaria.public_holidays(2027)}
    assert CalendarSpec(tz="Europe/Berlin").public_holidays(2026) == frozenset()


@pytest.mark.parametrize("where", [{"country": "XX"}, {"country": "DE", "subdivision": "ZZ"}])
def test_an_unknown_country_or_region_is_a_settings_error(where: dict[str, str]) -> None:
    spec = CalendarSpec.model_validate({"tz": "UTC"} | where)
    with pytest.raises(ConfigurationError, match="no public holidays are known"):
        spec.public_holidays(2026)


def test_the_holidays_library_is_not_loaded_by_who_names_no_country() -> None:
    program = (
        "import sys, datetime as d; from shared.calendar import BusinessCalendar, CalendarSpec\n"
        "spec = CalendarSpec(tz='UTC', weekly={'mon': (('09:00', '17:00'),)}, country=sys.argv[1] or None)\n"
        "BusinessCalendar(spec).next_open(d.datetime(2026, 5, 4, tzinfo=d.UTC))\n"
        "print('holidays' in sys.modules)"
    )

    def loaded(country: str) -> str:
        command = [sys.executable, "-c", program, country]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert (loaded(""), loaded("DE")) == ("False", "True")


def test_a_calendar_does_not_follow_later_changes_of_what_it_was_made_from() -> None:
    weekly = {"mon": (("09:00", "17:00"),)}
    calendar = BusinessCalendar(CalendarSpec.model_validate({"tz": "UTC", "weekly": weekly}))
    weekly.clear()

    assert calendar.spec.weekly == {"mon": (("09:00", "17:00"),)}
