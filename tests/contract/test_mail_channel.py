"""One contract for every mail channel, and the faults of a relay: each is surely out, surely not out, or a doubt."""

import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from shared.channels.graph import GraphChannel
from shared.channels.mailbox import MailboxChannel
from shared.channels.smtp import SmtpChannel
from shared.channels.smtp_dialogue import connected
from shared.config.settings import Smtp
from shared.errors import Conflict
from shared.mail.mail import Mail
from shared.ports import MailChannel, Receipt, SendFailed, SendUncertain
from tests.fakes.certificates import certificate, client_tls, server_tls
from tests.fakes.graph import CLIENT_ID, CLIENT_SECRET, FakeGraph
from tests.fakes.mail import RecordingChannel
from tests.fakes.smtp_relay import DROP, FREEZE, STALL, Script, ScriptedRelay
from tests.letters import NEEDS_YOU, RESOLVED, composed

MAIL = composed()
DOTS = replace(MAIL, raw=b"To: dana@client.example\r\nSubject: x\r\n\r\n.\r\n..\r\n.x\r\nx.\r\n\r\n.\r\n")
PATIENT = 10.0
IMPATIENT = 0.15  # seconds; only where the relay is meant to stall
PLAIN_HELLO = b"250-relay.example\r\n250 SIZE 1000000"


def nothing() -> None:
    """Commit to nothing."""


Arrived = tuple[str, tuple[str, ...], bytes]


@dataclass
class Case:
    """A channel, and a judge that looks at what arrived without asking the channel."""

    channel: MailChannel
    arrived: Callable[[], list[Arrived]]
    can_be_asked: bool = False


# ── the contract ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="session")
def pem(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1")


def smtp(
    port: int,
    *,
    patience: float = PATIENT,
    final_patience: float = PATIENT,
    plain: bool = True,
    host: str = "127.0.0.1",
) -> Smtp:
    return Smtp(host=host, port=port, plain=plain, timeout_seconds=patience, final_timeout_seconds=final_patience)


def mailbox_case(tmp_path, _pem) -> Iterator[Case]:
    path = tmp_path / "mail.sqlite3"
    channel = MailboxChannel(path)

    def arrived() -> list[Arrived]:
        rows = sqlite3.connect(path).execute("SELECT sender, recipient, raw FROM mails ORDER BY place").fetchall()
        return [(sender, (recipient,), raw) for sender, recipient, raw in rows]

    yield Case(channel, arrived, can_be_asked=True)
    channel.close()


def recording_case(_tmp_path, _pem) -> Iterator[Case]:
    channel = RecordingChannel()
    yield Case(channel, lambda: [(mail.sender, (mail.recipient,), mail.raw) for mail in channel.mails])


def _relay_case(relay: ScriptedRelay, channel: SmtpChannel) -> Case:
    return Case(channel, lambda: [(each.sender, tuple(each.recipients), each.content) for each in relay.taken])


def smtp_case(_tmp_path, _pem) -> Iterator[Case]:
    with ScriptedRelay() as relay:
        yield _relay_case(relay, SmtpChannel(smtp(relay.port)))


def starttls_case(_tmp_path, pem) -> Iterator[Case]:
    with ScriptedRelay(Script(tls=server_tls(pem))) as relay:
        yield _relay_case(relay, SmtpChannel(smtp(relay.port, plain=False), "us", "secret", tls=client_tls(pem)))


def aiosmtpd_case(_tmp_path, _pem) -> Iterator[Case]:
    """An SMTP server that is not of our making."""
    taken: list[Arrived] = []

    class Keep:
        async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - the library's name
            taken.append((envelope.mail_from, tuple(envelope.rcpt_tos), envelope.original_content))
            return "250 kept"

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(Keep(), hostname="127.0.0.1", port=port)
    controller.start()
    yield Case(SmtpChannel(smtp(port)), lambda: taken)
    controller.stop()


def graph_case(_tmp_path, _pem) -> Iterator[Case]:
    with FakeGraph() as graph:
        channel = GraphChannel(graph.settings(PATIENT), CLIENT_ID, CLIENT_SECRET)
        yield Case(channel, lambda: graph.mails, can_be_asked=True)


@pytest.fixture(
    params=[mailbox_case, smtp_case, starttls_case, aiosmtpd_case, graph_case, recording_case],
    ids=lambda case: case.__name__,
)
def case(request, tmp_path, pem):
    yield from request.param(tmp_path, pem)


@pytest.mark.parametrize(
    "mail", [MAIL, composed(NEEDS_YOU), composed(RESOLVED), DOTS], ids=["received", "needs_you", "german", "dots"]
)
def test_the_mail_arrives_byte_for_byte_at_its_one_recipient(case, mail):
    receipt = case.channel.send(mail, nothing)

    assert isinstance(receipt, Receipt)
    assert case.arrived() == [(mail.sender, (mail.recipient,), mail.raw)]


def test_the_commitment_comes_once_and_before_the_mail_is_out(case):
    out_at_commitment: list[int] = []

    case.channel.send(MAIL, lambda: out_at_commitment.append(len(case.arrived())))

    assert out_at_commitment == [0]


def test_a_commitment_that_fails_keeps_the_mail_in(case):
    def lose() -> None:
        raise Conflict("somebody else holds the message now")

    with pytest.raises(Conflict):
        case.channel.send(MAIL, lose)

    assert case.arrived() == []
    case.channel.send(MAIL, nothing)
    assert len(case.arrived()) == 1


def test_the_same_message_id_twice_is_what_the_channel_declares(case):
    case.channel.send(MAIL, nothing)
    case.channel.send(MAIL, nothing)

    assert len(case.arrived()) == (1 if case.channel.knows_message_ids else 2)
    assert case.channel.was_sent(MAIL.message_id) is (True if case.can_be_asked else None)
    assert not case.channel.was_sent("<other@northwind.example>")


def test_mails_of_many_threads_all_arrive(case):
    mails = [replace(MAIL, message_id=f"<{place}@northwind.example>") for place in range(24)]
    threads = [
        threading.Thread(target=lambda part=part: [case.channel.send(mail, nothing) for mail in mails[part::4]])
        for part in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(case.arrived()) == len(mails)


# ── the mailbox ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def mailbox(tmp_path):
    channel = MailboxChannel(tmp_path / "mail.sqlite3")
    yield channel
    channel.close()


def numbered(place: int, recipient: str = "dana@client.example") -> Mail:
    return replace(MAIL, message_id=f"<{place}@northwind.example>", recipient=recipient, subject=f"Mail {place}")


def test_a_repeated_mail_gets_the_receipt_of_the_first(mailbox):
    receipts = [mailbox.send(mail, nothing).reference for mail in (numbered(1), numbered(2), numbered(1))]

    assert receipts[0] == receipts[2] != receipts[1]


def test_the_mailbox_lists_the_newest_first_page_by_page(mailbox):
    for place in range(1, 6):
        mailbox.send(numbered(place), nothing)
    first = mailbox.newest(2)
    second = mailbox.newest(2, before=first[-1].place)

    assert [kept.subject for kept in (*first, *second)] == ["Mail 5", "Mail 4", "Mail 3", "Mail 2"]
    assert mailbox.mail(first[0].place) == numbered(5)
    assert mailbox.mail(99) is None
    assert mailbox.count() == 5


def test_the_mailbox_lists_one_recipient_alone(mailbox):
    mailbox.send(numbered(1), nothing)
    mailbox.send(numbered(2, "lee@other.example"), nothing)

    assert [kept.recipient for kept in mailbox.newest(9, recipient="lee@other.example")] == ["lee@other.example"]


def test_the_mailbox_outlives_its_process(tmp_path):
    first = MailboxChannel(tmp_path / "mail.sqlite3")
    first.send(MAIL, nothing)
    second = MailboxChannel(tmp_path / "mail.sqlite3")  # beside the first: another process on the same file

    assert second.was_sent(MAIL.message_id)
    second.send(MAIL, nothing)
    assert first.count() == 1
    first.close()
    second.close()


def test_a_mailbox_that_is_gone_is_a_doubt_and_no_crash(mailbox):
    mailbox.close()

    with pytest.raises(SendUncertain):
        mailbox.send(MAIL, nothing)
    assert mailbox.was_sent(MAIL.message_id) is None


def test_a_mailbox_that_cannot_be_written_surely_kept_nothing(tmp_path):
    path = tmp_path / "mail.sqlite3"
    channel = MailboxChannel(path)
    channel._connection.execute("PRAGMA query_only = ON")

    with pytest.raises(SendFailed) as failed:
        channel.send(MAIL, nothing)

    assert not failed.value.permanent
    channel.close()


# ── the faults of a relay ──────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Outcome:
    """What the sender is told, and what the relay holds."""

    error: SendFailed | SendUncertain | None
    committed: int
    relay: ScriptedRelay

    @property
    def kind(self) -> str:
        if isinstance(self.error, SendFailed):
            return "dead" if self.error.permanent else "failed"
        return "uncertain" if self.error else "sent"


def attempt(
    script: Script, *, channel: Callable[[int], MailChannel] | None = None, mail: Mail = MAIL, **patience: Any
) -> Outcome:
    """Send one mail to a relay that follows the script."""
    commitments: list[None] = []
    error = None
    with ScriptedRelay(script) as relay:
        sender = channel(relay.port) if channel else SmtpChannel(smtp(relay.port, **patience))
        try:
            sender.send(mail, lambda: commitments.append(None))
        except (SendFailed, SendUncertain) as raised:
            error = raised
        relay.settle()
    return Outcome(error, len(commitments), relay)


BEFORE_THE_DOT = ["greeting", "hello", "sender", "recipient", "content"]
ABOUT_THE_MAIL = ["sender", "recipient", "content", "dot"]


@pytest.mark.parametrize("code", [421, 450, 451, 452])
@pytest.mark.parametrize("phase", [*BEFORE_THE_DOT, "dot"])
def test_a_refusal_for_now_is_tried_again(phase, code):
    outcome = attempt(Script(**{phase: b"%d 4.7.1 greylisted, come back" % code}))

    assert outcome.kind == "failed"
    assert str(outcome.error).startswith(("final dot" if phase == "dot" else phase) + f": {code} 4.7.1 greylisted")
    assert outcome.committed == (phase == "dot")


@pytest.mark.parametrize("code", [550, 552, 553, 554])
@pytest.mark.parametrize("phase", ABOUT_THE_MAIL)
def test_a_refusal_of_the_mail_for_good_is_not_tried_again(phase, code):
    outcome = attempt(Script(**{phase: b"%d 5.1.1 no" % code}))

    assert outcome.kind == "dead"
    assert f"{code} 5.1.1 no" in str(outcome.error)


@pytest.mark.parametrize("phase", ["greeting", "hello"])
def test_a_relay_that_will_not_talk_to_us_says_nothing_about_the_mail(phase):
    assert attempt(Script(**{phase: b"554 no service here"})).kind == "failed"


@pytest.mark.parametrize("answer", [b"530 5.7.0 log in first", b"535 5.7.8 wrong password"])
def test_a_wrong_login_kills_no_mail(answer):
    login = attempt(Script(login=answer), channel=lambda port: SmtpChannel(smtp(port), "us", "hunter2"))

    assert login.kind == "failed"
    assert "hunter2" not in str(login.error)
    assert attempt(Script(sender=answer)).kind == "failed"


@pytest.mark.parametrize("phase", BEFORE_THE_DOT)
def test_a_connection_lost_before_the_dot_is_surely_not_out(phase):
    outcome = attempt(Script(**{phase: DROP}))

    assert outcome.kind == "failed"
    assert outcome.relay.taken == []


@pytest.mark.parametrize("phase", BEFORE_THE_DOT)
def test_a_relay_that_stalls_before_the_dot_surely_has_nothing(phase):
    outcome = attempt(Script(**{phase: STALL}), patience=IMPATIENT)

    assert outcome.kind == "failed"
    assert outcome.committed == 0
    assert outcome.relay.taken == []


def test_a_relay_that_stops_reading_in_the_middle_surely_has_nothing():
    huge = replace(MAIL, raw=MAIL.raw + (b"y" * 998 + b"\r\n") * 20_000)  # more than all buffers between us
    outcome = attempt(Script(body=FREEZE), mail=huge, patience=0.5)

    assert outcome.kind == "failed"
    assert outcome.committed == 0
    assert outcome.relay.taken == []


@pytest.mark.parametrize("act", [DROP, STALL, b"garbage", b"250", b"333 what?"])
def test_no_clear_answer_to_the_dot_is_a_doubt(act):
    outcome = attempt(Script(dot=act), final_patience=IMPATIENT)

    assert outcome.kind == ("sent" if act == b"250" else "uncertain")
    assert outcome.committed == 1
    assert len(outcome.relay.taken) == 1  # it may well be delivered: sending it again blindly would be twice


@pytest.mark.parametrize("act", [DROP, STALL, b"500 no", b"421 no"])
def test_a_good_bye_that_fails_changes_nothing(act):
    outcome = attempt(Script(quit=act))

    assert outcome.kind == "sent"
    assert len(outcome.relay.taken) == 1


def test_a_refused_recipient_ends_the_conversation_before_the_content():
    outcome = attempt(Script(recipient=b"550 5.1.1 <dana@client.example>: no such user"))

    assert [command.split(":")[0].split()[0] for command in outcome.relay.commands] == ["EHLO", "MAIL", "RCPT"]
    assert str(outcome.error) == "recipient: 550 5.1.1 <(recipient)>: no such user"


def test_a_connection_lost_in_the_content_is_out_for_nobody():
    outcome = attempt(Script(body=DROP))

    assert outcome.kind == "failed" or outcome.committed  # the loss may be seen only after the dot: then it is a doubt
    assert outcome.kind in ("failed", "uncertain")
    assert outcome.relay.taken == []


def test_a_relay_that_is_gone_when_the_commitment_is_made_surely_has_nothing():
    with ScriptedRelay() as relay, pytest.raises(SendFailed, match="content"):
        SmtpChannel(smtp(relay.port)).send(MAIL, relay.hang_up)

    assert relay.taken == []


def test_a_failed_commitment_leaves_the_relay_without_dot_and_without_quit():
    def lose() -> None:
        raise KeyboardInterrupt

    with ScriptedRelay() as relay:
        with pytest.raises(KeyboardInterrupt):
            SmtpChannel(smtp(relay.port)).send(MAIL, lose)
        relay.settle()

    assert relay.taken == []
    assert relay.unfinished == [MAIL.raw]
    assert relay.commands[-1] == "DATA"


def test_nobody_listening_is_tried_again():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(SendFailed, match="connect") as failed:
        SmtpChannel(smtp(port)).send(MAIL, nothing)

    assert not failed.value.permanent


@pytest.mark.parametrize("host", ["x" * 64 + ".invalid", "a..b", ".relay.invalid"])
def test_a_host_that_cannot_be_found_is_tried_again(host):
    with pytest.raises(SendFailed, match="connect") as failed:
        SmtpChannel(smtp(587, host=host, patience=1)).send(MAIL, nothing)

    assert not failed.value.permanent


# ── TLS and login ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_mail_goes_out_in_plain_text_unless_told_so(pem):
    outcome = attempt(
        Script(hello=PLAIN_HELLO), channel=lambda port: SmtpChannel(smtp(port, plain=False), "us", "secret")
    )

    assert outcome.kind == "failed"
    assert [command.split()[0] for command in outcome.relay.commands] == ["EHLO"]


@pytest.mark.parametrize("act", [DROP, b"454 not now", b"501 no"])
def test_a_relay_that_fails_to_start_tls_gets_no_mail(act, pem):
    outcome = attempt(
        Script(starttls=act, tls=server_tls(pem)), channel=lambda port: SmtpChannel(smtp(port, plain=False))
    )

    assert outcome.kind == "failed"
    assert outcome.relay.commands[-1] == "STARTTLS"


def test_a_certificate_of_nobody_we_trust_ends_it(pem):
    outcome = attempt(Script(tls=server_tls(pem)), channel=lambda port: SmtpChannel(smtp(port, plain=False)))

    assert outcome.kind == "failed"
    assert "CERTIFICATE_VERIFY_FAILED" in str(outcome.error)
    assert "MAIL" not in " ".join(outcome.relay.commands)


def test_a_certificate_of_another_host_ends_it(tmp_path):
    other = certificate(tmp_path, "other.example")
    outcome = attempt(
        Script(tls=server_tls(other)), channel=lambda port: SmtpChannel(smtp(port, plain=False), tls=client_tls(other))
    )

    assert outcome.kind == "failed"
    assert "CERTIFICATE_VERIFY_FAILED" in str(outcome.error)


@pytest.mark.parametrize("mechanisms", [b"PLAIN LOGIN", b"LOGIN XOAUTH2"])
def test_a_password_may_have_any_letters(mechanisms, pem):
    script = Script(hello=b"250-relay.example\r\n250-STARTTLS\r\n250 AUTH " + mechanisms, tls=server_tls(pem))
    outcome = attempt(
        script, channel=lambda port: SmtpChannel(smtp(port, plain=False), "üs", "pässwörd €", tls=client_tls(pem))
    )

    assert outcome.kind == "sent"
    assert outcome.relay.logins == [("üs", "pässwörd €")]


def test_a_relay_without_a_login_that_we_know_is_tried_again():
    assert (
        attempt(Script(hello=b"250 AUTH XOAUTH2"), channel=lambda port: SmtpChannel(smtp(port), "us", "secret")).kind
        == "failed"
    )


def test_the_tls_of_port_465_speaks_before_the_greeting(pem):
    with ScriptedRelay(Script(tls=server_tls(pem), tls_at_once=True)) as relay:
        dialogue = connected("127.0.0.1", relay.port, MAIL, seconds=PATIENT, tls=client_tls(pem))
        dialogue.hello()
        dialogue.ask("sender", "MAIL FROM:<support@northwind.example>", 2)
        dialogue.end()

    assert relay.commands == ["EHLO northwind.example", "MAIL FROM:<support@northwind.example>", "QUIT"]


# ── what is handed over ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        (b"250 2.0.0 Ok: queued as 4F1A2B3C", "4F1A2B3C"),
        (b"250 OK id=1tAbCd-000000012Ef-3GhI", "1tAbCd-000000012Ef-3GhI"),
        (b"250-2.0.0 fine\r\n250 2.0.0 Ok: queued as 9XYZ", "9XYZ"),
        (b"250 thanks", ""),
    ],
)
def test_the_receipt_names_the_relays_own_id(answer, reference):
    with ScriptedRelay(Script(dot=answer)) as relay:
        assert SmtpChannel(smtp(relay.port)).send(MAIL, nothing).reference == reference


def test_the_relay_hears_the_size_and_who_we_are():
    outcome = attempt(Script())

    assert outcome.relay.commands == [
        "EHLO northwind.example",
        f"MAIL FROM:<support@northwind.example> SIZE={len(MAIL.raw)}",
        "RCPT TO:<dana@client.example>",
        "DATA",
        "QUIT",
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"recipient": "dana@client.example> SIZE=1\r\nRCPT TO:<evil@evil.example"},
        {"recipient": "dana@client.example, evil@evil.example"},
        {"recipient": " dana@client.example"},
        {"sender": "support@northwind.example>\r\nDATA"},
        {"raw": b"Subject: x\r\n\r\nx\n.\nMAIL FROM:<evil@evil.example>\r\n"},
        {"raw": b"Subject: x\r\n\r\nx\r.\r\r\n"},
        {"raw": b"Subject: x\r\n\r\nno end"},
        {"raw": b"Subject: \xe9\r\n\r\n"},
        {"raw": b"Subject: x\r\n\r\n" + b"x" * 999 + b"\r\n"},
    ],
)
def test_what_could_smuggle_in_another_mail_never_gets_a_connection(change):
    outcome = attempt(Script(), mail=replace(MAIL, **change))

    assert outcome.kind == "dead"
    assert outcome.relay.commands == []
