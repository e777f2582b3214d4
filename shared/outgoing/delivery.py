"""Get one outgoing document out: claim, act, note what came of it. The steps around the rules of `claim`.

A crash anywhere in here is found by the queue's next try of the same task: that one either starts over, or waits for
the lease and then asks the channel, or leaves the document uncertain for a person to see.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Generic

from shared.edge.task_call import TaskCall
from shared.errors import Conflict, QueueUnavailable, Retryable
from shared.models.document import Document, Watched
from shared.models.outgoing import OutgoingState
from shared.outgoing.claim import NotNow, O, claim, committing, confirm, doubt, failed, looked_up, why_not_now
from shared.outgoing.find_work import leave_to_its_alarm
from shared.ports import App, Found, Receipt, SendFailed, SendUncertain
from shared.step import Decision, step

LEFT_TO_THE_SWEEP = timedelta(minutes=5)
PATIENCE = (1.0, 2.0, 4.0)  # seconds between tries to note what only this process knows

Act = Callable[[Callable[[], None]], Receipt]
Beside = Callable[[O, datetime], tuple[Document, ...]]
Rule = Callable[[O, datetime], O]


class Delivery(Generic[O]):
    """One task's work on one outgoing document; each step starts from what the one before wrote and needs no read.

    `beside` returns what comes to exist together with the document's new state: a note, an alert.
    """

    def __init__(self, call: TaskCall, app: App, found: Found[O], *, via: str, beside: Beside[O]) -> None:
        self.document = found.document
        self._who = f"{call.name}#{call.attempt}"
        self._app = app
        self._known: Found[O] | None = found
        self._via = via
        self._beside = beside
        self._beside_without_queue = False

    def settle(self, rule: Rule[O]) -> OutgoingState:
        """Apply `rule` to the document as it is now. An unchanged document is not written."""

        def decide(document: O | None, now: datetime) -> Decision[O]:
            if document is None:
                raise Conflict("it was erased meanwhile")
            new = rule(document, now)
            return Decision(new, () if new is document else self._news(new, now))

        decision = step(self._app, type(self.document), self.document.id, decide, self._known)
        self.document, self._known = decision.document or self.document, decision.found
        return self.document.state

    def conclude(self, rule: Rule[O]) -> OutgoingState:
        """Apply `rule` as the last thing that this task does. Whoever was faster keeps the document, and is watched."""
        state = self.settle(rule)
        if state in (OutgoingState.CLAIMED, OutgoingState.COMMITTING):
            leave_to_its_alarm(self._app, self.document)
        return state

    def look_up(self, was_sent: Callable[[], bool | None]) -> OutgoingState:
        """Settle a doubt as far as the channel can tell; only the channel that it was given to is believed."""
        verdict = was_sent() if self.document.via == self._via else None
        return self.conclude(
            lambda document, now: (
                looked_up(document, now, verdict) if why_not_now(document, now) is NotNow.IN_DOUBT else document
            )
        )

    def hand_over(self, act: Act, *, commit_at_once: bool, change: Rule[O] | None = None) -> str:
        """Claim the document, `act` and note what came of it; return the outcome in one word.

        `commit_at_once` saves a write where nothing lies between the claim and the point of no return, or where acting
        twice has one effect. `change` is applied with the claim.
        """
        not_now = self._claim(commit_at_once=commit_at_once, change=change)
        if not_now is not None:
            leave_to_its_alarm(self._app, self.document)
            return not_now
        mine = self.document.claim
        try:
            receipt = act((lambda: None) if commit_at_once else self._commit)
        except SendFailed as failure:
            return self._note(partial(failed, mine=mine, failure=failure))
        except SendUncertain as unsure:
            return self._note(partial(doubt, reason=str(unsure) or "no_answer"))
        return self._note(partial(confirm, reference=receipt.reference))

    def _claim(self, *, commit_at_once: bool, change: Rule[O] | None) -> NotNow | None:
        not_now: NotNow | None = None

        def take(document: O, now: datetime) -> O:
            nonlocal not_now
            taken = claim(document, now, self._who, via=self._via)
            not_now = taken if isinstance(taken, NotNow) else None
            if isinstance(taken, NotNow):
                return document
            changed = change(taken, now) if change else taken
            return (committing(changed, now, changed.claim) or changed) if commit_at_once else changed

        self.settle(take)
        return not_now

    def _commit(self) -> None:
        """Note that the next thing cannot be taken back. Raises Conflict if somebody else holds the document now."""
        mine, lost = self.document.claim, False

        def cross(document: O, now: datetime) -> O:
            nonlocal lost
            crossing = committing(document, now, mine)
            lost = crossing is None
            return crossing or document

        self.settle(cross)
        if lost:
            raise Conflict("the lease ran out and somebody else took it")

    def _note(self, outcome: Rule[O]) -> OutgoingState:
        """Note what the other side said. Only this process knows it, so it is worth some patience with the store."""
        for pause in PATIENCE:
            try:
                return self.settle(outcome)
            except QueueUnavailable:
                self._beside_without_queue = True  # a queue that is away must not turn a sent mail into a doubt
            except Retryable:
                self._app.clock.pause(pause)
            self._known = None
        return self.settle(outcome)

    def _news(self, document: O, now: datetime) -> tuple[Document, ...]:
        created = self._beside(document, now)
        if not self._beside_without_queue:
            return created
        later = now + LEFT_TO_THE_SWEEP
        return tuple(
            each.but(alarm_at=later, alarm_set=later) if isinstance(each, Watched) else each for each in created
        )
