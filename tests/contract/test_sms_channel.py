"""One contract for every SMS channel, and the faults of Twilio: each is surely out, surely not out, or a doubt."""

import socket
import sqlite3
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.channels.phone import PhoneChannel
from shared.channels.twilio import TwilioChannel
from shared.config.alerts import Twilio
from shared.errors import ConfigurationError, Conflict
from shared.ports import Receipt, SendFailed, SendUncertain, SmsChannel
from shared.sms.sms import InboundSms, Sms
from shared.sms.twilio_webhook import TwilioWebhook
from tests.fakes import twilio as fake
from tests.fakes.twilio import ACCOUNT, NOON, SENDER, TOKEN, Act, FakeTwilio
from tests.naughty_strings import naughty_strings

SMS = Sms(
    id="notice-0a1b", recipient="+353875550142", text="P1: Printer – Zoë’s 🔥\nReply 11", status_url="https://a.example/s?x=1&y=%20"
)  # fmt: skip
SERVICE = "MG" + "0a" * 16
IMPATIENT = 0.25  # seconds; only where Twilio is meant to stall


def nothing() -> None:
    """Commit to nothing."""


@dataclass
class Case:
    """A channel, and a judge that looks at what arrived without asking the channel: number and text."""

    channel: SmsChannel
    arrived: Callable[[], list[tuple[str, str]]]


def settings(url: str, *, seconds: float = 10, **other) -> Twilio:
    sender = {} if "messaging_service" in other else {"sender": SENDER}
    return Twilio(
        account="env:SID", auth_tokens=("env:TOKEN",), base_url=url, timeout_seconds=seconds, **sender, **other
    )


def channel_to(twilio: FakeTwilio, **other) -> TwilioChannel:
    return TwilioChannel(settings(twilio.url, **other), ACCOUNT, TOKEN)


# ── the contract ───────────────────────────────────────────────────────────────────────────────────────────────────


def phone_case(tmp_path) -> Iterator[Case]:
    path = tmp_path / "phone.sqlite3"
    channel = PhoneChannel(path)
    rows = "SELECT number, text FROM texts ORDER BY place"
    yield Case(channel, lambda: sqlite3.connect(path).execute(rows).fetchall())
    channel.close()


def twilio_case(_tmp_path) -> Iterator[Case]:
    with FakeTwilio() as twilio:
        yield Case(channel_to(twilio), lambda: [(message.to, message.body) for message in twilio.messages])


@pytest.fixture(params=[phone_case, twilio_case], ids=lambda case: case.__name__)
def case(request, tmp_path):
    yield from request.param(tmp_path)


def test_the_sms_arrives_letter_by_letter_at_its_one_number(case):
    receipt = case.channel.send(SMS, nothing)

    assert isinstance(receipt, Receipt)
    assert receipt.reference
    assert case.arrived() == [(SMS.recipient, SMS.text)]


def test_the_commitment_comes_once_and_before_the_sms_is_out(case):
    out_at_commitment: list[int] = []

    case.channel.send(SMS, lambda: out_at_commitment.append(len(case.arrived())))

    assert out_at_commitment == [0]


@pytest.mark.parametrize("loss", [Conflict("lost"), KeyboardInterrupt(), TimeoutError(), OSError("disk"), ValueError()])
def test_a_commitment_that_fails_keeps_the_sms_in_and_passes_on_its_own_error(case, loss):
    def lose() -> None:
        raise loss

    with pytest.raises(type(loss)) as raised:
        case.channel.send(SMS, lose)

    assert raised.value is loss
    assert case.arrived() == []


def test_the_channel_says_whether_the_same_id_twice_is_one_sms(case):
    case.channel.send(SMS, nothing)
    case.channel.send(SMS, nothing)

    assert len(case.arrived()) == (1 if case.channel.knows_message_ids else 2)


def test_whether_an_sms_was_sent_can_be_asked(case):
    assert case.channel.was_sent(SMS, NOON) is False

    case.channel.send(SMS, nothing)

    assert case.channel.was_sent(SMS, NOON) is True
    assert case.channel.was_sent(replace(SMS, id="notice-2", text="another"), NOON) is False
    assert case.channel.was_sent(replace(SMS, id="notice-3", recipient="+353875550143"), NOON) is False


def test_several_threads_share_a_channel(case):
    def send(number: int) -> None:
        case.channel.send(replace(SMS, id=f"notice-{number}", text=str(number)), nothing)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert sorted(text for _, text in case.arrived()) == [str(number) for number in range(8)]


def test_naughty_strings_arrive_as_they_are(case):
    texts = [text for text in naughty_strings() if text][::10]
    for number, text in enumerate(texts):
        case.channel.send(replace(SMS, id=f"notice-{number}", text=text), nothing)

    assert [text for _, text in case.arrived()] == texts


def test_text_that_is_not_unicode_is_refused_for_good(case):
    with pytest.raises(SendFailed) as failed:
        case.channel.send(replace(SMS, text="half \ud83d"), nothing)

    assert failed.value.permanent
    assert case.arrived() == []


# ── Twilio: what is asked ──────────────────────────────────────────────────────────────────────────────────────────


def test_twilio_gets_its_form_and_the_receipt_names_its_id():
    with FakeTwilio() as twilio:
        receipt = channel_to(twilio).send(SMS, nothing)

    asked = twilio.requests[0]
    assert asked.method == "POST"
    assert asked.path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    assert asked.fields == {"To": SMS.recipient, "From": SENDER, "Body": SMS.text, "StatusCallback": SMS.status_url}
    assert asked.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert asked.headers["Authorization"] == f"Basic {b64encode(f'{ACCOUNT}:{TOKEN}'.encode()).decode()}"
    assert receipt.reference == twilio.messages[0].sid


def test_a_messaging_service_stands_in_for_the_number_and_nobody_may_listen():
    with FakeTwilio() as twilio:
        made = settings(twilio.url, messaging_service="env:SERVICE")
        TwilioChannel(made, ACCOUNT, TOKEN, SERVICE).send(replace(SMS, status_url=""), nothing)

    assert twilio.requests[0].fields == {"To": SMS.recipient, "MessagingServiceSid": SERVICE, "Body": SMS.text}


@pytest.mark.parametrize(
    ("account", "token", "service"),
    [("", TOKEN, SERVICE), (ACCOUNT + "\n", TOKEN, SERVICE), ("SK" + ACCOUNT[2:], TOKEN, SERVICE), (ACCOUNT, "", SERVICE),
     (ACCOUNT, TOKEN + "\n", SERVICE), (ACCOUNT, TOKEN, None), (ACCOUNT, TOKEN, ACCOUNT), ("AC/../" + "0" * 28, TOKEN, SERVICE)],
)  # fmt: skip
def test_what_cannot_be_an_account_stops_the_start_without_showing_it(account, token, service):
    with pytest.raises(ConfigurationError) as wrong:
        TwilioChannel(settings("http://localhost", messaging_service="env:SERVICE"), account, token, service)

    assert all(secret not in str(wrong.value) for secret in (ACCOUNT[2:], TOKEN))


def test_no_key_travels_in_the_open():
    with pytest.raises(ConfigurationError, match="https"):
        TwilioChannel(settings("http://api.twilio.example"), ACCOUNT, TOKEN)


def test_proxies_of_the_surroundings_are_not_used(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    with FakeTwilio() as twilio:
        channel_to(twilio).send(SMS, nothing)

    assert len(twilio.messages) == 1


# ── Twilio: its faults ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Outcome:
    """How one attempt ended, and what the judge has then."""

    error: SendFailed | SendUncertain | None
    committed: int
    taken: int

    @property
    def kind(self) -> str:
        if isinstance(self.error, SendFailed):
            return "dead" if self.error.permanent else "failed"
        return "sent" if self.error is None else "uncertain"


def attempt(*acts: Act, sms: Sms = SMS, seconds: float = 10, token: str = TOKEN) -> Outcome:
    commitments: list[int] = []
    error: SendFailed | SendUncertain | None = None
    with FakeTwilio(*acts) as twilio:
        try:
            TwilioChannel(settings(twilio.url, seconds=seconds), ACCOUNT, token).send(
                sms, lambda: commitments.append(1)
            )
        except (SendFailed, SendUncertain) as raised:
            error = raised
    assert error is None or error.__cause__ is None
    assert not any(secret in str(error) for secret in (sms.recipient, sms.recipient[1:], ACCOUNT, TOKEN, sms.text))
    return Outcome(error, len(commitments), len(twilio.messages))


def test_too_many_at_a_time_waits_as_long_as_it_is_told():
    outcome = attempt(fake.busy("7"))

    assert outcome.kind == "failed"
    assert isinstance(outcome.error, SendFailed)
    assert outcome.error.retry_after == 7
    assert attempt(fake.busy("soon")).error.retry_after is None


DOUBTS = {
    "500 before": fake.BROKEN_BEFORE, "500 after": fake.BROKEN_AFTER, "drop before": fake.DROP_BEFORE,
    "drop after": fake.DROP_AFTER, "garbage": fake.GARBAGE, "503": Act(status=503, headers={"Retry-After": "3"}),
    "408": Act(takes=True, status=408), "no json": Act(takes=True, raw=b"HTTP/1.1 201 Created\r\n\r\n<html>"),
    "no id": Act(takes=True, status=201, body={"sid": None}), "a list": Act(takes=True, status=200, body=[1]),
    "half": Act(takes=True, raw=b"HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{"), "600": Act(takes=True, status=600),
    "huge redirect": Act(raw=b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n" + b" " * 2_000_000),
    "huge": Act(takes=True, raw=b"HTTP/1.1 201 Created\r\n\r\n" + b" " * 2_000_000), "100": Act(takes=True, raw=b"HTTP/1.1 100 Go on\r\n\r\n"),
    "bad gzip": Act(takes=True, raw=b"HTTP/1.1 201 Created\r\nContent-Encoding: gzip\r\n\r\nnot gzip"),
}  # fmt: skip


@pytest.mark.parametrize("act", DOUBTS.values(), ids=DOUBTS.keys())
def test_no_clear_answer_to_the_body_is_a_doubt(act):
    outcome = attempt(act)

    assert outcome.kind == "uncertain"
    assert outcome.committed == 1
    assert outcome.taken == int(act.takes)


@pytest.mark.parametrize("act", [fake.STALL_BEFORE, fake.STALL_AFTER])
def test_an_answer_that_does_not_come_in_time_is_a_doubt(act):
    outcome = attempt(act, seconds=IMPATIENT)

    assert outcome.kind == "uncertain"
    assert outcome.taken == int(act.takes)


@pytest.mark.parametrize(
    ("code", "word"),
    [(21610, "opted_out"), (21211, "bad_number"), (21214, "bad_number"), (21217, "bad_number"), (21614, "bad_number"),
     (21408, "unroutable"), (21612, "unroutable"), (21617, "too_long"), (21606, "refused"), (99999, "refused")],
)  # fmt: skip
@pytest.mark.parametrize("status", [400, 403])
def test_what_twilio_says_about_the_message_is_for_good(code, word, status):
    outcome = attempt(fake.refusal(code, status))

    assert outcome.kind == ("failed" if status == 403 and word == "refused" else "dead")
    assert status == 403 or str(outcome.error) == f"{word} {code}"
    assert outcome.taken == 0


@pytest.mark.parametrize(
    "act",
    [fake.refusal(20003, 401), fake.refusal(20003, 403), fake.refusal(20404, 404), Act(status=403), Act(status=400),
     Act(status=302, headers={"Location": "http://127.0.0.1:9/"}), Act(status=400, body={"code": "21610"})],
)  # fmt: skip
def test_what_a_person_can_repair_kills_no_sms(act):
    assert attempt(act).kind == "failed"


def test_a_wrong_token_is_named_for_what_it_is():
    outcome = attempt(token="f" * 32)

    assert outcome.kind == "failed"
    assert "look at the account, the auth token" in str(outcome.error)


@pytest.mark.parametrize(
    "number", ["0875550142", "+0875550142", "+353 87 555 0142", "whatsapp:+353875550142", "+1\n2345678"]
)
def test_a_number_that_is_none_is_not_even_tried(number):
    outcome = attempt(sms=replace(SMS, recipient=number))

    assert outcome.kind == "dead"
    assert outcome.committed == 0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@pytest.mark.parametrize("where", ["nobody", "no name", "not a name", "no tls"])
def test_without_a_connection_it_is_surely_not_out(where):
    with FakeTwilio() as twilio:
        urls = {
            "nobody": f"http://127.0.0.1:{free_port()}",
            "no name": "https://twilio.invalid",
            "not a name": "https://" + "x" * 64 + ".invalid",
            "no tls": twilio.url.replace("http:", "https:"),
        }
        channel = TwilioChannel(settings(urls[where], seconds=3), ACCOUNT, TOKEN)
        with pytest.raises(SendFailed) as failed:
            channel.send(SMS, lambda: pytest.fail("nothing to commit to"))

    assert not failed.value.permanent
    assert ACCOUNT not in str(failed.value)


def test_a_commitment_that_fails_leaves_twilio_with_half_a_request():
    def lose() -> None:
        raise Conflict("lost")

    with FakeTwilio() as twilio:
        with pytest.raises(Conflict):
            channel_to(twilio).send(SMS, lose)
        channel_to(twilio).send(SMS, nothing)

    assert len(twilio.messages) == 1


# ── Twilio: was it sent? ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_message_whose_answer_was_lost_is_found_while_it_is_still_queued():
    with FakeTwilio(fake.DROP_AFTER) as twilio:
        channel = channel_to(twilio)
        with pytest.raises(SendUncertain):
            channel.send(SMS, nothing)

        assert twilio.messages[0].sent is None
        assert channel.was_sent(SMS, NOON) is True
        assert twilio.requests[-1].fields == {"To": SMS.recipient, "PageSize": "100"}


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, True),
        ({"created": NOON - timedelta(seconds=4)}, True),
        ({"created": NOON - timedelta(seconds=6)}, False),
        ({"created": NOON.astimezone(UTC), "sent": NOON, "status": "delivered"}, True),
        ({"status": "failed"}, True),
        ({"direction": "outbound-reply"}, True),
        ({"direction": "inbound"}, False),
        ({"body": SMS.text + " "}, False),
        ({"body": "Sent from your Twilio trial account - " + SMS.text}, True),
    ],
)
def test_the_same_text_made_since_then_is_the_message(fields, found):
    with FakeTwilio() as twilio:
        twilio.keep(**{"to": SMS.recipient, "body": SMS.text, **fields})

        assert channel_to(twilio).was_sent(SMS, NOON.replace(microsecond=999_999)) is found


def test_a_list_that_does_not_reach_back_far_enough_says_nothing():
    with FakeTwilio() as twilio:
        for number in range(101):
            twilio.keep(SMS.recipient, f"later {number}", created=NOON + timedelta(minutes=number))

        assert channel_to(twilio).was_sent(SMS, NOON) is None
        assert channel_to(twilio).was_sent(SMS, NOON + timedelta(minutes=50)) is False


RECORD = {"to": SMS.recipient, "body": SMS.text, "direction": "outbound-api"}
NO_ANSWERS = [
    fake.BROKEN_BEFORE, fake.DROP_BEFORE, fake.GARBAGE, fake.busy(), Act(status=401), Act(status=302, headers={"Location": "/"}),
    Act(status=200), Act(status=200, body=[]), Act(status=200, body={}), Act(status=200, body={"messages": None}),
    Act(status=200, body={"messages": ["x"], "next_page_uri": None}), Act(status=200, body={"messages": []}),
    Act(status=200, body={"messages": [RECORD], "next_page_uri": None}),
    Act(status=200, body={"messages": [RECORD | {"date_created": "yesterday"}], "next_page_uri": None}),
]  # fmt: skip


@pytest.mark.parametrize("act", NO_ANSWERS)
def test_without_a_clear_answer_nobody_knows_whether_it_was_sent(act):
    with FakeTwilio(act) as twilio:
        assert channel_to(twilio).was_sent(SMS, NOON) is None


def test_a_stall_and_a_lost_connection_say_nothing_either():
    with FakeTwilio(fake.STALL_BEFORE) as twilio:
        assert channel_to(twilio, seconds=IMPATIENT).was_sent(SMS, NOON) is None

    assert channel_to(twilio).was_sent(SMS, NOON) is None


# ── Twilio calls ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_the_stand_in_calls_with_is_what_the_webhook_believes():
    webhook = TwilioWebhook([TOKEN])
    with FakeTwilio() as twilio:
        channel_to(twilio).send(SMS, nothing)
        form, headers = twilio.status(twilio.messages[0], "undelivered", "30003")
        webhook.verify(SMS.status_url, form, headers)
        report = webhook.parse(form)
        form, headers = twilio.inbound("https://a.example/in", SMS.recipient, "Stop", "STOP")
        webhook.verify("https://a.example/in", form, headers)

    assert (report.reference, report.error) == (twilio.messages[0].sid, "30003")
    assert webhook.parse(form) == InboundSms(
        id=twilio.messages[1].sid, sender=SMS.recipient, text="Stop", opt_word="STOP"
    )


# ── the phone ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_phone_shows_a_conversation_in_its_order(tmp_path):
    phone = PhoneChannel(tmp_path / "phone.sqlite3")
    at = datetime(2026, 3, 2, 12, 5, tzinfo=UTC)
    phone.send(SMS, nothing)
    assert phone.received("in-1", SMS.recipient, "11", at)
    assert phone.replied("re-1", SMS.recipient, "It is yours.")
    phone.send(replace(SMS, id="other", recipient="+353875550199", text="Hello"), nothing)

    texts = phone.conversation(SMS.recipient, 10)

    assert [(text.text, text.from_person, text.at) for text in texts] == [
        (SMS.text, False, None),
        ("11", True, at),
        ("It is yours.", False, None),
    ]
    assert [text.text for text in phone.conversation(SMS.recipient, 2)] == ["11", "It is yours."]
    assert phone.conversation("+353870000000", 10) == []
    assert [(each.number, each.count, each.last_text) for each in phone.numbers()] == [
        ("+353875550199", 1, "Hello"),
        (SMS.recipient, 3, "It is yours."),
    ]
    phone.close()


def test_the_phone_keeps_the_same_answer_once(tmp_path):
    phone = PhoneChannel(tmp_path / "phone.sqlite3")

    assert phone.received("in-1", SMS.recipient, "11")
    assert not phone.received("in-1", SMS.recipient, "11")
    assert len(phone.conversation(SMS.recipient, 10)) == 1
    phone.close()


def test_the_phone_gives_the_first_place_to_the_same_id_in_another_process(tmp_path):
    one, other = PhoneChannel(tmp_path / "phone.sqlite3"), PhoneChannel(tmp_path / "phone.sqlite3")

    assert one.send(SMS, nothing) == other.send(SMS, nothing)
    assert other.was_sent(SMS, NOON) is True
    one.close()
    other.close()


def test_a_phone_that_cannot_be_written_surely_has_nothing_and_one_that_is_closed_leaves_a_doubt(tmp_path):
    phone = PhoneChannel(tmp_path / "phone.sqlite3")
    phone._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(SendFailed, match="phone") as failed:
        phone.send(SMS, nothing)
    assert not failed.value.permanent

    phone.close()
    with pytest.raises(SendUncertain):
        phone.send(SMS, nothing)
    assert phone.was_sent(SMS, NOON) is None
