"""What a store takes: Firestore's limits, kept by every store, so that no machine is laxer than the cloud."""

import re
from collections.abc import Sequence

from pydantic_core import PydanticSerializationError

from shared.adapters.storing.limits import MOST_BYTES, Unstorable, check_finite, document_size, field_size
from shared.adapters.storing.shape import has_plain_shape
from shared.errors import RefusedDocument
from shared.models.document import Document
from shared.ports import Change, Delete

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,199}")
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
    document = _in_form(document)
    try:
        text = document.model_dump_json(warnings="error")
    except (PydanticSerializationError, UnicodeError) as error:
        raise _unlike_its_type(document, error) from None
    if len(text) > _SURELY_SMALL or _LONG_INTEGER.search(text) or not has_plain_shape(type(document)):
        as_map(document)
    return text


def as_map(document: Document) -> dict[str, object]:
    """Return `document` as a map of what JSON has. Raises RefusedDocument."""
    document = _in_form(document)
    try:
        fields = document.model_dump(mode="json", warnings="error")
    except (PydanticSerializationError, UnicodeError) as error:
        raise _unlike_its_type(document, error) from None
    size = document_size(document.collection, document.id)
    for name, value in fields.items():
        try:
            size += field_size(name, value)
            if not has_plain_shape(type(document)):
                check_finite(document.model_dump(include={name}))
        except Unstorable as unstorable:
            raise RefusedDocument(f"{document.collection} {document.id}: {name} {unstorable}") from None
    if size > MOST_BYTES:
        raise RefusedDocument(f"{document.collection} {document.id}: {size} bytes are more than {MOST_BYTES}")
    return fields


def _in_form(document: Document) -> Document:
    """Return `document` marked with the form that this code writes."""
    if not is_id(document.id):
        raise RefusedDocument(f"{document.collection}: an id that no document can have")
    form, current = document.schema_version, document.current_schema
    if form > current:
        raise RefusedDocument(f"{document.collection} {document.id} has form {form}; this code knows {current}")
    return document if form == current else document.but(schema_version=current)


def _unlike_its_type(document: Document, error: Exception) -> RefusedDocument:
    """Name the fields at fault; the error itself would tell their values."""
    fields = ", ".join(dict.fromkeys(_FIELD_AT_FAULT.findall(str(error)))) or "a field"
    return RefusedDocument(f"{document.collection} {document.id}: {fields} cannot be written as its type says")
