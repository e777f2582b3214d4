"""Between the maps of `as_map` and Firestore's own values, so that its console shows documents a person can read."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from shared.instant import format_instant

_Value = Any  # the bare protocol buffer: its wrapper costs a millisecond per ticket


def write_fields(target: Any, fields: Mapping[str, object]) -> None:  # noqa: ANN401
    """Fill `target`, the fields of a document or a map."""
    for name, value in fields.items():
        write_value(target[name], value)


def write_value(target: _Value, value: object) -> None:
    match value:
        case None:
            target.null_value = 0
        case bool():
            target.boolean_value = value
        case int():
            target.integer_value = value
        case float():
            target.double_value = value
        case str():
            target.string_value = value
        case list():
            target.array_value.SetInParent()  # an empty list is a list too
            for item in value:
                write_value(target.array_value.values.add(), item)
        case dict():
            target.map_value.SetInParent()
            write_fields(target.map_value.fields, value)
        case _:
            raise TypeError(f"as_map() leaves no {type(value).__name__}")


def read_fields(fields: Mapping[str, _Value]) -> dict[str, object]:
    return {name: read_value(value) for name, value in fields.items()}


def read_value(value: _Value) -> object:
    """Return what JSON has for `value`. The kinds that we never write may come from a person at the console."""
    kind = value.WhichOneof("value_type")
    match kind:
        case None | "null_value":
            return None
        case "array_value":
            return [read_value(item) for item in value.array_value.values]
        case "map_value":
            return read_fields(value.map_value.fields)
        case "timestamp_value":
            return format_instant(value.timestamp_value.ToDatetime(tzinfo=UTC))
        case _:
            return getattr(value, kind)
