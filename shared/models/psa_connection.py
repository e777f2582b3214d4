"""What we know about one PSA connection between two sweeps: how far we read, and whether it still calls us."""

from typing import ClassVar

from shared.instant import Instant
from shared.models.document import Document


class PsaConnection(Document):
    """`id` is the connection's name in the settings. Before `watermark` (the PSA's clock) all was read."""

    collection: ClassVar[str] = "psa_connections"

    watermark: Instant
    swept_at: Instant | None = None
    repaired: int = 0
    failures_in_a_row: int = 0
    registration_checked_at: Instant | None = None
    registration: str = "unknown"
