"""What people are told of until somebody has it: the findings of one kind and key, and what was done about them."""

from enum import StrEnum
from typing import ClassVar

from shared.ids import stable_id
from shared.instant import Instant
from shared.models.document import Watched
from shared.models.finding import Audience, Severity
from shared.models.ticket import Fact


class Way(StrEnum):
    """How somebody is told. The names are those of the settings."""

    SMS = "sms"
    EMAIL = "email"
    CHAT = "chat"
    PSA_NOTE = "psa_note"


class Standing(StrEnum):
    """Whose turn it is. OPEN: people are told, step by step. The next two end by themselves at `until`."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"  # somebody has it: nobody is told anything until the lease runs out
    SNOOZED = "snoozed"  # not now; told again from the first step when the time is over
    RESOLVED = "resolved"  # over, until it is found again


class Errand(StrEnum):
    """What somebody is told about an alert."""

    NEWS = "news"  # it is there, and it is your turn
    RESOLVED = "resolved"  # it is over: you were told, so you may forget it


class Telling(Fact):
    """One person to be told through one way. There is one per (cycle, round, step, person, way, errand), ever.

    It may leave from `ready_at` on. `notice` is the message that carries it, known as soon as it has been gathered; a
    telling without one is still to be gathered. `unreached` is why it did not arrive, if it surely did not.
    """

    cycle: int
    round: int
    step: int
    person: str
    way: Way
    errand: Errand = Errand.NEWS
    at: Instant
    ready_at: Instant
    notice: str = ""
    unreached: str = ""

    @property
    def key(self) -> tuple[int, int, int, str, str, str]:
        return (self.cycle, self.round, self.step, self.person, self.way.value, self.errand.value)


class Waiting(Fact):
    """Somebody whose turn it was in their quiet hours: told at `until` if it still stands then."""

    round: int
    step: int
    person: str
    until: Instant


class Entry(Fact):
    """One line of the alert's own ledger: what was decided, in words for the service manager."""

    at: Instant
    what: str


class Alert(Watched):
    """The id is computed from kind and dedup key. `cycle` counts how often it came back after it was resolved.

    In a cycle the chain is gone through in `round`s (from 0): one more each time that a lease or a snooze ran out, or
    that the end of the chain was reached and nobody took it; `first_round` is where the counting of those last began.
    `step` is the next step of the round, and `step_at` when
    it is due. `by` is who acknowledged, snoozed or resolved it; a person's key in the settings, or "the ticket" and the
    like. `findings` are the last ids taken in: the same one again changes nothing.
    `said_at` is the time of the youngest finding, `over_at` that of the youngest end: findings may overtake each other.
    `first_said_at` is the time of the finding that began the cycle; `opened_at` when we took it in.
    """

    collection: ClassVar[str] = "alerts"
    watcher: ClassVar[str] = "alert_manager"

    kind: str
    dedup_key: str
    severity: Severity
    audience: Audience
    text: str
    psa: str | None = None
    ticket: str | None = None
    number: str | None = None
    company: str | None = None
    company_id: str | None = None
    team: str | None = None
    owner: str | None = None
    since: Instant | None = None
    source: str | None = None

    opened_at: Instant
    found_at: Instant
    first_said_at: Instant | None = None
    said_at: Instant | None = None
    over_at: Instant | None = None
    times: int = 1
    findings: tuple[str, ...] = ()

    cycle: int = 1
    standing: Standing = Standing.OPEN
    by: str = ""
    until: Instant | None = None
    changed_at: Instant

    chain: str = ""
    round: int = 0
    first_round: int = 0
    step: int = 0
    step_at: Instant | None = None
    tellings: tuple[Telling, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    ledger: tuple[Entry, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.standing is Standing.OPEN

    @property
    def to_gather(self) -> tuple[Telling, ...]:
        """The tellings that no message carries yet."""
        return tuple(telling for telling in self.tellings if not telling.notice and not telling.unreached)

    def with_telling(self, old: Telling, **changes: str) -> "Alert":
        """Return the alert with one telling changed."""
        new = old.model_copy(update=changes)
        return self.but(tellings=tuple(new if telling == old else telling for telling in self.tellings))


def alert_id(kind: str, dedup_key: str) -> str:
    return stable_id("alert", kind, dedup_key)
