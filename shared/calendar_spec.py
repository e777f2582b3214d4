"""What the settings say about one calendar: zone, week, holidays, exceptions. Checked here, computed in `calendar`."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

from shared.errors import ConfigurationError

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Span = tuple[timedelta, timedelta]
"""Opening and closing on the face of the clock, counted from the midnight that begins the local date."""

_DAY = timedelta(days=1)
_CLOCK_FACE = re.compile(r"([0-9]{2}):([0-5][0-9])")


def clock_time(text: str) -> timedelta:
    """Read "HH:MM" as the distance from local midnight on the face of the clock. Raises ValueError for other text."""
    match = _CLOCK_FACE.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text}" is not a time of day: write HH:MM, for example 09:00')
    return timedelta(hours=int(match[1]), minutes=int(match[2]))


def _check_hours(value: object) -> tuple[str, str]:
    match value:
        case [str(opens), str(closes)]:
            start, end = clock_time(opens), clock_time(closes)
        case _:  # YAML reads a bare 17:00 as the number 1020
            raise ValueError('a window is two local times in quotes: ["09:00", "17:00"]')
    if start >= _DAY:
        raise ValueError(f"{opens}-{closes} opens after 23:59: write it under the next day")
    if end > 2 * _DAY:
        raise ValueError(f"{opens}-{closes} closes after 48:00, the end of the next day")
    if end <= start:
        hours, minutes = closes.split(":")
        raise ValueError(
            f"{opens}-{closes} does not close after it opens; "
            f"if it runs past midnight, write {opens}-{int(hours) + 24}:{minutes}"
        )
    return opens, closes


def _check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:  # which one depends on what the name looks like as a path
        raise ValueError(f'unknown time zone "{name}": use an IANA name, for example Europe/Berlin') from error
    return name


def _check_month_day(text: str) -> str:
    try:
        if date.fromisoformat(f"2000-{text}").strftime("%m-%d") == text:
            return text
    except ValueError:
        pass
    raise ValueError(f'"{text}" is not a day of the year: write MM-DD, for example 12-25')


def _check_country(text: str) -> str:
    if re.fullmatch("[A-Z]{2}", text) is None:
        raise ValueError(f'"{text}" is not a country code: use two capital letters, for example DE')
    return text


Hours = Annotated[tuple[str, str], BeforeValidator(_check_hours)]
"""Opening and closing as local "HH:MM"; closing may be as late as "48:00", the end of the next date."""

Zone = Annotated[str, AfterValidator(_check_zone)]
MonthDay = Annotated[str, AfterValidator(_check_month_day)]
Country = Annotated[str, AfterValidator(_check_country)]


class CalendarSpec(BaseModel):
    """When one team, client or vendor is at work, in local time. Raises ValidationError saying what to write instead.

    For a date the first that exists decides: `overrides` (an empty list means that nothing opens), then the three
    kinds of holidays, then `weekly`. A holiday closes the whole local date: what opens on it does not happen, and a
    window that opened the evening before ends at midnight. An override decides only what opens on its date.
    `breaks` are cut out last, whatever opened the window.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tz: Zone
    """IANA zone of every local time here."""
    weekly: Mapping[Weekday, tuple[Hours, ...]] = {}
    """Windows by the weekday on which they open. Windows may overlap; time counts once."""
    holidays: frozenset[date] = frozenset()
    yearly_holidays: frozenset[MonthDay] = frozenset()
    """"MM-DD", closed every year."""
    country: Country | None = None
    """ISO 3166 code; its public holidays are closed. They are looked up year by year when first needed."""
    subdivision: str | None = None
    """State or region of `country`, for example BY."""
    overrides: Mapping[date, tuple[Hours, ...]] = {}
    breaks: Mapping[date, tuple[Hours, ...]] = {}
    """Local times of that date in which the clock stands still."""

    @model_validator(mode="after")
    def _region_has_a_country(self) -> Self:
        if self.subdivision is not None and self.country is None:
            raise ValueError("subdivision needs the country that it is a part of")
        return self

    def public_holidays(self, year: int) -> frozenset[date]:
        """Return the public holidays of `country` in that year; none without a country.

        Raises ConfigurationError when the country or region is not known.
        """
        if self.country is None:
            return frozenset()
        return _public_holidays(self.country, self.subdivision, year)


@lru_cache(maxsize=1024)
def _public_holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    import holidays  # noqa: PLC0415 - costs 50 ms of a cold start: only who names a country pays

    try:
        return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))
    except NotImplementedError as error:
        raise ConfigurationError(f"no public holidays are known for this calendar: {error}") from error


def spans(hours: tuple[Hours, ...]) -> tuple[Span, ...]:
    """Return the windows of one date in order, those that overlap merged into one; touching ones stay apart."""
    return tuple(_merged(sorted((clock_time(opens), clock_time(closes)) for opens, closes in hours)))


def _merged(ordered: list[Span]) -> Iterator[Span]:
    pending: Span | None = None
    for start, end in ordered:
        if pending is None:
            pending = start, end
        elif start < pending[1]:
            pending = pending[0], max(pending[1], end)
        else:
            yield pending
            pending = start, end
    if pending is not None:
        yield pending
