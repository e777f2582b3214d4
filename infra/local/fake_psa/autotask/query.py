"""Autotask's query filters: comparisons, `in`, `exist`, and groups of them with `and` and `or`."""

import operator
from collections.abc import Callable, Mapping

from infra.local.fake_psa.answers import read_time

Record = Mapping[str, object]
Test = Callable[[Record], bool]

_COMPARE: dict[str, Callable[[object, object], bool]] = {
    "eq": operator.eq,
    "noteq": operator.ne,
    "gt": operator.gt,  # type: ignore[dict-item]
    "gte": operator.ge,  # type: ignore[dict-item]
    "lt": operator.lt,  # type: ignore[dict-item]
    "lte": operator.le,  # type: ignore[dict-item]
}
_LARGEST_LIST = 500


def matcher(filters: object) -> Test:
    """Return a test for a `filter` list. Raises ValueError for what this fake cannot read, as Autotask answers 500."""
    if not isinstance(filters, list) or not filters:
        raise ValueError("a query needs a filter")
    tests = [_test(item) for item in filters]
    return lambda record: all(test(record) for test in tests)


def _test(item: object) -> Test:
    if not isinstance(item, dict):
        raise ValueError("a filter is an object")  # noqa: TRY004 - one error for all that cannot be read
    kind, field = str(item.get("op", "")).lower(), str(item.get("field", ""))
    if kind in ("and", "or"):
        parts = [_test(part) for part in item.get("items", [])]
        combine = all if kind == "and" else any
        return lambda record: combine(part(record) for part in parts)
    if kind in ("exist", "notexist"):
        return lambda record: (record.get(field) is not None) is (kind == "exist")
    if kind in ("in", "notin"):
        wanted = item.get("value")
        if not isinstance(wanted, list) or len(wanted) > _LARGEST_LIST:
            raise ValueError("`in` takes a list of at most 500 values")
        return lambda record: (record.get(field) in wanted) is (kind == "in")
    if kind not in _COMPARE:
        raise ValueError(f"there is no operator {kind}")
    compare, value = _COMPARE[kind], _comparable(item.get("value"))
    return lambda record: (held := record.get(field)) is not None and compare(_comparable(held), value)


def _comparable(value: object) -> object:
    if isinstance(value, str) and len(value) >= len("2026-03-02") and value[4:5] == "-":
        return read_time(value)
    return value
