"""A service desk's history as a file of changes: one row, one change of one ticket."""

import csv
import gzip
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shared.instant import parse_instant

NEEDED = ("ticket", "at", "status", "substatus", "owner")
OPTIONAL = ("company", "contact", "priority", "title")


class UnreadableLog(Exception):
    """The file is not a log of ticket changes. The message names the line and what is expected there."""


@dataclass(frozen=True, slots=True)
class Change:
    """From `at` (UTC) on, the ticket had this status, owner and so on. Empty text means: not known."""

    ticket: str
    at: datetime
    status: str
    owner: str
    company: str
    contact: str
    priority: str
    title: str


def read_log(path: Path) -> list[Change]:
    """Return the changes of a CSV file (plain or .gz) in the file's order. Raises UnreadableLog."""
    raw = path.read_bytes()
    if path.suffix == ".gz":
        raw = gzip.decompress(raw)
    rows = csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""))
    missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
    if missing:
        raise UnreadableLog(
            f"{path}: the first line must name the columns {','.join(NEEDED)}; missing: {', '.join(missing)}"
        )
    changes = list(_changes(path, rows))
    if not changes:
        raise UnreadableLog(f"{path}: there is no row below the header")
    return changes


def _changes(path: Path, rows: "csv.DictReader[str]") -> Iterable[Change]:
    for row in rows:
        where = f"{path}, line {rows.line_num}"
        ticket = (row["ticket"] or "").strip()
        if not ticket:
            raise UnreadableLog(f"{where}: the ticket is empty")
        try:
            at = parse_instant((row["at"] or "").strip())
        except ValueError:
            raise UnreadableLog(
                f"{where}: {row['at']!r} is no time with a zone, such as 2012-05-03T14:00:00Z"
            ) from None
        status, substatus = ((row[name] or "").strip() for name in ("status", "substatus"))
        optional = {name: (row.get(name) or "").strip() for name in OPTIONAL}
        whole = f"{status}/{substatus}" if substatus else status
        yield Change(ticket=ticket, at=at, status=whole, owner=(row["owner"] or "").strip(), **optional)
