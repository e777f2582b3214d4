"""What a ConnectWise callback says."""

import hashlib
import hmac
import json

import pytest

from shared import errors
from shared.psa.facts import Ignored, PsaTicket, TicketHint
from tests.psa_products import CONNECTWISE, NOW, b64, refused, with_proof


def test_the_worked_example_of_connectwise():
    """Base64 of HMAC-SHA256 with the SHA-256 of the key; the figures were checked with openssl."""
    body = b'{"Action":"updated","Type":"ticket","ID":48213}'
    headers = {"X-Content-Signature": "CWblcBWdSq2c3Q3BCoBBhs/w3S1s2RFjaoH/QsTc+4Q="}

    CONNECTWISE.webhook("cw-example-signing-key-0001").verify(body, headers, NOW)


def test_connectwise_hashes_its_key_first_and_so_do_we():
    """A MAC with the signing key itself, the obvious mistake, is not theirs."""
    direct = hmac.new(CONNECTWISE.secret.encode(), CONNECTWISE.sample, hashlib.sha256).digest()

    assert refused(CONNECTWISE.webhook(), CONNECTWISE.sample, with_proof(CONNECTWISE, b64(direct)))


def connectwise_body(**changes):
    envelope = {
        "MessageId": "m-1",
        "MemberId": "NOSuill",
        "Action": "updated",
        "Type": "ticket",
        "ID": 7731,
        "Entity": None,
    }
    return json.dumps({**envelope, **changes}).encode()


def connectwise_entity(**changes):
    info = {"lastUpdated": "2026-05-11T09:44:03Z", "dateEntered": "2026-05-11T07:02:41Z"}
    return json.dumps({"id": 7731, "summary": "x", "status": {"id": 1, "name": "New"}, "_info": info, **changes})


@pytest.mark.parametrize(
    "entity",
    ["{", "[]", "5", "null", "NaN", "\ufeff{}", "[" * 100_000, '{"a":' * 33 + "1" + "}" * 33, '{"id":1,"id":2}', '{"id":1,"Id":2}',
     '{"id":9223372036854775808}', '{"a":"\\ud800"}', {"id": 1}, [1], 5, True],
    ids=lambda value: repr(value)[:20],
)  # fmt: skip
def test_the_json_inside_the_json_has_the_same_limits(entity):
    """B38."""
    with pytest.raises(errors.InvalidRequest):
        CONNECTWISE.webhook().parse(connectwise_body(Entity=entity))


@pytest.mark.parametrize("entity", [None, "", "{}", '{"id":7731,"_info":5}', '{"id":7731,"_info":{}}'])
def test_without_a_whole_record_there_is_a_hint(entity):
    [event] = CONNECTWISE.webhook().parse(connectwise_body(Entity=entity))

    assert event == TicketHint(ticket_id="7731", version="m-1")


def test_an_entity_about_another_ticket_is_an_invalid_request():
    with pytest.raises(errors.InvalidRequest, match="Entity"):
        CONNECTWISE.webhook().parse(connectwise_body(Entity=connectwise_entity(id=1)))


@pytest.mark.parametrize(
    "bad_id", ["x", "12.0", 12.5, True, [12], {"$ne": 0}, -1, 0, 10**18 * 9 + 10**18, " 12", "１２", None]
)
def test_an_id_is_a_whole_number_above_zero(bad_id):
    """B36."""
    with pytest.raises(errors.InvalidRequest):
        CONNECTWISE.webhook().parse(connectwise_body(ID=bad_id))


@pytest.mark.parametrize(
    "bad_time", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-05-11T07:02:41", "2026-05-11", "2026-05-11T24:00:00Z",
                 "2026-05-11T23:59:60Z", "2026-02-30T00:00:00Z", "yesterday", 1778483041, "2026-05-11 07:02:41Z", "20260511T070241Z"],
)  # fmt: skip
def test_a_time_has_a_zone_and_exists(bad_time):
    """B36."""
    info = {"lastUpdated": bad_time, "dateEntered": "2026-05-11T07:02:41Z"}
    with pytest.raises(errors.InvalidRequest, match="lastUpdated"):
        CONNECTWISE.webhook().parse(connectwise_body(Entity=connectwise_entity(_info=info)))


def test_the_member_of_the_envelope_made_the_change_if_the_record_does_not_say():
    [ticket] = CONNECTWISE.webhook().parse(connectwise_body(Entity=connectwise_entity()))

    assert isinstance(ticket, PsaTicket)
    assert ticket.updated_by == "NOSuill"


@pytest.mark.parametrize("action", ["statuschanged", "merged", "ADDED!"])
def test_an_unknown_action_is_counted_and_passed_over(action):
    assert CONNECTWISE.webhook().parse(connectwise_body(Action=action)) == [Ignored(reason="other_action")]


def test_a_hint_without_message_id_still_has_a_version():
    [first] = CONNECTWISE.webhook().parse(connectwise_body(MessageId=None))
    [second] = CONNECTWISE.webhook().parse(connectwise_body(MessageId=None, MemberId="PKumar"))

    assert isinstance(first, TicketHint)
    assert first.version != second.version
