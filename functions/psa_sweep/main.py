"""Schedule: repairs what webhooks lost, and checks that each PSA still calls us."""

from datetime import datetime

from functions.psa_sweep.connection_sweep import check_registration, sweep
from shared.ports import App
from shared.runtime import scheduled_function


@scheduled_function
def psa_sweep(tick: datetime, app: App) -> dict[str, object]:
    """Read what changed at every PSA since the last sweep. One that does not answer holds up none of the others."""
    repaired, blind = 0, 0
    for name, connection in app.settings.psa.items():
        if not connection.can_be_read:
            continue
        result = sweep(app, name, tick)
        repaired += result.repaired
        blind += result.blind
        if not result.blind:
            check_registration(app, name, tick)
    return {"outcome": "blind" if blind else "swept", "repaired": repaired, "blind": blind}
