"""What Twilio calls us with: signatures as its own library makes them, its forms, and anything else that may come."""

import xml.etree.ElementTree as ET
from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ConfigurationError, InvalidRequest, Unauthenticated
from shared.models.notice import Arrival
from shared.sms.sms import DeliveryReport, InboundSms
from shared.sms.twilio_webhook import TwilioWebhook, signature, signature_header
from tests.naughty_strings import naughty_strings

TOKEN = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
OTHER = "0123456789abcdef0123456789abcdef"
SID = "SM" + "0a" * 16
URL = "https://alerts.northwind.example/alert_reply/sms"
INBOUND = [
    ("MessageSid", SID),
    ("From", "+353875550142"),
    ("To", "+353861230000"),
    ("Body", "11 on my way – Zoë 🔥"),
    ("NumMedia", "0"),
    ("OptOutType", ""),
]
STATUS = [("MessageSid", SID), ("MessageStatus", "delivered")]
WEBHOOK = TwilioWebhook([TOKEN])

# Made by twilio 9.13.0, RequestValidator(TOKEN).compute_signature.
VECTORS = [
    (
        "https://mycompany.com/myapp.php?foo=1&bar=2",
        [("CallSid", "CA1234567890ABCDE"), ("Caller", "+14158675310"), ("Digits", "1234"), ("From", "+14158675310"), ("To", "+18005551212")],
        "CsKBSUHAbX9kEv16s1i7s9qNZxs=",
    ),
    (URL, INBOUND, "PowkrWREDwDDO7SjOLM0Q8wfeDU="),
    ("https://alerts.northwind.example:8443/alert_reply/sms?x=%20y", STATUS, "O8qwJlUKX2z0cvq77B5uaa80umQ="),
    (
        "https://alerts.northwind.example:443/alert_reply/sms",
        [("b", "2"), ("a", "1"), ("a", "0"), ("A", "x"), ("a", "1")],
        "b0P+STKqiubuXGpLNqP3kSLfUwk=",
    ),
    ("http://alerts.northwind.example/alert_reply/sms", [], "FODpBaEeCjtIwLIauquS7g534PY="),
    (URL, [("Body", "hi")], "MsbuU8cfoXfo1TXuacugTlQ95hs="),  # signed with :443, which the address does not show
    (URL, [("Body", "hi")], "bDQw/mZ6U+hAzb0Rn9Mrw9NTQe0="),
    (URL + ":443", [("Body", "hi")], None),
]  # fmt: skip


def headers(value: str) -> dict[str, str]:
    return {"X-Twilio-Signature": value}


def signed(form, *, token=TOKEN, url=URL) -> dict[str, str]:
    return headers(signature_header(token, url, form))


# ── the signature ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("url", "form", "expected"), VECTORS)
def test_the_signature_is_the_one_of_twilios_library(url, form, expected):
    if expected is None:
        with pytest.raises(Unauthenticated):
            WEBHOOK.verify(url, form, headers(VECTORS[-2][2]))
    else:
        WEBHOOK.verify(url, form, headers(expected))


def test_the_signature_of_twilios_manual_is_ours():
    """Its token is 12345, which no webhook of ours would take."""
    assert b64encode(signature(b"12345", *VECTORS[0][:2])).decode() == "GvWf1cFY/Q7PnoempGyD5oXAezc="


def test_the_order_of_the_fields_does_not_matter_but_each_of_them_does():
    proof = signed(INBOUND)

    WEBHOOK.verify(URL, INBOUND[::-1], proof)
    for place, (name, value) in enumerate(INBOUND):
        for change in [[], [(name, value + "x")], [(name + "x", value)], [(name, value), ("Extra", "")]]:
            with pytest.raises(Unauthenticated):
                WEBHOOK.verify(URL, [*INBOUND[:place], *change, *INBOUND[place + 1 :]], proof)


@pytest.mark.parametrize(
    "url", [URL + "/", URL + "?x", URL.replace("https", "http"), URL.replace("alerts", "other"), URL.upper(), ""]
)
def test_the_signature_is_for_one_address_only(url):
    with pytest.raises(Unauthenticated):
        WEBHOOK.verify(url, INBOUND, signed(INBOUND))


@pytest.mark.parametrize("port", ["", ":443"])
@pytest.mark.parametrize("signed_port", ["", ":443"])
def test_the_usual_port_may_be_said_or_not_on_either_side(port, signed_port):
    ported = "https://alerts.northwind.example{}/alert_reply/sms"

    WEBHOOK.verify(ported.format(port), INBOUND, signed(INBOUND, url=ported.format(signed_port)))


def test_both_tokens_are_believed_while_one_is_being_changed():
    both = TwilioWebhook([TOKEN, OTHER])

    both.verify(URL, STATUS, signed(STATUS))
    both.verify(URL, STATUS, signed(STATUS, token=OTHER))
    with pytest.raises(Unauthenticated):
        WEBHOOK.verify(URL, STATUS, signed(STATUS, token=OTHER))


@pytest.mark.parametrize("tokens", [[], [""], ["short"], [TOKEN, TOKEN + "\n"], ["x" * 32]])
def test_a_token_that_is_none_stops_the_start(tokens):
    with pytest.raises(ConfigurationError):
        TwilioWebhook(tokens)


RIGHT = signed(STATUS)["X-Twilio-Signature"]


@pytest.mark.parametrize(
    "given",
    [
        {},
        headers(""),
        headers(RIGHT[:-1]),
        headers(RIGHT + "="),
        headers(" " + RIGHT),
        headers(RIGHT + "\n"),
        headers(RIGHT.lower()),
        headers("é" * 28),
        headers(b64decode(RIGHT).hex()),
        {"X-Twilio-Signature": RIGHT, "x-twilio-signature": RIGHT},
        {"X-Twilio-Signatur": RIGHT},
    ],
)
def test_a_missing_a_malformed_and_a_doubled_signature_prove_nothing(given):
    with pytest.raises(Unauthenticated):
        WEBHOOK.verify(URL, STATUS, given)


@given(
    st.text() | st.sampled_from([URL, "https://[::1", "https://x:99999/", "http://[::1]:80/", "//", "https://x:port/"]),
    st.lists(st.tuples(st.text(), st.text() | st.text(st.characters(categories=["Cs"])))),
    st.dictionaries(st.sampled_from(["X-Twilio-Signature", "x-twilio-signature", "Host"]), st.text() | st.just(RIGHT)),
)
def test_whatever_comes_is_not_twilio(url, form, given):
    with pytest.raises(Unauthenticated):
        WEBHOOK.verify(url, form, given)


def test_a_form_of_a_thousand_fields_is_not_twilios():
    form = [(str(number), "") for number in range(1000)]

    with pytest.raises(Unauthenticated):
        WEBHOOK.verify(URL, form, signed(form))


# ── the forms ──────────────────────────────────────────────────────────────────────────────────────────────────────


def changed(form, **fields):
    kept = {**dict(form), **fields}
    return [(name, value) for name, value in kept.items() if value is not None]


def test_an_answer_of_a_person_is_read_with_its_number():
    assert WEBHOOK.parse(INBOUND) == InboundSms(id=SID, sender="+353875550142", text="11 on my way – Zoë 🔥")


@pytest.mark.parametrize(
    ("word", "read"), [("STOP", "STOP"), ("start", "START"), ("HELP", "HELP"), ("other", ""), (None, "")]
)
def test_the_word_that_twilio_acted_on_is_passed_on(word, read):
    event = WEBHOOK.parse(changed(INBOUND, OptOutType=word, SmsStatus="received", Body="Stop"))

    assert isinstance(event, InboundSms)
    assert event.opt_word == read


def test_the_older_name_of_the_id_and_a_picture_without_words_are_read_too():
    event = WEBHOOK.parse(changed(INBOUND, MessageSid=None, SmsSid="MM" + "f" * 32, Body=""))

    assert event == InboundSms(id="MM" + "f" * 32, sender="+353875550142", text="")


@pytest.mark.parametrize("sender", ["12345", "NORTHWIND", "whatsapp:+353875550142", "+35387", "0875550142"])
def test_what_comes_from_no_phone_number_is_from_nobody(sender):
    assert WEBHOOK.parse(changed(INBOUND, From=sender)) is None


ARRIVALS = {
    "accepted": Arrival.QUEUED, "scheduled": Arrival.QUEUED, "queued": Arrival.QUEUED, "sending": Arrival.QUEUED,
    "sent": Arrival.SENT, "delivered": Arrival.DELIVERED, "read": Arrival.DELIVERED,
    "undelivered": Arrival.UNDELIVERED, "failed": Arrival.UNDELIVERED,
}  # fmt: skip


@pytest.mark.parametrize(("status", "arrival"), ARRIVALS.items())
@pytest.mark.parametrize("name", ["MessageStatus", "SmsStatus"])
def test_a_status_says_what_became_of_a_message(name, status, arrival):
    form = [("SmsSid", SID), (name, status), ("To", "+353875550142"), ("ErrorCode", "30003")]

    assert WEBHOOK.parse(form) == DeliveryReport(reference=SID, arrival=arrival, error="30003")


@pytest.mark.parametrize("status", ["canceled", "partially_delivered", "teleported"])
def test_a_status_that_means_nothing_to_us_is_passed_over(status):
    assert WEBHOOK.parse(changed(STATUS, MessageStatus=status)) is None


@pytest.mark.parametrize("code", ["", "0", "-1", "abc", "30003 ", "3000300", "３０００３"])
def test_an_error_code_that_is_none_is_left_out(code):
    event = WEBHOOK.parse(changed(STATUS, ErrorCode=code))

    assert isinstance(event, DeliveryReport)
    assert event.error == ""


@pytest.mark.parametrize(
    "form",
    [
        [],
        [("MessageSid", SID)],
        changed(INBOUND, MessageSid=None),
        changed(INBOUND, MessageSid="CA" + "0" * 32),
        changed(INBOUND, MessageSid=SID + "0"),
        changed(INBOUND, MessageSid=SID + "\n"),
        changed(INBOUND, From=None),
        changed(INBOUND, From=""),
        changed(INBOUND, Body=None),
        changed(INBOUND, Body="x" * 10_001),
        changed(INBOUND, Body="half \ud83d"),
        [*INBOUND, ("From", "+15005550006")],
        [*INBOUND, INBOUND[0]],
        [*INBOUND, *((str(number), "") for number in range(200))],
        [*INBOUND, ("x" * 101, "")],
    ],
)
def test_what_is_not_twilios_form_is_refused_without_repeating_it(form):
    with pytest.raises(InvalidRequest) as refused:
        WEBHOOK.parse(form)

    assert "353875550142" not in str(refused.value)


NAMES = st.sampled_from(
    ["MessageSid", "SmsSid", "MessageStatus", "SmsStatus", "From", "Body", "OptOutType", "ErrorCode", "To"]
)
VALUES = st.text() | st.sampled_from([SID, "+353875550142", "delivered", "received", "STOP", "30003", "\ud800"])


@given(
    st.lists(st.tuples(NAMES | st.text(), VALUES)) | st.dictionaries(NAMES, VALUES).map(lambda form: [*form.items()])
)
def test_any_form_is_an_event_or_refused(form):
    try:
        event = WEBHOOK.parse(form)
    except InvalidRequest:
        return
    assert event is None or isinstance(event, InboundSms | DeliveryReport)


def test_naughty_strings_are_texts_like_all_others():
    for text in naughty_strings():
        form = changed(INBOUND, Body=text)
        WEBHOOK.verify(URL, form, signed(form))
        event = WEBHOOK.parse(form)
        assert isinstance(event, InboundSms)
        assert event.text == text.replace("\0", "")


# ── the answer ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_text_is_no_answer():
    assert WEBHOOK.answer("") == (b'<?xml version="1.0" encoding="UTF-8"?><Response/>', "text/xml; charset=utf-8")


def test_the_answer_is_twilios_markup_with_the_text_escaped():
    body, _ = WEBHOOK.answer('Yours: <11> & "Zoë"')

    assert body.decode() == (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Response><Message>Yours: &lt;11&gt; &amp; "Zoë"</Message></Response>'
    )  # fmt: skip


@given(st.text())
def test_any_text_comes_out_of_the_markup_as_it_went_in(text):
    body, _ = WEBHOOK.answer(text)
    message = ET.fromstring(body).find("Message")  # noqa: S314 - our own
    kept = "".join(char for char in text if char in "\t\n\r" or (char >= " " and char not in "\ufffe\uffff"))

    assert ("" if message is None else message.text) == kept.replace("\r\n", "\n").replace("\r", "\n")
