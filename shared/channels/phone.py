"""The phone: keeps every SMS in a SQLite file instead of sending it, with what a person typed as an answer to it."""

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shared.ports import Receipt, SendFailed, SendUncertain
from shared.sms.sms import Sms

_BUSY_SECONDS = 5
_TABLE = """
CREATE TABLE IF NOT EXISTS texts (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    number TEXT NOT NULL,
    from_person INTEGER NOT NULL,
    text TEXT NOT NULL,
    at TEXT
) STRICT
"""
_INDEX = "CREATE INDEX IF NOT EXISTS texts_by_number ON texts (number, place)"
_INSERT = """
INSERT INTO texts (id, number, from_person, text, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
"""
_CONVERSATION = "SELECT place, id, from_person, text, at FROM texts WHERE number = ? ORDER BY place DESC LIMIT ?"
_NUMBERS = """
SELECT number, kept, text FROM (SELECT number AS of, count(*) AS kept, max(place) AS newest FROM texts GROUP BY number)
JOIN texts ON place = newest ORDER BY place DESC
"""
# The statement was surely rolled back; anything else (an I/O error while committing) leaves a doubt.
_SURELY_NOT = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptText:
    """One text of a conversation. `place` counts all texts in the order of their arrival; `at` is UTC where known."""

    place: int
    id: str
    from_person: bool
    text: str
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """One number, how many texts went to and fro, and the last of them."""

    number: str
    count: int
    last_text: str


class PhoneChannel:
    """A text that is in survives a crash of the process; one of the machine may take the last few (synchronous=NORMAL).

    Safe for threads and for processes that share the file. The same id twice is kept once, as it first came.
    """

    knows_message_ids = True

    def __init__(self, path: Path | str) -> None:
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(
            path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=16
        )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute(_TABLE)
        self._connection.execute(_INDEX)

    def send(self, sms: Sms, before_commitment: Callable[[], None]) -> Receipt:
        """Keep the SMS. The receipt's reference is its place: that of the first one if the id is known."""
        before_commitment()
        try:
            with self._lock:
                added = self._connection.execute(_INSERT, (sms.id, sms.recipient, 0, sms.text, None))
                place = added.lastrowid if added.rowcount == 1 else self._place(sms.id)
        except UnicodeEncodeError:
            raise SendFailed("refused: half a surrogate pair", permanent=True) from None
        except sqlite3.Error as error:
            reason = f"phone: {error}"
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _SURELY_NOT:
                raise SendFailed(reason, permanent=False) from error
            raise SendUncertain(reason) from error
        return Receipt(reference=f"phone-{place}")

    def was_sent(self, sms: Sms, since: datetime) -> bool | None:  # noqa: ARG002 - ids need no time
        """Say whether an SMS with this id was kept; None if the file cannot be read just now."""
        try:
            with self._lock:
                return self._place(sms.id) is not None
        except sqlite3.Error:
            return None

    def received(self, text_id: str, sender: str, text: str, at: datetime | None = None) -> bool:
        """Keep what a person typed, under the number `sender`. Return False if the id was known already.

        Raises sqlite3.Error. `at` is aware.
        """
        return self._keep(text_id, sender, text, at, from_person=True)

    def replied(self, text_id: str, recipient: str, text: str, at: datetime | None = None) -> bool:
        """Keep what the person was answered at once, without a message of its own. Otherwise like `received`."""
        return self._keep(text_id, recipient, text, at, from_person=False)

    def conversation(self, number: str, limit: int) -> list[KeptText]:
        """Return the latest texts to and from this number, at most `limit`, in the order in which they came."""
        with self._lock:
            rows = self._connection.execute(_CONVERSATION, (number, limit)).fetchall()
        return [
            KeptText(place=place, id=text_id, from_person=bool(theirs), text=text, at=at and datetime.fromisoformat(at))
            for place, text_id, theirs, text, at in reversed(rows)
        ]

    def numbers(self) -> list[Conversation]:
        """Return all numbers, the one with the latest text first."""
        with self._lock:
            rows = self._connection.execute(_NUMBERS).fetchall()
        return [Conversation(number=number, count=count, last_text=text) for number, count, text in rows]

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _keep(self, text_id: str, number: str, text: str, at: datetime | None, *, from_person: bool) -> bool:
        row = (text_id, number, int(from_person), text, None if at is None else at.isoformat())
        with self._lock:
            return self._connection.execute(_INSERT, row).rowcount == 1

    def _place(self, text_id: str) -> int | None:
        row = self._connection.execute("SELECT place FROM texts WHERE id = ?", (text_id,)).fetchone()
        return None if row is None else int(row[0])
