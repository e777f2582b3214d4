"""Task: looks at one ticket when its time has come and decides what its client is told."""

from functions.ticket_update_notifier.rulebook import rules_for
from functions.ticket_update_notifier.rules import decide
from shared.models.ticket import Ticket
from shared.ports import App
from shared.runtime import TaskCall, task_function
from shared.step import step


@task_function
def ticket_update_notifier(call: TaskCall, app: App) -> dict[str, object]:
    """Body: `id` of the ticket. One read; one write when there is something to do or to look at later."""
    decision = step(
        app,
        Ticket,
        call.body["id"],
        lambda ticket, now: decide(ticket, now, rules_for(app.settings, ticket)),
    )
    return {"outcome": decision.outcome, "document": call.body["id"]}
