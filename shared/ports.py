"""What the functions need from outside, as small protocols. Adapters: `shared/adapters`, `shared/channels`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Generic, NoReturn, Protocol, TypeVar

from shared.errors import ConfigurationError
from shared.models.document import Document

if TYPE_CHECKING:
    from shared.alerts.links import AlertLinks
    from shared.chat.post import ChatPost
    from shared.config.settings import Settings
    from shared.mail.mail import Mail
    from shared.psa.facts import PsaContact, PsaEvent, PsaMember, PsaTicket, PsaTimeEntry, WebhookRegistration
    from shared.sms.sms import Sms, SmsEvent

D = TypeVar("D", bound=Document)


# ── store ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Found(Generic[D]):
    """A document as it was read, with the store's own mark of that version (opaque; only the store compares it)."""

    document: D
    version: object


@dataclass(frozen=True, slots=True)
class Create:
    """The document must not exist yet."""

    document: Document


@dataclass(frozen=True, slots=True)
class Put:
    """The stored document must still have `version`."""

    document: Document
    version: object


@dataclass(frozen=True, slots=True)
class Delete:
    """The stored document must still have `version`."""

    model: type[Document]
    id: str
    version: object


Change = Create | Put | Delete


@dataclass(frozen=True, slots=True)
class Query(Generic[D]):
    """A question the code asks. All of them stand in `shared/queries.py`, so that the index file can be generated.

    Equalities on `equals`, an inclusive upper bound on `order_by`, ascending by that field and then by id.
    A document whose `order_by` field is null is never found.
    """

    name: str
    model: type[D]
    order_by: str
    equals: tuple[str, ...] = ()


class Store(Protocol):
    """Three calls. Every call is bounded in time; see each adapter for its figures."""

    def get(self, model: type[D], document_id: str) -> Found[D] | None:
        """Return the document and its version, or None. Raises StoreUnavailable."""
        ...

    def commit(self, changes: Sequence[Change]) -> Sequence[object] | None:
        """Apply all changes or none. Return the new version of each change's document, in the order of the changes.

        The versions spare the next step of the same task its read (see `step`). A store that cannot say returns None;
        the entry of a deleted document means nothing.

        Raises Conflict if a document exists that must not, or has another version; RefusedDocument for one that cannot
        be stored; StoreUnavailable if the outcome is unknown. A commit whose answer was lost is recognised as done.
        """
        ...

    def find(
        self,
        query: Query[D],
        *,
        limit: int,
        until: datetime | str | None = None,
        after: D | None = None,
        equals: Mapping[str, str | int | bool] | None = None,
    ) -> list[Found[D]]:
        """Return at most `limit` documents of `query`, those after `after` in its order. Raises StoreUnavailable."""
        ...


# ── queue ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Task:
    """A call of one function, not before `at` (UTC). The same intent has the same `name`: put twice, it is one task."""

    function: str
    name: str
    body: Mapping[str, str]
    at: datetime


class Queue(Protocol):
    """Delivers at least once, in any order, at or after the time. More than 30 days ahead is the caller's to chain."""

    def put(self, task: Task) -> None:
        """Return when the task is durable. A name that is pending, or was used lately, is accepted as already there.

        Raises QueueUnavailable.
        """
        ...


# ── time ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class Clock(Protocol):
    """The only source of time. Real in production, hand-moved in tests and replays."""

    def now(self) -> datetime:
        """Return the current time, aware, UTC."""
        ...

    def pause(self, seconds: float) -> None:
        """Wait. A virtual clock does not."""
        ...


# ── the PSA ────────────────────────────────────────────────────────────────────────────────────────────────────────


class PsaWebhook(Protocol):
    """One PSA product's way of calling us, for one connection of the settings. Pure: no outgoing call."""

    transient_status: int
    """The HTTP status that makes this sender try again: 429 for ConnectWise (it never repeats a 5xx), else 503."""

    def verify(self, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
        """Return if the raw bytes are from this PSA. Raises Unauthenticated and nothing else, whatever comes."""
        ...

    def parse(self, body: bytes) -> list["PsaEvent"]:
        """Return what the body says. Raises InvalidRequest, and nothing else, for a body that is not of this PSA."""
        ...


class PsaClient(Protocol):
    """One PSA's REST interface. Every call has a timeout and a size cap.

    Raises PsaUnavailable when the PSA does not answer sense, PsaAccessDenied (one of them) when it does not let us in.
    """

    def ticket(self, ticket_id: str) -> "PsaTicket | None":
        """Return the ticket as it is now; None only if the PSA says that there is none."""
        ...

    def contact(self, contact_id: str) -> "PsaContact | None": ...
    def tickets_changed_since(self, since: datetime, *, max_calls: int) -> Iterator["PsaTicket"]:
        """Yield changed tickets, oldest change first. Stops early, between records, when `max_calls` are used up.

        Everything up to the last ticket that was yielded is complete as far as the PSA had it then. The caller reads an
        overlap again: a change can become visible after a younger one. An empty result never means that tickets left.
        """
        ...

    def time_entries(self, since: datetime, until: datetime) -> Iterator["PsaTimeEntry"]:
        """Yield entries whose work began at `since` or later, before `until`; by the day where only that is known."""
        ...

    def members(self) -> Iterator["PsaMember"]:
        """Yield all technicians and managers, inactive ones too. No member at all is PsaUnavailable: we are one."""
        ...

    def add_note(self, ticket_id: str, text: str, *, internal: bool) -> str:
        """Return the note's id. Not idempotent in any PSA.

        Raises PsaOutcomeUnknown when the answer was lost (the note may be there), PsaRefused when it never will be, and
        PsaUnavailable when it surely was not made.
        """
        ...

    def webhook_registration(self) -> "WebhookRegistration":
        """Say whether the PSA would still call us, and if not, what a person has to do."""
        ...


# ── channels ───────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider took the message. `reference` is its own id for it, where it gives one."""

    reference: str


class SendFailed(Exception):
    """The message surely did not go out. `permanent`: no retry will help (bad address, refused content)."""

    def __init__(self, reason: str, *, permanent: bool, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.retry_after = retry_after


class SendUncertain(Exception):
    """The message may have gone out and may not: the connection was lost after the point of no return."""


class MailChannel(Protocol):
    """Takes one mail to one recipient. What it promises is declared, so that the sender can act on it."""

    knows_message_ids: bool
    """True if handing over the same Message-ID twice delivers once (or `was_sent` can tell)."""

    def send(self, mail: "Mail", before_commitment: Callable[[], None]) -> Receipt:
        """Hand the mail over. Calls `before_commitment` once, right before the step that cannot be taken back.

        Raises SendFailed (surely not out) or SendUncertain (perhaps out). What `before_commitment` raises passes on
        and nothing was sent.
        """
        ...

    def was_sent(self, message_id: str) -> bool | None:
        """Say whether the provider has this message; None if it cannot tell."""
        ...


class SmsChannel(Protocol):
    """Takes one SMS to one number. The same rules as for mail: see MailChannel."""

    knows_message_ids: bool
    """True if handing over the same `Sms.id` twice delivers once."""

    def send(self, sms: "Sms", before_commitment: Callable[[], None]) -> Receipt:
        """Hand the SMS over. Raises SendFailed (surely not out) or SendUncertain (perhaps out)."""
        ...

    def was_sent(self, sms: "Sms", since: datetime) -> bool | None:
        """Say whether the provider took this very text for this number since then; None if it cannot tell."""
        ...


class ChatChannel(Protocol):
    """Takes one post to one chat, whose secret address it was made for."""

    def send(self, post: "ChatPost", before_commitment: Callable[[], None]) -> Receipt:
        """Post it. Raises SendFailed (surely not out) or SendUncertain (perhaps out). No chat can be asked."""
        ...


class SmsWebhook(Protocol):
    """A provider's way of calling us: what people answer, and what became of our messages. Pure."""

    def verify(self, url: str, form: Sequence[tuple[str, str]], headers: Mapping[str, str]) -> None:
        """Return if the provider sent this form to this public address. Raises Unauthenticated and nothing else."""
        ...

    def parse(self, form: Sequence[tuple[str, str]]) -> "SmsEvent":
        """Return what the form says. Raises InvalidRequest for one that is not of this provider."""
        ...

    def answer(self, text: str) -> tuple[bytes, str]:
        """Return the body and the content type by which the caller is answered with an SMS; "" for with none."""
        ...


class Heartbeat(Protocol):
    """An outside watch that rings when we stop calling it."""

    def beat(self) -> None:
        """Call it once. Raises Retryable when it does not answer well."""
        ...


# ── the bundle ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _not_set_up(*_: object) -> NoReturn:
    raise ConfigurationError("the settings do not set up what this needs; see the section alerts")


@dataclass(frozen=True, slots=True)
class App:
    """Everything a function may use. Built once per process by `shared.wiring`; tests build their own.

    The callables build their adapter on first use, so that a function imports only what it needs.
    """

    settings: "Settings"
    store: Store
    queue: Queue
    clock: Clock
    psa_webhook: Callable[[str], PsaWebhook | None]
    psa_client: Callable[[str], PsaClient]
    mail: Callable[[], MailChannel]
    caller_is_ours: Callable[[Mapping[str, str]], bool]
    """True if the headers prove that our own queue or scheduler calls (OIDC in the cloud, a shared token locally)."""
    sms: Callable[[], SmsChannel] = _not_set_up
    chat: Callable[[str], ChatChannel] = _not_set_up
    """By the reference of the chat's secret address in the settings."""
    sms_webhook: Callable[[], SmsWebhook] = _not_set_up
    alert_links: Callable[[], "AlertLinks"] = _not_set_up
    heartbeat: Callable[[], Heartbeat | None] = lambda: None
    step_budget_seconds: float = field(default=4.0)
