"""What every store refuses, because Firestore does; and that the emulator agrees."""

import json
import math
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from shared.adapters.storing.limits import MOST_BYTES, document_size, field_size
from shared.adapters.storing.shape import has_plain_shape
from shared.adapters.storing.storable import as_map, as_text
from shared.errors import RefusedDocument
from shared.models.finding import Finding
from shared.models.message import Message
from shared.models.ticket import Ticket
from shared.ports import Create, Put
from tests.contract.stores import Loose, Note

FRAME = (
    document_size("loose", "l1") + field_size("id", "l1") + field_size("schema_version", 1) + field_size("value", "")
)
LONGEST_TEXT = MOST_BYTES - FRAME  # in a document of the tests


def nested(levels: int, innermost: object = 1) -> object:
    """Maps and lists by turns, `levels` of them."""
    for level in range(levels):
        innermost = {"m": innermost} if level % 2 else [innermost]
    return innermost


REFUSED = {
    "a list in a list": [[1]],
    "an empty list in a list": [[]],
    "a list in a list, deeper": {"a": [{"b": [["c"]]}]},
    "a reserved name": {"__a__": 1},
    "a reserved name, deeper": [{"a": {"__name__": 1}}],
    "an empty name": {"": 1},
    "a name of over 1,500 bytes": {"é" * 751: 1},
    "a path of over 1,500 bytes": {"a" * 800: {"b" * 800: 1}},
    "not a number": math.nan,
    "infinity": [math.inf],
    "minus infinity": {"a": -math.inf},
    "an integer of 65 bits": 2**63,
    "a negative integer of 65 bits": [-(2**63) - 1],
    "a lone surrogate": "\ud800",
    "a lone surrogate, deeper": ["ok", {"a": "x\udfff"}],
    "a lone surrogate as a name": {"\ud800": 1},
    "21 levels": nested(21),
    "21 levels, the last one empty": nested(20, {}),
    "a text of over 1 MiB": "x" * (LONGEST_TEXT + 1),
    "a text of over 1 MiB, but fewer characters": "é" * (MOST_BYTES // 2),
    "over 1 MiB in two texts": ["x" * 600_000, "é" * 300_000],
    "over 1 MiB in numbers": [1] * 131_100,
    "bytes that are no text": b"\xff",
    "a thing that JSON has not": object(),
}

ACCEPTED = {
    "a list in a map in a list": [{"a": [1]}],
    "names that look odd": {"a.b": 1, "a/b": 2, "`": 3, "__a": 4, "a__": 5, " ": 6, "é": 7, "0": 8},
    "the largest integers": [2**63 - 1, -(2**63)],
    "numbers": [0.1, -0.0, 1e308, 5e-324, 1.0],
    "20 levels": nested(20),
    "the longest text": "x" * LONGEST_TEXT,
    "strange text": "\x00\x7f\u2028\ufffe🔥",
    "nothing at all": [None, "", {}, {"a": []}],
    "what looks like a time": "2026-03-02T12:00:00Z",
}


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED.keys())
def test_refused_and_nothing_of_the_commit_is_written(keeping, value):
    [version] = keeping.store.commit([Create(Loose(id="kept", value="as it was"))])

    for changes in (
        [Create(Note(id="other")), Create(Loose(id="refused", value=value))],
        [Put(Loose(id="kept", value=value), version), Create(Note(id="other"))],
    ):
        with pytest.raises(RefusedDocument):
            keeping.store.commit(changes)

    assert keeping.read("loose", "refused") is None
    assert keeping.read("notes", "other") is None
    assert keeping.read("loose", "kept")["value"] == "as it was"


@pytest.mark.parametrize("value", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_accepted_and_comes_back_as_it_was(keeping, value):
    keeping.store.commit([Create(Loose(id="l1", value=value))])

    read = keeping.store.get(Loose, "l1").document.value
    assert read == value
    assert json.dumps(read, sort_keys=True) == json.dumps(value, sort_keys=True)  # 1.0 is not 1, -0.0 is not 0.0
    assert keeping.read("loose", "l1")["value"] == value


@pytest.mark.parametrize("never_an_id", ["", "a/b", ".", "..", "__a__", "ü", "a b", "-a", "a" * 201, "\ud800", "a\n"])
def test_an_id_that_no_document_can_have_is_refused(store, never_an_id):
    with pytest.raises(RefusedDocument):
        store.commit([Create(Note(id=never_an_id))])


def test_a_field_that_is_not_what_its_type_says_is_refused_by_its_name_alone(store):
    note = Note(id="n1")

    for changes in ({"count": "many secrets"}, {"tags": [["secret"]]}, {"at": "a secret"}, {"text": 5}):
        with pytest.raises(RefusedDocument) as error:
            store.commit([Create(note.but(**changes))])
        assert "secret" not in str(error.value)
        assert error.value.__cause__ is None

    with pytest.raises(RefusedDocument, match="notes n1: count cannot be written as its type says"):
        store.commit([Create(note.but(count="many"))])


def test_a_long_integer_is_refused_however_plain_its_model(store):
    with pytest.raises(RefusedDocument, match="notes n1: count holds an integer of more than 64 bits"):
        store.commit([Create(Note(id="n1", count=2**63))])


def test_a_document_of_plain_fields_can_be_too_large_too(store):
    with pytest.raises(RefusedDocument, match="bytes are more than"):
        store.commit([Create(Note(id="n1", text="é" * (MOST_BYTES // 2)))])


def test_a_form_that_this_code_does_not_write_is_refused(store):
    with pytest.raises(RefusedDocument):
        store.commit([Create(Note(id="n1", schema_version=2))])


# ── the short cut that spares plain documents the walk ─────────────────────────────────────────────────────────────


class _Pair(BaseModel):
    left: tuple[int, str]


class _Numbers(Note):
    numbers: tuple[int, ...] = ()


class _Pairs(Note):
    pairs: tuple[_Pair, ...] = ()


class _ListsInLists(Note):
    rows: tuple[tuple[str, str], ...] = ()


class _Ratio(Note):
    ratio: float = 0


class _Keyed(Note):
    keyed: dict[str, str] | None = None


class _AnyList(Note):
    things: list | None = None


class _Tree(Note):
    inner: "_Tree | None" = None


def test_models_of_plain_types_need_no_walk():
    assert [model for model in (Note, Ticket, Message, Finding) if not has_plain_shape(model)] == []


@pytest.mark.parametrize("model", [Loose, _Numbers, _Pairs, _ListsInLists, _Ratio, _Keyed, _AnyList, _Tree])
def test_models_that_could_hold_what_is_refused_are_walked(model):
    assert not has_plain_shape(model)


def is_refused(write, document) -> bool:
    try:
        write(document)
    except RefusedDocument:
        return True
    return False


WILD_FIELDS = {
    "text": st.text(st.characters(exclude_categories=()), max_size=5) | st.just([["x"]]) | st.integers(),
    "count": st.integers() | st.floats() | st.sampled_from([2**63 - 1, 2**63, -(2**63), -(2**63) - 1, True]),
    "tags": st.lists(st.text(max_size=3) | st.lists(st.text())).map(tuple),
    "place": st.none() | st.text(st.characters(exclude_categories=()), max_size=5),
}


@settings(deadline=None)
@given(st.fixed_dictionaries({}, optional=WILD_FIELDS))
def test_the_short_cut_lets_nothing_through_that_the_walk_refuses(wild):
    note = Note(id="n1").but(**wild)

    assert is_refused(as_text, note) == is_refused(as_map, note)


# ── the emulator is the judge ──────────────────────────────────────────────────────────────────────────────────────

NAMES = st.text(string.ascii_lowercase + "_.é", max_size=5) | st.sampled_from(["__a__", "____", "__", "a/b", "`"])
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
)
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=12
) | st.builds(nested, st.integers(17, 23), LEAVES | st.just({}) | st.just([]))


@pytest.mark.emulator
def test_the_emulator_refuses_what_we_refuse_and_takes_what_we_take(emulator):
    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(VALUES)
    def agree(value: object) -> None:
        # The documentation reserves "____" as well; the emulator takes it. We go by the documentation.
        refused = is_refused(as_map, Loose(id="l1", value=value))
        taken = emulator.write("limits", "loose", "l1", {"value": value})
        assert refused != taken or (refused and "____" in str(value))

    agree()


@pytest.mark.emulator
@pytest.mark.parametrize("count", [1, 2, 7])
def test_we_count_at_least_the_bytes_that_the_emulator_counts(emulator, count):
    """By the documentation each map has 32 bytes of its own, which the emulator leaves out: we are never below it."""

    def filled(size: int) -> dict[str, object]:
        return {"id": "l1", "schema_version": 1, "value": [{"a": "x" * (size // count), "b": 1}] * count}

    def taken_by_us(size: int) -> bool:
        return not is_refused(as_map, Loose(id="l1", value=filled(size)["value"]))

    low, high = 1_000_000, 1_048_576
    while high - low > count:
        middle = (low + high) // 2
        low, high = (middle, high) if taken_by_us(middle) else (low, middle)

    assert emulator.write("limits", "loose", "l1", filled(low))
    assert not emulator.write("limits", "loose", "l1", filled(low + 40 * (count + 1)))
