"""Alerts on paper: no store, no queue, no phone. A finding, an alert, settings, and the time that passes."""

from datetime import datetime, timedelta
from typing import Any

from functions.alert_manager.intake import taken_in
from functions.alert_manager.rules import Situation, decide, to_be_gathered
from shared.config.alerts import AlertSettings
from shared.models.alert import Alert, Way
from shared.models.finding import Severity
from tests.functions.alerting import AT, CHAINS, PEOPLE, alert_settings, finding

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def settings_of(**changes: Any) -> AlertSettings:
    return alert_settings(**changes).alerts


def opened(at: datetime = AT, severity: Severity = Severity.CRITICAL, key: str = "silence-1", **facts: Any) -> Alert:
    alert = taken_in(None, finding(key, at, severity, **facts), at)
    assert alert is not None
    return alert


def asleep(person: str, start: str, end: str, zone: str = "UTC") -> dict[str, Any]:
    return {**PEOPLE, person: {**PEOPLE[person], "timezone": zone, "quiet": [{"start": start, "end": end}]}}


class Paper:
    """Decides about one alert whenever it asked for it; each telling is carried by a notice named after it."""

    def __init__(self, alert: Alert, **changes: Any) -> None:
        self.alert = alert
        self.now = alert.opened_at
        self.settings = settings_of(**changes)
        self.why_over = ""
        self.standing: tuple[Alert, ...] = ()
        self.is_open = True

    def passes(self, span: timedelta) -> "Paper":
        end = self.now + span
        while self.alert.alarm_at is not None and self.alert.alarm_at <= end:
            self.now = max(self.now, self.alert.alarm_at)
            self._decides()
        self.now = end
        return self

    def becomes(self, alert: Alert) -> "Paper":
        """Something else changed it: it is looked at right after."""
        self.alert = alert
        self._decides()
        return self

    def _decides(self) -> None:
        situation = Situation(self.settings, lambda _name, _at: self.is_open, self.why_over, self.standing)
        before = self.alert
        self.alert = decide(self.alert, self.now, situation).document or self.alert
        for telling in to_be_gathered(self.alert, self.now, self.settings):
            self.alert = self.alert.with_telling(telling, notice=f"notice-{len(self.alert.tellings)}-{telling.key}")
        self.alert = decide(self.alert, self.now, situation).document or self.alert
        assert self.alert.alarm_at is None or self.alert.alarm_at > self.now, (before, self.alert)

    @property
    def turns(self) -> list[tuple[str, timedelta]]:
        """Return who was told when, after it came up; by whichever ways, at one time once."""
        told = [(t.person, t.at - self.alert.opened_at) for t in self.alert.tellings if t.cycle == self.alert.cycle]
        return list(dict.fromkeys(told))

    @property
    def ledger(self) -> list[str]:
        return [entry.what for entry in self.alert.ledger]


__all__ = [
    "AT",
    "CHAINS",
    "HOUR",
    "MINUTE",
    "PEOPLE",
    "SECOND",
    "Paper",
    "Way",
    "asleep",
    "finding",
    "opened",
    "settings_of",
]
