"""What a store takes: Firestore's limits, kept by every store, so that no machine is laxer than the cloud."""

import math
import re
from collections.abc import Mapping, Sequence

from pydantic_core import PydanticSerializationError

from shared.adapters.storing.shape import has_plain_shape
from shared.errors import RefusedDocument
from shared.models.document import Document
from shared.ports import Change, Delete

MOST_BYTES = 1_048_576
LONGEST_TEXT = 1_048_487  # bytes of one value
LONGEST_PATH = 1_500  # bytes of a field's name, with those of the maps around it
DEEPEST = 20  # lists and maps inside each other

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,199}")
_RESERVED = re.compile(r"__.*__", re.DOTALL)
_FIELD_AT_FAULT = re.compile(r"field_name='(\w+)'")

# Three characters of JSON ("{},") are at most 33 bytes by Firestore's count, so this much text is never too large.
_SURELY_SMALL = 64 * 1024
_LONG_INTEGER = re.compile(r":-?[0-9]{19}")


def is_id(text: str) -> bool:
    """Say whether a document can have this id. One that cannot surely does not exist."""
    return _ID.fullmatch(text) is not None


def key_of(change: Change) -> tuple[str, str]:
    """Return the collection and the id that `change` is about."""
    if isinstance(change, Delete):
        return change.model.collection, change.id
    return change.document.collection, change.document.id


def check_changes(changes: Sequence[Change]) -> None:
    """Raise RefusedDocument if two changes of one commit are about the same document: their order would decide."""
    seen: set[tuple[str, str]] = set()
    for change in changes:
        key = key_of(change)
        if key in seen:
            raise RefusedDocument(f"{key[0]} {key[1]} stands twice in one commit")
        seen.add(key)


def as_text(document: Document) -> str:
    """Return `document` as JSON. Raises RefusedDocument.

    The walk through all values is spared where the types leave nothing to find but a long integer or sheer size.
    """
    document = _current(document)
    try:
        text = document.model_dump_json(warnings="error")
    except PydanticSerializationError as error:
        raise _unlike_its_type(document, error) from None
    if len(text) > _SURELY_SMALL or _LONG_INTEGER.search(text) or not has_plain_shape(type(document)):
        as_map(document)
    return text


def as_map(document: Document) -> dict[str, object]:
    """Return `document` as a map of what JSON has. Raises RefusedDocument."""
    document = _current(document)
    try:
        fields = document.model_dump(mode="json", warnings="error")
    except PydanticSerializationError as error:
        raise _unlike_its_type(document, error) from None
    size = len(document.collection) + len(document.id) + 2 + 16 + 32
    for name, value in fields.items():
        try:
            size += _name_size(name, 0) + _size(value, len(name), 0)
        except _Unstorable as unstorable:
            raise RefusedDocument(f"{document.collection} {document.id}: {name} {unstorable}") from None
    if size > MOST_BYTES:
        raise RefusedDocument(f"{document.collection} {document.id}: {size} bytes are more than {MOST_BYTES}")
    return fields


class _Unstorable(Exception):  # noqa: N818 - it becomes a RefusedDocument once the field's name is known
    """Says why, without the value: it may be a person's."""


def _current(document: Document) -> Document:
    """Return `document` marked with the form that this code writes."""
    if not is_id(document.id):
        raise RefusedDocument(f"{document.collection}: an id that no document can have")
    current = document.current_schema
    form = document.schema_version
    if form > current:
        raise RefusedDocument(f"{document.collection} {document.id} has form {form}; this code knows {current}")
    return document if form == current else document.but(schema_version=current)


def _unlike_its_type(document: Document, error: PydanticSerializationError) -> RefusedDocument:
    fields = ", ".join(dict.fromkeys(_FIELD_AT_FAULT.findall(str(error)))) or "a field"
    return RefusedDocument(f"{document.collection} {document.id}: {fields} cannot be written as its type says")


def _size(value: object, path: int, depth: int) -> int:
    """Return the bytes of `value` as Firestore counts them; a map has 32 of its own, as the whole document has."""
    match value:
        case str():
            return _text_size(value)
        case None | bool():
            return 1
        case int():
            if not -(2**63) <= value < 2**63:
                raise _Unstorable("holds an integer of more than 64 bits")
            return 8
        case float():
            if not math.isfinite(value):
                raise _Unstorable("holds a number that JSON has not")
            return 8
        case list():
            return _list_size(value, path, depth + 1)
        case dict():
            return _map_size(value, path, depth + 1)
        case _:
            raise _Unstorable(f"holds a {type(value).__name__}")


def _text_size(text: str) -> int:
    try:
        size = len(text) if text.isascii() else len(text.encode())
    except UnicodeEncodeError:
        raise _Unstorable("holds half of a surrogate pair") from None
    if size > LONGEST_TEXT:
        raise _Unstorable(f"holds a text of {size} bytes, more than {LONGEST_TEXT}")
    return size + 1


def _list_size(values: list[object], path: int, depth: int) -> int:
    _check_depth(depth)
    if any(isinstance(value, list) for value in values):
        raise _Unstorable("holds a list inside a list")
    return sum(_size(value, path, depth) for value in values)


def _map_size(fields: Mapping[str, object], path: int, depth: int) -> int:
    _check_depth(depth)
    size = 32
    for name, value in fields.items():
        name_size = _name_size(name, path)
        size += name_size + _size(value, path + name_size, depth)
    return size


def _name_size(name: str, path: int) -> int:
    size = _text_size(name)
    if not name or _RESERVED.fullmatch(name) or path + size - 1 + (path > 0) > LONGEST_PATH:
        raise _Unstorable("has a field whose name is empty, reserved or too long")
    return size


def _check_depth(depth: int) -> None:
    if depth > DEEPEST:
        raise _Unstorable(f"is more than {DEEPEST} levels deep")
