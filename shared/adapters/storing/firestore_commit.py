"""A commit whose answer may be lost: an error does not mean that nothing was written, so the documents are asked."""

import time
from collections.abc import Sequence

from google.api_core.exceptions import AlreadyExists, FailedPrecondition, GoogleAPICallError, InvalidArgument, NotFound

from shared.adapters.storing.firestore_connection import UNWELL, read_twice, unavailable
from shared.adapters.storing.firestore_database import Body, FirestoreDatabase, Stored
from shared.adapters.storing.storable import as_map, key_of
from shared.errors import Conflict, RefusedDocument, StoreUnavailable
from shared.ports import Change, Create, Delete

COMMIT_SECONDS = 1.8
WRITE_SECONDS = 0.8
_TRIES = 2
_LOST_RACE = (AlreadyExists, FailedPrecondition, NotFound)


def commit(database: FirestoreDatabase, changes: Sequence[Change]) -> list[object]:
    """Write all `changes` or none and return the new versions; COMMIT_SECONDS are for everything together.

    After a doubtful answer the documents are read back. If all are as we wanted them, it is done; two writers of the
    very same content cannot be told apart then, so whoever claims something writes its own name into the claim. If none
    was touched, there is one more try: the preconditions make it harmless should the first still arrive.
    Raises Conflict, RefusedDocument, StoreUnavailable.
    """
    bodies = [None if isinstance(change, Delete) else as_map(change.document) for change in changes]
    end = time.monotonic() + COMMIT_SECONDS
    doubt: GoogleAPICallError | None = None
    for _ in range(_TRIES):
        try:
            return database.write(changes, bodies, min(WRITE_SECONDS, (end - time.monotonic()) / 2))
        except (*_LOST_RACE, *UNWELL) as error:
            if doubt is None and isinstance(error, _LOST_RACE):  # the first word on it, so it is the truth
                raise _conflict(error) from error
            doubt = error
        except InvalidArgument as error:
            raise RefusedDocument(f"Firestore: {error.message}") from error
        except GoogleAPICallError as error:
            raise unavailable(error) from error
        stored = _read_back(database, changes, end - time.monotonic())
        if all(map(_is_done, changes, bodies, stored)):
            return [each.version for each in stored]
        if not all(map(_is_untouched, changes, stored)):
            raise _conflict(doubt) from doubt
    raise StoreUnavailable("Firestore: no answer to a commit, twice; it was not carried out so far") from doubt


def _read_back(database: FirestoreDatabase, changes: Sequence[Change], left: float) -> list[Stored]:
    """Return what is there now. It may take two thirds of the time left, so that another try is worth it."""
    keys = [key_of(change) for change in changes]
    return read_twice(lambda timeout: database.read(keys, timeout), left / 3, left * 2 / 3)


def _is_done(change: Change, body: Body, stored: Stored) -> bool:
    return stored.body == (None if isinstance(change, Delete) else body)


def _is_untouched(change: Change, stored: Stored) -> bool:
    return stored.version == (None if isinstance(change, Create) else change.version)


def _conflict(error: GoogleAPICallError) -> Conflict:
    return Conflict(f"Firestore: {type(error).__name__}")
