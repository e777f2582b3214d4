"""The phone beside the mailbox: conversations, and the one form of the pages by which anything can be sent."""

import contextlib
import html
import io
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest

from infra.local.answering_phone import AnsweringPhone
from infra.local.data_folder import DataFolder
from infra.local.demo_platform import prepare
from infra.local.demo_stage import CALM
from infra.local.pages import Desk, Pages
from infra.local.pages.links import FolderLinks
from infra.local.simulator import START
from infra.local.wsgi_call import Answer, call
from shared.adapters.task_delivery import deliver_due
from shared.models.alert import Standing
from shared.models.finding import Audience, Finding, Severity
from shared.step import Decision, step
from tests.naughty_strings import naughty_strings

CIARA, NOBODY = "+353871234501", "+353871239999"
BASE = "http://127.0.0.1:8710/alert_reply"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Host": "127.0.0.1:8710"}
OWN = {**FORM, "Sec-Fetch-Site": "same-origin", "Origin": "null"}


@pytest.fixture
def day(tmp_path):
    """A platform on which one critical alert has reached Ciara's phone."""
    with contextlib.redirect_stdout(io.StringIO()):
        day = prepare(DataFolder.at(tmp_path), START, 1, CALM)
        step(day.platform.app, Finding, FINDING.id, lambda known, _now: Decision(known or FINDING))
        deliver_due(day.stage.queue, day.platform.deliver, day.clock, until=START + timedelta(minutes=2))
    day.clock.move_to(START + timedelta(minutes=2))
    return day


FINDING = Finding(
    id="finding-blind",
    at=START,
    alarm_at=START,
    kind="sweep_blind",
    dedup_key="halo",
    severity=Severity.CRITICAL,
    audience=Audience.MANAGER,
    text="halo could not be read.",
    psa="halo",
)


def test_a_conversation_shows_what_we_wrote_when_and_in_how_many_segments(day):
    source = shown(day)

    assert "CRITICAL halo cannot be read" in source
    assert "Tue 10 Mar, 07:00</time> · 2 segments" in source
    assert "Ciara Walsh" in body_of(call(day.platform, "GET", "/phone"))


def test_an_answer_takes_the_alert_and_our_reply_stands_below_it(day):
    answer = sends(day, "1a")
    (alert,) = day.platform.desk.ledger().standing_alerts()

    assert answer.status == 303
    assert answer.header("Location") == f"/phone/{CIARA}#newest"
    assert (alert.standing, alert.by) == (Standing.ACKNOWLEDGED, "ciara")
    assert [(text.from_person, text.text[:8]) for text in texts(day)[1:]] == [(True, "1a"), (False, "You have")]


def test_the_same_form_sent_twice_is_one_answer(day):
    after = place(day)
    sends(day, "1a", after=after)
    once, alerts = texts(day), day.platform.desk.ledger().standing_alerts()
    day.clock.move_to(START + timedelta(minutes=9))

    assert sends(day, "1a", after=after).status == 303
    assert texts(day) == once
    assert day.platform.desk.ledger().standing_alerts() == alerts


def test_the_same_words_from_a_page_that_was_shown_later_are_another_answer(day):
    sends(day, "hello")
    sends(day, "hello")

    assert [text.text for text in texts(day) if text.from_person] == ["hello", "hello"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:3000"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:3000"},
        {"Origin": "https://127.0.0.1:8710"},
        {"Origin": "null"},
        {},
    ],
)
def test_a_form_that_is_not_from_these_pages_is_refused_and_nothing_is_kept(day, headers):
    before = texts(day)

    assert sends(day, "1r", headers={**FORM, **headers}).status == 403
    assert texts(day) == before
    assert day.platform.desk.ledger().standing_alerts()[0].standing is Standing.OPEN


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "http://127.0.0.1:8710"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://127.0.0.1:8710"},
    ],
)
def test_a_form_is_taken_however_a_browser_says_that_it_is_from_here(day, headers):
    assert sends(day, "1a", headers={**FORM, **headers}).status == 303


@pytest.mark.parametrize("headers", [{"X-Forwarded-For": "203.0.113.7"}, {"Host": "promisekeeper.example"}])
def test_nothing_that_came_through_a_proxy_or_by_another_name_is_taken(day, headers):
    assert sends(day, "1r", headers={**OWN, **headers}).status == 403
    assert len(texts(day)) == 1


@pytest.mark.parametrize("path", ["/", "/mailbox", "/alerts", "/phone", "/tickets", "/uncertain", "/alerts/alert-1"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nowhere_else_can_anything_be_sent(day, method, path):
    assert call(day.platform, method, path, b"text=1r&after=1", OWN).status == 405


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_a_conversation_takes_nothing_but_a_form(day, method):
    assert call(day.platform, method, f"/phone/{CIARA}", b"text=1r&after=1", OWN).status == 405


@pytest.mark.parametrize("number", [NOBODY, "353871234501", "+0", "nobody", "+353871234501x", "%2B353871234501%00"])
def test_a_number_that_is_nobodys_has_no_page_and_takes_no_answer(day, number):
    assert call(day.platform, "GET", f"/phone/{number}").status == 404
    assert sends(day, "1a", number=number, after=1).status == 404


@pytest.mark.parametrize("text", ["", "   \r\n ", "x" * 1601, "a\0b"])
def test_what_no_phone_could_send_is_refused(day, text):
    assert sends(day, text).status == 400
    assert len(texts(day)) == 1


@pytest.mark.parametrize("after", ["", "x", "-1", "9" * 13, "١"])
def test_a_form_without_the_place_that_the_page_wrote_into_it_is_refused(day, after):
    assert sends(day, "1a", after=after).status == 400


def test_a_form_that_is_too_big_is_refused_before_it_is_read(day):
    assert sends(day, "x" * 40_000).status == 413
    assert len(texts(day)) == 1


def test_whatever_is_typed_is_shown_as_it_is_and_becomes_no_markup(day):
    typed = [text for text in naughty_strings() if text.strip() and "\0" not in text and len(text) <= 1600][:150]
    with contextlib.redirect_stdout(io.StringIO()):
        for text in typed:
            assert sends(day, text).status == 303, text
            assert sends(day, text).status == 303, text
    source = shown(day)

    assert {name for name, _ in Tags(source).found} <= KNOWN_TAGS
    assert all(href.startswith(("/", "#")) for _, attributes in Tags(source).found for href in hrefs(attributes))
    assert not any(
        name.startswith("on") or name == "style" for _, attributes in Tags(source).found for name in attributes
    )


def test_only_our_own_links_in_our_own_texts_are_links_and_they_stay_on_this_machine(day):
    ours, channel = f"{BASE}/n/abc.DEF-_1", day.platform.phone.channel
    channel.replied(
        "a", CIARA, f'look: {ours} or https://evil.example/n/x or {BASE}evil/n/x or {BASE}/n/a"b or {BASE}/sms'
    )
    channel.received("b", CIARA, f"theirs: {BASE}/n/theirs")
    links = [href for href in re.findall(r'href="([^"]*)"', shown(day)) if "alert_reply" in href]

    assert links[1:] == ["/alert_reply/n/abc.DEF-_1", "/alert_reply/n/a"]


def test_the_link_in_an_sms_opens_the_page_of_its_alert(day):
    (link,) = re.findall(r'href="(/alert_reply/[^"]*)"', shown(day))
    page = call(day.platform, "GET", html.unescape(link))

    assert page.status == 200
    assert b"I have it" in page.body


def test_an_answer_that_is_not_taken_is_shown_as_such_and_can_be_sent_again(day):
    phone = day.platform.phone
    broken = AnsweringPhone(phone.channel, day.platform.app, "t", lambda _body, _headers: Answer(503, [], b"later"))
    pages = Pages(replace(day.platform.desk, phone=broken))
    after = place(day)
    failed = call(pages, "POST", f"/phone/{CIARA}", form("1a", after), OWN)

    assert failed.status == 502
    assert b"alert_reply answered 503" in failed.body
    assert sends(day, "1a", after=after).status == 303
    assert [text.text for text in texts(day) if text.from_person] == ["1a"]


def test_without_a_server_there_is_nothing_to_send_and_no_link_to_press(day):
    source = call(Pages(day.platform.desk, FolderLinks(f"/phone/{CIARA}", set())), "GET", f"/phone/{CIARA}").body

    assert b"CRITICAL halo" in source
    assert b"<form" not in source
    assert b'href="/alert_reply' not in source
    assert b"act only under <code>make run</code>" in source


def test_only_where_a_server_answers_is_an_answer_spoken_of(day):
    served = body_of(call(day.platform, "GET", "/phone"))
    exported = body_of(call(Pages(day.platform.desk, FolderLinks("/phone", set())), "GET", "/phone"))

    assert "answers work as from a real phone" in served
    assert "but an answer on the phone" in served
    assert "answers work" not in exported
    assert "but an answer on the phone" not in exported
    assert "only under <code>make run</code>" in exported


def test_where_sms_really_go_out_the_phone_says_so_and_takes_nothing(day):
    pages = Pages(Desk(day.platform.app, None))

    assert b"No SMS is kept here" in call(pages, "GET", "/phone").body
    assert call(pages, "GET", f"/phone/{CIARA}").status == 404
    assert call(pages, "POST", f"/phone/{CIARA}", form("1a", 1), OWN).status == 404


# ── what the tests ask ─────────────────────────────────────────────────────────────────────────────────────────────

KNOWN_TAGS = {
    "html",
    "head",
    "meta",
    "title",
    "link",
    "body",
    "a",
    "header",
    "div",
    "p",
    "span",
    "nav",
    "ul",
    "li",
    "main",
    "h1",
    "h2",
    "section",
    "ol",
    "time",
    "form",
    "input",
    "label",
    "textarea",
    "button",
    "footer",
}


class Tags(HTMLParser):
    def __init__(self, source):
        super().__init__()
        self.found = []
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def hrefs(attributes):
    return [attributes[name] for name in ("href", "src", "action") if name in attributes]


def form(text, after):
    return urlencode({"after": after, "text": text}).encode()


def sends(day, text, *, number=CIARA, after=None, headers=None):
    after = place(day) if after is None else after
    return call(day.platform, "POST", f"/phone/{number}", form(text, after), OWN if headers is None else headers)


def place(day):
    return int(re.search(r'name="after" value="(\d+)"', shown(day))[1])


def shown(day):
    return body_of(call(day.platform, "GET", f"/phone/{CIARA}"))


def body_of(answer):
    assert answer.status == 200
    return answer.body.decode()


def texts(day):
    return day.platform.phone.conversation(CIARA)
