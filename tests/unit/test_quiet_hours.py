"""Quiet hours in every zone with a clock change in 2026 or 2027, judged by what the clock on the wall shows.

The judge walks through UTC minute by minute and only ever reads local time off it; it shares nothing with the calendar.
The reading that it holds quiet hours to: they last from the first time that the clock shows their beginning to the
first time that it shows their end, without a break; a time that the clock skips comes as long after the jump as it lies
inside of it. A face that is read anew each minute says the same wherever no beginning or end lies in the hour that is
skipped or shown twice, which is asserted below; and where one does, it is off by no more than that hour.
"""

from datetime import UTC, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.calendar_spec import WEEKDAYS
from shared.quiet_hours import quiet_hours, quiet_until

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
AROUND = 2  # days to either side of a change that are judged
SEEN = AROUND + 4  # days to either side that are walked through: nights begin before, and end behind

NIGHTS = {
    "a usual night": [("22:00", "07:00", ())],
    "half an hour on both sides of midnight": [("23:30", "00:30", ())],
    "from the last minute": [("23:59", "00:01", ())],
    "an hour in which clocks change": [("01:30", "02:30", ())],
    "an hour behind it": [("02:30", "03:30", ())],
    "until the middle of it": [("21:15", "01:45", ())],
    "from the middle of midnight's own": [("00:30", "05:00", ())],
    "from midnight": [("00:00", "06:00", ())],
    "up to midnight": [("18:00", "00:00", ())],
    "nights before a free day": [("22:00", "09:30", ("fri", "sat"))],
    "nights before a working day": [("23:30", "06:00", ("sun", "mon", "tue", "wed", "thu"))],
    "two that touch": [("20:00", "00:00", ()), ("00:00", "05:00", ())],
    "two that touch in the changed hour": [("22:00", "02:30", ()), ("02:30", "06:00", ())],
    "two that overlap": [("21:00", "02:30", ("sat", "sun")), ("01:00", "06:00", ())],
    "a night and a whole sunday": [("22:00", "07:00", ()), ("00:00", "00:00", ("sun",))],
    "a night and a nap": [("00:15", "06:45", ()), ("13:00", "14:00", ("sat", "sun"))],
}


@cache
def changes(zone):
    """The UTC minutes from which a zone has another offset, with it; first of all the offset at the start of 2026."""
    there, at = ZoneInfo(zone), datetime(2026, 1, 1, tzinfo=UTC)
    found = [(at, at.astimezone(there).utcoffset())]
    while at.year < 2028:
        if (at + DAY).astimezone(there).utcoffset() != found[-1][1]:
            minutes = (at + number * MINUTE for number in range(1, 1441))
            change = next(minute for minute in minutes if minute.astimezone(there).utcoffset() != found[-1][1])
            found.append((change, change.astimezone(there).utcoffset()))
        at += DAY
    return tuple(found)


CHANGING = sorted(zone for zone in available_timezones() if len(changes(zone)) > 1)


class Wall:
    """The clock on a wall in `zone`, minute by minute, around one change."""

    def __init__(self, zone, change):
        self.start, there = change - SEEN * DAY, ZoneInfo(zone)
        self.faces = [
            (self.start + number * MINUTE).astimezone(there).replace(tzinfo=None) for number in range(2 * SEEN * 1440)
        ]
        self.first = {}
        for number, face in enumerate(self.faces):
            self.first.setdefault(face, number)
        self.midnight = self.faces[0].replace(hour=0, minute=0) + DAY
        self.places = [(face - self.midnight) // MINUTE for face in self.faces]
        before, after = self.faces[SEEN * 1440 - 1] + MINUTE, self.faces[SEEN * 1440]
        self.unusual = (min(before, after), max(before, after))  # skipped, or shown twice
        self.skips = before < after
        self.judged = range((SEEN - AROUND) * 1440, (SEEN + AROUND) * 1440)

    def minute(self, face):
        """The number of the minute at which the clock shows `face` first, or would have."""
        skipped = next(late for late in range(1440) if face - late * MINUTE in self.first)
        return self.first[face - skipped * MINUTE] + skipped

    def spans(self, nights):
        """Each night as it stands on the face of the clock."""
        for date in (self.midnight + number * DAY for number in range(2 * SEEN - 3)):
            for start, end, days in nights:
                if not days or WEEKDAYS[date.weekday()] in days:
                    begins, ends = (date + int(text[:2]) * HOUR + int(text[3:]) * MINUTE for text in (start, end))
                    yield begins, ends if ends > begins else ends + DAY

    def quiet(self, nights):
        marks = bytearray(len(self.faces))
        for begins, ends in self.spans(nights):
            first, last = self.minute(begins), self.minute(ends)
            marks[first:last] = b"\1" * (last - first)
        return marks

    def quiet_by_the_face(self, nights):
        """The naive reading: quiet is whenever the face of the clock shows a time that lies within a night."""
        within = bytearray(2 * SEEN * 1440)
        for begins, ends in self.spans(nights):
            first, last = (begins - self.midnight) // MINUTE, (ends - self.midnight) // MINUTE
            within[first:last] = b"\1" * (last - first)
        return bytearray(within[place] for place in self.places)

    def has_an_edge_in_the_changed_hour(self, nights):
        low, high = self.unusual
        return any(low <= edge < high for span in self.spans(nights) for edge in span)


@cache
def walls():
    """For every zone the changes of its clock; what several zones share is walked through once."""
    shared = {}
    for zone in CHANGING:
        if changes(zone) not in shared:
            shared[changes(zone)] = [Wall(zone, change) for change, _ in changes(zone)[1:]]
    return {zone: shared[changes(zone)] for zone in CHANGING}


def test_the_zones_are_found_in_the_time_zone_database_itself():
    assert len(CHANGING) > 100
    without_midnight = {
        zone for zone, around in walls().items() for wall in around if wall.unusual[0].time() == time() and wall.skips
    }
    assert without_midnight >= {"Africa/Cairo", "Asia/Beirut", "America/Santiago", "Atlantic/Azores", "America/Havana"}


@pytest.mark.parametrize("name", NIGHTS)
def test_it_is_quiet_from_the_first_showing_of_the_beginning_to_that_of_the_end(name):
    nights, judged = NIGHTS[name], {}
    for zone, around in walls().items():
        calendar = quiet_hours(zone, nights)
        for wall in around:
            first_of_its_clock = wall not in judged
            quiet, awake, edges = judged.setdefault(wall, _judged(wall, nights)) if first_of_its_clock else judged[wall]
            for number in [*edges, *(wall.judged[::17] if first_of_its_clock else ())]:
                at = wall.start + number * MINUTE
                assert calendar.is_open(at) == bool(quiet[number]), (zone, at)
                expected = wall.start + awake[number] * MINUTE if quiet[number] else None
                assert quiet_until(calendar, at) == expected, (zone, at)


def _judged(wall, nights):
    """For each minute: is it quiet, and which is the first from there on that is not; and the minutes at the edges."""
    quiet = wall.quiet(nights)
    awake, following = [0] * len(quiet), len(quiet)
    for number in range(len(quiet) - 1, -1, -1):
        following = following if quiet[number] else number
        awake[number] = following
    edges = [number for number in wall.judged if quiet[number] != quiet[number - 1]]
    return quiet, awake, sorted({number for edge in [*edges, SEEN * 1440] for number in (edge - 1, edge)})


@pytest.mark.parametrize("name", NIGHTS)
def test_where_no_edge_lies_in_the_changed_hour_the_face_of_the_clock_says_the_same(name):
    agreeing = 0
    for wall in {wall for around in walls().values() for wall in around}:
        quiet, naive = wall.quiet(NIGHTS[name]), wall.quiet_by_the_face(NIGHTS[name])
        judged = slice(wall.judged.start, wall.judged.stop)
        differing = [] if quiet[judged] == naive[judged] else [i for i in wall.judged if quiet[i] != naive[i]]
        if not wall.has_an_edge_in_the_changed_hour(NIGHTS[name]):
            assert differing == []
            agreeing += 1
        changed_hour = (wall.unusual[1] - wall.unusual[0]) // MINUTE
        assert all(abs(i - SEEN * 1440) <= changed_hour for i in differing)
    assert agreeing > 20


READINGS = {  # what, zone, the hours, the date on which they begin, when it is quiet in UTC, what a naive reading says
    "they begin in the gap": (
        *("Europe/Berlin", "02:30", "07:00", "2026-03-29", "2026-03-29 01:30", "2026-03-29 05:00"),
        "from 01:00 on, when the clock jumps from 02:00 to 03:00",
    ),
    "midnight itself is in the gap": (
        *("Africa/Cairo", "00:00", "06:00", "2026-04-24", "2026-04-23 22:00", "2026-04-24 03:00"),
        "the same: the day begins at 01:00",
    ),
    "they end in the gap": (
        *("Africa/Cairo", "23:30", "00:30", "2026-04-23", "2026-04-23 21:30", "2026-04-23 22:30"),
        "until 22:00, so half an hour only",
    ),
    "they lie in the gap": (
        *("Europe/Berlin", "02:15", "02:45", "2026-03-29", "2026-03-29 01:15", "2026-03-29 01:45"),
        "not at all, for the clock never shows them",
    ),
    "they begin in the gap and end as far behind it": (
        *("Europe/Berlin", "02:30", "03:30", "2026-03-29", None, None),
        "from 01:00 to 01:30; here they begin when they end",
    ),
    "they lie in the hour that comes twice": (
        *("America/New_York", "01:15", "01:45", "2026-11-01", "2026-11-01 05:15", "2026-11-01 05:45"),
        "the same again an hour later",
    ),
    "they begin in the hour that comes twice": (
        *("America/New_York", "01:30", "02:30", "2026-11-01", "2026-11-01 05:30", "2026-11-01 07:30"),
        "not from 06:00 to 06:30, when the clock shows 01:00 to 01:30 again",
    ),
    "they end in the hour that comes twice": (
        *("Atlantic/Azores", "22:00", "00:30", "2026-10-24", "2026-10-24 22:00", "2026-10-25 00:30"),
        "from 01:00 to 01:30 again",
    ),
}


@pytest.mark.parametrize("case", READINGS)
def test_the_reading_in_the_changed_hour_is_this(case):
    zone, start, end, date, first, last, _naive = READINGS[case]
    calendar = quiet_hours(zone, [(start, end, (WEEKDAYS[datetime.fromisoformat(date).weekday()],))])
    noon = datetime.fromisoformat(f"{date} 12:00+00:00")
    found = next(calendar.windows(noon - DAY))
    if first is None:
        assert found.start > noon + DAY
    else:
        assert tuple(found) == (datetime.fromisoformat(first + "+00:00"), datetime.fromisoformat(last + "+00:00"))


faces = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from((0, 15, 30, 59)))
some_nights = st.lists(st.tuples(faces, faces, st.sets(st.sampled_from(WEEKDAYS)).map(tuple)), min_size=1, max_size=3)
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC))  # noqa: DTZ001


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(CHANGING), some_nights, instants, st.floats(0, 1))
def test_who_waits_until_it_is_not_quiet_has_waited_through_nothing_else(zone, nights, at, part):
    calendar = quiet_hours(zone, nights)
    until = quiet_until(calendar, at)

    assert (until is None) == (not calendar.is_open(at))
    if until is not None:
        assert until > at
        assert calendar.is_open(min(at + (until - at) * part, until - timedelta(microseconds=1)))
        assert not calendar.is_open(until) or until - at >= 14 * DAY


def test_somebody_who_has_no_quiet_hours_never_waits():
    assert quiet_until(None, datetime(2026, 3, 29, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    "nights", [[("00:00", "00:00", ())], [("07:00", "07:00", ())], NIGHTS["two that touch"] + [("04:00", "21:00", ())]]
)
def test_somebody_who_is_never_awake_is_woken_after_two_weeks(nights):
    at = datetime(2026, 3, 20, 12, 34, 56, 789, tzinfo=UTC)
    until = quiet_until(quiet_hours("Europe/Berlin", nights), at)

    assert timedelta(days=14) <= until - at <= timedelta(days=15)


def test_what_is_no_time_of_day_is_refused():
    with pytest.raises(ValueError, match="not a time of day"):
        quiet_hours("Europe/Berlin", [("9:00", "17:00", ())])
