"""Whether a model's types alone rule out most of what a store refuses, so that its documents need no closer look."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from pydantic.errors import PydanticInvalidForJsonSchema

from shared.models.document import Document

_DEEPEST_LOOK = 12  # levels of types; a model that contains itself never ends
_Schema = Mapping[str, Any]


@lru_cache(maxsize=256)
def has_plain_shape(model: type[Document]) -> bool:
    """Say whether all values of `model` are texts, true, false, null, integers in a field, and lists and maps of these.

    Then no document of it has a list in a list, a number that JSON has not, a name that nobody wrote in the code, or
    endless depth, as long as its fields hold what their types say.
    """
    try:
        schema = model.model_json_schema(mode="serialization")
    except PydanticInvalidForJsonSchema:
        return False
    return _is_plain(schema, schema.get("$defs", {}), _DEEPEST_LOOK, in_list=False)


def _is_plain(schema: _Schema, definitions: _Schema, levels: int, *, in_list: bool) -> bool:
    def each(inner: Iterable[_Schema], *, in_list: bool) -> bool:
        return levels > 0 and all(_is_plain(one, definitions, levels - 1, in_list=in_list) for one in inner)

    match schema:
        case {"$ref": str(name)}:
            return each([definitions[name.rpartition("/")[2]]], in_list=in_list)
        case {"anyOf": kinds}:
            return each(kinds, in_list=in_list)
        case {"type": "string" | "boolean" | "null" | "integer" as kind}:
            return kind != "integer" or not in_list
        case {"type": "array"}:
            items = [*schema.get("prefixItems", ()), *([schema["items"]] if "items" in schema else ())] or [{}]
            return not in_list and each(items, in_list=True)
        case {"type": "object", "properties": fields}:
            closed = not schema.get("additionalProperties") and all(map(_is_plain_name, fields))
            return closed and each(fields.values(), in_list=False)
        case _:
            return False


def _is_plain_name(name: str) -> bool:
    return name.isidentifier() and name.isascii() and not name.startswith("_") and len(name) <= 100
