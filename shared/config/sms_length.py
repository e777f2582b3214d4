"""Whether every alert can be said in an SMS: each kind's text is put together as it will be, with the longest names."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from shared.alerts.kinds import KINDS
from shared.alerts.sms_words import Line, sms_parts
from shared.config.settings import Settings
from shared.models.alert import Alert, Errand, alert_id
from shared.models.contact_method import Code
from shared.models.finding import Audience, Severity
from shared.sms.plain import plain
from shared.sms.segments import LIMIT_SEGMENTS, segments

_LINK = "/n/" + "x" * 66  # the id of the message, and its signature
_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)
_LONG = timedelta(days=2, hours=23)
_A_CLIENT = "A client of ours"


def cut_warnings(settings: Settings) -> Iterator[str]:
    """Look for what does not fit and will be cut. What to do may be cut: the page has it."""
    companies = [client.company for client in settings.clients] or [_A_CLIENT]
    base = settings.alerts.link_base
    link = f"{base.rstrip('/')}{_LINK}" if base else ""
    worst, kind, client = 0, "", ""
    for alert in (_longest_of(name, company, settings) for name in KINDS for company in companies):
        codes = (Code(digits=99, target=alert.id, at=_ANY_TIME),)
        parts = sms_parts((Line(alert, Errand.NEWS, 99),), codes, link, _ANY_TIME)
        count = segments(plain(f"{parts.before}{parts.needed}{parts.after}")).segments
        if count > worst:
            worst, kind, client = count, alert.kind, alert.company or ""
    if worst > LIMIT_SEGMENTS:
        yield (
            f"alerts: an SMS of the kind {kind} about {client!r} would take {worst} segments, so it is cut "
            f"to fit {LIMIT_SEGMENTS}: shorten alerts.link_base, or the names of people and of PSAs"
        )


def _longest_of(kind: str, company: str, settings: Settings) -> Alert:
    """Return a made-up alert whose facts are as long as these settings let them be."""
    owners = (name for person in settings.alerts.people.values() for name in (person.name, *person.psa_names))
    return Alert(
        id=alert_id(kind, ""),
        kind=kind,
        dedup_key="",
        severity=Severity.CRITICAL,
        audience=Audience.MANAGER,
        text="",
        psa=max(settings.psa, key=len, default=None),
        number="0000000",
        company=company,
        owner=max(owners, key=len, default=None),
        since=_ANY_TIME - _LONG,
        opened_at=_ANY_TIME,
        found_at=_ANY_TIME,
        changed_at=_ANY_TIME,
    )
