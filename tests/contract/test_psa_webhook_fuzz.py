"""Any headers and any bytes: refused or understood, never a surprise."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from shared import errors
from shared.psa.facts import Ignored, PsaTicket, TicketGone, TicketHint
from tests.psa_products import CONNECTWISE, NOW, PRODUCTS, b64, every_product, every_signing_product, refused

NAMES = st.sampled_from(
    ["x-content-signature", "X-Hook-Signature", "Authorization", "webhook-id", "webhook-timestamp", "webhook-signature"]
)
VALUES = st.one_of(
    st.text(),
    st.sampled_from(["sha1=", "Basic ", "v1,", "v1, v1,", str(int(NOW.timestamp())), "msg_1"]),
    st.binary(max_size=64).map(lambda raw: "v1," + b64(raw)),
    st.binary(max_size=64).map(lambda raw: "sha1=" + b64(raw)),
    st.binary(max_size=64).map(lambda raw: "Basic " + b64(raw)),
    st.binary(max_size=40).map(b64),
    st.text(alphabet="v1,= +/é\t\n\0Aa0", max_size=100),
    st.none(),
    st.integers(),
)
HEADERS = st.dictionaries(st.one_of(NAMES, st.text(), st.none()), VALUES, max_size=8)
WEBHOOKS = {product.kind: product.webhook() for product in PRODUCTS}


@every_product
@given(body=st.binary(max_size=300), headers=HEADERS)
@settings(max_examples=300, deadline=None)
def test_any_bytes_and_headers_are_refused_cleanly(product, body, headers):
    """No request without the secret gets in, and none raises anything but Unauthenticated."""
    assert refused(WEBHOOKS[product.kind], body, headers)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


def mutations(sample: bytes):
    """The sample with one member, at any depth, replaced by any JSON value or taken away."""
    original = json.loads(sample)

    def change(path_value):
        path, value, remove = path_value
        copy = json.loads(sample)
        at = copy
        for step in path[:-1]:
            at = at[step]
        if remove:
            del at[path[-1]]
        else:
            at[path[-1]] = value
        return json.dumps(copy).encode()

    return st.tuples(st.sampled_from(list(paths(original))), JSON, st.booleans()).map(change)


def paths(value, path=()):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*path, name)
            yield from paths(inner, (*path, name))


@every_product
@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_any_authentic_bytes_become_events_or_an_invalid_request(product, data):
    body = data.draw(
        st.one_of(
            st.binary(max_size=200),
            JSON.map(lambda value: json.dumps(value).encode()),
            mutations(product.sample),
            mutations(json.dumps(json.loads(product.sample)).encode()).map(lambda body: b"[" + body + b"]"),
        )
    )
    try:
        events = WEBHOOKS[product.kind].parse(body)
    except errors.InvalidRequest:
        return

    assert all(isinstance(event, PsaTicket | TicketHint | TicketGone | Ignored) for event in events)
    for event in events:
        assert is_storable(event)


def is_storable(event) -> bool:
    """Every text in it can be written as UTF-8 and holds no control character."""
    for name in ("id", "number", "title", "status", "owner", "board", "priority", "ticket_id", "version", "reason"):
        value = getattr(event, name, None)
        if value is not None and not all(
            ord(letter) >= 32 and ord(letter) != 127 for letter in value.encode().decode()
        ):
            return False
    return True


@every_signing_product
@given(body=st.binary(max_size=300), place=st.integers(min_value=0), bit=st.integers(0, 7))
@settings(max_examples=100, deadline=None)
def test_a_signed_body_is_accepted_and_not_with_one_bit_changed(product, body, place, bit):
    webhook = WEBHOOKS[product.kind]
    headers = product.headers(body)
    webhook.verify(body, headers, NOW)
    if body:
        at = place % len(body)
        changed = body[:at] + bytes([body[at] ^ (1 << bit)]) + body[at + 1 :]
        assert refused(webhook, changed, headers)


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_any_entity_becomes_a_ticket_a_hint_or_an_invalid_request(data):
    entity = json.loads(CONNECTWISE.sample)["Entity"].encode()
    body = json.dumps({**json.loads(CONNECTWISE.sample), "Entity": data.draw(mutations(entity)).decode()}).encode()
    try:
        [event] = WEBHOOKS["connectwise"].parse(body)
    except errors.InvalidRequest:
        return

    assert isinstance(event, PsaTicket | TicketHint)
    assert is_storable(event)
