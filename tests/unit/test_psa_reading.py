"""The readers of single fields: our type, None, or an InvalidRequest that names the field and never shows its value."""

from datetime import UTC, datetime

import pytest

from shared.errors import InvalidRequest
from shared.psa import reading
from shared.psa.plain_text import many_lines, one_line
from tests.naughty_strings import naughty_strings


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("plain", "plain"),
        ("  two   spaces ", "two spaces"),
        ("a\r\nBcc: x@y.z", "a Bcc: x@y.z"),
        ("a\tb\vc\fd", "a b c d"),
        ("a\x1cb\x85c\u2028d\u2029e", "a b c d e"),
        ("a\0b\x07c\x7fd\x9fe", "abcde"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("\u2066a\u2069\u202ab\u202c", "ab"),
        ("\ufeffa\ufffe\uffff\ufdd0", "a"),
        ("a\ud800b", "ab"),
        ("👩‍💻 می‌خواهم", "👩‍💻 می‌خواهم"),
        ("no-break\u00a0space", "no-break space"),
    ],
)
def test_a_title_is_one_line_without_characters_that_act_on_others(raw, line):
    assert line == one_line(raw, 100)


def test_a_title_is_cut_at_its_limit():
    assert len(reading.title({"t": "x" * 5000}, "t")) == 500
    assert one_line("ab cd", 3) == "ab"


def test_names_addresses_and_notes_have_their_limits():
    assert len(reading.text({"f": "x" * 5000}, "f")) == 200
    assert len(reading.full_name({"a": "x" * 150, "b": "y" * 150}, "a", "b")) == 200
    assert len(reading.note({"f": "x" * 50_000}, "f")) == 10_000
    assert reading.optional_email({"f": "x" * 308 + "@example.com"}, "f") is not None
    assert reading.optional_email({"f": "x" * 309 + "@example.com"}, "f") is None


def test_a_note_is_the_first_field_that_says_something():
    assert reading.note({"a": None, "b": " ", "c": "said"}, "a", "b", "c") == "said"
    assert reading.note({}, "a") == ""


def test_notes_keep_their_lines_and_nothing_else():
    assert many_lines(" a \r\nb\x07\n\n\x1bc ", 100) == "a\nb\n\nc"
    assert len(many_lines("x" * 50_000, 10_000)) == 10_000


def test_naughty_strings_become_one_storable_line():
    for string in naughty_strings():
        line = one_line(string, 500)
        line.encode()

        assert len(line.splitlines()) <= 1
        assert line == one_line(line, 500)


@pytest.mark.parametrize("absent", [{}, {"f": None}, {"f": ""}, {"f": "  \n"}, {"f": "\u202e\0"}])
def test_missing_null_and_blank_text_are_the_same(absent):
    assert reading.optional_text(absent, "f") is None
    with pytest.raises(InvalidRequest, match="f: is missing"):
        reading.text(absent, "f")


@pytest.mark.parametrize("value", [1, 1.5, True, [], {}, ["a"]])
def test_what_is_not_text_is_refused_and_not_shown(value):
    for read in (reading.text, reading.optional_text, reading.optional_email, reading.note, reading.title):
        with pytest.raises(InvalidRequest, match=r"^field: must be text$"):
            read({"field": value}, "field")


@pytest.mark.parametrize(
    ("raw", "email"),
    [
        (" dana@example.com ", "dana@example.com"),
        ("not an address", "not an address"),
        ("a@b.c\nBcc: evil@x.y", None),
        ("a\0@b.c", None),
        ("a\u202e@b.c", None),
        ("a\ud800@b.c", None),
        ("jörg@bücher.example", "jörg@bücher.example"),
        ("x" * 310 + "@example.com", None),
        ("", None),
    ],
)
def test_an_address_is_kept_as_it_is_or_not_at_all(raw, email):
    """Cutting or cleaning would make it somebody else's; whether it is one is checked where mail is sent."""
    assert email == reading.optional_email({"e": raw}, "e")


@pytest.mark.parametrize(
    ("value", "found"),
    [(1, "1"), ("1", "1"), (2**63 - 1, "9223372036854775807"), ("9223372036854775807", "9223372036854775807")],
)
def test_ids_are_positive_whole_numbers_or_their_digits(value, found):
    assert found == reading.integer_id({"id": value}, "id")


NO_IDS = [
    True,
    False,
    -1,
    1.0,
    12.5,
    2**63,
    "9223372036854775808",
    "-1",
    "+1",
    "01",
    "1.0",
    "1e3",
    " 1",
    "1 ",
    "1\n",
    "0x1",
    "１",
    "١",
    [1],
    {"$ne": 0},
    "x",
]


@pytest.mark.parametrize("value", NO_IDS, ids=repr)
def test_nothing_else_is_an_id(value):
    with pytest.raises(InvalidRequest, match=r"^id: must be an id"):
        reading.integer_id({"id": value}, "id")


def test_zero_is_no_id_unless_the_product_says_so():
    """Autotask's company 0 is the MSP itself."""
    for zero in (0, "0"):
        assert reading.optional_integer_id({"id": zero}, "id") is None
        assert reading.optional_integer_id({"id": zero}, "id", zero_is_an_id=True) == "0"


@pytest.mark.parametrize("value", [5, "5", "3b0f7d54-8a1e-4f0a-9a1b-6c2d9e7f1a55", "INC-1042", "a.b:c_d"])
def test_ids_of_any_system_may_be_short_plain_words(value):
    assert str(value) == reading.opaque_id({"id": value}, "id")


@pytest.mark.parametrize("value", ["a/b", "../x", ".x", "-x", "x" * 65, "a b", "ü", "a\n", "", True, 1.5, None])
def test_ids_of_any_system_hold_nothing_that_means_something_elsewhere(value):
    with pytest.raises(InvalidRequest, match=r"^id: "):
        reading.opaque_id({"id": value}, "id")


@pytest.mark.parametrize(
    ("raw", "time"),
    [
        ("2026-05-11T07:02:41Z", datetime(2026, 5, 11, 7, 2, 41, tzinfo=UTC)),
        ("2026-05-11T07:02:41.5Z", datetime(2026, 5, 11, 7, 2, 41, 500000, tzinfo=UTC)),
        ("2026-05-11T07:02:41.47Z", datetime(2026, 5, 11, 7, 2, 41, 470000, tzinfo=UTC)),
        ("2026-05-11T07:02:41.1234567Z", datetime(2026, 5, 11, 7, 2, 41, 123456, tzinfo=UTC)),
        ("2026-05-11T09:02:41+02:00", datetime(2026, 5, 11, 7, 2, 41, tzinfo=UTC)),
        ("1971-01-01T00:00:00Z", datetime(1971, 1, 1, tzinfo=UTC)),
        ("2199-12-31T23:59:59Z", datetime(2199, 12, 31, 23, 59, 59, tzinfo=UTC)),
    ],
)
def test_times_are_read_into_utc(raw, time):
    assert time == reading.instant({"t": raw}, "t")
    assert reading.instant({"t": raw}, "t").tzinfo is UTC


@pytest.mark.parametrize(
    "raw",
    ["1970-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00",
     "0001-01-01T00:00:00+12:00", "1971-01-01T00:00:00+02:00", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-05-11T24:00:00Z",
     "2026-05-11T23:59:60Z", "2026-05-11", "2026-05-11T07:02Z", "2026-05-11 07:02:41Z", "20260511T070241Z", "2026-W20-1T07:02:41Z",
     "2026-05-11T07:02:41.Z", "2026-05-11T07:02:41,5Z", "2026-05-11T07:02:41+0200", "2026-05-11T07:02:41+25:00", "２026-05-11T07:02:41Z",
     "2026-05-11T07:02:41z", "2026-05-11T07:02:41Z\n", " 2026-05-11T07:02:41Z", "now", 1778483041, 1.5, True, [], {}],
)  # fmt: skip
def test_what_is_not_a_time_between_1971_and_2199_is_refused(raw):
    with pytest.raises(InvalidRequest, match=r"^t: "):
        reading.optional_instant({"t": raw}, "t", naive_is_utc=True)


def test_a_time_without_a_zone_is_utc_only_where_the_product_says_so():
    raw = {"t": "2026-05-11T07:02:41"}

    assert reading.instant(raw, "t", naive_is_utc=True) == datetime(2026, 5, 11, 7, 2, 41, tzinfo=UTC)
    with pytest.raises(InvalidRequest, match="zone"):
        reading.instant(raw, "t")


@pytest.mark.parametrize("bad", [True, "1.5", -0.1, 1000.1, [], float("nan")])
def test_hours_are_a_number_from_0_to_1000(bad):
    assert [reading.optional_hours({"h": hours}, "h") for hours in (0, 1, 1000, None)] == [0.0, 1.0, 1000.0, None]
    with pytest.raises(InvalidRequest, match=r"^h: "):
        reading.optional_hours({"h": bad}, "h")


@pytest.mark.parametrize(("raw", "flag"), [(True, True), (False, False), (1, True), (0, False), (None, None)])
def test_flags_are_true_false_or_one_and_zero(raw, flag):
    """Autotask writes 1 for an active contact."""
    assert flag is reading.optional_flag({"f": raw}, "f")


@pytest.mark.parametrize("bad", [2, "true", "1", 1.0, []])
def test_nothing_else_is_a_flag(bad):
    with pytest.raises(InvalidRequest, match=r"^f: "):
        reading.optional_flag({"f": bad}, "f")


def test_a_label_is_the_name_or_else_the_number():
    assert reading.label({"name": "New", "id": 1}, "name", "id") == "New"
    assert reading.label({"name": " ", "id": 1}, "name", "id") == "1"
    with pytest.raises(InvalidRequest, match=r"^name: is missing"):
        reading.label({}, "name", "id")
    with pytest.raises(InvalidRequest, match=r"^id: must be text"):
        reading.label({"id": True}, "name", "id")


def test_names_that_differ_only_in_case_are_two_readings():
    with pytest.raises(InvalidRequest):
        reading.unambiguous({"id": 1, "Id": 2})
    assert reading.unambiguous({"id": 1, "idx": 2})
