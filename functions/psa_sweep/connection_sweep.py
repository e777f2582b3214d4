"""One sweep of one PSA connection: read what changed, converge, move the watermark only over what was read."""

from dataclasses import dataclass
from datetime import datetime

from functions.psa_sweep.rules import (
    connection_id,
    failed,
    read_since,
    registration_checked,
    registration_is_due,
    swept,
)
from shared.convergence import take_snapshot
from shared.errors import ConfigurationError, PsaUnavailable
from shared.models.psa_connection import PsaConnection
from shared.ports import App
from shared.step import step


@dataclass(frozen=True, slots=True)
class SweepResult:
    """`repaired`: tickets that changed without a webhook having told us. `blind`: the PSA could not be read."""

    repaired: int = 0
    blind: bool = False


def sweep(app: App, name: str, tick: datetime) -> SweepResult:
    """Take in what changed at the PSA `name`. What was taken in stays, even if the reading fails half-way."""
    document_id = connection_id(name)
    known = app.store.get(PsaConnection, document_id)
    since = read_since(known.document if known else None, tick)
    read_until: datetime | None = None
    repaired = 0
    try:
        connection = app.settings.psa[name]
        for snapshot in app.psa_client(name).tickets_changed_since(since, max_calls=connection.sweep_max_calls):
            outcome = take_snapshot(app, name, snapshot, present=connection.lists_the_present)
            repaired += outcome in ("new", "changed", "ambiguous")
            read_until = snapshot.updated_at
    except (PsaUnavailable, ConfigurationError) as error:  # one connection's trouble is not the others'
        reason = str(error)
        step(app, PsaConnection, document_id, lambda document, _now: failed(document, name, tick, reason))
        return SweepResult(repaired, blind=True)
    step(
        app,
        PsaConnection,
        document_id,
        lambda document, _now: swept(document, name, tick, read_until=read_until, repaired=repaired),
    )
    return SweepResult(repaired)


def check_registration(app: App, name: str, tick: datetime) -> None:
    """Ask the PSA, once a day, whether it would still call us. That it does not answer this is not worth a word."""
    document_id = connection_id(name)
    known = app.store.get(PsaConnection, document_id)
    if not registration_is_due(known.document if known else None, tick):
        return
    try:
        found = app.psa_client(name).webhook_registration()
    except (PsaUnavailable, ConfigurationError):
        return  # asked again at the next sweep
    step(app, PsaConnection, document_id, lambda document, _now: registration_checked(document, name, tick, found))
