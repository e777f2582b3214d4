"""What the fake PSA promises: it judges our adapters, so its own signatures, retries and quirks are checked apart."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from standardwebhooks.webhooks import Webhook

from infra.local.fake_psa import KINDS, SECRETS, Answered, FakePsa, Fault, Mischief, Sender, over_http, secret
from infra.local.fake_psa.server import Change
from infra.local.fake_psa.things import Contact
from infra.local.fake_psa.webhooks import Headers
from infra.local.virtual_clock import VirtualClock
from infra.local.wsgi_transport import WsgiTransport

START = datetime(2026, 3, 2, 14, 5, 11, 473000, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
TITLE = 'VPN drops for O\'Brien & Söhne <site 2> + branch `x` "y" \\ — 😀'


class Desk:
    """A fake PSA with one client contact and one technician."""

    def __init__(self, kind: str, **options: object) -> None:
        self.clock = VirtualClock(START)
        self.psa = FakePsa(kind, self.clock, **options)
        company = self.psa.tenant.add_company("Northwind Dental")
        self.dana: Contact = self.psa.tenant.add_contact("Dana Fox", "dana.fox@northwind.example", company)
        self.psa.tenant.add_member("Robin Vega")

    def at(self, minutes: float = 1) -> datetime:
        self.clock.move_to(self.clock.now() + minutes * MINUTE)
        return self.clock.now()

    def create(self, title: str = TITLE) -> Change:
        return self.psa.create_ticket(self.at(), title=title, contact=self.dana)

    def change(self, ticket_id: int, **fields: object) -> Change:
        return self.psa.change_ticket(ticket_id, self.at(), by="RVega", **fields)


class Receiver:
    """Answers the statuses it was given, then 200, and keeps what came."""

    def __init__(self, *statuses: int | None, seconds: float = 0.0) -> None:
        self._statuses: Iterator[int | None] = iter(statuses)
        self._seconds = seconds
        self.got: list[tuple[bytes, Headers]] = []

    def __call__(self, body: bytes, headers: Headers) -> Answered:
        self.got.append((body, headers))
        return Answered(next(self._statuses, 200), self._seconds)


def always(status: int | None, seconds: float = 0.0) -> Receiver:
    receiver = Receiver(seconds=seconds)
    receiver._statuses = iter(lambda: status, object())
    return receiver


def times(sender: Sender) -> list[float]:
    """Seconds of each attempt after the first one."""
    first = sender.attempts[0].at
    return [round((attempt.at - first).total_seconds(), 3) for attempt in sender.attempts]


# ── webhooks: bodies and signatures ───────────────────────────────────────────────────────────────────────────────


def test_connectwise_signs_with_the_hash_of_the_key() -> None:
    (delivery,) = Desk("connectwise").create().deliveries
    key = hashlib.sha256(SECRETS["env:FAKE_CW_SIGNING_KEY"].encode()).digest()
    expected = base64.b64encode(hmac.digest(key, delivery.body, "sha256")).decode()
    assert delivery.headers_at(START)["x-content-signature"] == expected


def test_connectwise_sends_the_record_as_a_string_that_rest_answers_too() -> None:
    desk = Desk("connectwise")
    created = desk.create()
    envelope = json.loads(created.deliveries[0].body)
    assert (envelope["Action"], envelope["Type"], envelope["ID"]) == ("added", "ticket", created.ticket_id)
    auth = ("examplemsp+" + secret("env:FAKE_CW_PUBLIC_KEY"), secret("env:FAKE_CW_PRIVATE_KEY"))
    url = f"{desk.psa.base_url}/service/tickets/{created.ticket_id}"
    headers = {"clientId": secret("env:FAKE_CW_CLIENT_ID")}
    answer = desk.psa.session().get(url, auth=auth, headers=headers, timeout=1)
    assert json.loads(envelope["Entity"]) == answer.json()
    assert answer.json()["summary"] == TITLE
    assert "owner" not in answer.json(), "null members are left out"
    gone = desk.psa.delete_ticket(created.ticket_id, desk.at(), by="RVega").deliveries[0]
    assert json.loads(gone.body)["Entity"] is None


def test_autotask_signs_the_escaped_bytes_with_sha1() -> None:
    (delivery,) = Desk("autotask").create().deliveries
    mac = hmac.digest(SECRETS["env:FAKE_AT_SIGNING_KEY"].encode(), delivery.body, "sha1")
    assert delivery.headers_at(START)["X-Hook-Signature"] == "sha1=" + base64.b64encode(mac).decode()
    assert delivery.body.isascii()
    for character, escaped in {"&": r"\u0026", "'": r"\u0027", "<": r"\u003C", "+": r"\u002B", "ö": r"\u00F6"}.items():
        assert escaped.encode() in delivery.body
        assert f'"{character}'.encode() not in delivery.body
    assert rb"\uD83D\uDE00" in delivery.body
    assert json.loads(delivery.body)["Fields"]["Title"] == TITLE


def test_autotask_sends_only_what_changed_and_counts() -> None:
    desk = Desk("autotask")
    created = desk.create()
    changed = desk.change(created.ticket_id, status="Waiting Vendor", vendor_reference="CASE-1")
    body = json.loads(changed.deliveries[0].body)
    assert set(body["Fields"]) == {"TicketNumber", "Status"}
    assert body["Fields"]["Status"].isdecimal(), "the picklist's id, not its label"
    assert body["SequenceNumber"] == json.loads(created.deliveries[0].body)["SequenceNumber"] + 1
    assert body["PersonID"] == desk.psa.tenant.member("RVega").id


def test_autotask_calls_for_notes_and_never_for_time() -> None:
    desk = Desk("autotask")
    ticket_id = desk.create().ticket_id
    (noted,) = desk.psa.add_note(ticket_id, desk.at(), "called back", by="RVega").deliveries
    assert json.loads(noted.body)["EntityType"] == "TicketNote"
    assert json.loads(noted.body)["Fields"]["TicketID"] == str(ticket_id)
    worked = desk.psa.log_time(desk.at(), by="RVega", ticket_id=ticket_id, hours=0.5)
    assert worked.deliveries == ()
    assert desk.psa.tenant.tickets[ticket_id].updated_at == desk.clock.now(), "the sweep sees it all the same"


def test_halo_sends_the_object_the_event_or_a_batch_with_basic_credentials() -> None:
    (whole,) = Desk("halopsa").create().deliveries
    credential = base64.b64encode(b"halo-hooks:" + SECRETS["env:FAKE_HALO_WEBHOOK_PASSWORD"].encode()).decode()
    assert whole.headers_at(START)["Authorization"] == f"Basic {credential}"
    assert json.loads(whole.body)["ticket"]["summary"] == TITLE
    assert json.loads(whole.body)["event"] == "New Ticket Logged"
    (event,) = Desk("halopsa", payload="eventonly").create().deliveries
    assert "ticket" not in json.loads(event.body)
    desk = Desk("halopsa", payload="batch")
    ticket_id = desk.create().ticket_id
    for second in (1, 2):
        desk.psa.change_ticket(ticket_id, desk.clock.now() + second * SECOND, by="RVega", status=f"Status {second}")
    (batch,) = desk.psa.webhooks.take()
    assert [item["event"] for item in json.loads(batch.body)] == ["New Ticket Logged", *["Ticket Status Changed"] * 2]
    assert batch.events == (1, 2, 3)


def test_the_generic_shape_is_signed_as_the_reference_library_does() -> None:
    (delivery,) = Desk("generic").create().deliveries
    sent_at = START + HOUR
    headers = delivery.headers_at(sent_at)
    reference = Webhook(SECRETS["env:FAKE_GENERIC_SIGNING_KEY"])
    assert headers["webhook-timestamp"] == str(int(sent_at.timestamp()))
    assert headers["webhook-signature"] == reference.sign(headers["webhook-id"], sent_at, delivery.body.decode())
    assert json.loads(delivery.body)["data"]["title"] == TITLE


@pytest.mark.parametrize("kind", KINDS)
def test_a_change_gives_its_deliveries_with_their_time(kind: str) -> None:
    desk = Desk(kind)
    created = desk.create()
    changed = desk.change(created.ticket_id, status="In Progress", owner="RVega")
    deliveries = [*created.deliveries, *changed.deliveries]
    assert desk.psa.webhooks.take() == deliveries
    assert desk.psa.webhooks.take() == []
    for change, delivery in zip((created, changed), deliveries, strict=True):
        assert timedelta(0) < delivery.at - change.event.at <= 2 * SECOND
        assert delivery.events == (change.event.number,)
    assert len({delivery.id for delivery in deliveries}) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_sends_the_same_bytes(kind: str) -> None:
    def run(seed: int) -> list[tuple[str, datetime, bytes]]:
        desk = Desk(kind, seed=seed)
        desk.change(desk.create().ticket_id, status="In Progress")
        return [(one.id, one.at, one.body) for one in desk.psa.webhooks.take()]

    assert run(7) == run(7)
    assert run(7) != run(8)


def test_a_webhook_that_is_off_raises_nothing() -> None:
    desk = Desk("connectwise")
    desk.psa.registration.switch_off("failures")
    assert desk.create().deliveries == ()
    desk.psa.registration.switch_on()
    assert len(desk.create().deliveries) == 1


# ── the sender's rules, on the virtual clock ──────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", [500, 503, 400, 301, None])
def test_connectwise_never_repeats_what_failed_otherwise(status: int | None) -> None:
    desk = Desk("connectwise")
    sender = Sender(desk.psa, always(status))
    desk.create()
    sender.run(START + HOUR)
    assert len(sender.attempts) == 1
    assert len(sender.dropped) == 1


@pytest.mark.parametrize("status", [404, 409, 419, 429])
def test_connectwise_tries_again_after_two_and_four_seconds(status: int) -> None:
    desk = Desk("connectwise")
    sender = Sender(desk.psa, always(status))
    desk.create()
    sender.run(START + HOUR)
    assert times(sender) == [0, 2, 6]
    assert len({attempt.delivery.body for attempt in sender.attempts}) == 1


def test_connectwise_waits_five_seconds_for_an_answer() -> None:
    desk = Desk("connectwise")
    desk.create()
    late = Sender(desk.psa, always(200, seconds=5.1))
    late.run(START + HOUR)
    assert [attempt.status for attempt in late.attempts] == [None]
    desk.create()
    in_time = Sender(desk.psa, always(200, seconds=4.9))
    in_time.run(START + HOUR)
    assert [attempt.succeeded for attempt in in_time.attempts] == [True]


def test_connectwise_switches_off_after_three_days_of_failures() -> None:
    desk = Desk("connectwise")
    sender = Sender(desk.psa, always(500))
    for _ in range(4):
        assert desk.psa.registration.active
        desk.create()
        sender.run(desk.at(24 * 60))
    assert not desk.psa.registration.active


def test_one_success_starts_the_count_anew() -> None:
    desk = Desk("connectwise")
    sender = Sender(desk.psa, Receiver(500, 500, 500, 200, 500, 500, 500))
    for _ in range(7):
        desk.create()
        sender.run(desk.at(24 * 60))
    assert desk.psa.registration.active


def test_autotask_tries_five_times_half_a_minute_apart_and_the_rest_waits_in_line() -> None:
    desk = Desk("autotask")
    receiver = Receiver(503, 503, 503)
    sender = Sender(desk.psa, receiver)
    ticket_id = desk.create().ticket_id
    for _ in range(2):
        desk.psa.change_ticket(ticket_id, desk.clock.now() + 3 * SECOND, by="RVega", priority="High")
    sender.run(START + HOUR)
    assert times(sender) == [0, 30, 60, 90, 90, 90]
    sequences = [json.loads(body)["SequenceNumber"] for body, _ in receiver.got]
    assert sequences == sorted(sequences)
    dead = Sender(desk.psa, always(503))
    desk.change(ticket_id, priority="Low")
    dead.run(desk.at(60))
    assert times(dead) == [0, 30, 60, 90, 120]
    assert len(dead.dropped) == 1


def test_autotask_switches_off_after_25_failed_events_and_says_so_unsigned() -> None:
    desk = Desk("autotask")
    receiver = always(500)
    sender = Sender(desk.psa, receiver)
    ticket_id = desk.create().ticket_id
    for n in range(30):
        desk.change(ticket_id, priority=f"P{n}")
    sender.run(START + 24 * HOUR)
    assert not desk.psa.registration.active
    assert len(sender.attempts) == 25 * 5
    body, headers = receiver.got[-1]
    assert json.loads(body)["Action"] == "Deactivated"
    assert "X-Hook-Signature" not in headers
    assert sender.next_at() is None


def test_halo_tries_once() -> None:
    desk = Desk("halopsa")
    sender = Sender(desk.psa, always(503))
    desk.create()
    sender.run(START + 24 * HOUR)
    assert len(sender.attempts) == 1


def test_the_generic_shape_tries_ten_times_over_75_hours_with_a_fresh_timestamp() -> None:
    desk = Desk("generic")
    receiver = always(503)
    sender = Sender(desk.psa, receiver)
    desk.create()
    sender.run(START + 100 * HOUR)
    assert len(sender.attempts) == 10
    assert 75 * 3600 <= times(sender)[-1] <= 83.2 * 3600
    assert len({headers["webhook-id"] for _, headers in receiver.got}) == 1
    assert len({headers["webhook-timestamp"] for _, headers in receiver.got}) == 10


def test_410_ends_the_generic_shape_for_good() -> None:
    desk = Desk("generic")
    sender = Sender(desk.psa, Receiver(410))
    desk.create()
    sender.run(START + HOUR)
    assert (len(sender.attempts), desk.psa.registration.active) == (1, False)


def test_the_sender_tells_when_it_wants_to_act_next() -> None:
    desk = Desk("connectwise")
    sender = Sender(desk.psa, Receiver(429))
    assert sender.next_at() is None
    (delivery,) = desk.create().deliveries
    assert sender.next_at() == delivery.at
    assert sender.run(delivery.at - SECOND) == []
    assert [attempt.status for attempt in sender.run(delivery.at)] == [429]
    assert sender.next_at() == delivery.at + 2 * SECOND
    assert [attempt.number for attempt in sender.run(START + HOUR)] == [2]


@pytest.mark.parametrize("kind", KINDS)
def test_webhooks_reach_a_wsgi_app(kind: str) -> None:
    desk = Desk(kind)
    got: list[tuple[str, bytes]] = []

    def app(environ: dict, start_response: object) -> list[bytes]:
        got.append((environ["PATH_INFO"], environ["wsgi.input"].read()))
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b"{}"]

    session = requests.Session()
    session.mount("https://hooks.example.test/", WsgiTransport(app))
    sender = Sender(desk.psa, over_http(session, "https://hooks.example.test/psa_webhook/main", desk.clock, kind))
    (delivery,) = desk.create().deliveries
    assert [attempt.succeeded for attempt in sender.run(START + HOUR)] == [True]
    assert got == [("/psa_webhook/main", delivery.body)]


# ── mischief ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _fates(mischief: Mischief, changes: int = 400) -> list[tuple[str, datetime]]:
    desk = Desk("connectwise")
    sender = Sender(desk.psa, Receiver(), mischief=mischief)
    for _ in range(changes):
        desk.create()
    sender.run(START + 24 * HOUR)
    return [(attempt.delivery.id, attempt.at) for attempt in sender.attempts]


def test_mischief_is_the_same_for_the_same_seed() -> None:
    def mischief(seed: int) -> Mischief:
        return Mischief(seed, lose=0.1, duplicate=0.2, reorder=0.3)

    assert _fates(mischief(3)) == _fates(mischief(3))
    assert _fates(mischief(3)) != _fates(mischief(4))


def test_mischief_loses_doubles_and_reorders_its_shares() -> None:
    plain = [name for name, _ in _fates(Mischief(1))]
    assert len(plain) == 400
    lost = [name for name, _ in _fates(Mischief(1, lose=0.25))]
    assert 70 <= len(plain) - len(lost) <= 130
    doubled = [name for name, _ in _fates(Mischief(1, duplicate=0.25))]
    assert 70 <= len(doubled) - len(set(doubled)) <= 130
    assert set(doubled) == set(plain)
    mixed = [name for name, _ in _fates(Mischief(1, reorder=0.25))]
    assert sorted(mixed) == sorted(plain)
    assert mixed != plain


# ── memory ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_version_of_a_ticket_is_kept() -> None:
    desk = Desk("generic")
    ticket_id = desk.create("first").ticket_id
    desk.change(ticket_id, title="second", owner="RVega")
    desk.change(ticket_id, owner=None)
    versions = [event.ticket for event in desk.psa.tenant.history]
    assert [(one.title, one.owner_id is not None) for one in versions] == [
        ("first", False),
        ("second", True),
        ("second", False),
    ]
    assert [event.fields for event in desk.psa.tenant.history] == [(), ("title", "owner_id"), ("owner_id",)]


def test_what_cannot_be_is_refused() -> None:
    desk = Desk("generic")
    ticket_id = desk.create().ticket_id
    with pytest.raises(ValueError, match="colour"):
        desk.change(ticket_id, colour="red")
    with pytest.raises(ValueError, match="no member"):
        desk.psa.change_ticket(ticket_id, desk.at(), by="Nobody", status="New")
    with pytest.raises(ValueError, match="changed after"):
        desk.psa.change_ticket(ticket_id, START - HOUR, by="RVega", status="Closed")
    with pytest.raises(ValueError, match="no ticket"):
        desk.change(99, status="Closed")
    with pytest.raises(ValueError, match="hours"):
        desk.psa.log_time(desk.at(), by="RVega")


def test_the_id_of_a_deleted_ticket_is_not_used_again() -> None:
    desk = Desk("generic")
    gone = desk.create().ticket_id
    desk.psa.delete_ticket(gone, desk.at(), by="RVega")
    assert desk.create().ticket_id == gone + 1


# ── quirks of the REST interfaces ─────────────────────────────────────────────────────────────────────────────────


def _autotask(desk: Desk, path: str, question: object = None) -> requests.Response:
    headers = {
        "ApiIntegrationCode": secret("env:FAKE_AT_INTEGRATION_CODE"),
        "UserName": secret("env:FAKE_AT_USERNAME"),
        "Secret": secret("env:FAKE_AT_SECRET"),
    }
    session, url = desk.psa.session(), desk.psa.base_url + path
    if question is None:
        return session.get(url, headers=headers, timeout=1)
    return session.post(url, json=question, headers=headers, timeout=1)


def test_connectwise_says_404_to_wrong_keys() -> None:
    desk = Desk("connectwise")
    answer = desk.psa.session().get(f"{desk.psa.base_url}/system/info", auth=("examplemsp+x", "y"), timeout=1)
    assert answer.status_code == 404


def test_connectwise_limits_a_thousand_requests_a_minute() -> None:
    desk = Desk("connectwise")
    session, url = desk.psa.session(), f"{desk.psa.base_url}/system/info"
    assert desk.psa.setup.limit is not None
    desk.psa.setup.limit.others(1000)
    answer = session.get(url, timeout=1)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    desk.at(1)
    assert session.get(url, timeout=1).status_code != 429


def test_autotask_answers_item_null_for_an_unknown_id_and_500_for_a_missing_right() -> None:
    desk = Desk("autotask")
    assert _autotask(desk, "/Tickets/99").json() == {"item": None}
    desk.psa.setup.denied.add("Contacts")
    answer = _autotask(desk, "/Contacts/query", {"filter": [{"op": "gte", "field": "id", "value": 0}]})
    assert answer.status_code == 500
    assert "permissions" in answer.json()["errors"][0]


def test_autotask_counts_the_requests_of_all_integrations() -> None:
    desk = Desk("autotask")
    assert desk.psa.setup.limit is not None
    desk.psa.setup.limit.others(9_998)
    assert _autotask(desk, "/ThresholdInformation").json()["currentTimeframeRequestCount"] == 9_999
    assert _autotask(desk, "/Tickets/99").status_code == 200
    assert _autotask(desk, "/Tickets/99").status_code == 429
    desk.at(60)
    assert _autotask(desk, "/Tickets/99").status_code == 200


def test_autotask_goes_on_at_the_next_page_url_with_the_same_question() -> None:
    desk = Desk("autotask", largest_page=2)
    numbers = [desk.create(f"t{n}").ticket_id for n in range(5)]
    question = {"filter": [{"op": "gte", "field": "lastActivityDate", "value": "2026-03-01T00:00:00Z"}]}
    path, found = "/Tickets/query", []
    while path:
        body = _autotask(desk, path, question).json()
        found += [item["id"] for item in body["items"]]
        path = (body["pageDetails"]["nextPageUrl"] or "").partition("/V1.0")[2]
    assert found == numbers
    assert _autotask(desk, "/Tickets/query", {}).status_code == 500


def test_halo_writes_1900_and_leaves_a_z_out_and_hides_the_agent() -> None:
    desk = Desk("halopsa")
    first, second = desk.create().ticket_id, desk.create().ticket_id
    session, root = desk.psa.session(), desk.psa.base_url
    form = {
        "grant_type": "client_credentials",
        "client_id": secret("env:FAKE_HALO_CLIENT_ID"),
        "client_secret": secret("env:FAKE_HALO_CLIENT_SECRET"),
    }
    token = session.post(f"{root}/auth/token", data=form, timeout=1).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}

    def ticket(number: int) -> dict:
        return session.get(f"{root}/api/Tickets/{number}", headers=headers, timeout=1).json()

    assert ticket(first)["dateclosed"] == "1900-01-01T00:00:00"
    assert {ticket(number)["last_update"][-1] == "Z" for number in (first, second)} == {True, False}
    assert "agent_name" not in ticket(first)
    desk.at(61)
    assert session.get(f"{root}/api/Tickets/{first}", headers=headers, timeout=1).status_code == 401


def test_the_generic_fake_answers_every_path_of_the_documentation() -> None:
    desk = Desk("generic")
    number = desk.create().ticket_id
    document = (Path(__file__).parents[2] / "docs" / "generic-rest.md").read_text(encoding="utf-8")
    paths = re.findall(r"^\| `(GET|POST) (/[^?` ]+)", document, re.MULTILINE)
    assert len(paths) == 7
    headers = {"Authorization": "Bearer " + secret("env:FAKE_GENERIC_TOKEN")}
    for method, documented in paths:
        path = documented.replace("/contacts/<id>", f"/contacts/{desk.dana.id}").replace("<id>", str(number))
        url = f"{desk.psa.base_url}{path}?since=2026-03-01T00:00:00Z&until=2026-03-03T00:00:00Z"
        answer = desk.psa.session().request(method, url, json={"text": "x"}, headers=headers, timeout=1)
        assert answer.ok, path


def test_faults_strike_where_and_as_often_as_they_are_told() -> None:
    desk = Desk("autotask")
    desk.psa.faults.on(Fault.DOWN, path="tickets", skip=1, times=2)
    statuses = [_autotask(desk, "/Tickets/99").status_code for _ in range(5)]
    assert statuses == [200, 503, 503, 200, 200]
    assert _autotask(desk, "/Contacts/99").status_code == 200
