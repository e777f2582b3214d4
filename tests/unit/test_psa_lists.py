"""Lists of a PSA: pages that go in circles, records that cannot be read, and time in stretches."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
import requests

from infra.local.fake_psa import FakePsa, secret
from infra.local.virtual_clock import VirtualClock
from infra.local.wsgi_transport import WsgiTransport
from shared.config.settings import Connection, StatusMap
from shared.edge.call_log import CallLog
from shared.errors import PsaUnavailable
from shared.ports import PsaClient
from shared.psa.call_budget import BudgetSpent
from shared.psa.clients import client_for
from shared.psa.facts import PsaTicket
from shared.psa.windows import Stretch, oldest_first

START = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def client_of(kind: str, body: object, headers: Mapping[str, str] | None = None) -> PsaClient:
    """A client of a server that answers everything with the same."""

    def app(_environ: dict, start_response: Callable[..., object]) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "application/json"), *(headers or {}).items()])
        return [json.dumps(body).encode()]

    system = FakePsa(kind, VirtualClock(START)).system_settings()
    session = requests.Session()
    session.mount("https://", WsgiTransport(app))
    return client_for(Connection(system=system, statuses=StatusMap(new=("New",))), secret, session)


def record(number: int, **changes: object) -> dict[str, object]:
    at = START + timedelta(minutes=number)
    plain = {"id": number, "status": "New", "created_at": at.isoformat(), "updated_at": at.isoformat()}
    return plain | changes


def test_one_unreadable_record_costs_only_itself_and_is_noted() -> None:
    log = CallLog("psa_sweep")
    changes = [record(1), record(2, updated_at="yesterday"), record(3), "not even an object"]
    client = client_of("generic", {"changes": changes, "next": None})
    assert [ticket.id for ticket in client.tickets_changed_since(START, max_calls=9)] == ["1", "3"]
    assert "psa_unreadable" in log.fields
    assert "yesterday" not in str(log.fields)


def test_a_page_of_which_nothing_can_be_read_is_a_changed_interface() -> None:
    client = client_of("generic", {"changes": [record(1, status=None), record(2, status=None)], "next": None})
    with pytest.raises(PsaUnavailable, match="status: is missing"):
        list(client.tickets_changed_since(START, max_calls=9))


def test_an_unreadable_ticket_is_the_psa_being_unavailable_and_names_the_field() -> None:
    with pytest.raises(PsaUnavailable, match="status: is missing"):
        client_of("generic", record(7, status=None)).ticket("7")


@pytest.mark.parametrize("kind", ["connectwise", "halopsa", "generic"])
def test_another_ticket_than_was_asked_for_is_no_answer(kind: str) -> None:
    info = {"lastUpdated": "2026-03-02T14:00:00Z", "dateEntered": "2026-03-02T14:00:00Z"}
    halo = {"last_update": "2026-03-02T14:00:00Z", "datecreated": "2026-03-02T14:00:00Z", "access_token": "t"}
    body = record(8, status="New", _info=info, **halo, expires_in=3600, status_name="New")
    if kind == "connectwise":
        body["status"] = {"id": 1, "name": "New"}
    with pytest.raises(PsaUnavailable, match="another ticket"):
        client_of(kind, body).ticket("7")


def test_a_feed_out_of_order_is_refused() -> None:
    client = client_of("generic", {"changes": [record(2), record(1)], "next": None})
    with pytest.raises(PsaUnavailable, match="order"):
        list(client.tickets_changed_since(START, max_calls=9))


def test_connectwise_must_sort_by_the_time_of_change() -> None:
    def ticket(number: int) -> dict[str, object]:
        at = f"2026-03-02T14:{number:02}:00Z"
        return {"id": number, "status": {"name": "New"}, "_info": {"lastUpdated": at, "dateEntered": at}}

    with pytest.raises(PsaUnavailable, match="did not sort"):
        list(client_of("connectwise", [ticket(2), ticket(1)]).tickets_changed_since(START, max_calls=9))


def test_members_that_never_end_are_a_circle() -> None:
    link = {"Link": '<https://api-na.fakewise.test/v4_6_release/apis/3.0/system/members?page=2>; rel="next"'}
    client = client_of("connectwise", [{"id": 5, "identifier": "RVega", "firstName": "Robin"}], link)
    with pytest.raises(PsaUnavailable, match="circle"):
        list(client.members())


# ── stretches of time ─────────────────────────────────────────────────────────────────────────────────────────────


def ticket(number: int, at: datetime) -> PsaTicket:
    return PsaTicket(id=str(number), number=str(number), title="", status="New", created_at=START, updated_at=at)


class Psa:
    """Reads any stretch of at most `most` tickets; a change can be late: its row is shown with another time."""

    def __init__(self, tickets: list[PsaTicket], most: int, calls: int = 1000) -> None:
        self.tickets = tickets
        self.most = most
        self.calls = calls

    def read(self, start: datetime, end: datetime | None) -> Stretch | None:
        if self.calls == 0:
            raise BudgetSpent
        self.calls -= 1
        found = [one for one in self.tickets if start <= one.updated_at and (end is None or one.updated_at < end)]
        return None if len(found) > self.most else Stretch(found, end)


def test_a_long_time_is_read_in_stretches_and_comes_sorted() -> None:
    tickets = [ticket(n, START + n * DAY / 2) for n in range(200)]
    psa = Psa(tickets[::-1], most=20)
    assert list(oldest_first(psa.read, START, "The PSA")) == tickets


def test_what_lies_beyond_a_stretch_waits_for_its_own() -> None:
    """A row can carry a later time than the one that it was asked by; yielding it early would skip what lies between."""
    early, late = ticket(1, START), ticket(2, START + 5 * DAY)

    def read(start: datetime, end: datetime | None) -> Stretch | None:
        if start == START:
            return None if end is None or end - start > DAY else Stretch([early, late], end)
        raise BudgetSpent

    yielded: list[PsaTicket] = []
    with pytest.raises(PsaUnavailable, match="sweep_max_calls"):
        yielded.extend(oldest_first(read, START, "The PSA"))
    assert yielded == [early]


def test_a_sweep_that_cannot_get_on_says_so() -> None:
    crowd = [ticket(n, START + timedelta(seconds=n)) for n in range(50)]
    with pytest.raises(PsaUnavailable, match="raise it"):
        list(oldest_first(Psa(crowd, most=20).read, START, "The PSA"))


def test_a_sweep_that_ran_out_of_calls_ends_between_two_stretches() -> None:
    tickets = [ticket(n, START + n * DAY / 2) for n in range(200)]
    found = list(oldest_first(Psa(tickets, most=20, calls=6).read, START, "The PSA"))
    assert found == tickets[: len(found)]
    assert 1 < len(found) < len(tickets)


def test_nothing_changed_is_nothing_found() -> None:
    assert list(oldest_first(Psa([], most=20).read, START, "The PSA")) == []
