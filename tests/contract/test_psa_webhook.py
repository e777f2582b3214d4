"""One contract for the webhooks of all PSAs: only what is proven gets in."""

import base64
import json
import time

import pytest
from werkzeug.datastructures import EnvironHeaders, Headers
from werkzeug.test import create_environ

from shared import errors
from tests.psa_products import (
    AUTOTASK,
    CONNECTWISE,
    GENERIC,
    HALOPSA,
    NOW,
    PRODUCTS,
    Product,
    b64,
    connection,
    every_product,
    every_signing_product,
    proof_of,
    refused,
    with_proof,
)


@every_product
def test_an_honest_request_is_accepted(product):
    product.webhook().verify(product.sample, product.headers(product.sample), NOW)


@every_product
@pytest.mark.parametrize("spell", [str.upper, str.lower, str.title])
def test_the_case_of_a_header_does_not_matter(product, spell):
    headers = {spell(name): value for name, value in product.headers(product.sample).items()}

    product.webhook().verify(product.sample, headers, NOW)


@every_product
def test_the_headers_of_a_web_framework_are_read_as_well(product):
    product.webhook().verify(product.sample, Headers(product.headers(product.sample)), NOW)


@every_product
def test_the_headers_of_a_real_request_are_read_as_well(product):
    """A server joins repeated headers with a comma before we see them: that is no honest proof any more."""
    honest = product.headers(product.sample)
    product.webhook().verify(product.sample, EnvironHeaders(create_environ(headers=honest)), NOW)
    twice = [*honest.items(), (product.proof, honest[product.proof])]

    assert refused(product.webhook(), product.sample, EnvironHeaders(create_environ(headers=twice)))


@every_product
def test_while_a_secret_is_rotated_old_and_new_are_accepted(product):
    """B25: in either order; the sender switches at a moment of its own."""
    for secrets in [(product.secret, product.other_secret), (product.other_secret, product.secret)]:
        for used in secrets:
            product.webhook(*secrets).verify(product.sample, product.headers(product.sample, used), NOW)


@every_product
def test_after_a_rotation_the_old_secret_is_refused(product):
    """B25."""
    assert refused(product.webhook(product.other_secret), product.sample, product.headers(product.sample))


@every_product
def test_a_repeat_of_the_same_bytes_is_authentic_and_says_the_same(product):
    """B24: nothing is remembered here; that a repeat does nothing is the document's business."""
    webhook = product.webhook()
    for _ in range(2):
        webhook.verify(product.sample, product.headers(product.sample), NOW)

    assert webhook.parse(product.sample) == webhook.parse(product.sample)


@every_product
def test_without_headers_nobody_gets_in(product):
    """B13."""
    assert refused(product.webhook(), product.sample, {})


@every_product
@pytest.mark.parametrize(
    "value",
    ["", " ", "null", "undefined", "None", "0", "{}", ",", "=", "v1", "v1,", "sha1=", "Basic", "Basic ", "Bearer x"],
)
def test_a_proof_that_proves_nothing_is_refused(product, value):
    """B13, B17, B26."""
    assert refused(product.webhook(), product.sample, with_proof(product, value))


@every_product
def test_another_secret_is_refused(product):
    headers = product.headers(product.sample, product.other_secret)

    assert refused(product.webhook(), product.sample, headers)


@every_product
@pytest.mark.parametrize("other", PRODUCTS, ids=str)
def test_the_proof_of_another_product_is_refused(product, other):
    """B19: even with one secret for both."""
    if other is product:
        return
    secret = GENERIC.secret
    assert refused(product.webhook(secret), product.sample, other.headers(product.sample, secret))
    borrowed = other.headers(product.sample, secret)[other.proof]
    assert refused(product.webhook(secret), product.sample, with_proof(product, borrowed))


MUTILATED = {
    "cut to 1 byte": lambda text: text[:2] + "==",
    "cut to 10 bytes": lambda text: b64(base64.b64decode(text)[:10]),
    "one byte short": lambda text: b64(base64.b64decode(text)[:-1]),
    "one byte more": lambda text: b64(base64.b64decode(text) + b"\0"),
    "twice": lambda text: text * 2,
    "empty bytes": lambda _text: b64(b""),
    "hex": lambda text: base64.b64decode(text).hex(),
    "upper case": str.upper,
    "lower case": str.lower,
    "swapped case": str.swapcase,
    "reversed": lambda text: text[::-1],
    "without padding": lambda text: text.rstrip("="),
    "more padding": lambda text: text + "=",
    "junk inside": lambda text: text[:5] + "!" + text[5:],
    "a space inside": lambda text: text[:5] + " " + text[5:],
    "a newline at the end": lambda text: text + "\n",
    "a folded line": lambda text: text[:5] + "\r\n " + text[5:],
    "a tab before": lambda text: "\t" + text,
    "a letter that is none of base64's": lambda text: "é" + text[1:],
    "a Cyrillic letter that looks the same": lambda text: "а" + text[1:],
    "a NUL at the end": lambda text: text + "\0",
    "a lone surrogate": lambda text: text + "\ud800",
    "quoted": lambda text: f'"{text}"',
    "a second one behind a comma": lambda text: text + "," + text,
}


@every_product
@pytest.mark.parametrize("how", MUTILATED)
def test_a_mutilated_proof_is_refused(product, how):
    """B10, B16, B17: there is one spelling of a proof, and no error but Unauthenticated."""
    prefix, text = proof_of(product)
    changed = MUTILATED[how](text)
    if changed == text:
        pytest.skip("this proof has no padding to take away")

    assert refused(product.webhook(), product.sample, with_proof(product, prefix + changed))


@every_signing_product
def test_each_other_last_letter_is_refused(product):
    """B16: base64 has spare bits at its end, so that several texts decode to one MAC; only the canonical one counts."""
    prefix, text = proof_of(product)
    place = len(text.rstrip("=")) - 1
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/":
        changed = text[:place] + letter + text[place + 1 :]
        if changed != text:
            assert refused(product.webhook(), product.sample, with_proof(product, prefix + changed))


@every_signing_product
def test_the_url_safe_alphabet_is_refused(product):
    """B16: for a body whose MAC needs a letter that the two alphabets write differently."""
    body = next(
        body
        for number in range(1000)
        if set("+/") & set(product.headers(body := b'{"n":%d}' % number)[product.proof].removeprefix("v1,"))
    )
    headers = product.headers(body)
    product.webhook().verify(body, headers, NOW)
    headers[product.proof] = headers[product.proof].replace("+", "-").replace("/", "_")

    assert refused(product.webhook(), body, headers)


WRONG_PREFIXES = {
    CONNECTWISE: ["sha1=", "sha256=", "v1,", "SHA256=", "none,", "hmac "],
    AUTOTASK: ["", "sha256=", "SHA1=", "Sha1=", "sha1:", "sha1==", "sha1= ", " sha1=", "md5=", "none=", "v1,", "sha1=sha1="],
    HALOPSA: ["", "Bearer ", "Digest ", "Basic", "Basic\t", "Basic  ", " Basic ", "Basic:", "Basic=", "NTLM "],
    GENERIC: ["", "v0,", "v2,", "v1a,", "V1,", "v1", "v1=", "v1;", "v01,", " v1,", "v1, ", "v1,,", "v1,v1,", "none,", "v1\t"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("product", "prefix"),
    [(product, prefix) for product, prefixes in WRONG_PREFIXES.items() for prefix in prefixes],
    ids=lambda value: value.kind if isinstance(value, Product) else repr(value),
)
def test_the_right_proof_under_a_wrong_scheme_is_refused(product, prefix):
    """B15: the algorithm comes from the product, never from the request."""
    _, text = proof_of(product)

    assert refused(product.webhook(), product.sample, with_proof(product, prefix + text))


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512", "md5"])
@every_signing_product
def test_a_mac_of_another_algorithm_is_refused(product, algorithm):
    """B15: made with the right key over the right bytes."""
    import hmac

    if algorithm == {"connectwise": "sha256", "autotask": "sha1", "generic": "sha256"}[product.kind]:
        algorithm = "sha3_256"
    prefix, _ = proof_of(product)
    mac = hmac.new(product.secret.encode(), product.sample, algorithm).digest()

    assert refused(product.webhook(), product.sample, with_proof(product, prefix + b64(mac)))


@every_product
def test_a_proof_that_came_twice_is_refused(product):
    """B10: two programs on the way may each have believed another one of the two."""
    honest = product.headers(product.sample)
    for second in [honest[product.proof], "anything"]:
        twice = Headers(honest)
        twice.add(product.proof, second)
        assert refused(product.webhook(), product.sample, twice)
        assert refused(product.webhook(), product.sample, {**honest, product.proof.swapcase(): second})


@every_product
def test_two_hundred_thousand_proofs_are_refused_at_once(product):
    """B18: over 8 kB nothing is looked at, even if the first one is right."""
    prefix, text = proof_of(product)
    header = " ".join([prefix + text] * 200_000)
    started = time.perf_counter()

    assert refused(product.webhook(), product.sample, with_proof(product, header))
    assert time.perf_counter() - started < 0.5


@every_product
@pytest.mark.parametrize("value", [None, 5, b"bytes", ["a"], {"a": 1}], ids=repr)
def test_a_header_that_is_not_text_is_refused(product, value):
    assert refused(product.webhook(), product.sample, with_proof(product, value))


@every_product
def test_names_that_are_not_text_are_passed_over(product):
    product.webhook().verify(product.sample, {None: "a", 5: "b", **product.headers(product.sample)}, NOW)


CHANGED_BODIES = {
    "empty": lambda _body: b"",
    "a newline at the end": lambda body: body + b"\n",
    "a space before": lambda body: b" " + body,
    "a byte order mark": lambda body: b"\xef\xbb\xbf" + body,
    "one bit changed": lambda body: body[:40] + bytes([body[40] ^ 1]) + body[41:],
    "the last byte missing": lambda body: body[:-1],
    "doubled": lambda body: body * 2,
    "spaces after commas": lambda body: json.dumps(json.loads(body), ensure_ascii=False).encode(),
    "members sorted": lambda body: json.dumps(json.loads(body), sort_keys=True, separators=(",", ":")).encode(),
    "letters escaped": lambda body: json.dumps(json.loads(body), separators=(",", ":")).encode(),
    "letters not escaped": lambda body: json.dumps(
        json.loads(body), separators=(",", ":"), ensure_ascii=False, sort_keys=True
    ).encode(),
    "UTF-16": lambda body: body.decode().encode("utf-16"),
    "not UTF-8": lambda body: body + b"\xff",
    "another event": lambda _body: b'{"Action":"deleted","Type":"ticket","ID":1}',
    "32 MiB": lambda _body: b" " * 2**25,
}


@every_signing_product
@pytest.mark.parametrize("how", CHANGED_BODIES)
def test_a_signature_counts_for_its_own_bytes_only(product, how):
    """B20: also when the changed body means the same."""
    body = CHANGED_BODIES[how](product.sample)
    assert body != product.sample

    assert refused(product.webhook(), body, product.headers(product.sample))


@every_signing_product
@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe\x00", b"\0" * 100, b"[" * 100_000, b" " * 2**21],
    ids=["empty", "no text", "NULs", "deep", "big"],
)
def test_bytes_are_authentic_whatever_they_are(product, body):
    """Verifying never looks inside; reading refuses what is not JSON, with its own error only."""
    webhook = product.webhook()
    webhook.verify(body, product.headers(body), NOW)

    with pytest.raises(errors.InvalidRequest):
        webhook.parse(body)


@every_product
@pytest.mark.parametrize(
    "secret",
    ["", " ", "\n", "whsec_", "short", "a" * 15, "x" * 64, "ab" * 32, " sixteen-characters-and-more", "sixteen-characters-and-more\n"],
)  # fmt: skip
def test_a_secret_that_protects_nothing_refuses_the_start(product, secret):
    """B14: never a MAC with an empty, short or placeholder key; the message does not show it."""
    with pytest.raises(errors.ConfigurationError) as found:
        product.webhook(secret)
    if len(secret) > len("short"):
        assert secret not in str(found.value)
    with pytest.raises(errors.ConfigurationError):
        product.webhook(product.secret, secret)


@every_product
def test_a_missing_secret_refuses_the_start(product):
    with pytest.raises(errors.ConfigurationError):
        type(product.webhook())(connection(product.kind).system, ())


@every_product
def test_what_is_refused_says_nothing_about_the_secret_or_the_right_proof(product):
    prefix, text = proof_of(product)
    with pytest.raises(errors.Unauthenticated) as found:
        product.webhook().verify(product.sample, with_proof(product, prefix + text[::-1]), NOW)

    assert product.secret not in repr(found.value)
    assert text[:8] not in repr(found.value)


@every_product
def test_a_transient_fault_is_answered_so_that_this_sender_tries_again(product):
    """ConnectWise repeats 429 and no 5xx; the others repeat a 503."""
    assert product.webhook().transient_status == (429 if product is CONNECTWISE else 503)
