"""An SMS to us does what it orders, once, and is answered in one segment; the carriers' words are never commands."""

from datetime import timedelta

import pytest

from functions.alert_reply.sms_commands import Command, Word, commands_of, word_of
from shared.alerts.standing import Deed
from shared.models.alert import Standing
from shared.models.sms_answer import SmsAnswer, sms_answer_id
from shared.sms.plain import GSM7
from shared.sms.segments import Encoding, segments
from tests.functions.alerting import AT, DANA, KIM, ROBIN, AlertDesk, finding
from tests.functions.answering import asks, from_twilio, method_of, sid, texts

A, R, S, T = Deed.ACKNOWLEDGE, Deed.RESOLVE, Deed.SNOOZE, Deed.TAKE_OVER


def desk_with(alerts: int = 1, **settings):
    desk = AlertDesk(**settings)
    return desk.finds(*(finding(f"silence-{n}", number=str(4711 + n)) for n in range(alerts))).passes(minutes=5)


# ── the parser ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("3a", [(A, 3)]),
        ("3 a", [(A, 3)]),
        ("3A", [(A, 3)]),
        ("3a!", [(A, 3)]),
        ("3-a.", [(A, 3)]),
        ("a3", [(A, 3)]),
        ("A 3", [(A, 3)]),
        ("３Ａ", [(A, 3)]),
        ("3a 👍", [(A, 3)]),
        (" 3a\n4r ", [(A, 3), (R, 4)]),
        ("3a, 4r", [(A, 3), (R, 4)]),
        ("3a4r", [(A, 3), (R, 4)]),
        ("3+4a", [(A, 3), (A, 4)]),
        ("3,4 and", []),
        ("3, 4 a", [(A, 3), (A, 4)]),
        ("a3 r4", [(A, 3), (R, 4)]),
        ("3a 3a", [(A, 3)]),
        ("3t", [(T, 3)]),
        ("3s", [(S, 3)]),
        ("3s2", [(S, 3, 2)]),
        ("3s2h", [(S, 3, 2)]),
        ("3 s 2", [(S, 3, 2)]),
        ("3s2 4a", [(S, 3, 2), (A, 4)]),
        ("3s 4a", [(S, 3), (A, 4)]),
        ("3s2 4s1", [(S, 3, 2), (S, 4, 1)]),
        ("s3", [(S, 3)]),
        ("a", [(A, None)]),
        ("R.", [(R, None)]),
        ("4711a", [(A, 4711)]),
        ("", []),
        ("3", []),
        ("3x", []),
        ("3s0", []),
        ("3as", []),
        ("a3r", []),
        ("12345678a", []),
        ("3a thanks", []),
        ("é3a", []),
        ("I will be there at 3 a clock", []),
        ("Liked “3a=mine 3r=done”", []),
        ("1a " * 21, [(A, 1)]),
        (" ".join(f"{n}a" for n in range(30)), []),
    ],
)
def test_a_text_is_understood_as_a_whole_or_not_at_all(text, commands):
    assert commands_of(text) == tuple(Command(*each) for each in commands)


@pytest.mark.parametrize(
    "text", ["STOP", "stop", " Stop. ", "STOPALL", "Stop all", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"]
)
def test_whatever_stops_a_carrier_is_a_stop_and_no_command(text):
    assert word_of(text) is Word.STOP
    assert commands_of(text) == ()


def test_a_stop_in_a_sentence_is_none():
    assert word_of("stop calling the client") is None


# ── deeds ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_digits_and_a_take_the_alert_that_they_were_given_to():
    desk = desk_with()

    assert texts(desk, "1a") == "You have #4711 Lakeside Clinic until 15:05."
    assert (desk.alert().standing, desk.alert().by) == (Standing.ACKNOWLEDGED, "dana")
    assert [entry.what for entry in desk.alert().ledger].count("Dana Ortiz has it") == 1


def test_nobody_is_told_any_more_once_somebody_wrote_that_they_have_it():
    desk = desk_with()
    texts(desk, "1a")
    desk.passes(minutes=50)

    assert [number for number, _ in desk.texts] == [DANA]


def test_whoever_comes_second_hears_who_has_it_and_how_to_take_it_over():
    desk = desk_with().passes(minutes=15)
    texts(desk, "1a", ROBIN)

    assert texts(desk, "1a") == "Robin has #4711 until 15:20. Send 1t to take it over."
    assert desk.alert().by == "robin"
    assert texts(desk, "1t") == "You have #4711 Lakeside Clinic until 15:20."
    assert desk.alert().by == "dana"


def test_what_somebody_has_is_put_off_by_nobody_else():
    desk = desk_with().passes(minutes=15)
    texts(desk, "1a", ROBIN)

    assert texts(desk, "1s2").startswith("Robin has #4711")
    assert desk.alert().by == "robin"


def test_it_can_be_put_off_by_hours():
    desk = desk_with()

    assert texts(desk, "1s2") == "#4711 Lakeside Clinic is put off until 16:05."
    assert desk.alert().until == desk.clock.now() + timedelta(hours=2)


def test_what_is_over_says_since_when_and_why():
    desk = desk_with().finds(finding("silence-0", at=AT + timedelta(minutes=7), over=True)).passes(minutes=10)

    assert texts(desk, "1a").startswith("#4711 Lakeside Clinic is over since 14:0")
    assert desk.alert().standing is Standing.RESOLVED


def test_one_message_may_order_several_things():
    desk = desk_with(2)

    first, second = (each.target for each in method_of(desk).codes)
    said = texts(desk, "1a 2r 9a")

    assert said.endswith(" is marked as resolved. 9 is not known: it may be older than 3 days.")
    assert {alert.id: alert.standing for alert in desk.alerts()} == {
        first: Standing.ACKNOWLEDGED,
        second: Standing.RESOLVED,
    }


def test_the_digits_of_a_whole_message_take_all_that_was_news_in_it():
    desk = desk_with(12)

    assert texts(desk, "1a") == "Yours: 12 of 12 alerts."
    assert {alert.by for alert in desk.alerts()} == {"dana"}


def test_what_others_have_of_a_whole_message_stays_theirs():
    desk = desk_with(12).passes(minutes=15)
    texts(desk, "1a", ROBIN)
    texts(desk, "1t", KIM)

    assert texts(desk, "1a") == "Yours: 0 of 12 alerts. 12 with somebody else: see the link in the message."
    assert {alert.by for alert in desk.alerts()} == {"robin"}


def test_a_bare_letter_means_the_last_message_if_that_had_one_number():
    desk = desk_with()

    assert texts(desk, "a").startswith("You have #4711")
    assert desk.alert().by == "dana"


def test_a_bare_letter_after_a_message_with_several_asks_which():
    desk = desk_with(2)

    assert texts(desk, "a") == "Which one? Send 1a or 2a."
    assert {alert.standing for alert in desk.alerts()} == {Standing.OPEN}


def test_a_bare_letter_without_any_message_explains_itself():
    assert texts(AlertDesk(), "a").startswith("There is no alert to answer.")


def test_a_number_that_is_older_than_three_days_is_not_guessed_at():
    desk = desk_with()
    texts(desk, "1r")
    desk.passes(days=3, hours=1)

    assert texts(desk, "1a") == "1 is not known: it may be older than 3 days."


def test_the_numbers_of_one_phone_mean_nothing_on_another():
    desk = desk_with()

    assert texts(desk, "1a", KIM).startswith("1 is not known")
    assert desk.alert().is_open


def test_the_same_message_brought_again_much_later_changes_nothing():
    desk = desk_with().passes(minutes=15)
    texts(desk, "1t", message=7)
    texts(desk, "1t", ROBIN)
    first = texts(desk, "1t", message=7)

    assert first == "You have #4711 Lakeside Clinic until 15:20."
    assert desk.alert().by == "robin"


# ── consent and words ──────────────────────────────────────────────────────────────────────────────────────────────


def test_stop_is_kept_with_its_time_and_no_alert_goes_there_any_more():
    desk = desk_with(ways={"critical": ["sms"]})
    assert texts(desk, "STOP").startswith("You get no more alerts by SMS here.")
    assert [(each.word, each.at) for each in method_of(desk).consents] == [("STOP", desk.clock.now())]

    desk.finds(finding("other", at=desk.clock.now(), number="4800")).passes(minutes=5)

    assert len(desk.texts_to(DANA)) == 1
    assert len(desk.mail.mails) == 1


def test_start_begins_again_and_both_are_kept():
    desk = desk_with()
    for word in ("STOP", "STOP", "START", "unstop", "Stop all"):
        texts(desk, word)

    assert [each.word for each in method_of(desk).consents] == ["STOP", "START", "STOP"]


def test_a_start_brought_again_does_not_undo_a_later_stop():
    desk = desk_with()
    texts(desk, "START", message=1)
    texts(desk, "STOP", message=2)
    texts(desk, "START", message=1)

    assert method_of(desk).opted_out


def test_what_the_provider_answered_is_not_answered_twice():
    desk = desk_with()

    assert texts(desk, "Stop", OptOutType="STOP") == ""
    assert method_of(desk).opted_out
    assert texts(desk, "yes", OptOutType="START") == ""
    assert not method_of(desk).opted_out
    assert texts(desk, "Help", OptOutType="HELP") == ""


def test_yes_is_neither_a_command_nor_a_start():
    desk = desk_with()
    texts(desk, "STOP")

    assert texts(desk, "YES") == ""
    assert method_of(desk).opted_out
    assert desk.alert().is_open


@pytest.mark.parametrize("word", ["STOP", "END", "QUIT", "CANCEL", "UNSUBSCRIBE", "STOPALL", "START", "YES", "HELP"])
def test_no_word_of_the_carriers_touches_an_alert(word):
    desk = desk_with()
    before = desk.alert()
    texts(desk, word)

    assert desk.alert() == before


def test_help_says_who_we_are_and_how_to_answer():
    said = texts(desk_with(), "HELP")

    assert said.startswith("Northwind IT alerts.")
    assert "3a = I have it" in said


def test_what_is_not_understood_is_explained_once_an_hour():
    desk = desk_with()

    assert texts(desk, "on my way, see you there").startswith("Not understood.")
    assert texts(desk, "I am driving and will answer later") == ""
    assert texts(desk.passes(hours=1), "what?").startswith("Not understood.")


def test_whoever_said_stop_may_still_act_but_gets_no_answer():
    desk = desk_with()
    texts(desk, "STOP")

    assert texts(desk, "1a") == ""
    assert desk.alert().by == "dana"


def test_a_number_that_is_not_in_the_settings_is_neither_answered_nor_kept(capsys):
    desk = desk_with()
    before = desk.alert()
    capsys.readouterr()

    assert texts(desk, "1a", "+353871119999") == ""
    assert desk.alert() == before
    assert method_of(desk, "+353871119999") is None
    log = capsys.readouterr().out
    assert "unknown_sender" in log
    assert "353871119999" not in log


LONG = "Ω and Σ of Łódź 株式会社 „Lakeside“ … Holding & Co. example.com 😀 " * 4


@pytest.mark.parametrize(
    "text", ["1a", "1r", "1s2", "1a 2a 3a", "1t 2r 3s5 9a 8r", "a", "HELP", "STOP", "START", "what"]
)
@pytest.mark.parametrize("alerts", [1, 2, 3, 12])
def test_every_answer_is_one_plain_segment(text, alerts):
    desk = AlertDesk()
    for n in range(alerts):
        desk.finds(finding(f"silence-{n}", number=str(4711 + n), company=LONG))
    said = texts(desk.passes(minutes=5), text)

    count = segments(said)
    assert count.encoding is Encoding.GSM7
    assert count.segments == 1
    assert set(said) <= GSM7
    assert "example.com" not in said


# ── the door ───────────────────────────────────────────────────────────────────────────────────────────────────────


def inbound(**fields):
    return {"MessageSid": sid(1), "From": DANA, "To": "+15005550006", "Body": "1a", **fields}


def test_a_forged_message_changes_nothing():
    desk = desk_with()

    assert from_twilio(desk, "/sms", inbound(), token="another-token-that-is-not-ours-at-all-012345").status == 401
    assert desk.alert().is_open


def test_the_signed_address_is_that_of_the_settings_and_not_what_the_caller_calls_us():
    desk = desk_with()

    assert from_twilio(desk, "/sms", inbound(), host="evil.example").status == 200
    assert desk.alert().by == "dana"


@pytest.mark.parametrize("path", ["/sms", "/sms/status?notice=notice-1"])
@pytest.mark.parametrize(
    ("method", "body", "headers", "status"),
    [
        ("GET", b"", {}, 405),
        ("HEAD", b"", {}, 405),
        ("PUT", b"", {}, 405),
        ("POST", b"", {}, 415),
        ("POST", b"", {"Content-Type": "application/x-www-form-urlencoded"}, 401),
        ("POST", b"{}", {"Content-Type": "application/json"}, 415),
        ("POST", b"Body=\xff\xfe", {"Content-Type": "application/x-www-form-urlencoded"}, 400),
        ("POST", b"Body=%ff", {"Content-Type": "application/x-www-form-urlencoded"}, 400),
        ("POST", b"a=1&" * 500, {"Content-Type": "application/x-www-form-urlencoded"}, 400),
        ("POST", b"a" * 1_048_576, {"Content-Type": "application/x-www-form-urlencoded"}, 413),
    ],
)
def test_a_bad_request_is_refused_in_a_plain_way(path, method, body, headers, status):
    assert asks(desk_with(), method, path, body, headers).status == status


def test_a_signed_form_that_is_no_message_is_refused():
    assert from_twilio(desk_with(), "/sms", {"MessageSid": "nonsense"}).status == 400


def test_where_sms_are_switched_off_nothing_is_at_the_address():
    assert from_twilio(desk_with(sms={"channel": "off"}), "/sms", inbound()).status == 404


def test_a_report_at_the_wrong_door_is_answered_with_silence():
    answer = from_twilio(desk_with(), "/sms", {"MessageSid": sid(1), "MessageStatus": "delivered"})

    assert (answer.status, b"<Response/>" in answer.body) == (200, True)


def test_the_log_has_no_number_and_no_text(capsys):
    desk = desk_with()
    capsys.readouterr()
    texts(desk, "1a")
    texts(desk, "the password is hunter2")

    log = capsys.readouterr().out
    assert "commands" in log
    for secret in (DANA, DANA[1:], "hunter2", "Lakeside"):
        assert secret not in log


def test_an_answer_that_was_given_is_kept_without_what_was_written():
    desk = desk_with()
    texts(desk, "the password is hunter2", message=5)
    kept = desk.store.get(SmsAnswer, sms_answer_id(sid(5))).document

    assert (kept.person, kept.at) == ("dana", desk.clock.now())
    assert "hunter2" not in kept.model_dump_json()
