"""Who may send HaloPSA's webhooks, and what they say."""

import json

import pytest

from shared import errors
from shared.psa.facts import Ignored, PsaTicket, TicketHint
from shared.psa.halopsa.webhook import HaloPsaWebhook
from tests.psa_products import HALOPSA, NOW, b64, connection, refused


def test_the_worked_example_of_basic_authentication():
    headers = {"authorization": "Basic cHJvbWlzZWtlZXBlcjpoYWxvLWV4YW1wbGUtcGFzc3dvcmQtMDAwMQ=="}

    HALOPSA.webhook("halo-example-password-0001").verify(b"", headers, NOW)


def basic(credential):
    return {"Authorization": "Basic " + b64(credential.encode())}


@pytest.mark.parametrize(
    "credential",
    ["", ":", "promisekeeper", "promisekeeper:", ":" + HALOPSA.secret, f"other:{HALOPSA.secret}", f"Promisekeeper:{HALOPSA.secret}",
     f"promisekeeper:{HALOPSA.secret} ", f"promisekeeper:{HALOPSA.secret}\0", f"promisekeeper:{HALOPSA.secret.upper()}",
     f"promisekeeper:{HALOPSA.secret[:-1]}", f"promisekeeper:{HALOPSA.secret}:", "promisekeeper:" + "x" * 10_000],
)  # fmt: skip
def test_user_and_password_must_both_fit(credential):
    """B26."""
    assert refused(HALOPSA.webhook(), HALOPSA.sample, basic(credential))


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_the_scheme_may_be_in_any_case(scheme):
    """RFC 7617 section 2."""
    headers = {"Authorization": f"{scheme} " + b64(f"promisekeeper:{HALOPSA.secret}".encode())}

    HALOPSA.webhook().verify(HALOPSA.sample, headers, NOW)


def test_a_password_beyond_ascii_refuses_the_start():
    """RFC 7617 leaves open how it would be encoded."""
    with pytest.raises(errors.ConfigurationError, match="ASCII"):
        HALOPSA.webhook("pässword-that-is-long-enough")


@pytest.mark.parametrize("change", [{"webhook_user": "with:colon"}, {"webhook_user": ""}, {"webhook_user": "zoë"}])
def test_a_user_that_basic_cannot_carry_refuses_the_start(change):
    with pytest.raises(errors.ConfigurationError):
        HaloPsaWebhook(connection("halopsa").system.model_copy(update=change), (HALOPSA.secret,))


def test_a_batch_may_have_500_items_and_not_one_more():
    item = {"id": "a", "object_id": 1, "event": "x"}
    assert len(HALOPSA.webhook().parse(json.dumps([item] * 500).encode())) == 500

    with pytest.raises(errors.InvalidRequest):
        HALOPSA.webhook().parse(json.dumps([item] * 501).encode())


@pytest.mark.parametrize("bad", [None, 5, "x", [], [1], {"object_id": -1}, {"object_id": 1, "OBJECT_ID": 2}, {"object_id": 1, "timestamp": "x"},
                                 {"object_id": 1, "ticket": {"id": "x"}}, {"object_id": {"$ne": 0}}])  # fmt: skip
def test_one_bad_item_does_not_lose_the_others(bad):
    good = {"id": "a", "object_id": 2, "event": "x"}
    events = HALOPSA.webhook().parse(json.dumps([good, bad, good]).encode())

    assert [type(event) for event in events] == [TicketHint, Ignored, TicketHint]
    assert events[1] == Ignored(reason="unreadable_item")


def test_items_without_id_and_time_have_different_versions():
    first, second = HALOPSA.webhook().parse(b'[{"object_id":1},{"object_id":1}]')

    assert first.version != second.version


def test_two_changes_of_a_bare_ticket_have_different_versions():
    """Its only id is the ticket's own."""
    [first] = HALOPSA.webhook().parse(b'{"id":4096,"summary":"x","status_id":1}')
    [second] = HALOPSA.webhook().parse(b'{"id":4096,"summary":"x","status_id":2}')

    assert first.ticket_id == second.ticket_id == "4096"
    assert first.version != second.version


@pytest.mark.parametrize(
    "event",
    [{"ticket_id": 5}, {"object_id": 5}, {"ticket_id": 5, "object_id": 9}, {"ticket": {"id": 5}, "object_id": 9}],
)
def test_the_ticket_may_be_named_in_several_ways(event):
    """`object_id` may be an action's where the ticket is named as well."""
    [hint] = HALOPSA.webhook().parse(json.dumps(event).encode())

    assert hint.ticket_id == "5"


def test_an_empty_batch_is_counted():
    assert HALOPSA.webhook().parse(b"[]") == [Ignored(reason="empty_batch")]


@pytest.mark.parametrize("wrapper", ["ticket", "object", "data"])
def test_the_ticket_is_found_in_each_wrapper_that_receivers_have_seen(wrapper):
    event = json.loads(HALOPSA.sample)
    event[wrapper] = event.pop("ticket")
    [ticket] = HALOPSA.webhook().parse(json.dumps(event).encode())

    assert isinstance(ticket, PsaTicket)


def test_a_bare_ticket_is_read_as_well():
    """A custom payload may hold nothing else."""
    [ticket] = HALOPSA.webhook().parse(json.dumps(json.loads(HALOPSA.sample)["ticket"]).encode())

    assert isinstance(ticket, PsaTicket)


def test_a_status_sent_by_its_id_is_its_id_as_text():
    """A setting of Halo chooses between ids and display values."""
    event = json.loads(HALOPSA.sample)
    event["ticket"].pop("status_name")
    [ticket] = HALOPSA.webhook().parse(json.dumps(event).encode())

    assert ticket.status == "24"
