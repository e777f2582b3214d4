"""Every deliberate error, what it means, and who should do something about it."""


class PromisekeeperError(Exception):
    """Base of all deliberate errors. `code` is stable: callers and dashboards may rely on it."""

    code = "error"


class InvalidRequest(PromisekeeperError):
    """The caller sent something we cannot read. The caller must change it; sending it again will not help."""

    code = "invalid_request"


class RequestTooLarge(InvalidRequest):
    """The body is over the size cap. Nothing of it was read further or stored."""

    code = "too_large"


class UnsupportedMediaType(InvalidRequest):
    """Authentic, but in a form this door does not read (compressed, multipart, XML)."""

    code = "unsupported_media_type"


class NotFound(InvalidRequest):
    """Nothing is at this path. The caller should look at the address that it was given."""

    code = "not_found"


class Unauthenticated(PromisekeeperError):
    """The caller is not who it must be. The answer never says which part was wrong."""

    code = "unauthenticated"


class Retryable(PromisekeeperError):
    """Something outside is briefly unwell; the queue or the sender should try again later.

    `retry_after` is in seconds, where it is known. `http_status` is the one that makes the sender repeat; the queue's
    is 503, see `runtime.answering` for others.
    """

    code = "try_again"
    retry_after: float | None = None
    http_status: int = 503


class Conflict(Retryable):
    """Somebody else changed the document first. `step` decides again on the fresh one; nothing was written."""

    code = "conflict"


class StoreUnavailable(Retryable):
    """The store did not answer in time, or refused for now. What was asked may or may not have happened."""

    code = "store_unavailable"


class NewerDocument(Retryable):
    """A stored document was written by newer code. Half a deploy: it is left alone until this code is replaced too."""

    code = "newer_document"


class QueueUnavailable(Retryable):
    """The task queue did not answer in time. The same task may be put again: its name makes that harmless."""

    code = "queue_unavailable"


class PsaUnavailable(Retryable):
    """The PSA did not answer, limits our rate, or answered nonsense. `retry_after` is in seconds when it said so."""

    code = "psa_unavailable"

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class PsaAccessDenied(PsaUnavailable):
    """The PSA does not let us in. A person must look at the key or its rights: the message says at which."""

    code = "psa_access_denied"


class PsaOutcomeUnknown(PsaUnavailable):
    """A change was sent to the PSA and its answer was lost: it may have been made. Never repeat it blindly."""

    code = "psa_outcome_unknown"


class PermanentFailure(PromisekeeperError):
    """No retry will help. The task goes to the dead letters with this reason, for a person to read."""

    code = "permanent"


class PsaRefused(PermanentFailure):
    """The PSA understood and will not do it: the ticket is gone or closed to us, or the request is wrong."""

    code = "psa_refused"


class RefusedDocument(PermanentFailure):
    """A document no store can hold (over 1 MiB, nested lists, a bad id, a number that JSON has not). A bug of ours."""

    code = "refused_document"


class UnreadableDocument(PermanentFailure):
    """A stored document does not fit its model: edited by hand, or written by a bug. A person must look at it."""

    code = "unreadable_document"


class RefusedTask(PermanentFailure, ValueError):
    """A task that no queue takes (over 30 days ahead, a body over 100 kB, a bad name). A bug of ours."""

    code = "refused_task"


class ConfigurationError(PromisekeeperError):
    """The settings are wrong or incomplete. The start is refused; the message says where and what to write instead."""

    code = "configuration"
