"""The part of ConnectWise's `conditions` language that integrations use: comparisons joined by `and`."""

import operator
import re
from collections.abc import Callable, Mapping

from infra.local.fake_psa.answers import read_time

_TERM = re.compile(
    r"""\s*(?P<field>[\w/]+)\s*(?P<operator><=|>=|!=|=|<|>)\s*
    (?:\[(?P<time>[^\]]+)\]|"(?P<text>[^"]*)"|(?P<number>-?\d+)|(?P<flag>[Tt]rue|[Ff]alse))\s*""",
    re.VERBOSE,
)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_OPERATORS: dict[str, Callable[[object, object], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,  # type: ignore[dict-item]
    "<=": operator.le,  # type: ignore[dict-item]
    ">": operator.gt,  # type: ignore[dict-item]
    ">=": operator.ge,  # type: ignore[dict-item]
}
_IN_INFO = frozenset(("lastUpdated", "updatedBy"))  # lie in `_info` and are asked for without it

Record = Mapping[str, object]


def matcher(conditions: str) -> Callable[[Record], bool]:
    """Return a test for `conditions`. Raises ValueError for what this fake cannot read."""
    tests = [_test(term) for term in _AND.split(conditions.strip())] if conditions.strip() else []
    return lambda record: all(test(record) for test in tests)


def value_at(record: Record, field: str) -> object:
    """Return the value of `field`, for example `board/name`; None where there is none."""
    if field in _IN_INFO:
        field = f"_info/{field}"
    value: object = record
    for part in field.split("/"):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _test(term: str) -> Callable[[Record], bool]:
    found = _TERM.fullmatch(term)
    if found is None:
        raise ValueError(f"cannot read the condition {term!r}")
    field, compare = found["field"], _OPERATORS[found["operator"]]
    if found["time"] is not None:
        wanted = read_time(found["time"])
        return lambda record: isinstance(value := value_at(record, field), str) and compare(read_time(value), wanted)
    plain: object = found["text"] if found["text"] is not None else None
    if found["number"] is not None:
        plain = int(found["number"])
    if found["flag"] is not None:
        plain = found["flag"].lower() == "true"
    return lambda record: (value := value_at(record, field)) is not None and compare(value, plain)
