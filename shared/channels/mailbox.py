"""The mailbox: keeps every mail in a SQLite file instead of sending it, to be looked at and to be tested against."""

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from shared.mail.mail import Mail
from shared.ports import Receipt, SendFailed, SendUncertain

_BUSY_SECONDS = 5
_TABLE = """
CREATE TABLE IF NOT EXISTS mails (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    raw BLOB NOT NULL
) STRICT
"""
_INSERT = """
INSERT INTO mails (message_id, sender, recipient, subject, raw) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (message_id) DO NOTHING
"""
_COLUMNS = "place, message_id, sender, recipient, subject"
# The statement was surely rolled back; anything else (an I/O error while committing) leaves a doubt.
_SURELY_NOT = frozenset(
    {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMail:
    """A line of the mailbox. `place` counts mails in the order of their arrival, from 1."""

    place: int
    message_id: str
    sender: str
    recipient: str
    subject: str


class MailboxChannel:
    """A mail that is in survives a crash of the process; one of the machine may take the last few (synchronous=NORMAL).

    Safe for threads and for processes that share the file. The same Message-ID twice is kept once, as it first came.
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

    def send(self, mail: Mail, before_commitment: Callable[[], None]) -> Receipt:
        """Keep the mail. The receipt's reference is its place: that of the first one if the Message-ID is known."""
        before_commitment()
        row = (mail.message_id, mail.sender, mail.recipient, mail.subject, mail.raw)
        try:
            with self._lock:
                added = self._connection.execute(_INSERT, row)
                place = added.lastrowid if added.rowcount == 1 else self._place(mail.message_id)
        except sqlite3.Error as error:
            reason = f"mailbox: {error}"
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _SURELY_NOT:
                raise SendFailed(reason, permanent=False) from error
            raise SendUncertain(reason) from error
        return Receipt(reference=f"mailbox-{place}")

    def was_sent(self, message_id: str) -> bool | None:
        """Say whether a mail with this Message-ID was kept; None if the file cannot be read just now."""
        try:
            with self._lock:
                return self._place(message_id) is not None
        except sqlite3.Error:
            return None

    def newest(self, limit: int, *, before: int | None = None, recipient: str | None = None) -> list[KeptMail]:
        """Return the latest mails first, at most `limit`, those below the place `before`, to `recipient` if given."""
        query = (
            f"SELECT {_COLUMNS} FROM mails WHERE (?1 IS NULL OR place < ?1) AND (?2 IS NULL OR recipient = ?2)"  # noqa: S608 - a constant
            " ORDER BY place DESC LIMIT ?3"
        )
        with self._lock:
            rows = self._connection.execute(query, (before, recipient, limit)).fetchall()
        return [_kept(row) for row in rows]

    def mail(self, place: int) -> Mail | None:
        """Return the mail at this place with its bytes; None if there is none."""
        query = "SELECT message_id, sender, recipient, subject, raw FROM mails WHERE place = ?"
        with self._lock:
            row = self._connection.execute(query, (place,)).fetchone()
        if row is None:
            return None
        return Mail(message_id=row[0], sender=row[1], recipient=row[2], subject=row[3], raw=row[4])

    def count(self) -> int:
        """Return how many mails are kept."""
        with self._lock:
            return int(self._connection.execute("SELECT count(*) FROM mails").fetchone()[0])

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._connection.close()

    def _place(self, message_id: str) -> int | None:
        row = self._connection.execute("SELECT place FROM mails WHERE message_id = ?", (message_id,)).fetchone()
        return None if row is None else int(row[0])


def _kept(row: tuple[int, str, str, str, str]) -> KeptMail:
    place, message_id, sender, recipient, subject = row
    return KeptMail(place=place, message_id=message_id, sender=sender, recipient=recipient, subject=subject)
