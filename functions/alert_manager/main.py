"""Task: looks at whatever of the alerts has its time come. What it is, its id says: each kind has a room of its own.

A finding is taken into its alert; an alert decides who is told; a contact method lets a message leave; a notice that
did not arrive sends its alerts on to the next way.
"""

from functions.alert_manager.looks import go_on_elsewhere, let_leave, look_again, sing, take_in
from shared.ports import App
from shared.runtime import TaskCall, task_function

ROOMS = {"finding": take_in, "alert": look_again, "method": let_leave, "unreached": go_on_elsewhere, "canary": sing}


@task_function
def alert_manager(call: TaskCall, app: App) -> dict[str, object]:
    """Body: `id` of a finding, an alert, a contact method, an unreached notice or the canary."""
    document = call.body["id"]
    room = ROOMS.get(document.partition("-")[0])
    outcome = room(app, call) if room else "unknown_document"
    return {"outcome": outcome, "document": document}
