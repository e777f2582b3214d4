"""Task: sends one notice to somebody at the MSP, if it is still to be said. The only place from which they get one.

The store for a notice about one alert that goes out at the first try: 4 reads (notice, contact method, alert, ticket)
and 3 commits (claim, commitment, confirmation), 2 with a channel that knows our ids.
"""

from functions.send_notice.sending import deliver
from shared.models.notice import Notice
from shared.outgoing.find_work import find_work
from shared.ports import App
from shared.runtime import TaskCall, task_function


@task_function
def send_notice(call: TaskCall, app: App) -> dict[str, str]:
    """Body: `id`, the notice's. A try that failed for now is answered well: the notice has its own next alarm."""
    work = find_work(call, app, Notice)
    return {"notice": call.body["id"], "outcome": work if isinstance(work, str) else deliver(call, app, work)}
