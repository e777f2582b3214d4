"""Stand-ins that build the real thing when it is first asked for something."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Generic, TypeVar

from shared.ports import Change, D, Found, Query, Queue, Store, Task

T = TypeVar("T")


class Once(Generic[T]):
    """Calls `make` once, however many threads ask; one that fails is tried again by the next who asks."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: tuple[T] | None = None

    def __call__(self) -> T:
        made = self._made
        if made is None:
            with self._lock:
                made = self._made = self._made or (self._make(),)
        return made[0]


class LazyStore:
    """A store that connects at its first call."""

    def __init__(self, make: Callable[[], Store]) -> None:
        self._store = Once(make)

    def get(self, model: type[D], document_id: str) -> Found[D] | None:
        return self._store().get(model, document_id)

    def commit(self, changes: Sequence[Change]) -> Sequence[object] | None:
        return self._store().commit(changes)

    def find(
        self,
        query: Query[D],
        *,
        limit: int,
        until: datetime | str | None = None,
        after: D | None = None,
        equals: Mapping[str, str | int | bool] | None = None,
    ) -> list[Found[D]]:
        return self._store().find(query, limit=limit, until=until, after=after, equals=equals)


class LazyQueue:
    """A queue that connects at its first call."""

    def __init__(self, make: Callable[[], Queue]) -> None:
        self._queue = Once(make)

    def put(self, task: Task) -> None:
        self._queue().put(task)
