"""One contract for what PSAs send: authentic bytes become events or an InvalidRequest, and nothing else."""

import json
import time

import pytest

from shared import errors
from shared.psa.facts import PsaTicket
from shared.psa.plain_text import one_line
from tests.naughty_strings import naughty_strings
from tests.psa_products import AUTOTASK, CONNECTWISE, GENERIC, every_product

NOT_A_WEBHOOK = {
    "empty": b"",
    "spaces": b"   \n\t ",
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"type":"x"}'.encode("utf-16"),
    "UTF-16 without mark": '{"type":"x"}'.encode("utf-16-le"),
    "UTF-32": "{}".encode("utf-32"),
    "Latin-1": '{"type":"é"}'.encode("latin-1"),
    "overlong UTF-8": b'{"type":"\xc0\xaf"}',
    "surrogate as UTF-8": b'{"type":"\xed\xa0\x80"}',
    "lone surrogate": b'{"type":"\\ud800"}',
    "a form": b"id=351200&number=T1",
    "XML": b'<?xml version="1.0"?><a/>',
    "HTML": b"<html>502 Bad Gateway</html>",
    "100,000 brackets": b"[" * 100_000,
    "1 MiB of objects": b'{"a":' * 200_000,
    "deep and closed": b'{"a":' * 40 + b"1" + b"}" * 40,
    "NaN": b'{"ID":NaN}',
    "Infinity": b'{"ID":-Infinity}',
    "1e400": b'{"ID":1e400}',
    "2^63": b'{"ID":9223372036854775808}',
    "5,000 digits": b'{"ID":' + b"9" * 5000 + b"}",
    "hex number": b'{"ID":0x10}',
    "leading zero": b'{"ID":01}',
    "a name twice": b'{"ID":1,"ID":2}',
    "names that differ in case": b'{"ID":1,"Id":2,"Type":"ticket","Action":"deleted"}',
    "text": b'"ticket"',
    "a number": b"5",
    "null": b"null",
    "true": b"true",
    "array of 10,000": b"[" + b"1," * 9_999 + b"1]",
    "empty object with rest": b"{}{}",
    "comment": b"{} // ok",
    "single quotes": b"{'type':'ticket.changed'}",
    "trailing comma": b'{"a":1,}',
    "over 1 MiB": b'{"a":"' + b"x" * 2**20 + b'"}',
    "control character in text": b'{"type":"a\x01b"}',
    "truncated": b'{"type":"ticket.chan',
}


@every_product
@pytest.mark.parametrize("what", NOT_A_WEBHOOK)
def test_what_is_not_a_webhook_is_an_invalid_request(product, what):
    """B9, B29 to B33: and nothing else than InvalidRequest, in reasonable time."""
    started = time.perf_counter()
    with pytest.raises(errors.InvalidRequest) as found:
        product.webhook().parse(NOT_A_WEBHOOK[what])

    assert time.perf_counter() - started < 1
    assert len(str(found.value)) < 200


@pytest.mark.parametrize("product", [CONNECTWISE, AUTOTASK, GENERIC], ids=str)
@pytest.mark.parametrize("body", [b"{}", b"[]", b"[{}]", b'{"a":1}'])
def test_an_object_that_names_no_event_is_an_invalid_request(product, body):
    with pytest.raises(errors.InvalidRequest):
        product.webhook().parse(body)


def test_too_much_is_told_apart_from_wrong():
    """413 instead of 400."""
    with pytest.raises(errors.RequestTooLarge):
        CONNECTWISE.webhook().parse(b" " * (2**20 + 1))


@pytest.mark.parametrize(
    "field", ["title", "status", "owner", "priority", "board", "updated_by", "vendor_reference", "number"]
)
def test_naughty_strings_become_one_line_in_every_field(field):
    """B39: each of the 515 is taken as text; without a status there is no ticket."""
    body = json.loads(GENERIC.sample)
    webhook = GENERIC.webhook()
    for string in naughty_strings():
        body["data"][field] = string
        raw = json.dumps(body).encode()
        if not one_line(string, 500) and field == "status":
            with pytest.raises(errors.InvalidRequest, match="status: is missing"):
                webhook.parse(raw)
            continue
        [ticket] = webhook.parse(raw)
        line = getattr(ticket, field) or ""
        line.encode()

        assert isinstance(ticket, PsaTicket)
        assert len(line.splitlines()) <= 1
