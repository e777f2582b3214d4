"""How much room an SMS takes, against a slow count by the letter of the standard, and what fits into two segments."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.mail.text import delinked
from shared.sms.plain import EXTENSION, GSM7, GSM7_DEFAULT, plain
from shared.sms.segments import Count, Encoding, fitted, segments
from tests.naughty_strings import naughty_strings

AFTER = "\nhttps://alerts.northwind.example/n/" + "Aa0_-" * 13 + "\nReply 11 to take it, 12 for all"
ALPHABET = st.sampled_from("aZ9 é€^{|ÄΩ\n“ç½🔥王й́ツ\u200d.")
TEXTS = st.text(ALPHABET, max_size=400) | st.text(max_size=200)


def gsm7(units: int, count: int) -> Count:
    return Count(Encoding.GSM7, units, count)


def ucs2(units: int, count: int) -> Count:
    return Count(Encoding.UCS2, units, count)


# ── counting ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", gsm7(0, 0)),
        ("a", gsm7(1, 1)),
        ("a" * 160, gsm7(160, 1)),
        ("a" * 161, gsm7(161, 2)),
        ("a" * 306, gsm7(306, 2)),
        ("a" * 307, gsm7(307, 3)),
        ("€" * 80, gsm7(160, 1)),
        ("€" * 81, gsm7(162, 2)),
        ("€" * 152, gsm7(304, 2)),
        ("€" * 153, gsm7(306, 3)),  # 76 to a segment: the odd septet stays empty
        ("a" * 152 + "€" + "a" * 151, gsm7(305, 2)),
        ("a" * 152 + "€" + "a" * 152, gsm7(306, 3)),
        ("王" * 70, ucs2(70, 1)),
        ("王" * 71, ucs2(71, 2)),
        ("王" * 134, ucs2(134, 2)),
        ("王" * 135, ucs2(135, 3)),
        ("🔥" * 35, ucs2(70, 1)),
        ("🔥" * 66, ucs2(132, 2)),
        ("🔥" * 67, ucs2(134, 3)),  # 33 to a segment
        ("a" * 66 + "🔥" + "a" * 66, ucs2(134, 3)),
        ("a" * 70 + "’", ucs2(71, 2)),
        ("\x1b", ucs2(1, 1)),
        ("`", ucs2(1, 1)),
        ("ç", ucs2(1, 1)),
        ("Ç\f\r\n@", gsm7(6, 1)),
    ],
)  # fmt: skip
def test_the_edges_of_a_segment_are_where_the_standard_puts_them(text, count):
    assert segments(text) == count


def test_the_alphabet_has_127_letters_and_10_in_the_extension():
    """The 128th code is ESC."""
    assert len(GSM7_DEFAULT) == len(set(GSM7_DEFAULT)) == 127
    assert len(EXTENSION) == 10
    assert len(GSM7) == 137
    assert [GSM7_DEFAULT.index(char) for char in "@_Æ"] == [0, 0x11, 0x1B]  # ESC has 0x1B: Æ has 0x1C
    assert [GSM7_DEFAULT.index(char) + 1 for char in " ?¡AZ¿aàz"] == [
        0x20, 0x3F, 0x40, 0x41, 0x5A, 0x60, 0x61, 0x7F, 0x7A
    ]  # fmt: skip


def slow_count(text: str) -> Count:
    """Put one character after the other into parts, as a phone has to, and count the parts."""
    try:
        units = [b"\x1b." if char in "\f^{}\\[~]|€" else bytes([GSM7_DEFAULT.index(char)]) for char in text]
        encoding, single, several = Encoding.GSM7, 160, 153
    except ValueError:
        units = [char.encode("utf-16-be", "surrogatepass") for char in text]
        encoding, single, several = Encoding.UCS2, 140, 134
    total = len(b"".join(units))
    room = single if total <= single else several
    parts: list[bytes] = []
    for unit in units:
        if not parts or len(parts[-1] + unit) > room:
            parts.append(b"")
        parts[-1] += unit
    return Count(encoding, total if encoding is Encoding.GSM7 else total // 2, len(parts))


@given(TEXTS)
def test_every_text_counts_as_if_filled_in_letter_by_letter(text):
    assert segments(text) == slow_count(text)


@given(TEXTS)
def test_more_text_of_the_same_encoding_never_takes_less(text):
    shorter, whole = segments(text[:-1]), segments(text)

    assert shorter.encoding is Encoding.GSM7 or shorter.segments <= whole.segments or text[-1:] in EXTENSION
    assert shorter.segments <= whole.segments


# ── plain text ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("fancy", "simple"),
    [
        ("“Dana’s” printer – again…", '"Dana\'s" printer - again...'),
        ("Žluťoučký kůň, façade, İstanbul, Łódź", "Zlutoucky kun, facade, Istanbul, Lodz"),
        ("Zoë, Ærø, Straße, Ñandú €5", "Zoe, Ærø, Straße, Ñandu €5"),
        ("e\u0301te\u0301 \u00a0x\u2009y", "été  x y"),
        ("½ oﬃce № 4™ Ｆｕｌｌ", "1/2 office No 4TM Full"),
        ("Server down 🔥🔥", "Server down "),
        ("45°C → 60", "45C -> 60"),
        ("`ls`", "'ls'"),
    ],
)
def test_what_has_a_plain_look_takes_it(fancy, simple):
    assert plain(fancy) == simple
    assert segments(simple).encoding is Encoding.GSM7


@pytest.mark.parametrize(
    ("text", "marked"),
    [("王偉’s router", "?'s router"), ("Сервер 2", "? 2"), ("ab 日本 c", "ab ? c"), ("ação नमस्ते", "acao ?")],
)
def test_letters_that_cannot_be_guessed_keep_the_whole_as_it_is_or_become_a_mark(text, marked):
    assert plain(text) == text
    assert plain(text, keep=False) == marked


@given(TEXTS)
def test_plain_text_is_not_made_plainer_and_gsm_text_is_left_alone(text):
    assert plain(plain(text)) == plain(text)
    assert segments(plain(text, keep=False)).encoding is Encoding.GSM7
    if segments(text).encoding is Encoding.GSM7:
        assert plain(text) == plain(text, keep=False) == text


# ── fitting ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_short_title_is_shown_whole():
    assert fitted("P1: ", "Printer’s on\nfire", AFTER) == f"P1: Printer's on fire{AFTER}"


@pytest.mark.parametrize(
    "title", ["x" * 2000, "wörd " * 400, "[]" * 1000, "“" * 999, "王" * 999, "🔥王" * 99, "½" * 900]
)
def test_a_long_title_is_cut_and_the_link_and_the_codes_stay(title):
    text = fitted("P1: ", title, AFTER)

    assert segments(text).segments <= 2
    assert text.startswith("P1: ")
    assert text.endswith(AFTER)
    assert segments(text).encoding is Encoding.UCS2 or segments(text).units > 300 or "王" in title


def test_letters_beyond_gsm_give_way_only_if_nothing_of_them_would_be_left():
    long_link = AFTER.replace("/n/", "/n/" + "x" * 60)

    assert fitted("P1: ", "王偉 router", AFTER[:60]) == f"P1: 王偉 router{AFTER[:60]}"
    assert fitted("P1: ", "王偉 router", long_link) == f"P1: ? router{long_link}"


def test_no_room_at_all_leaves_the_title_out():
    full = "y" * 306

    assert fitted("", "title", full) == full
    assert fitted("", "", AFTER) == AFTER


@pytest.mark.parametrize(
    "title",
    [
        "see https://evil.example/x",
        "evil․example",
        "http：／／3232235521/x",
        "ｅｖｉｌ．ｅｘａｍｐｌｅ",
        "a@evil.example",
        "evil。example",
    ],
)
def test_a_title_never_becomes_a_link(title):
    shown = fitted("", title, "")

    assert "://" not in shown
    assert not re.search(r"evil[.․．。]example", shown)


@given(TEXTS, TEXTS, TEXTS, st.integers(1, 4))
def test_the_limit_holds_whatever_the_title(before, title, after, limit):
    text = fitted(before, title, after, limit)
    ours = plain(before) + plain(after)

    assert segments(text).segments <= limit or text == ours
    assert text.startswith(plain(before))
    assert text.endswith(plain(after))


@given(st.text(max_size=500))
def test_what_is_shown_of_a_title_has_no_links(title):
    shown = fitted("", title, "")

    assert delinked(shown) == shown
    assert "\n" not in shown


def test_naughty_strings_fit_like_all_others():
    for text in naughty_strings():
        message = fitted("P1: ", text, AFTER)
        assert segments(message).segments <= 2
        assert message.endswith(AFTER)
