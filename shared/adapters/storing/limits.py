"""How large a value is by Firestore's count, and what it does not hold at all."""

import math
import re
from collections.abc import Mapping

MOST_BYTES = 1_048_576  # of a document, with its name
LONGEST_PATH = 1_500  # bytes of a field's name, with those of the maps around it
DEEPEST = 20  # lists and maps inside each other

_RESERVED = re.compile(r"__.*__", re.DOTALL)


class Unstorable(Exception):
    """Says why, but not the value: it may be a person's. Becomes a RefusedDocument where the document is known."""


def document_size(collection: str, document_id: str) -> int:
    """Return the bytes of a document without its fields. Ids are ASCII."""
    return len(collection) + 1 + len(document_id) + 1 + 16 + 32


def field_size(name: str, value: object) -> int:
    """Return the bytes of one field of a document; the value is of what JSON has. Raises Unstorable."""
    return _name_size(name, 0) + _size(value, len(name), 0)


def check_finite(value: object) -> None:
    """Raise Unstorable for a number that JSON has not, in a value before it became JSON: there it would be a null."""
    match value:
        case float():
            if not math.isfinite(value):
                raise Unstorable("holds a number that JSON has not")
        case Mapping():
            for inner in value.values():
                check_finite(inner)
        case list() | tuple() | set() | frozenset():
            for inner in value:
                check_finite(inner)


def _size(value: object, path: int, depth: int) -> int:
    """A map has 32 bytes of its own, as the document has: by the documentation; the emulator does not count them."""
    match value:
        case str():
            return _text_size(value)
        case None | bool():
            return 1
        case int():
            if not -(2**63) <= value < 2**63:
                raise Unstorable("holds an integer of more than 64 bits")
            return 8
        case float():
            return 8
        case list():
            return _list_size(value, path, depth + 1)
        case dict():
            return _map_size(value, path, depth + 1)
        case _:
            raise Unstorable(f"holds a {type(value).__name__}")


def _text_size(text: str) -> int:
    try:
        return len(text.encode()) + 1
    except UnicodeEncodeError:
        raise Unstorable("holds half of a surrogate pair") from None


def _list_size(values: list[object], path: int, depth: int) -> int:
    _check_depth(depth)
    if any(isinstance(value, list) for value in values):
        raise Unstorable("holds a list inside a list")
    return sum(_size(value, path, depth) for value in values)


def _map_size(fields: Mapping[str, object], path: int, depth: int) -> int:
    _check_depth(depth)
    size = 32
    for name, value in fields.items():
        name_size = _name_size(name, path)
        size += name_size + _size(value, path + name_size, depth)
    return size


def _name_size(name: str, path: int) -> int:
    """`path` counts the names around this one, each with a dot after it."""
    size = _text_size(name)
    if not name or _RESERVED.fullmatch(name) or path + size - 1 > LONGEST_PATH:
        raise Unstorable("has a field whose name is empty, reserved or too long")
    return size


def _check_depth(depth: int) -> None:
    if depth > DEEPEST:
        raise Unstorable(f"is more than {DEEPEST} levels deep")
