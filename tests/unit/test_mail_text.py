"""Outside text is one visible line, bounded, and never a link."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.mail.text import cut, delinked, lines, one_line

OURS = ("northwind.example",)
ANYTHING = st.text(st.characters(exclude_categories=()) | st.sampled_from("\r\n\t\0\u202e\u200b\u0301🇩\U0001f3fd.:/=?"))


@pytest.mark.parametrize(
    "control", ["\r", "\n", "\r\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029", "\0", "\x1b", "\x7f"]
)
def test_a_control_character_is_a_space(control):
    assert one_line(f"Printer{control}Bcc: evil") == "Printer Bcc: evil"


@pytest.mark.parametrize(
    "hidden", ["\u202e", "\u2066", "\u200f", "\u061c", "\u200b", "\u200d", "\ufeff", "\u00ad", "\u034f", "\U000e0041"]
)
def test_what_nobody_can_see_is_gone(hidden):
    assert one_line(f"in{hidden}voice") == "invoice"


@pytest.mark.parametrize("blank", ["\u00a0", "\u3000", "\u2003", "\u3164", "\u2800", "\t \t"])
def test_every_kind_of_blank_is_one_space(blank):
    assert one_line(f" a{blank}b ") == "a b"


def test_what_cannot_be_encoded_becomes_the_replacement_character():
    assert one_line("a\ud800b\ufffec") == "a\ufffdb\ufffdc"


def test_a_combining_storm_is_calmed():
    assert one_line("Z" + "\u0335" * 5000 + "o") == "Z" + "\u0335" * 4 + "o"


def test_living_scripts_are_left_alone():
    for text in ("Größe", "Réseau", "日本語のチケット", "ไม่ได้", "नमस्ते", "Tiếng Việt", "שָׁלוֹם", "👍🏽 🇩🇪", "①½"):
        assert one_line(text) == text


@given(ANYTHING)
def test_one_line_is_always_one_visible_line(text):
    line = one_line(text, 150)

    assert len(line) <= 150
    assert line == line.strip()
    assert "  " not in line
    assert not [char for char in line if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert one_line(line, 150) == line
    line.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "limit", "kept"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
        ("abcd efg", 6, "abcd…"),
        ("cafe\u0301s and more", 5, "caf…"),  # not between the e and its accent
        ("🇩🇪🇫🇷🇮🇹", 4, "🇩🇪…"),  # not between the halves of a flag
        ("👍🏽👍🏽👍🏽", 4, "👍🏽…"),  # not between the thumb and its colour
        ("각각각", 2, "각…"),
        ("\u1100\u1161\u11a8\u1100\u1161\u11a8", 5, "\u1100\u1161\u11a8…"),  # not inside a Hangul syllable
    ],
)
def test_cutting_respects_graphemes(text, limit, kept):
    assert cut(text, limit) == kept


def test_three_hundred_astral_characters_are_cut_at_the_limit():
    assert cut("😀" * 300, 150) == "😀" * 149 + "…"


@given(ANYTHING, st.integers(1, 20))
def test_a_cut_text_is_a_beginning_of_the_whole(text, limit):
    line = one_line(text)
    short = cut(line, limit)

    assert len(short) <= limit
    assert short == line or line.startswith(short[:-1])


def test_lines_keep_what_a_technician_typed_apart():
    assert lines("Please send:\r\n- the serial number\n\n\n\u2028- a photo\n", 100) == (
        "Please send:",
        "- the serial number",
        "- a photo",
    )


def test_a_pasted_log_file_is_cut_and_says_so():
    assert lines("\n".join(["x" * 10] * 1000), 25) == ("x" * 10, "x" * 10, "xxxx…")
    assert lines("\n".join(["x" * 10] * 1000), 20) == ("x" * 10, "x" * 10, "…")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Reset at example.com now", "Reset at example[.]com now"),
        ("https://evil.example/login?a=b", "https[:]//evil[.]example/login?a=b"),
        ("HTTP://EVIL.EXAMPLE.", "HTTP[:]//EVIL[.]EXAMPLE."),
        ("(www.evil.example)", "(www[.]evil[.]example)"),
        ("http://2130706433/", "http[:]//2130706433/"),
        ("http://10.0.0.1/x", "http[:]//10.0.0.1/x"),
        ("ftp://localhost", "ftp[:]//localhost"),
        ("boss@evil.example", "boss@evil[.]example"),
        ("пример.рф and xn--e1afmkfd.xn--p1ai", "пример[.]рф and xn--e1afmkfd[.]xn--p1ai"),
        ("evil。com evil．com evil｡com", "evil[.]com evil[.]com evil[.]com"),
        ("evil.com_x evil.com-", "evil[.]com_x evil[.]com-"),
        ("evil.com.pdf", "evil[.]com[.]pdf"),
        ("e\u0301vil.com", "e\u0301vil[.]com"),
        ("https://northwind.example@evil.example/", "https[:]//northwind[.]example@evil[.]example/"),
        ("https://northwind.example.evil.example", "https[:]//northwind[.]example[.]evil[.]example"),
        ("https://notnorthwind.example", "https[:]//notnorthwind[.]example"),
        ("https://northwind.example\\@evil.example", "https[:]//northwind[.]example\\@evil[.]example"),
        ("https://northwind.example:8443/", "https[:]//northwind[.]example:8443/"),
    ],
)
def test_a_link_is_spelt_out_of_use(text, shown):
    assert delinked(text, OURS) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Cannot open report.pdf or Angebot.docx.",
        "Server 10.0.0.5 is slow since 14.30",
        "Version 3.11.7, z.B. gestern. Danke!",
        "... and then?",
        ".NET 8 fails",
        "日本語です。次の文です。",
        "https://northwind.example/help?x=1 or (portal.northwind.example/a), help@northwind.example.",
    ],
)
def test_what_is_no_foreign_link_stays_as_it_was_written(text):
    assert delinked(text, OURS) == text


@given(st.text("abc.:/@-_。é1 \\", max_size=40))
def test_no_foreign_host_name_survives(text):
    assert not re.search(r"[a-c0-9é-][.。][a-c]{2,}(?![a-c0-9é])|://", delinked(one_line(text)))
