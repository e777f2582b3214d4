"""The sample functions for a server of their own."""

from datetime import UTC, datetime

from shared import wiring
from shared.callers import SharedToken
from tests.fakes.clock import VirtualClock
from tests.fakes.memory_store import MemoryStore
from tests.functions.edge import TOKEN, app_with
from tests.functions.sample import door

__all__ = ["door"]

wiring.use(app_with(MemoryStore(), VirtualClock(datetime(2026, 3, 2, tzinfo=UTC)), SharedToken(TOKEN)))
