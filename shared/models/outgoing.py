"""What leaves for the outside world: claimed with a lease, done once, confirmed. Doubt is a state, not a silence."""

from enum import StrEnum

from shared.instant import Instant
from shared.models.document import Watched


class OutgoingState(StrEnum):
    PENDING = "pending"  # decided; nobody is sending it
    CLAIMED = "claimed"  # somebody holds the lease and did nothing irrevocable yet: free again after the lease
    COMMITTING = "committing"  # the step that cannot be taken back was about to be taken: in doubt after the lease
    SENT = "sent"  # the other side took it
    UNCERTAIN = "uncertain"  # it may have gone out; the other side or a person knows, it is never sent again blindly
    HELD = "held"  # a guard stopped it for good; `reason` says which
    DEAD = "dead"  # the other side refused it for good, or tries ran out; `reason` says why


class Outgoing(Watched):
    """One effect outside the store. `shared.outgoing.claim` has the rules by which it moves from state to state.

    `claim` names the delivery that holds it (the task's name and attempt) until `lease_until`. `via` is the channel
    that the claim was made for: another channel's word on whether this went out counts for nothing.
    `attempts` counts claims. `reference` is the other side's own id for what it took, where it gives one.
    """

    state: OutgoingState = OutgoingState.PENDING
    reason: str = ""
    attempts: int = 0
    claim: str = ""
    via: str = ""
    lease_until: Instant | None = None
    decided_at: Instant
    expires_at: Instant
    sent_at: Instant | None = None
    reference: str = ""
