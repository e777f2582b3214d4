"""Something a person at the MSP must hear of. Written by whoever finds it; `dedup_key` holds the value that changed."""

from enum import StrEnum
from typing import ClassVar

from shared.ids import stable_id
from shared.instant import Instant
from shared.models.document import Document


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Audience(StrEnum):
    TECHNICIAN = "technician"
    MANAGER = "manager"


class Alert(Document):
    """Found at `at`. The same finding has the same id: raising it twice is raising it once."""

    collection: ClassVar[str] = "alerts"

    at: Instant
    kind: str
    dedup_key: str
    severity: Severity
    audience: Audience
    text: str
    ticket: str | None = None
    number: str | None = None
    company: str | None = None


def alert_id(kind: str, dedup_key: str) -> str:
    return stable_id("alert", kind, dedup_key)
