"""One Firestore database in our terms: documents as maps with their update times, one call at a time, no retries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from google.cloud.firestore_v1.types import BatchGetDocumentsResponse, CommitResponse, RunQueryResponse

from shared.adapters.storing.asking import Asked
from shared.adapters.storing.firestore_connection import Connection
from shared.adapters.storing.firestore_requests import Requests
from shared.adapters.storing.firestore_values import read_fields
from shared.ports import Change

Body = Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class Stored:
    """A document as Firestore has it now; one that is not there has neither body nor version."""

    id: str
    body: Body = None
    version: object = None


class FirestoreDatabase:
    """Each call raises Google's errors as they are: what they mean depends on what was asked."""

    def __init__(self, requests: Requests, connection: Connection) -> None:
        self._requests = requests
        self._connection = connection

    def read(self, keys: Sequence[tuple[str, str]], timeout: float) -> list[Stored]:
        """Return what is stored under `keys`, in their order."""
        answers = map(BatchGetDocumentsResponse.pb, self._connection.read(self._requests.read(keys), timeout))
        found = {answer.found.name: answer.found for answer in answers if answer.WhichOneof("result") == "found"}
        names = [(key, self._requests.document(*key)) for key in keys]
        return [_stored(found[name]) if name in found else Stored(key[1]) for key, name in names]

    def write(self, changes: Sequence[Change], bodies: Sequence[Body], timeout: float) -> list[object]:
        """Write all changes or none; return their update times."""
        answer = self._connection.commit(self._requests.commit(changes, bodies), timeout)
        return [result.update_time for result in CommitResponse.pb(answer).write_results]

    def find(self, asked: Asked[Any], timeout: float) -> list[Stored]:
        answers = map(RunQueryResponse.pb, self._connection.find(self._requests.find(asked), timeout))
        return [_stored(answer.document) for answer in answers if answer.HasField("document")]


def _stored(document: Any) -> Stored:  # noqa: ANN401
    return Stored(document.name.rpartition("/")[2], read_fields(document.fields), document.update_time)
