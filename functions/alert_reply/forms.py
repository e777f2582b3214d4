"""The fields of a form as a browser or a provider sends it."""

from collections.abc import Sequence
from urllib.parse import parse_qsl

import flask

from shared.errors import InvalidRequest, UnsupportedMediaType

MAX_BYTES = 65_536
MOST_FIELDS = 200

Form = Sequence[tuple[str, str]]


def form_of(request: flask.Request) -> Form:
    """Return the fields in their order. Raises UnsupportedMediaType, or InvalidRequest for what is no UTF-8 form."""
    if request.mimetype != "application/x-www-form-urlencoded":
        raise UnsupportedMediaType("a form is application/x-www-form-urlencoded")
    try:
        text = request.get_data().decode("utf-8")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:  # UnicodeDecodeError is one
        raise InvalidRequest("not a form in UTF-8, or too many fields") from error


def field_of(form: Form, name: str) -> str:
    """Return the field's value, "" if it is missing. Raises InvalidRequest if it came twice."""
    values = [value for key, value in form if key == name]
    if len(values) > 1:
        raise InvalidRequest(f"{name} came twice")
    return values[0] if values else ""
