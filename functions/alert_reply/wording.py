"""Names and times as one person reads them: their own zone, and people instead of keys."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.alerts.kinds import kind_of
from shared.config.settings import Settings
from shared.mail.text import cut, one_line
from shared.models.alert import Alert

MORNING = time(8)
LONGEST_CLIENT = 24


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: a key of the settings. Every method takes and gives UTC, and writes times as the person's clock."""

    settings: Settings
    person: str

    @property
    def zone(self) -> ZoneInfo:
        """The person's own zone, else that of the first calendar of the settings."""
        person = self.settings.alerts.people.get(self.person)
        first = next(iter(self.settings.calendars.values()), None)
        return ZoneInfo((person and person.timezone) or (first.tz if first else "UTC"))

    def time(self, at: datetime, now: datetime) -> str:
        """Return "15:05", "Tue 15:05" within a week, else "3 Mar 15:05"."""
        local, today = at.astimezone(self.zone), now.astimezone(self.zone).date()
        days = abs((local.date() - today).days)
        if days == 0:
            return f"{local:%H:%M}"
        return f"{local:%a %H:%M}" if days < 7 else f"{local.day} {local:%b %H:%M}"

    def morning(self, now: datetime) -> datetime:
        """Return the next 8 o'clock of the person's own day that is at least 4 hours away."""
        local = (now + timedelta(hours=4)).astimezone(self.zone)
        day = local.date() if local.time() <= MORNING else local.date() + timedelta(days=1)
        return datetime.combine(day, MORNING, self.zone).astimezone(UTC)

    def name(self, key: str) -> str:
        """Return the name of a person of the settings; the key itself for "the ticket" and for whoever left."""
        person = self.settings.alerts.people.get(key)
        return person.name if person else key

    def first_name(self, key: str) -> str:
        person = self.settings.alerts.people.get(key)
        return person.name.split()[0] if person else key


def label(alert: Alert) -> str:
    """Return "#4711 Lakeside Clinic"; where there is no ticket, what it is in quotes: "A PSA cannot be read" (halo)."""
    client = cut(one_line(alert.company or ""), LONGEST_CLIENT)
    if alert.number:
        return f"#{cut(one_line(alert.number), LONGEST_CLIENT)} {client}".strip()
    about = client or alert.psa
    return f'"{kind_of(alert).title}"' + (f" ({about})" if about else "")


def ending(alert: Alert) -> str:
    """Return why it is over, as its ledger has it."""
    last = alert.ledger[-1].what if alert.ledger else alert.by
    return one_line(last).removeprefix("over: ")
