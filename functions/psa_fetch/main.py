"""Task: reads one ticket by its id where a webhook was only a hint, and converges on what it finds."""

from shared.convergence import take_snapshot
from shared.ports import App
from shared.runtime import TaskCall, task_function


@task_function
def psa_fetch(call: TaskCall, app: App) -> dict[str, object]:
    """Body: `psa` (the connection's name) and `ticket` (the PSA's id). PsaUnavailable makes the queue try again."""
    psa, psa_id = call.body["psa"], call.body["ticket"]
    if psa not in app.settings.psa:
        return {"outcome": "connection_removed"}
    snapshot = app.psa_client(psa).ticket(psa_id)
    if snapshot is None:
        return {"outcome": "not_found"}
    return {"outcome": take_snapshot(app, psa, snapshot, present=True)}
