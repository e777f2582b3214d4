"""Whatever breaks, wherever: no message is lost, none arrives twice, and every doubt is listed.

Only the relay and the PSA are asked what arrived. Each test goes through all the calls to store, queue, relay and PSA,
one after the other, until there is no further call that could break.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.errors import QueueUnavailable
from shared.models.message import Message
from shared.models.outgoing import OutgoingState
from shared.models.psa_note import PsaNote, psa_note_id
from shared.models.ticket import TicketState
from shared.outgoing.claim import LEASE, claim
from shared.ports import Task
from shared.queries import FINDINGS, MESSAGES_BY_STATE, OVERDUE_NOTES
from shared.step import Decision, step
from tests.fakes.mail import RecordingChannel
from tests.functions.sending import AT, Platform, message, ticket
from tests.functions.trouble import Happening, Trouble, crash, unavailable

MessageId = "<message-1@northwind.example>"
RELAY = pytest.param(RecordingChannel, id="relay")
TELLING_RELAY = pytest.param(lambda: RecordingChannel(can_tell=True), id="relay that can tell")
MAILBOX = pytest.param(lambda: RecordingChannel(knows_message_ids=True, can_tell=True), id="mailbox")
PROVIDER = pytest.param(lambda: RecordingChannel(knows_message_ids=True), id="provider with keys, never asked")

BREAKS = [
    pytest.param(crash, False, id="dies before"),
    pytest.param(crash, True, id="dies after"),
    pytest.param(unavailable, False, id="unavailable"),
    pytest.param(unavailable, True, id="done but the answer is lost"),
]


def each_place(channel: Callable[[], RecordingChannel], happening: Happening, *, after: bool) -> Iterator[Platform]:
    """Yield a platform that has come to rest, once for each place where `happening` can happen."""
    for nth in range(1, 1000):
        platform = Platform(channel(), twice=True)
        platform.has(ticket(), message())
        trouble = Trouble(platform, nth, happening, after=after)
        platform.run()
        if not trouble.happened:
            assert nth > 10  # the way of a message has this many places at least
            return
        yield platform


def arrived(platform: Platform) -> int:
    return platform.channel.copies[MessageId]


def is_listed_as_uncertain(platform: Platform) -> bool:
    listed = platform.memory.find(MESSAGES_BY_STATE, limit=10, equals={"state": "uncertain"})
    told = [found.document.kind for found in platform.memory.find(FINDINGS, limit=10)]
    return len(listed) == 1 and told == ["uncertain_message"]


@pytest.mark.parametrize(("happening", "after"), BREAKS)
@pytest.mark.parametrize("channel", [TELLING_RELAY, MAILBOX, PROVIDER])
def test_where_the_channel_can_tell_each_message_arrives_exactly_once(channel, happening, after):
    for platform in each_place(channel, happening, after=after):
        assert arrived(platform) == 1
        assert platform.message().state is OutgoingState.SENT


@pytest.mark.parametrize(("happening", "after"), BREAKS)
def test_where_it_cannot_a_message_arrives_at_most_once_and_what_is_not_known_is_listed(happening, after):
    doubts = 0
    for platform in each_place(RecordingChannel, happening, after=after):
        if platform.message().state is OutgoingState.SENT:
            assert arrived(platform) == 1
        else:
            assert arrived(platform) <= 1
            assert is_listed_as_uncertain(platform)
            doubts += 1

    assert doubts <= 3  # the breaks between the commitment and the confirmation, and no others


@pytest.mark.parametrize(("happening", "after"), BREAKS)
@pytest.mark.parametrize("channel", [RELAY, TELLING_RELAY, MAILBOX])
def test_no_note_is_written_twice_and_a_missing_one_is_known(channel, happening, after):
    for platform in each_place(channel, happening, after=after):
        found = platform.memory.get(PsaNote, psa_note_id("message-1"))

        assert len(platform.psa.notes) <= 1
        if platform.message().state is OutgoingState.SENT:
            assert found is not None
            if found.document.state is OutgoingState.SENT:
                assert len(platform.psa.notes) == 1
            elif found.document.state is OutgoingState.PENDING:
                assert found.document.alarm_at is not None  # the queue was away: the sweep finds it
            else:
                assert found.document.state is OutgoingState.UNCERTAIN


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("channel", [RELAY, TELLING_RELAY, MAILBOX])
def test_a_second_delivery_at_any_moment_of_the_first_sends_nothing_more(channel, after):
    task = _first_task()
    for nth in range(1, 30):
        platform = Platform(channel())
        platform.has(ticket(), message())
        Trouble(platform, nth, lambda _where, platform=platform: platform.call(task, 1), after=after)
        platform.run()

        assert arrived(platform) == 1
        assert platform.message().state is OutgoingState.SENT
        assert len(platform.psa.notes) == 1


@pytest.mark.parametrize("channel", [RELAY, TELLING_RELAY, MAILBOX])
def test_one_that_slept_through_its_lease_before_the_point_of_no_return_sends_nothing_more(channel):
    task = _first_task()
    for nth in range(1, 30):
        platform = Platform(channel())
        platform.has(ticket(), message())

        def sleep_while_another_comes(where: str, platform: Platform = platform) -> None:
            if where == "psa" or platform.message().state in (OutgoingState.COMMITTING, OutgoingState.SENT):
                return
            platform.clock.pause(300)
            platform.call(task, 1)

        Trouble(platform, nth, sleep_while_another_comes, after=False)
        platform.run()

        assert arrived(platform) == 1
        assert platform.message().state is OutgoingState.SENT


@pytest.mark.parametrize("state", [TicketState.IN_PROGRESS, TicketState.RESOLVED])
@pytest.mark.parametrize("channel", [RELAY, MAILBOX])
def test_whoever_finds_that_another_was_faster_leaves_a_look_at_the_end_of_the_others_lease(channel, state):
    platform = Platform(channel())
    platform.has(ticket(state), message())
    first, undisturbed = platform.tasks.next(), platform.app
    assert first is not None

    def another_claims_and_dies(_where: str) -> None:
        now = platform.clock.now()
        step(undisturbed, Message, "message-1", lambda mine, _now: Decision(claim(mine, now, "other", via="x")))

    Trouble(platform, 2, another_claims_and_dies, after=True)  # the ticket was just read
    answer = platform.call(first)

    assert answer.get_json()["outcome"] in ("in_other_hands", "claimed")
    assert (arrived(platform), [task.at for task in platform.tasks.waiting]) == (0, [AT + LEASE])
    platform.run()
    assert (arrived(platform), platform.message().state) in ((1, OutgoingState.SENT), (0, OutgoingState.HELD))


def test_a_queue_that_stays_away_does_not_turn_a_sent_mail_into_a_doubt():
    platform = Platform()
    platform.has(ticket(), message())
    task = platform.tasks.waiting[0]
    platform.app = replace(platform.app, queue=AbsentQueue())
    platform.call(task)

    assert (arrived(platform), platform.message().state) == (1, OutgoingState.SENT)
    overdue = platform.memory.find(OVERDUE_NOTES, limit=10, until=AT + timedelta(minutes=10))
    assert [found.document.id for found in overdue] == [psa_note_id("message-1")]


class AbsentQueue:
    def put(self, task: Task) -> None:
        raise QueueUnavailable("no answer")


def _first_task():
    platform = Platform()
    platform.has(message())
    return platform.tasks.waiting[0]
