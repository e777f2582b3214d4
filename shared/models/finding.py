"""Something a person at the MSP should hear of, as the function that found it says so. Findings make up alerts."""

from enum import StrEnum
from typing import ClassVar

from shared.ids import stable_id
from shared.instant import Instant
from shared.models.document import Watched


class Severity(StrEnum):
    """INFO is told once and never escalates; WARNING escalates in people's own hours; CRITICAL at any hour."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def weight(self) -> int:
        return list(Severity).index(self)


class Audience(StrEnum):
    TECHNICIAN = "technician"
    MANAGER = "manager"


class Finding(Watched):
    """Found at `at`. The same finding has the same id: raising it twice is raising it once.

    `dedup_key` names what it is about and holds the value that changed: findings of one kind and key make one alert.
    `over` takes it back: the trouble is gone, and whoever was told hears so. `since` is when the trouble began, `owner`
    who looks after the ticket, `team` the ticket's board, `psa` the name of the connection. `source` is the id of the
    document that can be asked whether it is still so, if there is one.
    """

    collection: ClassVar[str] = "findings"
    watcher: ClassVar[str] = "alert_manager"

    at: Instant
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
    over: bool = False
    taken: bool = False


def finding_id(kind: str, cause: str) -> str:
    return stable_id("finding", kind, cause)
