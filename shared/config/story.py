"""Says in plain words what the settings will do, so that a service manager can agree before a client notices."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from shared.calendar import BusinessCalendar, NeverOpens
from shared.calendar_spec import CalendarSpec
from shared.config.alert_story import alert_story
from shared.config.alert_warnings import alert_warnings
from shared.config.settings import Connection, Promises, Settings, StatusMap, Updates
from shared.models.ticket import TicketState, Touchpoint


def story(settings: Settings, now: datetime) -> list[str]:
    """Return the lines. Raises ConfigurationError for a calendar whose public holidays nobody knows."""
    return [
        f"{settings.msp.name} writes as {settings.msp.mail_name or settings.msp.name} <{settings.msp.mail_from}>.",
        _mail_in_words(settings),
        *(line for name in settings.psa for line in ("", *_connection(name, settings.psa[name]))),
        *(line for name, spec in settings.calendars.items() for line in ("", *_calendar(name, spec, now))),
        *("", "All clients that are not named below:", *_updates(settings.updates)),
        *(line for index in range(len(settings.clients)) for line in ("", *_client(settings, index))),
        *("", *alert_story(settings, now)),
        *("", *(_warned(warnings(settings, now)))),
    ]


def warnings(settings: Settings, now: datetime) -> list[str]:
    """Return what is allowed and yet probably not meant."""
    found = [warning for name in settings.psa for warning in _status_warnings(name, settings.psa[name].statuses)]
    if settings.mail.channel == "mailbox":
        found.append("mail.channel is mailbox: mails are kept here to be read, and no client gets one")
    domain = settings.msp.mail_from.rpartition("@")[2].casefold()
    if domain not in {own.casefold() for own in settings.msp.own_domains}:
        found.append(f"msp.own_domains does not name {domain}: colleagues would be written to like clients")
    for name, spec in settings.calendars.items():
        try:
            BusinessCalendar(spec).next_open(now)
        except NeverOpens:
            found.append(f"calendars.{name} never opens: a promise that is counted in it has no end")
    for where, updates in _all_updates(settings):
        if updates.enabled and Touchpoint.RESOLVED not in updates.touchpoints:
            found.append(f"{where}: touchpoints lack resolved, so a client is not told that it is done")
    companies = [client.company.casefold() for client in settings.clients]
    twice = sorted({name for name in companies if companies.count(name) > 1})
    found += [f"clients: {name} stands twice, so one of the two is never used" for name in twice]
    return found + alert_warnings(settings, now)


def _all_updates(settings: Settings) -> Iterator[tuple[str, Updates]]:
    yield "updates", settings.updates
    own = [client.company for client in settings.clients if client.updates]
    yield from ((f"clients: {company}", settings.updates_for(None, company)) for company in own)


def _status_warnings(name: str, statuses: StatusMap) -> Iterator[str]:
    consequences = {
        TicketState.RESOLVED: "no client will hear that a request is solved",
        TicketState.WAITING_ON_CLIENT: "no client will be asked for an answer",
    }
    for state, consequence in consequences.items():
        if not getattr(statuses, state.value):
            yield f"psa.{name}.statuses: none means {state.value}, so {consequence}"


def _mail_in_words(settings: Settings) -> str:
    smtp = settings.mail.smtp
    if settings.mail.channel == "smtp" and smtp is not None:
        return f"Mails go out through {smtp.host}:{smtp.port}. {_write_back(settings)}"
    if settings.mail.channel == "graph" and settings.mail.graph is not None:
        return f"Mails go out through Microsoft 365 as {settings.mail.graph.mailbox}. {_write_back(settings)}"
    return f"Mails stay in the mailbox here. {_write_back(settings)}"


def _write_back(settings: Settings) -> str:
    return "Each becomes a note on its ticket." if settings.mail.write_back else "The ticket gets no note of it."


def _connection(name: str, connection: Connection) -> Iterator[str]:
    yield f"PSA {name} ({connection.system.kind}), webhooks at /psa_webhook/{name}:"
    for state in StatusMap.model_fields:
        labels = getattr(connection.statuses, state)
        yield f"  {state.replace('_', ' ')}: {', '.join(labels) if labels else '- (no status)'}"
    if connection.ignored_boards:
        yield f"  ignored boards: {', '.join(connection.ignored_boards)}"


def _calendar(name: str, spec: CalendarSpec, now: datetime) -> Iterator[str]:
    zone = ZoneInfo(spec.tz)
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    monday = (today - timedelta(days=today.weekday())).replace(tzinfo=zone)
    calendar = BusinessCalendar(spec)
    yield f"Calendar {name} ({spec.tz}), this week:"
    for offset in range(7):
        start, end = monday + timedelta(days=offset), monday + timedelta(days=offset + 1)
        hours = []
        for window in calendar.windows(start):
            if window.start >= end:
                break
            closes = min(window.end, end).astimezone(zone)
            until = "24:00" if closes == end else f"{closes:%H:%M}"
            hours.append(f"{window.start.astimezone(zone):%H:%M}-{until}")
        yield f"  {start:%a %d %b}  {', '.join(hours) or 'closed'}"


def _client(settings: Settings, index: int) -> Iterator[str]:
    client = settings.clients[index]
    yield f"{client.company} ({settings.language_for(None, client.company)}):"
    yield from _updates(settings.updates_for(None, client.company))
    if client.mail_domains:
        yield f"  mail only to addresses at {', '.join(client.mail_domains)}"


def _updates(updates: Updates) -> Iterator[str]:
    if not updates.enabled:
        yield "  gets no updates at all"
        return
    off = [touchpoint for touchpoint in Touchpoint if touchpoint not in updates.touchpoints]
    yield f"  told of: {_words(updates.touchpoints)}"
    yield f"  not told of: {_words(off) or 'nothing'}"
    yield f"  a change waits {updates.hold_minutes:g} min for the next; at most {updates.per_day} mails a day"
    yield f"  longest silence, in business hours of {updates.calendar}: {_promises(updates.promises)}"
    notes = updates.holding_notes_in_a_row
    yield f"  technician reminded at {updates.nudge_at_percent} %, then at most {notes} holding notes, then a manager"


def _promises(promises: Promises) -> str:
    shortest_first = sorted(promises.by_priority.items(), key=lambda item: item[1])
    parts = [f"{hours:g} h for {priority}" for priority, hours in shortest_first]
    parts.append(f"{promises.default:g} h for all others" if parts else f"{promises.default:g} h")
    if promises.waiting_on_vendor is not None:
        parts.append(f"at least {promises.waiting_on_vendor:g} h while a vendor has the ball")
    return "; ".join(parts)


def _words(touchpoints: list[Touchpoint] | tuple[Touchpoint, ...]) -> str:
    return ", ".join(touchpoint.replace("_", " ") for touchpoint in touchpoints)


def _warned(found: list[str]) -> list[str]:
    return ["Look at these again:", *(f"  ! {warning}" for warning in found)] if found else ["Nothing to warn about."]
