"""From a task to the outgoing document that it is about, if there is something to do about it now."""

from datetime import datetime, timedelta

from shared.edge.task_call import TaskCall
from shared.errors import Retryable
from shared.models.outgoing import Outgoing
from shared.outgoing.claim import NotNow, O, why_not_now
from shared.ports import App, Found
from shared.step import alarm_task

VISIBLE_WITHIN = timedelta(seconds=60)  # a task may run before the commit that it belongs to can be read
_NOTHING_TO_DO_NOW = (NotNow.DONE, NotNow.LEFT_TO_A_PERSON, NotNow.IN_OTHER_HANDS, NotNow.NOT_DUE)


def find_work(call: TaskCall, app: App, model: type[O]) -> Found[O] | str:
    """Return the document that the task is about, or the outcome when nothing can be done about it now.

    Raises Retryable for a document that is not there yet.
    """
    found = app.store.get(model, call.body["id"])
    now = app.clock.now()
    if found is None:
        return nothing_there(call, now)
    reason = why_not_now(found.document, now)
    if reason in (NotNow.IN_OTHER_HANDS, NotNow.NOT_DUE):
        leave_to_its_alarm(app, found.document)
    return reason if reason in _NOTHING_TO_DO_NOW else found


def nothing_there(call: TaskCall, now: datetime) -> str:
    """Return the outcome of a task whose document does not exist. Raises Retryable while it may only be too early."""
    if call.planned is not None and now - call.planned < VISIBLE_WITHIN:
        raise Retryable("the commit that set this task may not be readable yet")
    return "nothing_to_do"


def leave_to_its_alarm(app: App, document: Outgoing) -> None:
    """Put the document's next look: this task will be answered well, so another must come in its place."""
    if document.alarm_at is not None:
        app.queue.put(alarm_task(document, document.alarm_at))
