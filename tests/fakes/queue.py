"""A queue that remembers what was put, and hands it out when the test asks."""

from datetime import datetime

from shared.ports import Task


class RecordingQueue:
    """Like the real ones: the same name twice is one task, also after it was handed out (a tombstone)."""

    def __init__(self) -> None:
        self.waiting: list[Task] = []
        self._names: set[str] = set()

    def put(self, task: Task) -> None:
        if task.name not in self._names:
            self._names.add(task.name)
            self.waiting.append(task)

    def next(self, *functions: str) -> Task | None:
        """Take out the task that is due first, of these functions or of all."""
        mine = [task for task in self.waiting if not functions or task.function in functions]
        if not mine:
            return None
        first = min(mine, key=lambda task: (task.at, task.name))
        self.waiting.remove(first)
        return first

    def next_at(self, *functions: str) -> datetime | None:
        return min((task.at for task in self.waiting if not functions or task.function in functions), default=None)
