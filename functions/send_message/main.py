"""Task: sends one message to its ticket's contact. The only place from which a client gets mail.

The store per message that goes out at the first try: 3 reads (message, ticket, contact) and 4 commits (contact, claim,
commitment, confirmation), 3 with a channel that knows message ids. The confirmation carries the PSA note with it.
"""

from functions.send_message.sending import deliver
from shared.models.message import Message
from shared.outgoing.find_work import find_work
from shared.ports import App
from shared.runtime import TaskCall, task_function


def send(call: TaskCall, app: App) -> dict[str, str]:
    """Body: `id`, the message's. A try that failed for now is answered well: the message has its own next alarm.

    That alarm is later than the queue's own retry would be, is as late as the relay asked for, and outlives the queue's
    count of attempts.
    """
    work = find_work(call, app, Message)
    return {"message": call.body["id"], "outcome": work if isinstance(work, str) else deliver(call, app, work)}


@task_function
def send_message(call: TaskCall, app: App) -> dict[str, str]:
    return send(call, app)
