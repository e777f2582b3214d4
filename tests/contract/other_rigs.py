"""A chat and the notes in a PSA, each facing another side in every state that it can be in."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from functions.psa_note.writing import _add
from shared.channels.chat import AppriseChat
from shared.chat.post import ChatPost
from shared.errors import PsaOutcomeUnknown, PsaRefused, PsaUnavailable
from shared.models.psa_note import PsaNote
from shared.ports import Receipt
from tests.contract.channel_rig import Adapter, Rig, State, patience, unused_port
from tests.fakes.chat_hook import ChatHook
from tests.fakes.psa import RecordingPsa
from tests.fakes.scripted_http import DROP, TAKE_AND_DROP, TAKE_AND_STALL, Told
from tests.letters import AT


@contextmanager
def chat(state: State, _folder: Path) -> Iterator[Rig]:
    acts = {
        State.REFUSES: Told(404, b"no such hook"),
        State.BUSY: Told(429, b"", {"Retry-After": "17"}),
        State.TAKES_AND_HANGS_UP: TAKE_AND_DROP,
        State.TAKES_AND_IS_SILENT: TAKE_AND_STALL,
        State.HANGS_UP: DROP,
    }
    post = ChatPost(id="notice-1", title="Update overdue", text="Ticket #4711")
    with ChatHook() as hook:
        if state in acts:
            hook.faults.append((ChatHook.path, acts[state]))
        url = hook.chat_url
        if state is State.ABSENT:
            url = url.replace(str(hook.port), str(unused_port()))
        channel = AppriseChat(url, patience(state))
        yield Rig(lambda before: channel.send(post, before), lambda: len(hook.posts))


@contextmanager
def psa_note(state: State, _folder: Path) -> Iterator[Rig]:
    """As `Delivery.hand_over` does it with `commit_at_once`: the commitment is stored before the note is tried."""
    psa = RecordingPsa()
    refusals = {
        State.REFUSES: PsaRefused("no such ticket"),
        State.BUSY: PsaUnavailable("come back", 17.0),
        State.ABSENT: PsaUnavailable("nobody there"),
        State.HANGS_UP: PsaOutcomeUnknown("lost"),
    }
    if state in refusals:
        psa.refusals.append(refusals[state])
    if state in (State.TAKES_AND_HANGS_UP, State.TAKES_AND_IS_SILENT):
        psa.lost_answers.append(PsaOutcomeUnknown("lost"))
    note = PsaNote(
        id="note-1", psa="halo", psa_id="4711", ticket="halo-4711", text="Told Dana.", internal=True,
        message="message-1", decided_at=AT, expires_at=AT,
    )  # fmt: skip

    def send(before: Callable[[], None]) -> Receipt:
        before()
        return _add(psa, note)

    yield Rig(send, lambda: len(psa.notes))


OTHER_ADAPTERS = [
    Adapter(
        name="chat",
        rig=chat,
        secrets=("s3cr3t",),
        only_in_doubt={State.ABSENT: "Apprise says the same of a connection that nobody took and of a lost answer"},
    ),
    Adapter(name="psa_note", rig=psa_note, secrets=("Told Dana",), waits=17.0),
]
