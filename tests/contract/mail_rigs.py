"""The channels of mail, each facing another side in every state that it can be in."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.channels.graph import GraphChannel
from shared.channels.mailbox import MailboxChannel
from shared.channels.smtp import SmtpChannel
from shared.config.settings import Smtp
from tests.contract.channel_rig import A_FILE, PATIENT, Adapter, Rig, State, patience, unused_port
from tests.fakes.graph import CLIENT_ID, CLIENT_SECRET, MAILBOX, SEND, FakeGraph, error
from tests.fakes.scripted_http import DROP, TAKE_AND_DROP, TAKE_AND_STALL
from tests.fakes.smtp_relay import DROP as HANG_UP
from tests.fakes.smtp_relay import STALL, Script, ScriptedRelay
from tests.letters import composed

MAIL = composed()


@contextmanager
def smtp(state: State, _folder: Path) -> Iterator[Rig]:
    script = {
        State.REFUSES: Script(dot=b"554 5.7.1 <dana@client.example>: no"),
        State.BUSY: Script(recipient=b"450 4.2.1 <dana@client.example>: come back"),
        State.TAKES_AND_HANGS_UP: Script(dot=HANG_UP),
        State.TAKES_AND_IS_SILENT: Script(dot=STALL),
    }.get(state, Script())
    refused = state is State.REFUSES  # a relay may keep what it refused after the dot; this one throws it away
    with ScriptedRelay(script) as relay:
        settings = Smtp(
            host="127.0.0.1",
            port=unused_port() if state is State.ABSENT else relay.port,
            plain=True,
            timeout_seconds=PATIENT,
            final_timeout_seconds=patience(state),
        )
        channel = SmtpChannel(settings, "us", "sm7p~s3cr3t")
        yield Rig(
            lambda before: channel.send(MAIL, before),
            lambda: 0 if refused else len(relay.taken),
            lambda: channel.was_sent(MAIL.message_id),
        )


@contextmanager
def mailbox(state: State, folder: Path) -> Iterator[Rig]:
    channel = MailboxChannel(folder / "mail.sqlite3")
    judge = MailboxChannel(folder / "mail.sqlite3")
    if state is State.BUSY:
        channel._connection.execute("PRAGMA query_only = ON")
    if state is State.HANGS_UP:
        channel.close()
    yield Rig(lambda before: channel.send(MAIL, before), judge.count, lambda: channel.was_sent(MAIL.message_id))
    channel.close()
    judge.close()


@contextmanager
def graph(state: State, _folder: Path) -> Iterator[Rig]:
    acts = {
        State.REFUSES: error(400, "ErrorInvalidRecipients"),
        State.BUSY: error(429, "ApplicationThrottled", Retry_After="17"),
        State.TAKES_AND_HANGS_UP: TAKE_AND_DROP,
        State.TAKES_AND_IS_SILENT: TAKE_AND_STALL,
        State.HANGS_UP: DROP,
    }
    with FakeGraph() as fake:
        settings = fake.settings(patience(state))
        if state is State.ABSENT:
            settings = settings.model_copy(update={"base_url": f"http://127.0.0.1:{unused_port()}"})
        if state in acts:
            fake.faults.append((SEND, acts[state]))
        channel = GraphChannel(settings, CLIENT_ID, CLIENT_SECRET)
        yield Rig(
            lambda before: channel.send(MAIL, before),
            lambda: len(fake.mails),
            lambda: channel.was_sent(MAIL.message_id),
        )


MAIL_ADAPTERS = [
    Adapter(
        name="smtp",
        rig=smtp,
        secrets=("sm7p~s3cr3t", MAIL.recipient),
        impossible={State.HANGS_UP: "past its dot a relay may deliver whatever it does next: it took the mail"},
    ),
    Adapter(
        name="mailbox",
        rig=mailbox,
        secrets=(MAIL.recipient,),
        impossible={State.REFUSES: "it keeps every mail", **A_FILE},
    ),
    Adapter(
        name="graph", rig=graph, secrets=(CLIENT_ID, CLIENT_SECRET, "token-1", MAILBOX, MAIL.recipient), waits=17.0
    ),
]
