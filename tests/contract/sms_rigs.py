"""The channels of SMS, each facing another side in every state that it can be in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from shared.channels.phone import PhoneChannel
from shared.channels.twilio import TwilioChannel
from shared.config.alerts import Twilio
from shared.sms.sms import Sms
from tests.contract.channel_rig import A_FILE, Adapter, Rig, State, patience, unused_port
from tests.fakes import twilio as twilio_fake
from tests.fakes.twilio import FakeTwilio

SMS = Sms(id="notice-1", recipient="+353875550142", text="Update overdue: #4711")
HALF = replace(SMS, text="\ud83d")


@contextmanager
def twilio(state: State, _folder: Path) -> Iterator[Rig]:
    acts = {
        State.REFUSES: twilio_fake.refusal(21211),
        State.BUSY: twilio_fake.busy("17"),
        State.TAKES_AND_HANGS_UP: twilio_fake.DROP_AFTER,
        State.TAKES_AND_IS_SILENT: twilio_fake.STALL_AFTER,
        State.HANGS_UP: twilio_fake.DROP_BEFORE,
    }
    with FakeTwilio(*[acts[state]] if state in acts else []) as fake:
        settings = Twilio(
            account="env:ACCOUNT",
            auth_tokens=("env:TOKEN",),
            sender=twilio_fake.SENDER,
            base_url=f"http://127.0.0.1:{unused_port()}" if state is State.ABSENT else fake.url,
            timeout_seconds=patience(state),
        )
        channel = TwilioChannel(settings, twilio_fake.ACCOUNT, twilio_fake.TOKEN)
        yield Rig(
            lambda before: channel.send(SMS, before),
            lambda: len(fake.messages),
            lambda: channel.was_sent(SMS, twilio_fake.NOON),
        )


@contextmanager
def phone(state: State, folder: Path) -> Iterator[Rig]:
    channel = PhoneChannel(folder / "phone.sqlite3")
    judge = PhoneChannel(folder / "phone.sqlite3")
    sms = HALF if state is State.REFUSES else SMS
    if state is State.BUSY:
        channel._connection.execute("PRAGMA query_only = ON")
    if state is State.HANGS_UP:
        channel.close()
    yield Rig(
        lambda before: channel.send(sms, before),
        lambda: len(judge.conversation(SMS.recipient, 9)),
        lambda: None if state is State.REFUSES else channel.was_sent(SMS, twilio_fake.NOON),
    )
    channel.close()
    judge.close()


SMS_ADAPTERS = [
    Adapter(name="twilio", rig=twilio, secrets=(twilio_fake.ACCOUNT, twilio_fake.TOKEN, SMS.recipient), waits=17.0),
    Adapter(name="phone", rig=phone, secrets=(SMS.recipient,), impossible=A_FILE),
]
