"""A week at a glance: for each hour who is told first of an alert that comes up then."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from infra.alerts.asking import UnreadableTime, time_at
from infra.alerts.rehearsal import Event, told
from shared.config.settings import Settings

DAYS = 7
SOON = timedelta(minutes=15)
NOBODY, NO_SUCH_HOUR = ".", " "
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Day:
    """One row: the day's name, and for each of its 24 hours on the clock the letters of who is told first."""

    name: str
    cells: tuple[str, ...]


def letters_of(settings: Settings) -> dict[str, str]:
    """Return a capital for each person: the first letter of the key that is free, else any; "*" from the 27th on."""
    given: dict[str, str] = {}
    for key in settings.alerts.people:
        wanted = [letter for letter in (*key.upper(), *_LETTERS) if letter in _LETTERS]
        given[key] = next((letter for letter in wanted if letter not in given.values()), "*")
    return given


def week(
    play: Callable[[datetime], list[Event]], letters: dict[str, str], begins: datetime, zone: ZoneInfo
) -> Iterator[Day]:
    """Yield the seven days from the local day of `begins` on. `play` rehearses an alert that comes up at a time (UTC).

    Whoever is told only after 15 minutes is in small letters. An hour that the clock skips is left blank.
    """
    first = begins.astimezone(zone).date()
    for day in (first + timedelta(days=number) for number in range(DAYS)):
        faces = (datetime.combine(day, time(hour)) for hour in range(24))
        yield Day(f"{day:%a %d}", tuple(_cell(play, letters, face, zone) for face in faces))


def _cell(play: Callable[[datetime], list[Event]], letters: dict[str, str], face: datetime, zone: ZoneInfo) -> str:
    try:
        at = time_at(face.isoformat(), zone)
    except UnreadableTime:
        return NO_SUCH_HOUR
    heard = told(play(at))
    if not heard:
        return NOBODY
    people = dict.fromkeys(event.person for event in heard if event.at == heard[0].at)
    shown = "".join(letters[person] for person in people)
    return shown if heard[0].at - at <= SOON else shown.lower()
