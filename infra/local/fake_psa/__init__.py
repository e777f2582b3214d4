"""A PSA on this machine: four products' REST interfaces and webhooks over one small memory, with faults to switch on.

It knows nothing of our adapters: what it says is written from the vendors' documents, so that it can judge them.
"""

from infra.local.fake_psa.access import KINDS, SECRETS, secret
from infra.local.fake_psa.faults import Fault
from infra.local.fake_psa.sender import Answered, Attempt, Mischief, Sender, over_http
from infra.local.fake_psa.server import Change, FakePsa
from infra.local.fake_psa.webhooks import Delivery

__all__ = [
    "KINDS",
    "SECRETS",
    "Answered",
    "Attempt",
    "Change",
    "Delivery",
    "FakePsa",
    "Fault",
    "Mischief",
    "Sender",
    "over_http",
    "secret",
]
