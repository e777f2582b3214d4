"""What the parts of one fake PSA share: memory, clock, faults, limits and the state of its webhook registration."""

from collections.abc import Callable
from dataclasses import dataclass

from infra.local.fake_psa.faults import Faults
from infra.local.fake_psa.limits import RequestLimit
from infra.local.fake_psa.tenant import Tenant
from infra.local.fake_psa.things import Event
from shared.ports import Clock

DONE = frozenset(("Closed", "Complete", "Completed", "Resolved"))
"""Status labels that count as done in every product's `closed` field."""


@dataclass(slots=True)
class Registration:
    """Our webhook as the PSA has it. `switched_off_because` is empty while it is active."""

    url: str = "https://hooks.example.test/psa_webhook/main"
    present: bool = True
    switched_off_because: str = ""

    @property
    def active(self) -> bool:
        return self.present and not self.switched_off_because

    def switch_off(self, reason: str) -> None:
        self.switched_off_because = reason

    def switch_on(self) -> None:
        self.present, self.switched_off_because = True, ""

    def remove(self) -> None:
        self.present = False


@dataclass(slots=True, kw_only=True)
class Setup:
    """`happened` takes each event of a REST write, so that it raises a webhook like any other change.

    `largest_page` is the product's own maximum, `denied` holds entities that our key may not read (Autotask).
    """

    tenant: Tenant
    clock: Clock
    faults: Faults
    registration: Registration
    limit: RequestLimit | None
    largest_page: int
    happened: Callable[[Event], None]
    denied: set[str]
