"""What a sweep remembers and whom it tells: the watermark, failures in a row, webhooks that were switched off."""

from datetime import datetime, timedelta

from shared.alerts.kinds import KINDS
from shared.ids import stable_id
from shared.models.finding import Finding, finding_id
from shared.models.psa_connection import PsaConnection
from shared.psa.facts import RegistrationState, WebhookRegistration
from shared.step import Decision

OVERLAP = timedelta(minutes=10)
"""Read again what changed shortly before the watermark: records become visible late, and clocks differ."""

FIRST_LOOK_BACK = timedelta(hours=24)
BLIND_AFTER = 3
_TOLD_AT = frozenset(BLIND_AFTER * 2**doubled for doubled in range(16))
CHECK_REGISTRATION_EVERY = timedelta(hours=20)


def connection_id(name: str) -> str:
    return stable_id("psa", name)


def read_since(connection: PsaConnection | None, tick: datetime) -> datetime:
    """Return the time (the PSA's clock) from which on a sweep at `tick` reads."""
    return (connection.watermark if connection else tick - FIRST_LOOK_BACK) - OVERLAP


def swept(
    connection: PsaConnection | None, name: str, tick: datetime, *, read_until: datetime | None, repaired: int
) -> Decision[PsaConnection]:
    """Return the connection after a sweep that read to the end, or to `read_until` where its calls were used up.

    The watermark never passes our own clock: one record from the future must not hide all that is still to come.
    """
    watermark = connection.watermark if connection else tick - FIRST_LOOK_BACK
    document = connection or PsaConnection(id=connection_id(name), watermark=watermark)
    after = document.but(
        watermark=max(watermark, min(read_until or watermark, tick)),
        swept_at=tick,
        repaired=document.repaired + repaired,
        failures_in_a_row=0,
    )
    if document.failures_in_a_row < BLIND_AFTER:
        return Decision(after, outcome="swept")
    text = f"{name} can be read again; what was missed is being repaired."
    return Decision(after, (_finding("sweep_blind", name, tick, text, over=True),), "swept")


def failed(connection: PsaConnection | None, name: str, tick: datetime, reason: str) -> Decision[PsaConnection]:
    """Return the connection after a sweep that could not read; a manager is told when that becomes a habit."""
    document = connection or PsaConnection(id=connection_id(name), watermark=tick - FIRST_LOOK_BACK)
    document = document.but(failures_in_a_row=document.failures_in_a_row + 1)
    failures = document.failures_in_a_row
    if failures not in _TOLD_AT:
        return Decision(document, outcome="blind")
    text = f"{name} could not be read {failures} times in a row ({reason}). Until it can, lost webhooks stay lost."
    finding = _finding("sweep_blind", name, tick, text)
    return Decision(document, (finding,), "blind")


def registration_is_due(connection: PsaConnection | None, tick: datetime) -> bool:
    checked = connection.registration_checked_at if connection else None
    return checked is None or tick - checked >= CHECK_REGISTRATION_EVERY


def registration_checked(
    connection: PsaConnection | None, name: str, tick: datetime, found: WebhookRegistration
) -> Decision[PsaConnection]:
    """Return the connection with what the PSA says of our webhook; a manager is told, once a day, if it is off."""
    if connection is None:
        return Decision(None)
    document = connection.but(registration_checked_at=tick, registration=found.state.value)
    if found.state in (RegistrationState.ACTIVE, RegistrationState.UNKNOWN):
        return Decision(document, outcome=found.state.value)
    text = f"{name} no longer calls us: {found.detail}"
    finding = _finding("webhook_off", name, tick, text)
    return Decision(document, (finding,), found.state.value)


def _finding(kind: str, name: str, at: datetime, text: str, *, over: bool = False) -> Finding:
    return Finding(
        id=finding_id(kind, f"{name}:{at.isoformat()}:{over}"),
        at=at,
        kind=kind,
        dedup_key=name,
        severity=KINDS[kind].severity,
        audience=KINDS[kind].audience,
        text=text,
        psa=name,
        source=connection_id(name),
        over=over,
        alarm_at=at,
    )
