"""Microsoft Graph: what each answer means for a mail, the token's life, and when it may say that nothing was sent."""

import threading
from dataclasses import replace

import pytest

from shared.channels import graph_token
from shared.channels.graph import GraphChannel
from shared.errors import ConfigurationError
from shared.ports import SendFailed, SendUncertain
from tests.fakes.graph import CLIENT_ID, CLIENT_SECRET, LIST, MAILBOX, SEND, TOKEN, FakeGraph, error
from tests.fakes.scripted_http import DROP, TAKE_AND_DROP, TAKE_AND_STALL, Told
from tests.letters import composed

MAIL = composed()
OTHER = composed(message_id="<message-fedcba9876543210fedcba9876543210@northwind.example>")
IMPATIENT = 0.3


def nothing() -> None:
    """Commit to nothing."""


@pytest.fixture
def graph():
    with FakeGraph() as fake:
        yield fake


def channel_to(graph: FakeGraph, seconds: float = 10) -> GraphChannel:
    return GraphChannel(graph.settings(seconds), CLIENT_ID, CLIENT_SECRET)


def failure(graph: FakeGraph, where: str, act: object, seconds: float = 10) -> SendFailed | SendUncertain:
    graph.faults.append((where, act))
    with pytest.raises((SendFailed, SendUncertain)) as raised:
        channel_to(graph, seconds).send(MAIL, nothing)
    for secret in (CLIENT_SECRET, "token-1", MAIL.recipient, MAILBOX):
        assert secret not in str(raised.value)
    return raised.value


# ── the answer to the mail ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_taken_mail_is_known_by_the_request_id_of_graph(graph):
    assert channel_to(graph).send(MAIL, nothing).reference == "request-1"
    assert graph.mails == [(MAILBOX, (MAIL.recipient,), MAIL.raw)]


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (400, "ErrorInvalidRecipients", "correct it in the PSA"),
        (400, "ErrorMimeContentInvalidBase64String", "HTTP 400 ErrorMimeContentInvalidBase64String"),
        (404, "ErrorInvalidUser", "check mail.graph.mailbox"),
        (413, "RequestEntityTooLarge", "too large"),
    ],
)
def test_what_is_wrong_with_the_mail_or_the_mailbox_is_not_tried_again(graph, status, code, words):
    failed = failure(graph, SEND, error(status, code))

    assert isinstance(failed, SendFailed)
    assert failed.permanent
    assert words in failed.reason
    assert graph.mails == []


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (error(401, "InvalidAuthenticationToken"), "fetches a new one"),
        (error(403, "ErrorAccessDenied"), "grant it Mail.Send"),
        (error(403, "ErrorSendAsDenied"), "msp.mail_from"),
        (error(400, "ErrorQuotaExceeded"), "make room"),
        (error(429, "ApplicationThrottled"), "429"),
        (Told(302, b"", {"Location": "https://elsewhere.example/"}), "base_url"),
        (Told(400, b"<html>proxy</html>"), "not in Graph's own form"),
        (Told(404, {"error": "no such page"}), "not in Graph's own form"),
    ],
)
def test_what_a_person_or_time_can_repair_is_tried_again(graph, told, words):
    failed = failure(graph, SEND, told)

    assert isinstance(failed, SendFailed)
    assert not failed.permanent
    assert words in failed.reason
    assert len([asked for asked in graph.asked if asked.path.endswith(SEND)]) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_that_graph_asks_for_is_passed_on(graph, status):
    failed = failure(graph, SEND, error(status, "TooManyRequests", Retry_After="17"))

    assert isinstance(failed, SendFailed)
    assert failed.retry_after == 17
    assert not failed.permanent


@pytest.mark.parametrize(
    "act",
    [
        error(500, "ErrorInternalServerError"),
        Told(502),
        error(408, "RequestTimeout"),
        error(504, "UnknownError"),
        Told(200),
        DROP,
        TAKE_AND_DROP,
        TAKE_AND_STALL,
    ],
)
def test_no_clear_answer_to_the_mail_is_a_doubt(graph, act):
    assert isinstance(failure(graph, SEND, act, IMPATIENT), SendUncertain)


def test_a_clear_answer_counts_even_if_its_body_is_broken(graph):
    graph.faults.append((SEND, Told(202, b"x", {"Content-Length": "500"})))

    assert channel_to(graph, IMPATIENT).send(MAIL, nothing).reference == ""


@pytest.mark.parametrize(
    "raw",
    [
        MAIL.raw.replace(b"dana@client.example", b"lee@other.example"),
        MAIL.raw.replace(b"Subject:", b"Bcc: lee@other.example\r\nSubject:", 1),
        b"Subject: x\r\n\r\nnobody\r\n",
        b"To: dana@client.example\r\n\r\nno end",
    ],
)
def test_a_mail_whose_header_names_anybody_else_never_leaves(graph, raw):
    with pytest.raises(SendFailed) as failed:
        channel_to(graph).send(replace(MAIL, raw=raw), nothing)

    assert failed.value.permanent
    assert graph.asked == []


# ── the token ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_token_serves_many_mails_and_threads(graph):
    channel = channel_to(graph)
    threads = [threading.Thread(target=channel.send, args=(MAIL, nothing)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(graph.mails) == 8
    assert graph.tokens == 1


def test_a_token_is_not_used_up_to_its_last_minutes(graph, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(graph_token.time, "monotonic", lambda: now[0])
    token = graph_token.GraphToken(graph.settings(), CLIENT_ID, CLIENT_SECRET, channel_to(graph)._http)
    first = token.value()
    now[0] += 3599 - 301
    assert token.value() == first
    now[0] += 2
    assert token.value() == "token-2"


def test_a_token_that_graph_does_not_accept_is_replaced_at_the_next_try(graph):
    channel = channel_to(graph)
    channel.send(MAIL, nothing)
    graph.valid.clear()
    with pytest.raises(SendFailed):
        channel.send(MAIL, nothing)

    channel.send(MAIL, nothing)
    assert (len(graph.mails), graph.tokens) == (2, 2)


def test_a_token_fetched_meanwhile_is_not_forgotten(graph):
    token = graph_token.GraphToken(graph.settings(), CLIENT_ID, CLIENT_SECRET, channel_to(graph)._http)
    token.forget("an older one")
    first = token.value()
    token.forget("an older one")

    assert token.value() == first


@pytest.mark.parametrize(
    "act",
    [
        Told(400, {"error": "invalid_request", "error_description": CLIENT_SECRET}),
        Told(401, {"error": "invalid_client"}),
        Told(500),
        Told(200, b"<html>"),
        Told(200, {"access_token": "", "expires_in": 3599}),
        Told(200, {"access_token": "tök", "expires_in": 3599}),
        Told(200, {"access_token": "x", "expires_in": "soon"}),
        DROP,
        TAKE_AND_STALL,
    ],
)
def test_without_a_token_surely_nothing_was_sent_or_committed(graph, act):
    graph.faults.append((TOKEN, act))
    commitments: list[None] = []
    with pytest.raises(SendFailed) as failed:
        channel_to(graph, IMPATIENT).send(MAIL, lambda: commitments.append(None))

    assert not failed.value.permanent
    assert CLIENT_SECRET not in failed.value.reason
    assert (commitments, graph.mails) == ([], [])


def test_a_login_that_is_busy_says_how_long(graph):
    failed = failure(graph, TOKEN, Told(429, b"", {"Retry-After": "9"}))

    assert isinstance(failed, SendFailed)
    assert failed.retry_after == 9


def test_a_wrong_secret_says_what_to_check(graph):
    with pytest.raises(SendFailed, match="whether the secret has expired"):
        GraphChannel(graph.settings(), CLIENT_ID, "wrong").send(MAIL, nothing)


@pytest.mark.parametrize("field", ["base_url", "login_url"])
def test_the_secret_travels_in_the_open_to_no_other_machine(graph, field):
    settings = graph.settings().model_copy(update={field: "http://graph.example"})
    with pytest.raises(ConfigurationError, match=field):
        GraphChannel(settings, CLIENT_ID, CLIENT_SECRET)


# ── asking afterwards ──────────────────────────────────────────────────────────────────────────────────────────────


def sent_other_than_mail(graph: FakeGraph) -> GraphChannel:
    channel = channel_to(graph)
    channel.send(OTHER, nothing)
    return channel


def test_a_mail_that_was_sent_is_found(graph):
    channel = channel_to(graph)
    channel.send(MAIL, nothing)

    assert channel.was_sent(MAIL.message_id) is True


def test_a_mail_that_is_missing_beside_others_of_ours_was_not_sent(graph):
    assert sent_other_than_mail(graph).was_sent(MAIL.message_id) is False


def test_without_any_other_mail_of_ours_nothing_is_proved(graph):
    graph.items.append({"internetMessageId": "<F00@prod.outlook.example>", "isDraft": False})

    assert channel_to(graph).was_sent(MAIL.message_id) is None


def test_where_exchange_gives_its_own_ids_nothing_is_proved(graph):
    graph.keeps_ids = False
    channel = sent_other_than_mail(graph)
    channel.send(MAIL, nothing)

    assert channel.was_sent(MAIL.message_id) is None


def test_a_draft_is_neither_sent_nor_lost(graph):
    channel = sent_other_than_mail(graph)
    graph.picks_up = False
    channel.send(MAIL, nothing)

    assert channel.was_sent(MAIL.message_id) is None


@pytest.mark.parametrize(
    "act",
    [
        error(403, "ErrorAccessDenied"),
        error(401, "InvalidAuthenticationToken"),
        error(404, "ErrorInvalidUser"),
        error(429, "TooManyRequests"),
        Told(500),
        Told(200, b"<html>"),
        Told(200, {"value": "none"}),
        Told(200, {"value": [None]}),
        Told(200, {"value": [], "@odata.nextLink": "https://graph.example/next"}),
        Told(200, {"value": [], "padding": "x" * 300_000}),
        DROP,
        TAKE_AND_STALL,
    ],
)
@pytest.mark.parametrize("place", [LIST, f"sentitems{LIST}"])
def test_no_clear_answer_says_nothing(graph, act, place):
    channel = sent_other_than_mail(graph)
    channel._http._seconds = IMPATIENT
    if isinstance(act, Told) and isinstance(act.body, dict) and act.body.get("value") == [] and "sent" in place:
        act = Told(200, {"value": []})  # nobody there bears witness
    graph.faults.append((f"{MAILBOX}{LIST}" if place == LIST else place, act))

    assert channel.was_sent(MAIL.message_id) is None


def test_without_the_permission_to_read_nobody_can_tell(graph):
    channel = sent_other_than_mail(graph)
    graph.may_read = False

    assert channel.was_sent(MAIL.message_id) is None
    graph.faults.append((TOKEN, Told(500)))
    assert channel_to(graph).was_sent(MAIL.message_id) is None


def test_a_token_that_is_refused_while_asking_is_replaced(graph):
    channel = sent_other_than_mail(graph)
    graph.valid.clear()

    assert channel.was_sent(MAIL.message_id) is None
    assert channel.was_sent(MAIL.message_id) is False


def test_a_quote_in_a_message_id_asks_for_nothing_else(graph):
    channel = sent_other_than_mail(graph)

    assert channel.was_sent("<x' or isDraft eq false or internetMessageId eq '@northwind.example>") is None
