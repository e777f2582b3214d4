"""The line to Firestore: every call has an end, nothing is repeated unasked, and a long outage ends with a new line."""

import threading
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import grpc  # type: ignore[import-untyped]
from google.api_core.exceptions import Aborted, Cancelled, GoogleAPICallError, ServerError, TooManyRequests
from google.auth.exceptions import GoogleAuthError
from google.cloud.firestore_v1.services.firestore import FirestoreClient
from google.cloud.firestore_v1.services.firestore.transports import FirestoreGrpcTransport
from google.cloud.firestore_v1.types import BatchGetDocumentsRequest, CommitRequest, RunQueryRequest

from shared.errors import StoreUnavailable

T = TypeVar("T")
Headers = tuple[tuple[str, str], ...]

UNWELL = (ServerError, Aborted, Cancelled, TooManyRequests)
"""What does not say whether the call was carried out: no answer in time, a lost line, a fault or a crowd over there."""

PATIENCE_SECONDS = 5.0  # of nothing but failures; then the line itself is suspect
_LEAST_SECONDS = 0.1  # less is no second try
_ENDPOINT = "firestore.googleapis.com:443"
_OPTIONS = (
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.keepalive_time_ms", 30_000),
    # By itself gRPC waits up to two minutes before it looks again whether the other side is back.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1_000),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.use_local_subchannel_pool", 1),  # else a new line would inherit the old one's waiting
)


class Client(Protocol):
    """The three calls of Google's client that we use."""

    @property
    def commit(self) -> Callable[..., Any]: ...
    @property
    def batch_get_documents(self) -> Callable[..., Any]: ...
    @property
    def run_query(self) -> Callable[..., Any]: ...


def open_client(emulator_host: str | None = None) -> Client:
    """Return a client with a line of its own: to Google, or to an emulator at host:port."""
    if emulator_host is None:
        channel = FirestoreGrpcTransport.create_channel(_ENDPOINT, options=_OPTIONS)
    else:
        channel = grpc.insecure_channel(emulator_host, options=_OPTIONS)
    client: Client = FirestoreClient(transport=FirestoreGrpcTransport(channel=channel))
    return client


class Connection:
    """Makes the calls. A line on which nothing worked for `patience` seconds is given up for a new one."""

    def __init__(self, open_line: Callable[[], Client], headers: Headers, patience: float = PATIENCE_SECONDS) -> None:
        self._open_line = open_line
        self._headers = headers
        self._patience = patience
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._failing_since: float | None = None

    def commit(self, request: CommitRequest, timeout: float) -> Any:  # noqa: ANN401
        return self._call(lambda client: client.commit(request=request, **self._manner(timeout)))

    def read(self, request: BatchGetDocumentsRequest, timeout: float) -> list[Any]:
        return self._call(lambda client: list(client.batch_get_documents(request=request, **self._manner(timeout))))

    def find(self, request: RunQueryRequest, timeout: float) -> list[Any]:
        return self._call(lambda client: list(client.run_query(request=request, **self._manner(timeout))))

    def _manner(self, timeout: float) -> dict[str, Any]:
        return {"retry": None, "timeout": timeout, "metadata": self._headers}

    def _call(self, call: Callable[[Client], T]) -> T:
        client = self._line()
        try:
            answer = call(client)
        except ServerError:
            self._note_failure(client)
            raise
        self._failing_since = None
        return answer

    def _line(self) -> Client:
        with self._lock:
            if self._client is None:
                try:
                    self._client = self._open_line()
                except GoogleAuthError as error:
                    raise StoreUnavailable(f"Firestore: no line, {type(error).__name__}: {error}") from error
            return self._client

    def _note_failure(self, client: Client) -> None:
        now = time.monotonic()
        with self._lock:
            if self._failing_since is None:
                self._failing_since = now
            elif now - self._failing_since > self._patience and self._client is client:
                self._client = None  # calls of other threads on it still end by themselves; then it closes
                self._failing_since = None


def read_twice(call: Callable[[float], T], first: float, total: float) -> T:
    """Return `call(seconds)`; if Firestore was unwell, once more with the rest of `total`. Raises StoreUnavailable."""
    end = time.monotonic() + total
    try:
        return call(first)
    except UNWELL as error:
        left = end - time.monotonic()
        if left < _LEAST_SECONDS:
            raise unavailable(error) from error
    except GoogleAPICallError as error:
        raise unavailable(error) from error
    try:
        return call(left)
    except GoogleAPICallError as error:
        raise unavailable(error) from error


def unavailable(error: GoogleAPICallError) -> StoreUnavailable:
    return StoreUnavailable(f"Firestore: {type(error).__name__}: {error.message}")
