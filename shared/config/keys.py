"""Which keys the settings know at a place, read off the models themselves."""

import types
from collections.abc import Iterable, Mapping
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from shared.config.settings import Settings


def known_keys(loc: Iterable[str | int]) -> list[str]:
    """Return the keys that the section at `loc` may have."""
    kinds: list[object] = [Settings]
    for step in loc:
        kinds = [inner for kind in kinds for inner in _inside(kind, step)]
    return sorted({name for kind in kinds for name in _fields(kind)})


def _inside(kind: object, step: str | int) -> list[object]:
    fields = _fields(kind)
    if fields:
        if str(step) in fields:
            return _unwrapped(fields[str(step)].annotation)
        return [kind] if "kind" in fields and step in get_args(fields["kind"].annotation) else []
    args = get_args(kind)
    return _unwrapped(args[0] if get_origin(kind) is tuple else args[-1]) if args else []


def _unwrapped(kind: object) -> list[object]:
    if get_origin(kind) is Annotated:
        return _unwrapped(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return [inner for member in get_args(kind) for inner in _unwrapped(member)]
    return [kind]


def _fields(kind: object) -> Mapping[str, FieldInfo]:
    return kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}
