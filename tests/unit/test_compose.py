"""A composed mail reads back as exactly what was meant, whatever its words are."""

import email
import re
from datetime import UTC, datetime, timedelta, timezone
from email import policy
from email.header import decode_header, make_header
from email.utils import getaddresses, parsedate_to_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.config.settings import Msp
from shared.mail.address import BadAddress
from shared.mail.check import UnsafeMail, check
from shared.mail.letter import Letter
from shared.mail.mail import Mail
from tests.letters import AT, FIRST_ID, MSP, NEEDS_YOU, RECEIVED, RESOLVED, composed
from tests.naughty_strings import naughty_strings

HEADERS = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "Content-Language",
    "MIME-Version",
    "Content-Type",
]
THREADED = [*HEADERS[:6], "In-Reply-To", "References", *HEADERS[6:]]


def first_lines(raw: bytes) -> list[str]:
    """Return the names of the header lines, read without any library."""
    head = raw.partition(b"\r\n\r\n")[0].decode("ascii")
    return [line.partition(":")[0] for line in re.split(r"\r\n(?![ \t])", head)]


def decoded(header: str) -> str:
    return str(make_header(decode_header(header.replace("\r\n", ""))))


def assert_sound(mail: Mail, headers: list[str] = HEADERS) -> None:
    """Three readers agree on the headers, and the mail has one recipient and legal lines."""
    assert first_lines(mail.raw) == headers
    simple, modern = email.message_from_bytes(mail.raw), email.message_from_bytes(mail.raw, policy=policy.default)
    for parsed in (simple, modern):
        assert parsed.keys() == headers
        assert [part.get_content_type() for part in parsed.walk()] == [
            "multipart/alternative",
            "text/plain",
            "text/html",
        ]
    assert decoded(simple["Subject"]) == modern["Subject"] == mail.subject
    assert [address for _, address in getaddresses([simple["To"]])] == [mail.recipient]
    assert [address.addr_spec for address in modern["To"].addresses] == [mail.recipient]
    assert mail.raw.isascii()
    assert max(map(len, mail.raw.split(b"\r\n"))) <= 998
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", mail.raw)
    assert len(mail.subject) <= 150


def named_everywhere(text: str) -> Mail:
    """Compose a mail with `text` in each of its fields."""
    letter = Letter(
        language=text,
        subject=text,
        status=text,
        tone=text,
        greeting=text,
        paragraphs=(text, text),
        asks=text,
        rows=((text, text),),
        closing=text,
        footer=text,
    )
    msp = MSP.model_copy(update={"name": text, "mail_name": text})
    return composed(letter, msp=msp, to_name=text, ticket_number=text)


def test_the_headers_are_these_and_no_others():
    parsed = email.message_from_bytes(composed().raw)

    assert parsed["From"] == "Northwind IT Service Desk <support@northwind.example>"
    assert parsed["To"] == "Dana Scully <dana@client.example>"
    assert parsed["Reply-To"] == "help@northwind.example"
    assert parsed["Message-ID"] == FIRST_ID
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["X-Auto-Response-Suppress"] == "All"
    assert parsed["Content-Language"] == "en"
    assert_sound(composed())


def test_without_a_reply_address_there_is_no_such_header():
    mail = composed(msp=Msp(name="Northwind IT", mail_from="support@northwind.example"))

    assert first_lines(mail.raw) == [name for name in HEADERS if name != "Reply-To"]
    assert email.message_from_bytes(mail.raw)["From"] == "Northwind IT <support@northwind.example>"


def test_the_same_message_is_the_same_bytes_at_every_try():
    assert composed() == composed()


def test_both_parts_arrive_as_they_were_written():
    for letter in (RECEIVED, NEEDS_YOU, RESOLVED):
        parsed = email.message_from_bytes(composed(letter).raw, policy=policy.default)
        text, html = (part.get_content() for part in parsed.iter_parts())

        assert letter.paragraphs[0] in " ".join(text.split())
        assert letter.greeting in html
        assert html.endswith("</html>\r\n")


def test_a_letter_that_is_mostly_not_ascii_arrives_too():
    letter = RECEIVED.model_copy(update={"paragraphs": ("日本語のチケットです。" * 300,)})
    parsed = email.message_from_bytes(composed(letter).raw, policy=policy.default)
    text = next(parsed.iter_parts())

    assert text["Content-Transfer-Encoding"] == "base64"
    assert "日本語のチケットです。" * 300 in text.get_content()


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (AT, "Mon, 02 Mar 2026 14:05:11 +0000"),
        (datetime(2026, 3, 2, 16, 5, 11, tzinfo=timezone(timedelta(hours=2))), "Mon, 02 Mar 2026 14:05:11 +0000"),
    ],
)
def test_the_date_is_the_decision_in_utc(at, written):
    parsed = email.message_from_bytes(composed(date=at).raw)

    assert parsed["Date"] == written
    assert parsedate_to_datetime(parsed["Date"]) == at.astimezone(UTC)


def test_a_date_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="zone"):
        composed(date=datetime(2026, 3, 2))  # noqa: DTZ001


# ── the subject ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_subject_starts_with_the_ticket():
    assert composed().subject == "[#4711] We have your request: Scanner on the 2nd floor does not send to mail"


def test_a_subject_that_names_the_ticket_already_is_left_alone():
    assert composed(RECEIVED.model_copy(update={"subject": "Re: [#4711] Scanner"})).subject == "Re: [#4711] Scanner"


@pytest.mark.parametrize(
    "control", ["\r", "\n", "\r\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029", "\0", "\r\n ", "\n\n"]
)
def test_a_title_with_line_breaks_stays_one_line(control):
    mail = composed(RECEIVED.model_copy(update={"subject": f"Printer{control}Bcc: evil@evil.example"}))

    assert mail.subject == "[#4711] Printer Bcc: evil@evil[.]example"
    assert_sound(mail)


@pytest.mark.parametrize(
    "word",
    [
        "=?utf-8?q?Printer_down=0D=0ABcc:_evil=40evil.example?=",
        "=?utf-8?b?UHJpbnRlcg0KQmNjOiBldmlsQGV2aWwuZXhhbXBsZQ==?=",
        "=?us-ascii?Q?x=0ABcc:_evil?= =?utf-8?q?y?=",
        "=?utf-8?q?x?=\r\n =?utf-8?q?y?=",
        "=\u200b?utf-8?q?=0D=0ABcc:_evil?=",
        "=?",
    ],
)
def test_an_encoded_word_from_outside_stays_literal(word):
    mail = named_everywhere(word)
    to_name = decoded(getaddresses([email.message_from_bytes(mail.raw)["To"]])[0][0])

    assert_sound(mail)
    assert mail.subject.startswith("[#=?")
    assert "Bcc" not in email.message_from_bytes(mail.raw, policy=policy.default)
    assert to_name.startswith("=?")
    assert "\n" not in to_name


def test_an_endless_title_is_cut():
    for title in ("x" * 5000, "word " * 1000, "😀" * 300, "Z" + "\u0335" * 5000, "🇩🇪" * 200):
        mail = composed(RECEIVED.model_copy(update={"subject": title}))

        assert_sound(mail)
        assert mail.subject.startswith("[#4711] ")


def test_a_link_in_the_title_is_none_in_the_subject():
    mail = composed(RECEIVED.model_copy(update={"subject": "Reset at https://evil.example/login"}))

    assert mail.subject == "[#4711] Reset at https[:]//evil[.]example/login"


# ── any words ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_naughty_string_in_every_field_makes_a_sound_mail():
    for text in naughty_strings():
        assert_sound(named_everywhere(text))


NAUGHTY_CHARACTERS = (
    st.sampled_from(list("\r\n\t\0\x0b\x85\u2028\u202e\u0301=?_:;,<>@\"'\\()[].# aé😀🇩")) | st.characters()
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.text(NAUGHTY_CHARACTERS, max_size=60), min_size=6, max_size=6),
    st.text(NAUGHTY_CHARACTERS, max_size=1200),
)
def test_any_text_in_any_field_makes_a_sound_mail(texts, long):
    subject, name, number, brand, label, language = texts
    letter = NEEDS_YOU.model_copy(
        update={
            "subject": subject,
            "greeting": name,
            "paragraphs": (long,),
            "rows": ((label, long),),
            "language": language,
        }
    )

    assert_sound(
        composed(
            letter, to_name=name, ticket_number=number, msp=MSP.model_copy(update={"name": brand, "mail_name": brand})
        )
    )


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("Vega, Robin", '"Vega, Robin" <dana@client.example>'),
        ("Robin (2nd floor)", '"Robin (2nd floor)" <dana@client.example>'),
        ('Robin "R" Vega\\', "Robin R Vega <dana@client.example>"),
        ("x <evil@evil.example>,", '"x evil@evil.example ," <dana@client.example>'),
        ("Zoë", "=?utf-8?B?Wm/Dqw==?= <dana@client.example>"),
        ("", "dana@client.example"),
        ("\u200b", "dana@client.example"),
    ],
)
def test_a_name_is_only_a_name(name, header):
    mail = composed(to_name=name)

    assert email.message_from_bytes(mail.raw)["To"] == header
    assert_sound(mail)


# ── threads ────────────────────────────────────────────────────────────────────────────────────────────────────────


def ids(count: int) -> tuple[str, ...]:
    return tuple(f"<message-{place:032x}@northwind.example>" for place in range(count))


def test_a_follow_up_answers_the_mail_before_and_names_the_root():
    mail = composed(previous=ids(3))
    parsed = email.message_from_bytes(mail.raw)

    assert parsed["In-Reply-To"] == ids(3)[-1]
    assert tuple(parsed["References"].split()) == ids(3)
    assert_sound(mail, THREADED)


def test_a_long_thread_names_its_root_and_the_last_ten():
    parsed = email.message_from_bytes(composed(previous=ids(100)).raw)

    assert tuple(parsed["References"].split()) == (ids(100)[0], *ids(100)[-10:])
    assert parsed["In-Reply-To"] == ids(100)[-1]


@pytest.mark.parametrize(
    "naughty",
    [
        "",
        "plain",
        "<a@b.example>\r\nBcc: evil@evil.example",
        "<a@b.example>\n",
        "<a b@c.example>",
        "<a@b.example> <c@d.example>",
        "<a@b@c.example>",
        "<>",
        "<é@b.example>",
        "<=?utf-8?q?x?=@b.example>",
        "<a@b.example",
        f"<{'a' * 300}@b.example>",
    ],
)
def test_a_naughty_message_id_never_gets_into_a_mail(naughty):
    with pytest.raises(UnsafeMail):
        composed(message_id=naughty)
    with pytest.raises(UnsafeMail):
        composed(previous=(FIRST_ID, naughty))


# ── the recipient, and the last look ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "address",
    [
        "",
        "dana@client.example\r\nBcc: evil@evil.example",
        "dana@client.example, evil@evil.example",
        "dana@müller.example",
    ],
)
def test_a_bad_recipient_gets_no_mail(address):
    with pytest.raises(BadAddress):
        composed(to_address=address)


def test_the_mail_knows_its_envelope():
    mail = composed()

    assert (mail.sender, mail.recipient, mail.message_id) == (
        "support@northwind.example",
        "dana@client.example",
        FIRST_ID,
    )


@pytest.mark.parametrize(
    ("found", "put"),
    [
        (b"\r\nAuto-Submitted:", b"\r\nBcc: evil@evil.example\r\nAuto-Submitted:"),
        (b"<dana@client.example>", b"<dana@client.example>, evil@evil.example"),
        (b"<dana@client.example>", b"<evil@evil.example>"),
        (b"Subject: [#4711] ", b"Subject: "),
        (b"Auto-Submitted: auto-generated\r\n", b""),
        (b"\r\nContent-Language", b"\nContent-Language"),
        (b"Content-Language: en", b"Content-Language: \xc3\xa9"),
        (b"multipart/alternative", b"multipart/mixed"),
        (b"Content-Type: text/html;", b"X-New: 1\r\nContent-Type: text/html;"),
        (b"Content-Type: text/html;", b"Content-Type: text/calendar;"),
        (b"Received", b"R" * 999),
        (b"Received", b"Rec\0eived"),
        (b"--\r\n", b"\r\n"),
    ],
)
def test_a_mail_that_is_not_what_was_meant_is_refused(found, put):
    mail = composed()
    assert found in mail.raw
    spoilt = mail.raw.replace(found, put)

    with pytest.raises(UnsafeMail):
        check(spoilt, recipient=mail.recipient, subject=mail.subject, replies_to=True, in_thread=False)


@pytest.mark.parametrize(
    ("found", "put"),
    [
        (b"--BOUNDARY--\r\n", b"--BOUNDARY--\r\nan epilogue\r\n"),
        (b"\r\n\r\n--BOUNDARY\r\nContent-Type: text/plain", b"\r\n\r\na preamble\r\n--BOUNDARY\r\nContent-Type: text/plain"),
        (b"Received", b"\r\n--BOUNDARY\r\nContent-Type: text/html; charset=utf-8\r\n\r\nReceived"),
        (b"Received", b"\r\n--BOUNDARY--\r\n\r\nReceived"),
        (b"Received", b"Received --BOUNDARY"),
        (b"--BOUNDARY\r\nContent-Type: text/html", b"--BOUNDARY \r\nContent-Type: text/html"),
        (b'boundary="BOUNDARY"', b'boundary="BOUNDAR"'),
        (b'boundary="BOUNDARY"', b"charset=utf-8"),
        (b'boundary="BOUNDARY"', b"boundary*=utf-8''%C3%A9"),
    ],
)  # fmt: skip
def test_a_mail_in_which_somebody_could_find_other_parts_is_refused(found, put):
    mail = composed()
    boundary = re.search(rb'boundary="([^"]+)"', mail.raw)[1]
    found, put = (
        found.replace(b"BOUNDARY", boundary),
        put.replace(b"BOUNDARY", boundary).replace(b"BOUNDAR", boundary[:-1]),
    )
    assert found in mail.raw

    with pytest.raises(UnsafeMail):
        check(
            mail.raw.replace(found, put),
            recipient=mail.recipient,
            subject=mail.subject,
            replies_to=True,
            in_thread=False,
        )
