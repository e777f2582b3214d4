"""Forgets ended tasks a little at a time, without an index that every task would have to pay for."""

from shared.adapters.queueing import sql
from shared.adapters.sqlite_file import SqliteFile

_ENDS_PER_SWEEP = 64
_ROWS_PER_SWEEP = 256  # more rows than ends in between: the sweep goes round faster than the table grows


class Forgetting:
    """A hand that goes round the table, some rows for every few tasks that end."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file
        self._ends = 0
        self._swept_to = 0

    def count_end(self, now: str) -> None:
        """Count one ended task; every few of them sweep a stretch. Threads may race here: a stretch is swept twice."""
        if self._ends % _ENDS_PER_SWEEP == 0:
            self._sweep(now)
        self._ends += 1

    def _sweep(self, now: str) -> None:
        start = self._swept_to
        rows, end = self._file.rows(sql.SWEEP_END, (start, _ROWS_PER_SWEEP))[0]
        if rows:
            self._file.run(sql.SWEEP, (start, end, now))
        self._swept_to = end if rows == _ROWS_PER_SWEEP else 0  # at the table's end, begin again
