"""Ids are computed from their cause, never drawn: a retry arrives at the same id."""

import hashlib

_SEPARATOR = "\x1f"  # cannot occur in a part, so ("a", "bc") and ("ab", "c") differ


def stable_id(purpose: str, *cause: str) -> str:
    """Return `<purpose>-<32 hex characters>`: 128 bits of SHA-256 over purpose and cause.

    Hashed, so that neighbouring ticket numbers do not land on neighbouring keys (a hot range in Firestore)
    and so that no outside text ever becomes a document id or a task name.
    """
    text = _SEPARATOR.join((purpose, *cause))
    return f"{purpose}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"
