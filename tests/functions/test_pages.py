"""The pages: what they show, that nothing from outside gets through unescaped, that everybody can use them."""

import json
import re
from datetime import timedelta
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from infra.local.pages import Pages
from infra.local.pages.links import FolderLinks
from infra.local.simulator import END
from infra.local.wsgi_call import call
from shared.mail.letter import Letter
from shared.mail.mail import Mail
from shared.models.alert import Alert, alert_id
from shared.models.finding import Audience, Finding, Severity
from shared.models.message import Message
from shared.models.notice import Dropped, Notice
from shared.models.outgoing import OutgoingState
from shared.models.ticket import Held, Moment, Person, Promise, Ticket, TicketState, Told, Touchpoint
from shared.ports import Create
from tests.functions.played import played

NAUGHTY = "\"><script>alert(1)</script><img src=x onerror=alert(2)>' {{7*7}} {% raw %} javascript:alert(3) \u202eabc"
NAUGHTY_TICKET = "ticket-" + "ab" * 16
NAUGHTY_FINDING = "a finding about something naughty"
NAUGHTY_ALERT = alert_id("client_in_silence", NAUGHTY_FINDING)
NAUGHTY_NUMBER = "+353871234599"
AT = END - timedelta(hours=3)
VOID = frozenset(("meta", "link", "input", "br", "img", "rect"))


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    day = played(tmp_path_factory.mktemp("pages"), tickets=10)
    _add_what_is_naughty(day.platform)
    return day


@pytest.fixture(scope="module")
def site(day):
    """Every page that a reader can come to from the overview, by its path."""
    found, wanted = {}, {"/", "/mailbox?number=48000", "/tickets?number=nobody", "/nowhere", "/alerts?day=never"}
    while wanted:
        path = wanted.pop()
        found[path] = call(day.platform, "GET", path)
        if found[path].header("Content-Type") == "text/html; charset=utf-8" and not path.endswith("/letter"):
            links = re.findall(r'(?:href|src)="(/[^"#]*)', found[path].body.decode())
            inside = {link.replace("&amp;", "&") for link in links if not link.startswith("/alert_reply/")}
            wanted |= inside - found.keys()
    return found


@pytest.fixture(scope="module")
def pages(site):
    """The site's HTML pages, without the mails themselves."""
    return {
        path: parsed(answer.body.decode())
        for path, answer in site.items()
        if (answer.header("Content-Type") or "").startswith("text/html") and not path.endswith("/letter")
    }


def test_every_link_leads_somewhere(site):
    bad = {path: answer.status for path, answer in site.items() if answer.status != 200}

    assert bad == {"/nowhere": 404, "/alerts?day=never": 400}
    assert len(site) > 60


def test_no_page_may_run_anything_or_load_anything_from_elsewhere(site):
    for path, answer in site.items():
        policy = answer.header("Content-Security-Policy") or ""
        assert policy.startswith("default-src 'none'"), path
        assert "script" not in policy, path
        assert answer.header("X-Content-Type-Options") == "nosniff", path
        assert answer.header("Referrer-Policy") == "no-referrer", path
        if not path.endswith("/letter"):
            assert "unsafe" not in policy, path
            assert "frame-ancestors 'none'" in policy, path


def test_a_mail_is_shown_in_a_frame_that_may_do_nothing(site, pages):
    letters = {path: answer for path, answer in site.items() if path.endswith("/letter")}
    frames = [tag for page in pages.values() for tag in page.tags if tag.name == "iframe"]

    assert letters
    assert frames
    assert all(answer.header("Content-Security-Policy").endswith("; sandbox") for answer in letters.values())
    assert all(frame.attributes.get("sandbox") == "" and frame.attributes.get("title") for frame in frames)


def test_no_text_from_outside_becomes_a_tag_an_attribute_or_a_link(pages):
    """The page for everything that bears a naughty title, name, address, owner, reason and alert."""
    touched = [path for path, page in pages.items() if "alert(1)" in page.source]

    new = {"/phone", f"/phone/{NAUGHTY_NUMBER}", f"/alerts/{NAUGHTY_ALERT}"}
    assert new | {"/", "/mailbox", "/tickets", "/alerts", "/uncertain", f"/tickets/{NAUGHTY_TICKET}"} <= set(touched)
    for path, page in pages.items():
        for tag in page.tags:
            assert tag.name not in {"script", "img", "object", "embed", "base"}, path
            assert not any(name.startswith("on") or name == "style" for name in tag.attributes), path
            link = tag.attributes.get("href") or tag.attributes.get("src") or tag.attributes.get("action") or "/"
            assert link.startswith(("/", "#")), path


def test_no_text_from_outside_turns_a_line_around(pages):
    assert not any("\u202e" in page.source for page in pages.values())


def test_no_template_language_in_a_title_is_obeyed(pages):
    assert "{{7*7}}" in pages[f"/tickets/{NAUGHTY_TICKET}"].source


def test_every_page_works_on_a_phone_and_in_the_dark(pages):
    for path, page in pages.items():
        metas = {tag.attributes.get("name"): tag.attributes.get("content") for tag in page.tags if tag.name == "meta"}
        assert metas["viewport"] == "width=device-width, initial-scale=1", path
        assert metas["color-scheme"] == "light dark", path


def test_every_page_has_its_landmarks_and_headings_in_order(pages):
    for path, page in pages.items():
        names = [tag.name for tag in page.tags]
        assert names.count("main") == names.count("h1") == names.count("title") == 1, path
        assert names.count("header") == names.count("footer") == 1, path
        assert page.tags[0].attributes.get("lang") == "en", path
        levels = [int(name[1]) for name in names if re.fullmatch("h[1-6]", name)]
        assert all(deeper - level <= 1 for level, deeper in pairwise(levels)), path
        navs = [tag.attributes.get("aria-label") for tag in page.tags if tag.name == "nav"]
        assert None not in navs, path
        assert len(set(navs)) == len(navs), path


def test_everything_has_a_name_that_can_be_read_out(pages):
    for path, page in pages.items():
        ids = [tag.attributes["id"] for tag in page.tags if "id" in tag.attributes]
        assert len(set(ids)) == len(ids), path
        labels = {tag.attributes.get("for") for tag in page.tags if tag.name == "label"}
        for tag in page.tags:
            if tag.name in ("input", "textarea") and tag.attributes.get("type") != "hidden":
                assert tag.attributes["id"] in labels, path
            if tag.name == "section":
                assert tag.attributes["aria-labelledby"] in ids, path
            if tag.name == "th":
                assert tag.attributes.get("scope") in ("row", "col"), path
        tables = [tag.name for tag in page.tags if tag.name in ("table", "caption")]
        assert tables.count("table") == tables.count("caption"), path
        assert page.tags[[tag.name for tag in page.tags].index("a")].attributes["href"] == "#main", path


def test_every_page_is_well_formed(pages):
    for path, page in pages.items():
        assert not page.open, path
        assert not page.crossed, path


def test_the_page_a_reader_is_on_is_marked(pages):
    for path in ("/", "/mailbox", "/phone", "/tickets", "/alerts", "/uncertain"):
        current = [tag.attributes["href"] for tag in pages[path].tags if tag.attributes.get("aria-current") == "page"]
        assert current == [path]


def test_a_ticket_tells_its_journey_with_what_was_held_back_and_why(pages):
    source = pages[f"/tickets/{NAUGHTY_TICKET}"].source

    for words in ("The PSA says", "The client is told", "Held back", "Broken: word was promised", "A manager is told"):
        assert words in source


def test_a_mail_says_why_it_was_sent(pages):
    for path, page in pages.items():
        if re.fullmatch(r"/mailbox/\d+", path):
            assert "Why was this sent?" in page.source


def test_a_mail_with_a_link_says_where_it_acts(day, site):
    linked = next(path for path, page in site.items() if b"Open the link in this mail" in page.body)
    exported = call(Pages(day.platform.desk, FolderLinks(linked, set())), "GET", linked).body

    assert b"acts only under <code>make run</code>" in exported
    assert b"Open the link" not in exported
    assert b"make run" not in site[linked].body


def test_a_ticket_is_found_by_its_number(day, site):
    found = re.findall(r"#(48\d\d\d)", site["/tickets"].body.decode())

    assert b"Found:" in call(day.platform, "GET", f"/tickets?number={found[0]}").body
    assert b"is known" in site["/tickets?number=nobody"].body


def test_the_list_of_mails_is_paged(day):
    pages = Pages(day.platform.desk)
    first = call(pages, "GET", "/mailbox?before=6").body.decode()

    assert re.findall(r'href="/mailbox/(\d+)"', first) == ["5", "4", "3", "2", "1"]
    assert call(pages, "GET", "/mailbox?before=x").status == 400


def test_nothing_can_be_changed(day):
    for method in ("POST", "PUT", "DELETE"):
        assert call(day.platform, method, "/mailbox").status == 405


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "promisekeeper.example"},
        {"Host": "127.0.0.1.evil.example:8710"},
        {"Host": "localhost:8710", "X-Forwarded-For": "203.0.113.7"},
        {"Host": "localhost:8710", "Forwarded": "for=203.0.113.7"},
    ],
)
def test_nobody_from_outside_sees_a_page_though_webhooks_come_through(day, headers):
    page = call(day.platform, "GET", "/mailbox", headers=headers)
    webhook = call(day.platform, "POST", "/psa_webhook/halo", b"[]", {**headers, "Content-Type": "application/json"})

    assert page.status == 403
    assert b"@" not in page.body
    assert json.loads(webhook.body) == {"error": "unauthenticated"}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8710", "LOCALHOST:1", "[::1]:8710", "[::1]"])
def test_somebody_at_this_machine_does(day, host):
    assert call(day.platform, "GET", "/", headers={"Host": host}).status == 200


# ── reading a page ─────────────────────────────────────────────────────────────────────────────────────────────────


class Tag:
    def __init__(self, name, attributes):
        self.name, self.attributes = name, {key: value or "" for key, value in attributes}


class Page(HTMLParser):
    """All start tags in order, and whether each was closed in turn."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.source, self.tags, self.open, self.crossed = source, [], [], []
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.append(Tag(tag, attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(Tag(tag, attrs))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.crossed.append(tag)


def parsed(source):
    return Page(source)


def _add_what_is_naughty(platform):
    ticket = Ticket(
        id=NAUGHTY_TICKET,
        psa="connectwise",
        psa_id=NAUGHTY,
        number=NAUGHTY,
        title=NAUGHTY,
        status=NAUGHTY,
        company=NAUGHTY,
        contact=Person(name=NAUGHTY, email=NAUGHTY),
        created_at=AT,
        updated_at=AT,
        first_seen=AT,
        moments=(
            Moment(at=AT, state=TicketState.NEW, priority=NAUGHTY),
            Moment(at=AT + timedelta(minutes=1), state=TicketState.RESOLVED, owner=NAUGHTY),
        ),
        told=(Told(touchpoint=Touchpoint.RECEIVED, at=AT, about=AT, order=0, message="message-naughty", why=NAUGHTY),),
        held=(Held(touchpoint=Touchpoint.ASSIGNED, at=AT, about=AT, why=NAUGHTY),),
        promises=(Promise(made=AT, by=AT, outcome="broken", settled=AT + timedelta(minutes=2)),),
    )
    message_id = f"<{NAUGHTY_TICKET}.0@harbourlane.example>"
    message = Message(
        id="message-naughty",
        ticket=ticket.id,
        number=NAUGHTY,
        touchpoint="received",
        why=NAUGHTY,
        letter=_letter(),
        message_id=message_id,
        decided_at=AT,
        expires_at=AT,
        state=OutgoingState.UNCERTAIN,
        reason=NAUGHTY,
        sent_to=NAUGHTY,
    )
    sent = message.but(id="message-naughty2", state=OutgoingState.SENT, sent_at=AT, reference="mailbox-999")
    dead = message.but(id="message-naughty3", state=OutgoingState.DEAD)
    finding = Finding(
        id="finding-naughty",
        at=AT,
        kind="client_in_silence",
        dedup_key=NAUGHTY_FINDING,
        severity=Severity.CRITICAL,
        audience=Audience.MANAGER,
        text=NAUGHTY,
        ticket=ticket.id,
        number=NAUGHTY,
        company=NAUGHTY,
    )
    everything = (ticket, message, sent, dead, finding, *_naughty_alert(finding))
    platform.app.store.commit([Create(each) for each in everything])
    platform.phone.channel.received("SM" + "a" * 32, NAUGHTY_NUMBER, NAUGHTY, AT)
    platform.phone.channel.replied(
        "SM" + "b" * 32, NAUGHTY_NUMBER, f'{NAUGHTY} http://127.0.0.1:8710/alert_reply/n/a"b', AT
    )
    raw = f"From: a@b.example\r\nTo: c@d.example\r\nSubject: x\r\nDate: {NAUGHTY!r}\r\n\r\n{NAUGHTY!r}".encode()
    naughty = Mail(message_id=message_id, sender="a@b.example", recipient=NAUGHTY, subject=NAUGHTY, raw=raw)
    platform.mailbox.send(naughty, lambda: None)


def _naughty_alert(finding):
    """An alert and what carried it, with outside text in every field that takes some."""
    facts = {name: getattr(finding, name) for name in ("kind", "dedup_key", "severity", "audience", "text", "ticket")}
    turn = {"cycle": 1, "round": 0, "step": 0}
    told = {**turn, "person": NAUGHTY, "at": AT, "ready_at": AT, "unreached": NAUGHTY}
    carried = {"alert": NAUGHTY_ALERT, **turn, "severity": "critical", "ready_at": AT}
    notice = Notice(
        id="notice-" + "cd" * 16,
        person=NAUGHTY,
        way="sms",
        method="method-1",
        items=(carried,),
        text=NAUGHTY,
        decided_at=AT,
        expires_at=AT,
        state=OutgoingState.DEAD,
        reason=NAUGHTY,
    )
    dropped = notice.but(id="notice-" + "ef" * 16, dropped=(Dropped(alert=NAUGHTY_ALERT, why=NAUGHTY),))
    alert = Alert(
        id=NAUGHTY_ALERT,
        **facts,
        number=NAUGHTY,
        company=NAUGHTY,
        owner=NAUGHTY,
        psa=NAUGHTY,
        opened_at=AT,
        found_at=AT,
        changed_at=AT,
        standing="acknowledged",
        by=NAUGHTY,
        chain=NAUGHTY,
        tellings=tuple(
            {**told, "way": way, "notice": id_}
            for way, id_ in (("sms", notice.id), ("email", dropped.id), ("chat", ""))
        ),
        ledger=tuple(
            {"at": AT, "what": what}
            for what in (
                f"found: {NAUGHTY}",
                f"{NAUGHTY} has it",
                f"over: {NAUGHTY}",
                f"2026-99-99 99:99 UTC {NAUGHTY}",
            )
        ),
    )
    return notice, dropped, alert


def _letter():
    return Letter(subject=NAUGHTY, status=NAUGHTY, tone="calm", greeting="", paragraphs=(NAUGHTY,), footer="")
