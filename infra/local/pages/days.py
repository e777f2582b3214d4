"""The day that a page is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from infra.local.pages.desk import Desk
from infra.local.pages.view import Wrong


@dataclass(frozen=True, slots=True)
class Days:
    """The day a page is about, and its neighbours as far as there is something to see."""

    day: date
    before: date | None
    after: date | None


def days_of(desk: Desk, query: Mapping[str, str]) -> Days:
    """Return the day that the address names, else today. Raises Wrong for what is no day, or none of ours."""
    today = desk.today()
    day = today
    if query.get("day"):
        try:
            day = date.fromisoformat(query["day"])
        except ValueError:
            raise Wrong("A day is written like 2026-03-10.") from None
    if not date(2000, 1, 1) <= day <= today:
        raise Wrong("That day is not in the books: it lies ahead, or long before us.")
    first = desk.ledger().first_ticket()
    began = first.first_seen.astimezone(desk.zone).date() if first else today
    one = timedelta(days=1)
    return Days(day, day - one if day > began else None, day + one if day < today else None)
