"""Load, decide, hand over, commit: the only place that knows the order.

A task is put on the queue before the commit that makes it meaningful. A crash between the two leaves a task that finds
nothing to do; the other order could leave a document that nobody ever looks at.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from shared.errors import Conflict
from shared.ids import stable_id
from shared.instant import format_instant
from shared.models.document import Document, Watched
from shared.ports import App, Change, Create, Found, Put, Task

D = TypeVar("D", bound=Document)

MAX_ATTEMPTS = 6
AFTER_THE_COMMIT = timedelta(seconds=5)
"""A look is put on the queue before the commit that it is about, so it must not be due before that can be read."""

FARTHEST_ALARM = timedelta(days=29)  # Cloud Tasks takes 30 days at most; a longer wait is a chain of looks


@dataclass(frozen=True, slots=True)
class Decision(Generic[D]):
    """What a `decide` wants stored. `document` may be the very object it was given: then it is not written again.

    `creates` are new documents (messages, findings) that come to exist together with the change, or not at all.
    `along` are other documents that change in the same commit, each with the version it was read in: if one of them was
    changed by others meanwhile, nothing is written, and whoever made the decision must look again (Conflict).
    `outcome` is for the caller and the log line: one word, no personal data.
    `version` is filled in by `step`: what the store has now, so that a next step on the same document need not read it.
    """

    document: D | None
    creates: tuple[Document, ...] = ()
    outcome: str = "unchanged"
    version: object = None
    along: tuple[Put, ...] = ()

    @property
    def found(self) -> Found[D] | None:
        """The document as a next `step` may take it for known; None if the store did not say its version."""
        return None if self.document is None or self.version is None else Found(self.document, self.version)


Decide = Callable[[D | None, datetime], Decision[D]]


def step(app: App, model: type[D], document_id: str, decide: Decide[D], known: Found[D] | None = None) -> Decision[D]:
    """Apply the pure function `decide` to one document, once.

    `known` is the document as this task read or wrote it a moment ago: the first attempt decides on it without a read.
    A lost race means: decide again on the fresh document, with a little jitter. Raises Conflict when that did not help
    within the budget, StoreUnavailable or QueueUnavailable when those did not answer; nothing is half done then.
    """
    started = app.clock.now()
    for attempt in range(MAX_ATTEMPTS):
        found = known if known is not None and attempt == 0 else app.store.get(model, document_id)
        now = app.clock.now()
        decision = decide(found.document if found else None, now)
        document = _with_alarm(app, decision.document, now)
        changes: list[Change] = []
        if document is not None and found is None:
            changes.append(Create(document))
        elif document is not None and found is not None and document is not found.document:
            changes.append(Put(document, found.version))
        written = bool(changes)
        changes += [Create(_armed(app, created, now)) for created in decision.creates]
        changes += [Put(_armed(app, other.document, now), other.version) for other in decision.along]
        if not changes:
            return replace(decision, version=_version(found))
        try:
            versions = app.store.commit(changes)
        except Conflict:
            if (app.clock.now() - started).total_seconds() > app.step_budget_seconds / 2:
                raise
            app.clock.pause(0.01 * 2**attempt)
        else:
            version = (versions or (None,))[0] if written else _version(found)
            return Decision(document, decision.creates, decision.outcome, version)
    raise Conflict(f"{document_id} was changed by others {MAX_ATTEMPTS} times in a row")


def alarm_task(document: Watched, at: datetime) -> Task:
    """The look at `document` at `at`. The same look has the same name; a new generation of it has another."""
    name = stable_id("alarm", document.collection, document.id, format_instant(at))
    return Task(
        function=document.watcher,
        name=f"{name}-g{document.alarm_generation}",
        body={"id": document.id, "at": format_instant(at)},
        at=at,
    )


def _version(found: Found[D] | None) -> object:
    return found.version if found else None


def _with_alarm(app: App, document: D | None, now: datetime) -> D | None:
    return None if document is None else _armed(app, document, now)


def _armed(app: App, document: D, now: datetime) -> D:
    """Put the document's next look on the queue unless one that is early enough is there; note that it is."""
    if not isinstance(document, Watched) or document.alarm_is_pending(now):
        return document
    if document.alarm_at is None:  # pragma: no cover - alarm_is_pending() covers it; said for the type checker
        return document
    at = min(document.alarm_at, now + FARTHEST_ALARM)
    if document.alarm_set == at:
        return document  # it is due, and on the queue: putting it again would change nothing
    app.queue.put(alarm_task(document, at))
    return document.but(alarm_set=at)
