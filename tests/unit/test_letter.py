"""A letter's HTML and text say what was given, and nothing given becomes markup."""

from html.parser import HTMLParser

import pytest

from shared.mail.bodies import TEXT_WIDTH, TONES, bodies
from shared.mail.letter import Letter
from shared.mail.text import lines
from tests.letters import NEEDS_YOU, RECEIVED, RESOLVED
from tests.naughty_strings import naughty_strings, shown


class Page(HTMLParser):
    """What a browser would make of the HTML: its tags with attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.texts: list[str] = []
        self.comments: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, tuple(attrs)))

    def handle_data(self, data):
        if data.strip():
            self.texts.append(data)

    def handle_comment(self, data):
        self.comments.append(data)

    def names(self) -> list[str]:
        return [name for name, _ in self.tags]


def rendered(letter: Letter, *, subject: str = "Subject", brand: str = "Northwind IT", number: str = "4711"):
    return bodies(
        letter, language=letter.language, subject=subject, brand=brand, number=number, trusted=("northwind.example",)
    )


def everywhere(text: str) -> Letter:
    """Return a letter with `text` in every field that a reader sees."""
    return Letter(
        subject=text,
        status=text,
        tone=text,
        greeting=text,
        paragraphs=(text, "between", text),
        asks=text,
        rows=((text, text), ("Label", text)),
        closing=text,
        footer=text,
    )


def harmless(text: str) -> str:
    """Return text of the same shape: as many lines, but nothing in them."""
    return "\n".join("x" for _ in lines(text, 4000))


def words(text: str) -> str:
    return " ".join(text.split())


def test_every_naughty_string_is_shown_and_is_nothing_but_text():
    for text in naughty_strings():
        both = rendered(everywhere(text))
        page, reference = Page(both.html), Page(rendered(everywhere(harmless(text))).html)

        assert page.tags == reference.tags, text
        assert page.comments == reference.comments, text
        for line in lines(text, 4000):
            assert page.texts.count(shown(line)) >= min(7, len(page.texts)), text
            assert words(shown(line)) in words(both.text), text


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "</title><script>alert(1)</script>",
        '"><b onmouseover="alert(1)',
        "'><b>",
        "javascript:alert(1)",
        "expression(alert(1))",
        "<!--",
        "-->",
        "]]>",
        "<style>*{display:none}</style>",
        "<svg/onload=alert(1)>",
        "<math><mtext></mtext></math>",
        "{{7*7}}",
        "{% raw %}",
        "${7*7}",
        "%s%n",
        "{0.__class__}",
        "&lt;b&gt;",
        "<![endif]-->",
    ],
)
def test_markup_and_templates_are_shown_literally(text):
    both = rendered(everywhere(text), subject=text, brand=text, number=text)
    reference = rendered(everywhere("x"), subject="x", brand="x", number="x")

    assert Page(both.html).tags == Page(reference.html).tags
    assert text in Page(both.html).texts
    assert text in both.text


def test_a_link_in_a_letter_is_ours_or_none():
    both = rendered(everywhere("Log in at https://evil.example/ or https://portal.northwind.example/"))

    for body in (both.html, both.text):
        assert "evil.example" not in body
        assert "https://portal.northwind.example/" in body
    assert "a" not in Page(both.html).names()


@pytest.mark.parametrize("letter", [RECEIVED, NEEDS_YOU, RESOLVED])
def test_both_bodies_say_all_of_the_letter(letter):
    both = rendered(letter)
    visible = words(" ".join(Page(both.html).texts))

    for said in (letter.status, letter.greeting, *letter.paragraphs, letter.asks, letter.closing, letter.footer):
        assert words(said) in visible
        assert words(said) in words(both.text)
    for label, value in letter.rows:
        assert f"{label} {value}" in visible
        assert f"{label}: {value}" in words(both.text)


def test_layout_tables_say_that_they_are_none_and_the_rows_are_one():
    page = Page(rendered(NEEDS_YOU).html)
    tables = [dict(attributes) for name, attributes in page.tags if name == "table"]

    assert [table.get("role") for table in tables].count(None) == 1
    assert all(dict(attributes)["scope"] == "row" for name, attributes in page.tags if name == "th")


def test_headings_tell_a_screen_reader_where_it_is():
    page = Page(rendered(NEEDS_YOU).html)

    assert [name for name in page.names() if name in ("h1", "h2", "h3")] == ["h1", "h2", "h2"]
    assert dict(page.tags[0][1])["lang"] == "en"
    assert dict(Page(rendered(RESOLVED).html).tags[0][1])["lang"] == "de"


def test_nothing_is_loaded_from_anywhere():
    html = rendered(NEEDS_YOU).html

    assert not {"img", "link", "script", "iframe", "a", "base", "form"} & set(Page(html).names())
    assert "url(" not in html
    assert "@import" not in html


def test_an_empty_letter_has_no_empty_boxes():
    both = rendered(Letter(subject="", status="", greeting="", paragraphs=("",), rows=(("Owner", ""),)))

    assert not {"h1", "h2", "th"} & set(Page(both.html).names())
    assert both.text == "Northwind IT · #4711\n"


def test_the_text_is_wrapped():
    letter = RECEIVED.model_copy(update={"paragraphs": ("word " * 100, "W" * 200)})

    longest = [line for line in rendered(letter).text.splitlines() if len(line) > TEXT_WIDTH]

    assert longest == ["W" * 200]  # a word is never broken: it may be a serial number


def test_the_text_reads_like_a_letter():
    assert rendered(NEEDS_YOU).text == (
        "Northwind IT · #4711\n"
        "\n"
        "Waiting for you\n"
        "---------------\n"
        "\n"
        "Hello Dana,\n"
        "\n"
        "To go on with your request we need an answer from you.\n"
        "\n"
        "Until we have it, the work on it rests.\n"
        "\n"
        "Your next step:\n"
        "\n"
        "    Which name does the scanner show on its display, and since when does\n"
        "    it fail?\n"
        "    Please reply to this mail. If you have answered already, thank you:\n"
        "    there is nothing more to do.\n"
        "\n"
        "Request:          #4711 · Scanner on the 2nd floor does not send to mail\n"
        "Looked after by:  Robin Vega\n"
        "Waiting since:    Tuesday, 3 March, 09:12 (CET)\n"
        "\n"
        "Just reply to this mail if anything changes for you.\n"
        "Your team at Northwind IT\n"
        "\n"
        "-- \n"
        "You get this because request #4711 was opened for you at Northwind IT.\n"
        "It was sent automatically.\n"
    )


def test_a_whole_novel_stays_below_what_mail_programs_hide():
    novel = Letter(
        subject="x",
        status="s" * 9999,
        greeting="g" * 9999,
        paragraphs=("<p>" * 9999,) * 99,
        asks="a" * 99999,
        rows=(("l" * 9999, "v" * 9999),) * 99,
        closing="c" * 99999,
        footer="f" * 99999,
    )

    assert len(rendered(novel).html) < 200_000  # escaped worst case; plain words of the same length stay below 102 kB
    assert len(rendered(everywhere("word " * 9999)).html) < 102_000


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("tone", TONES.values(), ids=TONES)
def test_every_tone_can_be_read_in_light_and_dark(tone):
    assert contrast(tone.ink, tone.tint) >= 4.5
    assert contrast(tone.dark_ink, tone.dark_tint) >= 4.5
    assert contrast("#1d2733", tone.tint) >= 4.5
    assert contrast("#e8ecf1", tone.dark_tint) >= 4.5
    assert contrast(tone.edge, "#ffffff") >= 3
    assert contrast(tone.dark_edge, "#1a212a") >= 3


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("#1d2733", "#ffffff"),
        ("#596472", "#ffffff"),
        ("#596472", "#eef1f5"),
        ("#e8ecf1", "#1a212a"),
        ("#a7b1bd", "#1a212a"),
        ("#a7b1bd", "#0f141a"),
    ],
)
def test_every_other_colour_can_be_read(ink, ground):
    assert contrast(ink, ground) >= 4.5
    assert {ink, ground} <= set(
        rendered(NEEDS_YOU).html.replace(";", " ").replace("!", " ").replace(":", " ").replace('"', " ").split()
    )
