"""The door to the PSAs: what gets in, what it costs, what the caller is told."""

import json
from datetime import timedelta

import pytest

from shared.convergence import ticket_id
from shared.errors import Conflict, QueueUnavailable, StoreUnavailable
from shared.models.ticket import Ticket
from tests.functions.desk import Desk
from tests.psa_products import AUTOTASK, CONNECTWISE, GENERIC, HALOPSA, PRODUCTS

SNAPSHOTS = [CONNECTWISE, HALOPSA, GENERIC]


class Broken:
    """A store or queue that fails as it is told."""

    def __init__(self, error):
        self.error = error

    def get(self, *_arguments):
        raise self.error

    def put(self, *_arguments):
        raise self.error

    def commit(self, *_arguments):
        raise self.error

    def find(self, *_arguments, **_more):
        raise self.error


@pytest.mark.parametrize("product", SNAPSHOTS, ids=str)
def test_a_snapshot_costs_one_read_one_write_and_one_task(product):
    desk = Desk()

    answer = desk.calls(product)

    assert answer.status == 200
    assert (desk.store.gets, desk.store.written, len(desk.queue.waiting)) == (1, 1, 1)
    assert desk.queue.waiting[0].function == "ticket_update_notifier"


@pytest.mark.parametrize("product", SNAPSHOTS, ids=str)
def test_the_same_snapshot_again_costs_one_read_and_nothing_else(product):
    desk = Desk()
    desk.calls(product)
    desk.store.gets = desk.store.written = 0

    for _ in range(3):
        assert desk.calls(product).status == 200

    assert (desk.store.gets, desk.store.written, len(desk.queue.waiting)) == (3, 0, 1)


def test_a_hint_costs_one_task_and_no_store_call_however_often_it_comes():
    desk = Desk()

    for _ in range(3):
        assert desk.calls(AUTOTASK).status == 200

    assert (desk.store.gets, desk.store.written) == (0, 0)
    assert [task.function for task in desk.queue.waiting] == ["psa_fetch"]


def test_a_change_within_the_hold_costs_no_task_at_all():
    desk = Desk()
    body = json.loads(GENERIC.sample)
    for status, second in (("New", 1), ("In Progress", 2), ("Waiting on Client", 3)):
        body["data"] |= {"status": status, "updated_at": f"2026-05-11T09:44:0{second}Z"}
        assert desk.calls(GENERIC, json.dumps(body).encode()).status == 200

    assert desk.store.written == 3
    assert len(desk.queue.waiting) == 1


@pytest.mark.parametrize("product", PRODUCTS, ids=str)
def test_a_wrong_signature_is_401_with_the_same_words_always_and_nothing_is_touched(product):
    desk = Desk()

    answers = [
        desk.posts("psa_webhook", product.sample, {"Content-Type": "application/json", **headers}, f"/{product.kind}")
        for headers in ({}, {product.proof: ""}, product.headers(product.sample, product.other_secret))
        for _twice in range(2)
    ]

    assert {answer.status for answer in answers} == {401}
    assert len({answer.body for answer in answers}) == 1
    assert (desk.store.gets, desk.queue.waiting) == (0, [])


@pytest.mark.parametrize(
    "path",
    [
        "/nobody",
        "/",
        "/connectwise/extra",
        "/../send_message",
        "/CONNECTWISE",
        "/connectwise;a=b",
        "/%2e%2e/tasks",
        "//",
    ],
)
def test_an_unknown_path_is_404(path):
    desk = Desk()

    assert desk.calls(CONNECTWISE, path=path).status == 404
    assert desk.store.gets == 0


@pytest.mark.parametrize("product", PRODUCTS, ids=str)
def test_a_signature_of_one_connection_opens_no_other(product):
    desk = Desk()

    for other in PRODUCTS:
        if other is not product:
            assert desk.calls(product, path=f"/{other.kind}").status == 401
    assert desk.store.gets == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"null",
        b"1",
        b'"text"',
        b"[1]",
        b"{",
        b"\xef\xbb\xbf{}",
        '{"a":1}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"id":1,"id":2}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":1e400}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\\ud800"}',
        b'{"a":"\x00"}',
        b'{"a":"\xff"}',
        b'{"__proto__":{"a":1}}',
        b'{"$where":"1"}',
        b"{}" * 2,
    ],
    ids=lambda body: repr(body[:24]),
)
@pytest.mark.parametrize("product", PRODUCTS, ids=str)
def test_an_authentic_body_that_makes_no_sense_is_400_and_leaves_nothing(product, body):
    desk = Desk()

    for _ in range(2):
        answer = desk.calls(product, body)
        assert answer.status in (200, 400), answer.body  # 200: read, and nothing for us
        if answer.status == 400:
            assert set(json.loads(answer.body)) == {"error", "id"}
    assert (desk.store.written, desk.queue.waiting) == (0, [])


@pytest.mark.parametrize("field", ["id", "status", "title", "created_at", "updated_at", "company", "contact", "owner"])
@pytest.mark.parametrize(
    "value",
    [True, 12.0, [12], {"$ne": 0}, -1, 0, 10**30, "", None, "0001-01-01", "24:00", "9999-12-31T23:59:60Z", "x" * 9000],
)
def test_a_field_of_the_wrong_kind_is_never_a_5xx_and_never_a_half_stored_ticket(field, value):
    desk = Desk()
    body = json.loads(GENERIC.sample)
    body["data"][field] = value

    answer = desk.calls(GENERIC, json.dumps(body).encode())

    assert answer.status in (200, 400)
    assert desk.store.written == (1 if answer.status == 200 else 0)


@pytest.mark.parametrize("error", [StoreUnavailable("down"), Conflict("busy"), QueueUnavailable("down")], ids=repr)
@pytest.mark.parametrize(("product", "status"), [(CONNECTWISE, 429), (HALOPSA, 503), (GENERIC, 503)], ids=str)
def test_a_passing_fault_is_answered_so_that_this_sender_tries_again(product, status, error):
    desk = Desk()
    desk.replaced(**{"queue" if isinstance(error, QueueUnavailable) else "store": Broken(error)})

    answer = desk.calls(product)

    assert answer.status == status
    assert b"down" not in answer.body
    assert desk.store.written == 0


def test_what_was_not_stored_is_stored_by_the_next_try():
    desk = Desk()
    store = desk.app.store
    desk.replaced(store=Broken(StoreUnavailable("down"))).calls(CONNECTWISE)

    assert desk.replaced(store=store).calls(CONNECTWISE).status == 200
    assert desk.store.written == 1


def test_a_deleted_ticket_falls_silent():
    desk = Desk()
    desk.calls(GENERIC)
    identity = json.loads(GENERIC.sample)["data"]["id"]
    gone = json.dumps({"type": "ticket.deleted", "data": {"id": identity}}).encode()

    for _ in range(2):
        assert desk.calls(GENERIC, gone).status == 200
    desk.works(until=timedelta(days=1))

    assert desk.store.get(Ticket, ticket_id("generic", identity)).document.gone
    assert desk.mail.mails == []


def test_a_ticket_becomes_one_mail_and_a_note_in_the_psa():
    desk = Desk()
    for _ in range(3):
        desk.calls(CONNECTWISE)

    desk.works(until=timedelta(hours=1))

    assert len(desk.mail.mails) == 1
    assert len(desk.psa.notes) == 1


def test_every_task_twice_is_still_one_mail():
    desk = Desk()
    desk.calls(CONNECTWISE)
    while (due := desk.queue.next_at()) is not None and due < desk.clock.now() + timedelta(hours=1):
        desk.clock.move_to(due)
        task = desk.queue.next()
        for _ in range(2):
            assert desk.runs(task).status == 200

    assert len(desk.mail.mails) == 1
    assert len(desk.psa.notes) == 1
