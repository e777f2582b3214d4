"""Gives a task up for good, where a person can find it."""

import json
from collections.abc import Mapping

from shared.edge.answers import status_and_code
from shared.edge.task_call import LAST_ATTEMPT
from shared.errors import Conflict, InvalidRequest, PermanentFailure
from shared.models.dead_letter import DeadLetter, dead_letter_id
from shared.ports import App, Create


def is_hopeless(error: Exception, attempt: int) -> bool:
    """Say whether no further delivery can help: the task itself is wrong, or it had its tries."""
    return isinstance(error, PermanentFailure | InvalidRequest) or attempt >= LAST_ATTEMPT


def bury(app: App, function: str, task: str, body: Mapping[str, str], error: Exception) -> str:
    """Store the dead letter and return its id. Raises what the store raises: then the queue still has the task."""
    letter = DeadLetter(
        id=dead_letter_id(function, task or json.dumps(dict(body), sort_keys=True)),
        at=app.clock.now(),
        function=function,
        task=task,
        body=body,
        reason=status_and_code(error)[1],
    )
    try:
        app.store.commit([Create(letter)])
    except Conflict:  # an earlier delivery of the same task already wrote it
        return letter.id
    return letter.id
