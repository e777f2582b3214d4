"""How the pages speak of alerts: whose turn it is, who has it, what comes next, what became of a message. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from infra.local.pages import words
from shared.alerts.kinds import kind_of
from shared.config.alerts import AlertSettings
from shared.models.alert import Alert, Errand, Standing, Way
from shared.models.notice import Arrival
from shared.models.outgoing import Outgoing, OutgoingState

STANDINGS = {
    Standing.OPEN: "Open",
    Standing.ACKNOWLEDGED: "Somebody has it",
    Standing.SNOOZED: "Put off",
    Standing.RESOLVED: "Over",
}
WAYS = {Way.SMS: "by SMS", Way.EMAIL: "by e-mail", Way.CHAT: "in the chat", Way.PSA_NOTE: "by a note in the PSA"}
ARRIVALS = {
    Arrival.UNKNOWN: "",
    Arrival.QUEUED: "The provider has it in its queue.",
    Arrival.SENT: "The provider sent it on.",
    Arrival.UNDELIVERED: "It did not arrive.",
    Arrival.DELIVERED: "It arrived.",
}
OUTGOING = {
    OutgoingState.PENDING: "it waits to leave",
    OutgoingState.CLAIMED: "it is being sent",
    OutgoingState.COMMITTING: "it is being sent",
    OutgoingState.UNCERTAIN: "it may or may not have gone out",
    OutgoingState.HELD: "it was held back",
    OutgoingState.DEAD: "it was refused for good",
}
_REASONS = {
    "nobody_needs_it": "nobody needed it any more",
    "quiet_hours": "it waits for the end of their quiet hours",
}


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says it at `now` (UTC) in the zone of the pages, with people's names instead of their keys."""

    settings: AlertSettings
    zone: ZoneInfo
    now: datetime

    def name(self, key: str) -> str:
        person = self.settings.people.get(key)
        return person.name if person else key

    def title(self, alert: Alert) -> str:
        title = kind_of(alert).title
        return f"#{alert.number}: {title}" if alert.number else title

    def text(self, alert: Alert) -> str:
        return words.in_zone(alert.text, alert.opened_at, self.zone)

    def time(self, at: datetime, beside: datetime | None = None) -> str:
        return words.relative_time(at, beside or self.now, self.zone)

    def entry(self, what: str, at: datetime) -> str:
        """Return a line of the ledger as a sentence: names for keys, local times."""
        first, space, rest = what.partition(" ")
        what = f"{self.name(first)}{space}{rest}" if first in self.settings.people else what
        return words.sentence(words.in_zone(what, at, self.zone))

    def standing(self, alert: Alert) -> str:
        """Return whose turn it is, in one or two sentences."""
        match alert.standing:
            case Standing.RESOLVED:
                return f"Over since {self.time(alert.changed_at)}: {self._ending(alert)}."
            case Standing.ACKNOWLEDGED | Standing.SNOOZED:
                doing = "has it" if alert.standing is Standing.ACKNOWLEDGED else "put it off"
                until = f" until {self.time(alert.until)}" if alert.until else ""
                return f"{self.name(alert.by)} {doing}{until}."
        if not kind_of(alert).lasting:
            return self._told(alert) or f"Nobody was told. {self._why_nobody(alert)}".strip()
        return " ".join(filter(None, ("Nobody has it yet.", self.next_step(alert))))

    def next_step(self, alert: Alert) -> str:
        """Return who is told next and when; why nobody is, where that is so; "" if nothing is to come."""
        if alert.standing is not Standing.OPEN:
            return ""
        nexts = [f"{self.name(each.person)} at {self.time(each.until)}, after quiet hours" for each in alert.waiting]
        chain = self.settings.chains.get(alert.chain)
        if alert.step_at is not None and chain is not None and alert.step < len(chain.steps):
            people = words.listed(self._person(key, alert) for key in chain.steps[alert.step].tell)
            nexts.append(f"{people} at {self.time(alert.step_at)}")
        if nexts:
            return f"Next: {'; '.join(nexts)}."
        return self._why_nobody(alert)

    def told(self, alert: Alert) -> str:
        """Return the names of those whose turn it was in this cycle; "" for nobody."""
        keys = (t.person for t in alert.tellings if t.cycle == alert.cycle and t.errand is Errand.NEWS)
        return words.listed(self.name(key) for key in dict.fromkeys(keys))

    def state(self, message: Outgoing) -> str:
        """Return what became of a message that did not simply go out."""
        reason = _REASONS.get(message.reason, words.reason(message.reason)) if message.reason else ""
        state = OUTGOING.get(message.state, "")
        return f"{state}: {reason}" if state and reason else state or reason

    def sms(self, text: str) -> str:
        """Return the text of an SMS without its link, which is long and says nothing."""
        base = (self.settings.link_base or "").rstrip("/")
        return re.sub(rf"{re.escape(base)}/n/[A-Za-z0-9_.-]+", "(link)", text, flags=re.ASCII) if base else text

    def _told(self, alert: Alert) -> str:
        told = self.told(alert)
        if not told and alert.waiting:
            return self.next_step(alert)
        return f"Told: {told}." if told else ""

    def _person(self, key: str, alert: Alert) -> str:
        return (alert.owner or "whoever owns the ticket") if key == "owner" else self.name(key)

    def _ending(self, alert: Alert) -> str:
        at_that_time = [entry.what for entry in alert.ledger if entry.at == alert.changed_at]
        what = (at_that_time or [entry.what for entry in alert.ledger] or [alert.by])[-1]
        return words.in_zone(what.removeprefix("over: "), alert.changed_at, self.zone).rstrip(".")

    def _why_nobody(self, alert: Alert) -> str:
        what = alert.ledger[-1].what if alert.ledger else ""
        if what.startswith("the end of the chain"):
            return "Everybody in the chain was told."
        if not what.startswith(("suppressed", "inhibited")):
            return ""
        return f"{self.entry(re.sub(r' [(]alert-[0-9a-f]+[)]', '', what), alert.ledger[-1].at)}."
