"""How the pages say things to a service manager: touchpoints, states, reasons and times in plain English."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from shared.models.finding import Severity
from shared.models.ticket import PromiseOutcome, TicketState, Touchpoint

TOUCHPOINTS: dict[str, str] = {
    Touchpoint.RECEIVED: "Received",
    Touchpoint.TRIAGED: "Priority set",
    Touchpoint.ASSIGNED: "Assigned to a person",
    Touchpoint.WORK_STARTED: "Work started",
    Touchpoint.NEEDS_YOU: "Question to the client",
    Touchpoint.NEEDS_YOU_REMINDER: "Reminder of a question",
    Touchpoint.APPOINTMENT: "Appointment",
    Touchpoint.ON_THE_WAY: "On the way",
    Touchpoint.WAITING_ON_VENDOR: "Waiting on a vendor",
    Touchpoint.ESCALATED: "With a specialist",
    Touchpoint.PROGRESS: "Holding note",
    Touchpoint.RESTORED: "Service restored",
    Touchpoint.RESOLVED: "Resolved",
    Touchpoint.CLOSED: "Closed",
    Touchpoint.REOPENED: "Open again",
    Touchpoint.DELAYED: "Delayed",
    Touchpoint.MERGED: "Merged",
}

STATES: dict[str, str] = {
    TicketState.NEW: "new",
    TicketState.IN_PROGRESS: "in progress",
    TicketState.WAITING_ON_CLIENT: "waiting on the client",
    TicketState.WAITING_ON_VENDOR: "waiting on a vendor",
    TicketState.SCHEDULED: "scheduled",
    TicketState.RESOLVED: "resolved",
    TicketState.CLOSED: "closed",
    TicketState.UNKNOWN: "a status that the settings give no meaning",
}

OUTCOMES: dict[str, str] = {
    PromiseOutcome.KEPT: "Kept",
    PromiseOutcome.KEPT_BY_NOTE: "Kept, but only by a holding note",
    PromiseOutcome.BROKEN: "Broken: the client heard nothing in time",
    PromiseOutcome.OPEN: "Still running",
    PromiseOutcome.WITHDRAWN: "Ended early: the ball went to the client",
}

SEVERITIES: dict[str, str] = {
    Severity.CRITICAL: "Act now",
    Severity.WARNING: "Look today",
    Severity.INFO: "For your information",
}

_REASONS = {
    "expired": "it had waited too long to be news",
    "ticket_gone": "the ticket was deleted in the PSA",
    "switched_off": "updates are switched off for this client",
    "stale": "the ticket was done before it went out",
    "no_address": "the contact has no mail address",
    "bad_address": "the contact's mail address is not one",
    "machine_address": "the contact is a machine's address (no-reply, monitoring)",
    "own_address": "the contact is one of our own addresses",
    "other_domain": "the address is outside the mail domains that this client named",
    "contact_blocked": "this address bounced lately",
    "mail_loop": "too many mails in a short time: it looks like a loop",
    "connection_removed": "its PSA is no longer in the settings",
    "no_answer": "the connection broke before the answer came",
    "psa_outcome_unknown": "the PSA's answer was lost after the note was handed over",
    "tries_ran_out": "every try failed",
}


_UTC_TIME = re.compile(r"\b([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}) UTC\b", re.ASCII)


def touchpoint(name: str) -> str:
    return TOUCHPOINTS.get(name, name.replace("_", " "))


def reason(why: str) -> str:
    """Return a reason in plain words: a stable code as its sentence, a touchpoint that it names by our name for it."""
    if why in _REASONS:
        return _REASONS[why]
    head, _, last = why.rpartition(" ")
    if last in TOUCHPOINTS and head.endswith("the update"):
        return f"{head} “{TOUCHPOINTS[last]}”"
    return why.replace("_", " ") if " " not in why else why


def clock_time(at: datetime, zone: ZoneInfo) -> str:
    """Return `14:05`, on the wall clock of `zone`."""
    return f"{at.astimezone(zone):%H:%M}"


def day_name(day: date) -> str:
    """Return `Tuesday 10 March 2026`."""
    return f"{day:%A} {day.day} {day:%B} {day.year}"


def day_and_time(at: datetime, zone: ZoneInfo) -> str:
    """Return `Tue 10 Mar, 14:05`."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M}"


def relative_time(at: datetime, beside: datetime, zone: ZoneInfo) -> str:
    """Return `14:05` on the day of `beside`, else with the day."""
    same_day = at.astimezone(zone).date() == beside.astimezone(zone).date()
    return clock_time(at, zone) if same_day else day_and_time(at, zone)


def in_zone(text: str, beside: datetime, zone: ZoneInfo) -> str:
    """Return a sentence of ours with its times, written as `2026-03-10 14:05 UTC`, as `relative_time` says them."""

    def local(found: re.Match[str]) -> str:
        try:
            at = datetime.strptime(found[1], "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
        except ValueError:  # not a time of ours
            return found[0]
        return relative_time(at, beside, zone)

    return _UTC_TIME.sub(local, text)


def sentence(text: str) -> str:
    """Return `text` with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def count(number: int, one: str, many: str = "") -> str:
    """Return `1 ticket`, `2 tickets`."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def listed(parts: Iterable[str]) -> str:
    """Return `a, b and c`."""
    *most, last = list(parts) or [""]
    return f"{', '.join(most)} and {last}" if most else last
