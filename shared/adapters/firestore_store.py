"""The store of the cloud: documents in Firestore, as maps that its console can show."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from shared.adapters.storing import firestore_commit
from shared.adapters.storing.asking import asked
from shared.adapters.storing.firestore_connection import PATIENCE_SECONDS, Client, Connection, open_client, read_twice
from shared.adapters.storing.firestore_database import FirestoreDatabase, Stored
from shared.adapters.storing.firestore_requests import Requests
from shared.adapters.storing.reading import from_map
from shared.adapters.storing.storable import check_changes, is_id
from shared.ports import Change, D, Found, Query

GET_SECONDS = (0.55, 0.9)  # the first try; both tries together
FIND_SECONDS = (3.0, 5.0)


class FirestoreStore:
    """Answers or raises StoreUnavailable within 1 s (get), 2 s (commit), 5 s (find). Safe to share between threads.

    `emulator_host` is host:port of Google's emulator (FIRESTORE_EMULATOR_HOST); None is the cloud itself.
    `open_line` makes another client than Google's own, `patience` is how long a line may fail before it is renewed.
    """

    def __init__(
        self,
        project: str,
        database: str = "(default)",
        *,
        emulator_host: str | None = None,
        open_line: Callable[[], Client] | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        requests = Requests(project, database)
        admission = () if emulator_host is None else (("authorization", "Bearer owner"),)
        headers = (("google-cloud-resource-prefix", requests.name), *admission)
        connection = Connection(open_line or (lambda: open_client(emulator_host)), headers, patience)
        self._database = FirestoreDatabase(requests, connection)

    def get(self, model: type[D], document_id: str) -> Found[D] | None:
        if not is_id(document_id):
            return None
        keys = [(model.collection, document_id)]
        [stored] = read_twice(lambda timeout: self._database.read(keys, timeout), *GET_SECONDS)
        return None if stored.body is None else _found(model, stored)

    def commit(self, changes: Sequence[Change]) -> Sequence[object]:
        check_changes(changes)
        return firestore_commit.commit(self._database, changes) if changes else []

    def find(
        self,
        query: Query[D],
        *,
        limit: int,
        until: datetime | str | None = None,
        after: D | None = None,
        equals: Mapping[str, str | int | bool] | None = None,
    ) -> list[Found[D]]:
        question = asked(query, limit=limit, until=until, after=after, equals=equals)
        page = read_twice(lambda timeout: self._database.find(question, timeout), *FIND_SECONDS)
        return [_found(query.model, stored) for stored in page]


def _found(model: type[D], stored: Stored) -> Found[D]:
    return Found(from_map(model, stored.id, stored.body or {}), stored.version)
