"""What two parsers could read differently is refused; everything else is read as `json.loads` reads it."""

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import InvalidRequest, RequestTooLarge
from shared.strict_json import parse_json
from tests.naughty_strings import naughty_strings

ACCEPTED = [
    "{}", "[]", '""', "0", "-0", "-0.0", "1.5", "1e3", "1E+3", "1e-400", "true", "false", "null", " \t\r\n{ } \n",
    '{"a":{"b":[1,2,{"c":null}]}}', '"\\u00e9"', '"é"', '"\\ud83d\\ude00"', '"😀"', '"\\/"', '"\\b\\f\\n\\r\\t"',
    "9223372036854775807", "-9223372036854775808", "123456789012345678", '{"":1}', '{"a":1,"A":2}', '"\\\\u0000"',
    '"\\\\ud800"', '"\u2028"', '"\u007f"', '"[[[[["', '"\\"{{{{"', '["1234567890123456789012345"]', "1234567890123456789.0",
]  # fmt: skip


@pytest.mark.parametrize("text", ACCEPTED)
def test_strict_json_is_read_like_any_other(text):
    assert repr(json.loads(text)) == repr(parse_json(text.encode()))


REFUSED = {
    # RFC 8259 grammar
    "empty": b"",
    "spaces": b" \n\t\r ",
    "two values": b"1 2",
    "trailing comma in array": b"[1,]",
    "trailing comma in object": b'{"a":1,}',
    "comment": b"/* a */ 1",
    "single quotes": b"{'a':1}",
    "name without quotes": b"{a:1}",
    "number as name": b"{1:1}",
    "missing colon": b'{"a" 1}',
    "hex number": b"0x10",
    "leading zero": b"01",
    "leading plus": b"+1",
    "leading point": b".5",
    "trailing point": b"1.",
    "exponent without digits": b"1e",
    "minus alone": b"-",
    "Arabic digits": "\u0661\u0662".encode(),
    "full-width digit": "\uff11".encode(),
    "True": b"True",
    "unterminated text": b'"abc',
    "text that ends in a backslash": b'"abc\\',
    "unknown escape": b'"\\x41"',
    "escape cut short": b'"\\u12"',
    "escape with spaces": b'"\\u 123"',
    "escape with a sign": b'"\\u+123"',
    "newline in text": b'"a\nb"',
    "tab in text": b'"a\tb"',
    "raw NUL in text": b'"a\0b"',
    "NUL after the value": b"{}\0",
    "form feed as space": b"\f{}",
    "no-break space": b"\xc2\xa0{}",
    "brackets that do not match": b"[}",
    "closing first": b"]",
    # bytes
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": "{}".encode("utf-16"),
    "UTF-16 without mark": "{}".encode("utf-16-be"),
    "UTF-32": "{}".encode("utf-32"),
    "Latin-1": '"é"'.encode("latin-1"),
    "overlong": b'"\xc0\xaf"',
    "surrogate as UTF-8": b'"\xed\xa0\x80"',
    "above U+10FFFF": b'"\xf4\x90\x80\x80"',
    "cut in a character": b'"\xf0\x9f\x98',
    # two readings
    "a name twice": b'{"id":1,"id":2}',
    "a name twice, once escaped": b'{"id":1,"\\u0069d":2}',
    "a name twice, deep inside": b'[{"a":[{"id":1,"id":1}]}]',
    "NaN": b"NaN",
    "Infinity": b'{"a":Infinity}',
    "-Infinity": b"[-Infinity]",
    "1e400": b"1e400",
    "-1e400": b"[-1e400]",
    "2^63": b"9223372036854775808",
    "-2^63-1": b"-9223372036854775809",
    "2^64": b"18446744073709551616",
    "5,000 digits": b"9" * 5000,
    "5,000 zeros": b"-" + b"0" * 5000,
    "lone high surrogate": b'"\\ud83d"',
    "lone low surrogate": b'"\\uDE00"',
    "surrogates in the wrong order": b'"\\ude00\\ud83d"',
    "lone surrogate as name": b'{"\\ud83d":1}',
    "lone surrogate after an escaped backslash": b'"\\\\\\ud83d"',
    "NUL in a name": b'{"a\\u0000":1}',
    # depth
    "33 arrays": b"[" * 33 + b"]" * 33,
    "33 objects and arrays": b'{"a":[' * 17 + b"]}" * 17,
    "100,000 arrays": b"[" * 100_000,
    "100,000 objects": b'{"a":' * 100_000,
    "100,000 arrays, closed": b"[" * 100_000 + b"]" * 100_000,
    "deep behind a text with brackets": b'["]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",' + b"[" * 2000 + b"]" * 2001,
    "deep behind escaped quotes": b'["\\"]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\\\\",' + b"[" * 2000 + b"]" * 2001,
}


@pytest.mark.parametrize("what", REFUSED)
def test_anything_else_is_an_invalid_request(what):
    """With a message that is short and does not hold the input; within a quarter of a second."""
    started = time.perf_counter()
    with pytest.raises(InvalidRequest) as found:
        parse_json(REFUSED[what])

    assert time.perf_counter() - started < 0.25
    assert len(str(found.value)) < 120
    assert found.value.__cause__ is None


def test_a_body_over_the_cap_is_too_large_before_anything_is_read():
    parse_json(b'"' + b"x" * (2**20 - 2) + b'"')

    with pytest.raises(RequestTooLarge):
        parse_json(b"\xff" * (2**20 + 1))
    with pytest.raises(RequestTooLarge):
        parse_json(b"[1,2]", max_bytes=4)


def test_thirty_two_levels_are_enough_for_anyone_and_accepted():
    parse_json(b"[" * 32 + b"]" * 32)
    parse_json(b'{"a":[' * 16 + b"]}" * 16)


@pytest.mark.parametrize("depth", [1, 2, 5, 32])
def test_the_depth_cap_is_exact(depth):
    """An array or object at the top has depth 1; brackets inside texts do not count."""
    for pattern in [(b"[", b"]"), (b'{"a":', b"}")]:
        inside = pattern[0] * (depth - 1) + b'"[[[[{{{{\\"[[["' + pattern[1] * (depth - 1)
        parse_json(b"[" + inside + b"]", max_depth=depth)
        with pytest.raises(InvalidRequest):
            parse_json(b"[[" + inside + b"]]", max_depth=depth)


def test_many_brackets_side_by_side_are_not_deep():
    assert len(parse_json(b"[" + b"[{}]," * 10_000 + b"[]]")) == 10_001


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'"a\\u0000b"', "ab"),
        (b'{"a":["\\u0000",{"b":"x\\u0000"}]}', {"a": ["", {"b": "x"}]}),
        (b'["\\u0000",1.5,true,null]', ["", 1.5, True, None]),
    ],
)
def test_nul_characters_are_taken_out_of_texts(raw, value):
    """One of them in a field that nobody reads must not hide a ticket for good."""
    assert value == parse_json(raw)


def test_every_naughty_string_is_read_as_it_is():
    strings = naughty_strings()

    assert strings == parse_json(json.dumps(strings).encode())
    assert strings == parse_json(json.dumps(strings, ensure_ascii=False).encode())


def depth_of(value) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)


TEXTS = st.text(
    alphabet=st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from('[]{}"\\')), max_size=8
).map(lambda text: text.replace("\0", ""))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=20,
)


@given(value=VALUES, cap=st.integers(1, 6), ascii_only=st.booleans())
@settings(max_examples=300, deadline=None)
def test_what_is_within_the_cap_is_read_and_what_is_not_is_refused(value, cap, ascii_only):
    raw = json.dumps(value, ensure_ascii=ascii_only).encode()
    if depth_of(value) <= cap:
        assert value == parse_json(raw, max_depth=cap)
    else:
        with pytest.raises(InvalidRequest):
            parse_json(raw, max_depth=cap)


@given(
    st.one_of(
        st.binary(max_size=200), st.text(alphabet='[]{}",:\\0123456789.eE+-truefalsn\0é ', max_size=60).map(str.encode)
    )
)
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_a_value_or_an_invalid_request(raw):
    """And a value is the one that `json.loads` sees."""
    try:
        value = parse_json(raw)
    except InvalidRequest:
        return

    assert json.dumps(value) == json.dumps(json.loads(raw)).replace("\\u0000", "")


def test_a_webhook_of_5_kb_is_parsed_in_microseconds():
    """A bound for a slow and busy machine; on a quiet one it takes about 40 microseconds."""
    entity = json.dumps(
        {f"name{n}": {"id": n, "text": "é" * 20, "_info": {"href": "x" * 30}} for n in range(36)}, ensure_ascii=False
    )
    raw = json.dumps({"Action": "updated", "Entity": entity}, ensure_ascii=False).encode()
    assert 4_500 < len(raw) < 6_500
    best = float("inf")
    for _ in range(200):
        started = time.perf_counter()
        parse_json(raw)
        best = min(best, time.perf_counter() - started)

    assert best < 300e-6
