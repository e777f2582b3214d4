"""The story of one alert in plain words: found, who was told how and when, who took it, how it ended."""

from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from infra.alerts.message_state import state_of
from infra.alerts.records import Records
from infra.alerts.wording import WAYS, ordinal, plain
from shared.alerts.kinds import kind_of
from shared.alerts.times import shown_time
from shared.config.alerts import AlertSettings
from shared.models.alert import Alert, Errand, Standing, Telling
from shared.models.contact_method import contact_method_id


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells stories; `zone` is the MSP's, in which all times are."""

    records: Records
    alerts: AlertSettings
    zone: ZoneInfo

    def story(self, alert: Alert) -> Iterator[str]:
        """Yield the lines."""
        yield f"{alert.id}  {alert.severity}: {kind_of(alert).title}"
        about = (alert.company, f"#{alert.number}" if alert.number else None, alert.psa, alert.team)
        owner = f"owner {alert.owner}" if alert.owner else "no owner"
        yield f"  {', '.join([*filter(None, about), owner])}"
        yield f"  Found {self._found(alert)}: {self._words(alert.text)}"
        yield f"  {self._now(alert)}"
        yield "  What was decided:"
        yield from (f"    {shown_time(entry.at, self.zone)}  {self._words(entry.what)}" for entry in alert.ledger)
        yield "  Who was told:" if alert.tellings else "  Nobody was told; the lines above say why."
        for telling in sorted(alert.tellings, key=lambda telling: (telling.at, telling.key)):
            yield f"    {shown_time(telling.at, self.zone)}  {self._telling(alert, telling)}"
        for waiting in alert.waiting:
            yield f"    {self._name(waiting.person)} is told at {shown_time(waiting.until, self.zone)}: quiet hours"

    def _found(self, alert: Alert) -> str:
        first = shown_time(alert.opened_at, self.zone)
        again = f", for the {ordinal(alert.cycle)} time after it was over" if alert.cycle > 1 else ""
        if alert.times == 1:
            return first + again
        return f"{first}{again}, {alert.times} times in all, the last {shown_time(alert.found_at, self.zone)}"

    def _now(self, alert: Alert) -> str:
        until = shown_time(alert.until, self.zone) if alert.until else "?"
        match alert.standing:
            case Standing.ACKNOWLEDGED:
                return f"Now: {self._name(alert.by)} has it until {until}; then all are told again if it still holds."
            case Standing.SNOOZED:
                return (
                    f"Now: {self._name(alert.by)} put it off until {until}; then all are told again if it still holds."
                )
            case Standing.RESOLVED:
                return f"Now: over since {shown_time(alert.changed_at, self.zone)}, by {self._name(alert.by)}."
        return f"Now: {self._open(alert)}."

    def _open(self, alert: Alert) -> str:
        if alert.step_at is not None:
            return f"open, and nobody has it; the next step is at {shown_time(alert.step_at, self.zone)}"
        if alert.waiting:
            return "open; it waits for the end of somebody's quiet hours"
        if kind_of(alert).lasting:
            return "open; nobody else is told"
        told = any(telling.cycle == alert.cycle for telling in alert.tellings)
        return f"{'told' if told else 'nobody was told'}; nothing to do"

    def _telling(self, alert: Alert, telling: Telling) -> str:
        turn = f"round {telling.round + 1}, step {telling.step + 1}"
        cycle = f"the {ordinal(telling.cycle)} time, " if alert.cycle > 1 else ""
        what = "that it is over" if telling.errand is Errand.RESOLVED else f"{cycle}{turn}"
        lost = f"; did not arrive: {telling.unreached}" if telling.unreached else ""
        return f"{self._name(telling.person)} by {WAYS[telling.way]} ({what}): {self._message(alert, telling)}{lost}"

    def _message(self, alert: Alert, telling: Telling) -> str:
        message = self.records.notice(telling.notice)
        if message is not None:
            return state_of(message, alert.id, self.alerts.people, self.zone)
        ready = shown_time(telling.ready_at, self.zone)
        if not telling.notice:
            return "no message was made" if telling.unreached else f"held until {ready}"
        address = self.alerts.address(telling.person, telling.way)
        batch = self.records.batch(contact_method_id(telling.way, address), telling.notice) if address else None
        if batch is None:
            return "its message is not there any more"
        due = shown_time(batch.due_at, self.zone)
        many = f" with {len(batch.items) - 1} more" if len(batch.items) > 1 else ""
        return f"waits for the digest of {due}{many}" if batch.overflow else f"leaves at {due}{many}"

    def _name(self, key: str) -> str:
        person = self.alerts.people.get(key)
        return person.name if person else key or "nobody"

    def _words(self, text: str) -> str:
        return plain(text, self.alerts.people, self.zone)
