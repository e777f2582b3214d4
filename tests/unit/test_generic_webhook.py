"""Standard Webhooks, taken literally, and our own record shape."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from shared import errors
from tests.psa_products import GENERIC, NOW, b64, refused, standard_mac


def test_the_vector_of_the_standard_webhooks_specification():
    """Secret, id, timestamp, body and signature as the specification's libraries test them."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    now = datetime.fromtimestamp(1614265330, UTC)

    GENERIC.webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").verify(b'{"test": 2432232314}', headers, now)


def standard(message_id="msg_1", timestamp=None, body=GENERIC.sample):
    """An honest signature over whatever id and timestamp are asked for."""
    timestamp = str(int(NOW.timestamp())) if timestamp is None else timestamp
    mac = standard_mac(body, GENERIC.secret, message_id, timestamp)
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": "v1," + b64(mac)}


@pytest.mark.parametrize(("seconds", "accepted"), [(-301, False), (-300, True), (0, True), (300, True), (301, False)])
def test_a_standard_webhook_is_believed_for_five_minutes_either_way(seconds, accepted):
    """B22."""
    headers = standard(timestamp=str(int((NOW + timedelta(seconds=seconds)).timestamp())))
    if accepted:
        GENERIC.webhook().verify(GENERIC.sample, headers, NOW)
    else:
        assert refused(GENERIC.webhook(), GENERIC.sample, headers)


NOW_TEXT = str(int(NOW.timestamp()))


@pytest.mark.parametrize(
    "timestamp",
    [
        "", "0", "-1", "1e9", f"{NOW_TEXT}.9", f"{NOW_TEXT}.0", f"{NOW_TEXT}e0", f" {NOW_TEXT}", f"{NOW_TEXT} ", f"+{NOW_TEXT}",
        f"{NOW_TEXT}000", f"0{NOW_TEXT}", "9" * 400, "0x6a019e33", "1_778_492_643", "nan", "inf", "9999999999", NOW_TEXT[:-1],
        "".join(chr(0x660 + int(digit)) for digit in NOW_TEXT), NOW.isoformat(),
    ],
)  # fmt: skip
def test_a_timestamp_is_ten_digits(timestamp):
    """B21: although each of these is correctly signed."""
    assert refused(GENERIC.webhook(), GENERIC.sample, standard(timestamp=timestamp))


@pytest.mark.parametrize(
    "message_id", ["", "a" * 300, "a.b", "a/b", "a b", "a\x00b", "a\nb", "ü", "../x", "msg_1.1778492643"]
)
def test_a_message_id_is_a_short_plain_word(message_id):
    """B23: a full stop in it would let one signature stand for two messages."""
    assert refused(GENERIC.webhook(), GENERIC.sample, standard(message_id))


def test_a_full_stop_cannot_be_moved_from_the_body_into_the_header():
    """The signed text `id.time.body` is the same for both requests; only one of them was sent."""
    headers = standard("msg_1", body=b"1778492643.{}")
    moved = {**headers, "webhook-id": f"msg_1.{headers['webhook-timestamp']}", "webhook-timestamp": "1778492643"}

    GENERIC.webhook().verify(b"1778492643.{}", headers, NOW)
    assert refused(GENERIC.webhook(), b"{}", moved)


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_all_three_headers_are_needed(missing):
    headers = standard()
    headers.pop(missing)

    assert refused(GENERIC.webhook(), GENERIC.sample, headers)


@pytest.mark.parametrize("changed", [{"webhook-id": "msg_2"}, {"webhook-timestamp": str(int(NOW.timestamp()) + 1)}])
def test_id_and_timestamp_are_signed_too(changed):
    assert refused(GENERIC.webhook(), GENERIC.sample, {**standard(), **changed})


@pytest.mark.parametrize(("place", "accepted"), [(0, True), (9, True), (10, False), (100, False)])
def test_the_right_one_may_stand_among_ten_signatures(place, accepted):
    """B18: a rotating sender signs with two or three keys; the rest is an attempt to make us work."""
    good = standard()["webhook-signature"]
    wrong = "v1," + b64(b"\1" * 32)
    headers = {**standard(), "webhook-signature": " ".join([*[wrong] * place, good])}
    if accepted:
        GENERIC.webhook().verify(GENERIC.sample, headers, NOW)
    else:
        assert refused(GENERIC.webhook(), GENERIC.sample, headers)


def test_signatures_of_other_versions_may_stand_beside_it():
    headers = standard()
    headers["webhook-signature"] = f"v1a,{b64(bytes(64))} {headers['webhook-signature']} v2,{b64(bytes(32))}"

    GENERIC.webhook().verify(GENERIC.sample, headers, NOW)


@pytest.mark.parametrize("beside", ["v1", "junk", "v1,", "v1,é", "v1,!!!!", "", "v1," + b64(bytes(31)), "v1,a,b"])
def test_a_malformed_signature_beside_a_right_one_spoils_both(beside):
    headers = standard()
    headers["webhook-signature"] = f"{headers['webhook-signature']} {beside}"

    assert refused(GENERIC.webhook(), GENERIC.sample, headers)


def test_the_key_may_come_without_prefix_or_padding():
    """As the libraries of the specification have it."""
    secret = "whsec_" + b64(b"a-key-of-25-bytes-length.")
    headers = GENERIC.headers(GENERIC.sample, secret)
    for spelling in [secret, secret.removeprefix("whsec_"), secret.rstrip("=")]:
        GENERIC.webhook(spelling).verify(GENERIC.sample, headers, NOW)


@pytest.mark.parametrize(
    "secret",
    [
        "whsec_not base64 at all!",
        "whsec_" + "this!is!not!base64!although!it!is!quite!long",
        "whsec_" + b64(b"fifteen-bytes..")[:-1] + "é",
        "whsec_" + b64(b"15-bytes-of-key"),
        "whsec_" + "A" * 64,
    ],
)
def test_a_key_that_is_not_base64_of_sixteen_bytes_refuses_the_start(secret):
    with pytest.raises(errors.ConfigurationError):
        GENERIC.webhook(secret)


@pytest.mark.parametrize("missing", ["id", "status", "created_at", "updated_at"])
def test_what_a_ticket_must_have_is_named_when_it_is_missing(missing):
    body = json.loads(GENERIC.sample)
    body["data"].pop(missing)

    with pytest.raises(errors.InvalidRequest, match=missing):
        GENERIC.webhook().parse(json.dumps(body).encode())


@pytest.mark.parametrize(
    ("field", "bad"),
    [("id", "a/b"), ("id", "../1"), ("id", "x" * 65), ("id", True), ("id", 1.0), ("id", {"a": 1}), ("title", 5), ("status", None), ("status", []),
     ("company", "Contoso"), ("contact", []), ("owner", 5), ("created_at", "2026-05-11T07:02:41"), ("updated_at", 5), ("updated_by", {})],
)  # fmt: skip
def test_a_member_of_the_wrong_type_is_named_but_not_shown(field, bad):
    """B36."""
    body = json.loads(GENERIC.sample)
    body["data"][field] = bad

    with pytest.raises(errors.InvalidRequest, match=field):
        GENERIC.webhook().parse(json.dumps(body).encode())


@pytest.mark.parametrize("name", ["__proto__", "constructor", "$where", "__x__", "", "a.b", "k" * 1501])
def test_members_with_strange_names_are_left_alone(name):
    """B34: nothing is stored under a name from outside."""
    body = json.loads(GENERIC.sample)
    body["data"][name] = {name: 1}

    assert GENERIC.webhook().parse(json.dumps(body).encode()) == GENERIC.webhook().parse(GENERIC.sample)


def test_an_unknown_status_is_kept_as_it_is():
    """B37: what it means is the status map's business."""
    body = json.loads(GENERIC.sample)
    body["data"]["status"] = "Brand new status"

    assert GENERIC.webhook().parse(json.dumps(body).encode())[0].status == "Brand new status"


def test_a_key_of_sixteen_bytes_is_the_shortest_and_the_error_counts_the_keys():
    GENERIC.webhook("whsec_" + b64(b"sixteen bytes ok"))
    with pytest.raises(errors.ConfigurationError, match="signing key 2"):
        GENERIC.webhook(GENERIC.secret, "whsec_" + b64(b"fifteen bytes.."))
