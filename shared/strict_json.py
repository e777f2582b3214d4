"""The only JSON parser for bytes from outside: what two parsers could read differently, it refuses.

RFC 8259 leaves open what to do with repeated names, huge numbers and broken text, and `json.loads` is generous with all
of them (and dies of `RecursionError` on 100,000 brackets). Here each of them is an InvalidRequest.
"""

import json
import math
import re

from shared.errors import InvalidRequest, RequestTooLarge

MAX_BYTES = 1_048_576
MAX_DEPTH = 32

_SMALLEST, _LARGEST = -(2**63), 2**63 - 1
_LONGEST_INTEGER = 20  # a sign and 19 digits
_MANY_DIGITS = b"0" * 19  # fewer always fit into 64 bits
_DIGITS_AS_ZERO = bytes.maketrans(b"123456789", b"000000000")
_PERHAPS_BROKEN_TEXT = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")
_BRACES_AS_BRACKETS = bytes.maketrans(b"{}", b"[]")
_ALL_BUT_QUOTES_AND_BRACKETS = bytes(set(range(256)) - set(b'"[]{}'))


def parse_json(raw: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> object:
    """Return the value that `raw` holds. An array or object at the top has depth 1.

    Raises RequestTooLarge above `max_bytes`, and InvalidRequest for anything that is not strict JSON: not UTF-8 or with
    a byte order mark, deeper than `max_depth`, a name twice in one object, NaN and infinities, numbers that a double
    or a signed 64-bit integer cannot hold, half a surrogate pair. Nothing else is raised, and no input is echoed.

    NUL characters are taken out of strings rather than refused: a PSA can hold them (binary pasted into a ticket), and
    a field that nobody reads must not hide the ticket, or a page of tickets, for good. In a name they are refused.
    """
    if len(raw) > max_bytes:
        raise RequestTooLarge(f"the body is larger than {max_bytes} bytes")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidRequest("the body is not UTF-8") from None
    _check_depth(raw, max_depth)
    decoder = _CAREFUL if _MANY_DIGITS in raw.translate(_DIGITS_AS_ZERO) else _QUICK
    try:
        value: object = decoder.decode(text)
    except json.JSONDecodeError as error:
        raise InvalidRequest(f"the body is not JSON: {error.msg} (character {error.pos})") from None
    return _whole_text(value) if _PERHAPS_BROKEN_TEXT.search(raw) else value


def _check_depth(raw: bytes, max_depth: int) -> None:
    """Take the innermost pairs of brackets away as often as is allowed; what is left then is too deep, or not JSON.

    Escaped characters go before that, and then strings, so that only brackets which mean something are counted.
    """
    if raw.count(b"[") + raw.count(b"{") <= max_depth:
        return
    unescaped = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    marks = unescaped.translate(_BRACES_AS_BRACKETS, _ALL_BUT_QUOTES_AND_BRACKETS)
    brackets = b"".join(marks.split(b'"')[::2])
    for _ in range(max_depth):
        before, brackets = brackets, brackets.replace(b"[]", b"")
        if len(brackets) == len(before):
            break
    if brackets:
        raise InvalidRequest(f"the body is nested deeper than {max_depth}, or its brackets do not match")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidRequest("the body has a name twice in one object")
    return found


def _integer(digits: str) -> int:
    if len(digits) <= _LONGEST_INTEGER and _SMALLEST <= (number := int(digits)) <= _LARGEST:
        return number
    raise InvalidRequest("the body has a whole number of more than 64 bits")


def _number(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise InvalidRequest("the body has a number that is too large")
    return number


def _constant(_name: str) -> float:
    raise InvalidRequest("the body has NaN or Infinity, which are not JSON")


def _whole_text(value: object) -> object:
    """Return `value` without NUL characters, or raise InvalidRequest for half a surrogate pair. Depth is bounded."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidRequest("the body has half a surrogate pair") from None
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_whole_text(item) for item in value]
    if isinstance(value, dict):
        if any(_whole_text(name) != name for name in value):
            raise InvalidRequest("the body has a name with a NUL character")
        return {name: _whole_text(item) for name, item in value.items()}
    return value


_QUICK = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number, parse_constant=_constant)
_CAREFUL = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_number, parse_constant=_constant, parse_int=_integer
)
