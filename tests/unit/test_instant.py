"""Stored times: one text for one instant, and nothing that is not surely an instant."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from shared.instant import Instant, format_instant, parse_instant

AT = datetime(2026, 3, 2, 14, 5, 11, 473000, tzinfo=UTC)
TEXT = "2026-03-02T14:05:11.473000Z"


class Note(BaseModel):
    at: Instant


@given(st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.timezones()))  # noqa: DTZ001
def test_what_is_stored_is_read_back_and_sorts_as_time_does(at):
    text = format_instant(at)

    assert len(text) == 27
    assert parse_instant(text) == at.astimezone(UTC)
    assert parse_instant(text).tzinfo is UTC
    assert Note.model_validate_json(Note(at=at).model_dump_json()).at == parse_instant(text)
    assert text < format_instant(at.astimezone(UTC) + timedelta(microseconds=1))


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=2)), ZoneInfo("America/St_Johns")])
def test_one_instant_has_one_text_whichever_zone_spoke_first(zone):
    at = AT + timedelta(days=len(str(zone)))  # asked for nowhere else

    assert format_instant(at.astimezone(zone)) == format_instant(at)


def test_documents_hold_utc_and_store_text():
    assert Note(at=AT.astimezone(ZoneInfo("Asia/Tokyo"))).at.tzinfo is UTC
    assert Note.model_validate({"at": TEXT}) == Note(at=AT)
    assert Note(at=AT).model_dump(mode="json") == {"at": TEXT}
    assert Note(at=AT).model_dump() == {"at": AT}


@pytest.mark.parametrize(
    "value", ["2026-03-02T14:05:11", "2026-03-02", "yesterday", "", 1772460311, 1772460311.5, True, None, [TEXT]]
)
def test_what_is_not_surely_an_instant_is_refused(value):
    with pytest.raises(ValidationError):
        Note.model_validate({"at": value})


def test_a_time_without_a_zone_has_no_text():
    with pytest.raises(ValueError, match="zone"):
        format_instant(datetime(2026, 3, 2))  # noqa: DTZ001
