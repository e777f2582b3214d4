"""Proof of life: a document that asks to be looked at. If it is, store, queue and the alerts' own function all work."""

from typing import ClassVar

from shared.instant import Instant
from shared.models.document import Watched

CANARY = "canary-1"


class Canary(Watched):
    """There is one. `asked_at` is when it was last set to be looked at, `answered_at` when it last was."""

    collection: ClassVar[str] = "canaries"
    watcher: ClassVar[str] = "alert_manager"

    asked_at: Instant
    answered_at: Instant | None = None
