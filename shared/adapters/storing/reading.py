"""From what is stored to a document: a form that this code does not know is left alone, and so is what is broken."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from shared.errors import NewerDocument, UnreadableDocument
from shared.ports import D


def from_text(model: type[D], document_id: str, text: bytes) -> D:
    """Read JSON that `as_text` wrote. Raises NewerDocument, UnreadableDocument."""
    try:
        document = model.model_validate_json(text)
    except ValidationError as error:
        raise _cannot_read(model, document_id, json.loads(text), error) from None
    _check_form(model, document_id, document.schema_version)
    return document


def from_map(model: type[D], document_id: str, fields: Mapping[str, object]) -> D:
    """Read a map that `as_map` made. Raises NewerDocument, UnreadableDocument."""
    try:
        document = model.model_validate(fields)
    except ValidationError as error:
        raise _cannot_read(model, document_id, fields, error) from None
    _check_form(model, document_id, document.schema_version)
    return document


def _check_form(model: type[D], document_id: str, form: object) -> None:
    if isinstance(form, int) and form > model.current_schema:
        raise NewerDocument(f"{model.collection} {document_id} has form {form}; this code knows {model.current_schema}")


def _cannot_read(
    model: type[D], document_id: str, fields: Mapping[str, Any], error: ValidationError
) -> UnreadableDocument:
    """Return the error to raise. It names places, not values: they are people's. Raises NewerDocument if it is that."""
    _check_form(model, document_id, fields.get("schema_version"))
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    where = "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['type']}" for problem in problems[:5])
    return UnreadableDocument(f"{model.collection} {document_id}: {where}")
