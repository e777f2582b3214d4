"""The page of a notice: opening it changes nothing, its buttons do what they say, once, and it says what came of it."""

import re
from datetime import timedelta

import pytest

from functions.alert_reply.acting import Order, act
from shared.alerts.links import VALID_FOR, AlertLinks
from shared.alerts.standing import Deed
from shared.errors import Unauthenticated
from shared.models.alert import Standing, Way
from tests.functions.alerting import AT, BASE, PEOPLE, AlertDesk, finding
from tests.functions.answering import FORM, Browser, alert, asks, digest_of, notice_to, page_of


def desk_with(alerts: int = 1, **settings):
    desk = AlertDesk(**settings)
    return desk.finds(*(finding(f"silence-{n}", number=str(4711 + n)) for n in range(alerts))).passes(minutes=5)


def as_kept(desk):
    return [alert.model_dump_json() for alert in desk.alerts()] + [each.model_dump_json() for each in desk.notices()]


# ── looking ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_says_what_it_is_and_who_was_told():
    page = page_of(desk_with())

    assert page.answer.status == 200
    for words in (
        "#4711 Lakeside Clinic: A client hears nothing",
        "Nobody has it yet",
        "Ana Lima",
        "11:00 (3 h 5 min)",
        "Dana Ortiz by SMS",
        "Call the client",
        "round 1, step 1: dana by sms and email",
        "<details>",
    ):
        assert words in page.text


def test_opening_it_in_any_way_changes_nothing():
    desk = desk_with(3)
    before, page = as_kept(desk), page_of(desk)
    for query in ("", "?said=all&done=3", "?deed=acknowledge&alert=all", f"?said=done&about={desk.alerts()[0].id}"):
        for method in ("GET", "HEAD"):
            assert page.opens(query, method).answer.status == 200

    assert as_kept(desk) == before


def test_a_head_has_no_body():
    assert page_of(desk_with()).opens(method="HEAD").text == ""


def test_the_page_runs_nothing_loads_nothing_and_is_kept_by_nobody():
    page = page_of(desk_with())

    policy = page.answer.header("Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert policy.endswith("'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
    assert page.answer.header("Cache-Control") == "no-store"
    assert page.answer.header("Referrer-Policy") == "no-referrer"
    assert "noindex" in page.answer.header("X-Robots-Tag")
    assert not re.search(r"<script|javascript:|\son\w+=|\sstyle=|src=|http", page.text)


def test_what_comes_from_outside_is_shown_as_text():
    evil = '"><script>alert(1)</script>\u202e'
    desk = (
        AlertDesk().finds(finding(company=evil, owner=evil, number=evil, text=evil, kind="new_kind")).passes(minutes=5)
    )
    page = page_of(desk)

    assert "<script" not in page.text
    assert "\u202e" not in page.text
    assert "&lt;script&gt;" in page.text


def test_times_are_those_of_the_person():
    people = {**PEOPLE, "dana": {**PEOPLE["dana"], "timezone": "America/New_York"}}
    page = page_of(desk_with(people=people))

    assert "06:00 (3 h 5 min)" in page.text


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b",
        "AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "%ff",
        "a/b",
        "é",
        "x" * 3000,
    ],
)
def test_a_link_that_is_not_ours_gets_one_and_the_same_answer(token):
    desk = desk_with()
    nobody_s = AlertLinks(BASE, ["a-key-for-links-that-is-long-enough"]).token("notice-" + "0" * 32)
    expected = asks(desk, "GET", f"/n/{nobody_s}")
    other_key = AlertLinks(BASE, ["another-key-that-is-long-enough-too"]).token(notice_to(desk).id)

    assert expected.status == 404
    for each in (token, other_key):
        for method, body in (("GET", b""), ("POST", b"deed=acknowledge")):
            answer = asks(desk, method, f"/n/{each}", body, FORM)
            assert (answer.status, answer.body) == (404, expected.body)


def test_the_link_of_somebody_who_left_opens_nothing():
    desk = desk_with()
    page = page_of(desk)
    desk.with_settings(people={name: each for name, each in PEOPLE.items() if name != "dana"}, chains={})

    assert page.opens().answer.status == 404


def test_a_link_expires_and_says_so_without_buttons():
    desk = desk_with()
    page, notice = page_of(desk), notice_to(desk)
    mark = page.mark
    desk.clock.move_to(notice.decided_at + VALID_FOR - timedelta(seconds=1))
    assert page.opens().answer.status == 200
    desk.clock.move_to(notice.decided_at + VALID_FOR)

    assert page.opens().answer.status == 410
    assert "too old" in page.text
    assert "<button" not in page.text
    assert "4711" not in page.text
    before = as_kept(desk)
    assert page.presses("acknowledge", desk.alert().id, shown=mark, after=0).status == 410
    assert as_kept(desk) == before


def test_a_digest_of_a_thousand_alerts_names_them_all_and_stays_small():
    desk = AlertDesk()
    notice = digest_of(desk, [alert(10_000 + n, AT, f"Client {n % 40}") for n in range(1000)])
    page = Browser(desk, f"/n/{desk.links.token(notice.id)}").opens()

    assert "1,000 alerts, 1,000 to take" in page.text
    assert all(f"#{10_000 + n} " in page.text for n in range(1000))
    assert page.text.count("<article") == 300
    assert len(page.text) < 1_500_000
    desk.store.commits = 0
    assert page.does("acknowledge", "all").status_words == "Done: you have 1,000 alerts now."
    assert desk.store.commits == 20
    assert {(alert.standing, alert.by) for alert in desk.alerts()} == {(Standing.ACKNOWLEDGED, "dana")}


# ── pressing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_who_presses_has_it_and_is_led_back_to_read_so():
    desk = desk_with()
    page = page_of(desk).does("acknowledge", desk.alert().id)

    assert page.status_words == "Done: you have #4711 Lakeside Clinic until 15:05. Nobody else is told meanwhile."
    assert "You have it until 15:05" in page.text
    assert (desk.alert().standing, desk.alert().by) == (Standing.ACKNOWLEDGED, "dana")
    assert [number for number, _ in desk.passes(minutes=50).texts] == ["+353871110001"]


@pytest.mark.parametrize(
    ("deed", "fields"),
    [
        ("acknowledge", {}),
        ("take_over", {}),
        ("resolve", {}),
        ("snooze", {"minutes": "30"}),
        ("snooze", {"minutes": "morning"}),
    ],
)
def test_the_same_press_twice_is_one_deed(deed, fields):
    desk = desk_with()
    page, alert = page_of(desk), desk.alert().id
    first = page.presses(deed, alert, **fields)
    after = desk.alert()
    again = page.presses(deed, alert, **fields)
    now_is = desk.alert()

    assert (first.status, again.status) == (303, 303)
    assert first.header("Location") == again.header("Location")
    assert (after.standing, after.by, after.until) == (now_is.standing, now_is.by, now_is.until)
    assert sum("Dana Ortiz" in entry.what for entry in now_is.ledger) == 1


def test_another_press_from_the_same_page_is_another_deed():
    desk = desk_with()
    page, alert = page_of(desk), desk.alert().id
    page.presses("snooze", alert, minutes="30")
    page.presses("snooze", alert, minutes="240")

    assert desk.alert().until == desk.clock.now() + timedelta(hours=4)


def test_whoever_still_has_it_may_say_so_and_has_it_longer():
    desk = desk_with()
    page = page_of(desk).does("acknowledge", desk.alert().id)
    desk.passes(minutes=30)
    page.opens().does("take_over", desk.alert().id)

    assert desk.alert().until == desk.clock.now() + timedelta(hours=1)


def test_what_somebody_else_has_is_not_taken_but_can_be_taken_over():
    desk = desk_with().passes(minutes=15)
    page = page_of(desk)
    act(desk.app, desk.alert().id, Order(Deed.ACKNOWLEDGE, "robin"))
    page.does("acknowledge", desk.alert().id)

    assert page.status_words == "Not done: Robin Vega has #4711 Lakeside Clinic until 15:20."
    assert "Take over from Robin Vega" in page.text
    assert "<fieldset" not in page.text
    assert page.does("take_over", desk.alert().id).status_words.startswith("Done: you have #4711")
    assert desk.alert().by == "dana"


def test_what_is_over_says_since_when_and_why():
    desk = desk_with()
    page = page_of(desk)
    desk.finds(finding("silence-0", at=AT + timedelta(minutes=6), over=True)).passes(minutes=2)
    page.does("acknowledge", desk.alert().id)

    assert page.status_words.startswith("Not needed: #4711 Lakeside Clinic is over since 14:0")
    assert "<button" not in page.text


def test_resolved_is_told_to_whoever_was_told():
    desk = desk_with().passes(minutes=15)
    page = page_of(desk).does("resolve", desk.alert().id)

    assert page.status_words.startswith("Done: #4711 Lakeside Clinic is marked as resolved.")
    assert desk.passes(minutes=5).texts[-1][1].startswith("Over:")


def test_later_is_until_the_persons_own_morning():
    people = {**PEOPLE, "dana": {**PEOPLE["dana"], "timezone": "America/New_York"}}
    desk = desk_with(people=people)
    page = page_of(desk)
    assert ">Tue 08:00</button>" in page.text
    page.does("snooze", desk.alert().id, minutes="morning")

    assert desk.alert().until.isoformat() == "2026-03-03T13:00:00+00:00"
    assert "put off until Tue 08:00" in page.status_words


def test_all_of_them_are_those_that_nobody_has():
    desk = desk_with(4).passes(minutes=15)
    page = page_of(desk)
    first, second, *others = [alert.id for alert in desk.alerts()]
    act(desk.app, first, Order(Deed.ACKNOWLEDGE, "robin"))
    act(desk.app, second, Order(Deed.RESOLVE, "robin"))
    page.does("acknowledge", "all")

    assert page.status_words == "Done: you have 2 alerts now. 1 alert stayed with somebody else."
    assert {alert.id: alert.by for alert in desk.alerts()} == {first: "robin", second: "robin"} | dict.fromkeys(
        others, "dana"
    )


def test_all_of_them_are_taken_also_if_one_changes_at_that_moment(monkeypatch):
    desk = desk_with(3).passes(minutes=15)
    page, victim = page_of(desk), desk.alerts()[1].id
    page.opens()
    commit = type(desk.store).commit
    once = []

    def meddling(changes):
        if not once:
            once.append(1)
            act(desk.app, victim, Order(Deed.ACKNOWLEDGE, "robin"))
        return commit(desk.store, changes)

    monkeypatch.setattr(desk.store, "commit", meddling)
    page.does("acknowledge", "all")

    assert page.status_words == "Done: you have 2 alerts now. 1 alert stayed with somebody else."
    assert sorted(alert.by for alert in desk.alerts()) == ["dana", "dana", "robin"]


def test_news_has_nothing_to_press():
    desk = AlertDesk().finds(finding(kind="promise_broken")).passes(minutes=5)

    assert "<button" not in page_of(desk).text


# ── programs that press ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("after", "headers", "fields"),
    [
        (0, {}, {}),
        (1.9, {}, {}),
        (5, {}, {"shown": ""}),
        (5, {}, {"shown": "19caeddd6e0.xxxx0dfudnsM8zaeGvdsr9lQK4OOHqYxiUj-_H0on04"}),
        (5, {}, {"shown": "é.x"}),
        (5, {"Sec-Fetch-Site": "cross-site"}, {}),
        (5, {"Sec-Fetch-Site": "none"}, {}),
        (13 * 3600, {}, {}),
    ],
)
def test_a_press_without_a_person_changes_nothing_and_is_asked_for_once_more(after, headers, fields):
    desk = desk_with()
    page = page_of(desk)
    desk.passes(seconds=after)
    before = as_kept(desk)
    page.answer = page.presses("acknowledge", desk.alert().id, after=0, headers=headers, **fields)

    assert page.answer.status == 200
    assert as_kept(desk) == before
    assert page.status_words.startswith("Nothing was changed yet. Please press once more")
    assert "Yes: I have it</button>" in page.text
    page.does("acknowledge", desk.alert().id)
    assert desk.alert().by == "dana" or desk.alert().standing is Standing.RESOLVED


def test_the_mark_of_one_page_is_none_for_another():
    desk = desk_with().passes(minutes=15)
    page, robins = page_of(desk), page_of(desk, "robin")

    assert page.presses("acknowledge", desk.alert().id, shown=robins.mark).status == 200
    assert desk.alert().is_open


def test_a_mark_gives_back_its_time_and_nothing_else_does():
    links = AlertLinks(BASE, ["a-new-key-that-is-long-enough-123", "the-old-key-that-is-long-enough-1"])
    old = AlertLinks(BASE, ["the-old-key-that-is-long-enough-1"])
    mark = old.shown("notice-" + "1" * 32, AT)

    assert links.shown_at("notice-" + "1" * 32, mark) == AT
    for notice, text in (
        ("notice-" + "2" * 32, mark),
        ("notice-" + "1" * 32, f"f{mark}"),
        ("notice-" + "1" * 32, "\ud800.x"),
    ):
        with pytest.raises(Unauthenticated):
            links.shown_at(notice, text)


# ── bad input ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"deed=explode&alert={alert}", 400),
        (b"deed=acknowledge", 400),
        (b"deed=acknowledge&alert=alert-00000000000000000000000000000000", 400),
        (b"deed=acknowledge&deed=resolve&alert={alert}", 400),
        (b"deed=resolve&alert=all", 400),
        (b"deed=snooze&alert={alert}", 400),
        (b"deed=snooze&alert={alert}&minutes=0", 400),
        (b"deed=snooze&alert={alert}&minutes=10081", 400),
        (b"deed=snooze&alert={alert}&minutes=-5", 400),
        ("deed=snooze&alert={alert}&minutes=²".encode(), 400),
        (b"deed=\xff", 400),
        (b"a" * 1_048_576, 413),
    ],
)
def test_a_form_that_no_page_of_ours_has_is_refused(body, status):
    desk = desk_with()
    page, before = page_of(desk), as_kept(desk)
    desk.passes(seconds=5)
    body = body.replace(b"{alert}", desk.alert().id.encode()) + (
        b"&shown=" + page.mark.encode() if status == 400 else b""
    )

    assert asks(desk, "POST", page.path, body, FORM).status == status
    assert as_kept(desk) == before


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/", 404), ("GET", "/n", 404), ("POST", "/x", 404), ("GET", "/favicon.ico", 404), ("PUT", "/n/x", 405), ("OPTIONS", "/", 405)],
)  # fmt: skip
def test_nothing_else_is_here(method, path, status):
    assert asks(desk_with(), method, path).status == status


def test_where_the_settings_know_no_links_there_is_no_page():
    desk = desk_with()
    page = page_of(desk)
    desk.with_settings(link_keys=[])

    assert page.opens().answer.status == 404


@pytest.mark.parametrize(
    "query", ["?said=", "?said=done&about=x", "?said=all&done=x", "?said=all&done=-3", "?said=%ff", "?about=1"]
)
def test_nonsense_in_the_address_says_nothing_wrong(query):
    page = page_of(desk_with()).opens(query)

    assert page.answer.status == 200
    assert "Done" not in page.status_words


def test_an_old_address_does_not_say_what_is_no_longer_so():
    desk = desk_with()
    page = page_of(desk)
    where = page.presses("acknowledge", desk.alert().id).header("Location")
    act(desk.app, desk.alert().id, Order(Deed.TAKE_OVER, "robin"))

    assert page.opens(where).status_words == ""


def test_the_log_has_no_link_and_no_text(capsys):
    desk = desk_with()
    page = page_of(desk)
    capsys.readouterr()
    page.does("acknowledge", desk.alert().id)

    log = capsys.readouterr().out
    assert notice_to(desk).id in log
    for secret in (page.path[3:20], page.mark, "Lakeside", "4711", "Dana"):
        assert secret not in log


def test_the_link_in_a_mail_opens_the_page_of_that_mail():
    desk = desk_with()
    notice = notice_to(desk, way=Way.EMAIL)

    assert Browser(desk, f"/n/{desk.links.token(notice.id)}").opens().answer.status == 200
