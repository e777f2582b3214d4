"""What people look at on the platform that runs on one machine: the day, the mailbox, tickets, alerts, doubts."""

from infra.local.pages.desk import Desk
from infra.local.pages.web import Pages

__all__ = ["Desk", "Pages"]
