"""Task: writes into the PSA what was sent to the client, so that a technician sees it where they work.

The store per note: 1 read and 2 commits (claim and commitment in one, confirmation).
"""

from functions.psa_note.writing import write
from shared.models.psa_note import PsaNote
from shared.outgoing.find_work import find_work
from shared.ports import App
from shared.runtime import TaskCall, task_function


def write_note(call: TaskCall, app: App) -> dict[str, str]:
    """Body: `id`, the note's. A PSA that is away is tried again by the note's own alarm."""
    work = find_work(call, app, PsaNote)
    return {"note": call.body["id"], "outcome": work if isinstance(work, str) else write(call, app, work)}


@task_function
def psa_note(call: TaskCall, app: App) -> dict[str, str]:
    return write_note(call, app)
