"""A client gets each message once or not at all, for a reason that can be read; and it costs little."""

from datetime import timedelta

import pytest

from functions.send_message.admission import admit
from shared.models.contact import Contact, contact_id
from shared.models.finding import Finding
from shared.models.message import Message
from shared.models.outgoing import OutgoingState
from shared.models.psa_note import PsaNote, psa_note_id
from shared.models.ticket import Person, TicketState, Touchpoint
from shared.ports import Create, SendFailed, SendUncertain, Task
from shared.queries import FINDINGS, MESSAGES_BY_STATE, OVERDUE_MESSAGES
from tests.fakes.mail import RecordingChannel
from tests.functions.sending import ADDRESS, AT, Platform, message, ticket

KINDS = [
    pytest.param(RecordingChannel, id="relay"),
    pytest.param(lambda: RecordingChannel(can_tell=True), id="relay that can tell"),
    pytest.param(lambda: RecordingChannel(knows_message_ids=True, can_tell=True), id="mailbox"),
]


def alerts(platform: Platform) -> list[Finding]:
    return [found.document for found in platform.memory.find(FINDINGS, limit=100)]


@pytest.mark.parametrize("channel", KINDS)
def test_a_message_goes_to_the_tickets_contact_once_however_often_its_task_comes(channel):
    platform = Platform(channel(), twice=True)
    platform.has(ticket(), message())
    platform.run()

    assert [(mail.recipient, mail.message_id) for mail in platform.channel.mails] == [
        (ADDRESS, "<message-1@northwind.example>")
    ]
    sent = platform.message()
    assert (sent.state, sent.sent_at, sent.sent_to, sent.reference) == (OutgoingState.SENT, AT, ADDRESS, "queued-1")
    assert sent.alarm_at is None
    assert [answer["outcome"] for answer in platform.answers[:2]] == ["sent", "done"]


def test_what_was_sent_is_written_into_the_psa_once():
    platform = Platform(twice=True)
    platform.has(ticket(), message())
    platform.run()

    text = f"Sent to Dana Smith <{ADDRESS}>: Received. We have your request: Scanner on the 2nd floor does not send to mail"
    assert platform.psa.notes == [("900", text, True)]


@pytest.mark.parametrize(
    "of_settings",
    [
        {"mail": {"channel": "mailbox", "write_back": False}},
        {
            "psa": {
                "main": {"system": {"kind": "generic", "signing_keys": ["env:KEY"]}, "statuses": {"new": ["New"]}},
            }
        },
    ],
)
def test_nothing_is_written_back_where_it_is_not_wanted_or_there_is_no_key(of_settings):
    platform = Platform(**of_settings)
    platform.has(ticket(), message())
    platform.run()

    assert len(platform.channel.mails) == 1
    assert platform.memory.get(PsaNote, psa_note_id("message-1")) is None


@pytest.mark.parametrize(("channel", "commits", "written"), [(KINDS[0], 4, 5), (KINDS[2], 3, 4)])
def test_a_message_costs_three_reads_and_at_most_four_commits(channel, commits, written):
    platform = Platform(channel.values[0]())
    platform.has(ticket(), message())
    platform.run_next("send_message")

    assert (platform.memory.gets, platform.memory.commits, platform.memory.written) == (3, commits, written)
    assert [task.function for task in platform.tasks.waiting] == ["psa_note"]  # the one queue call


def test_a_repeated_task_costs_one_read():
    platform = Platform()
    platform.has(ticket(), message())
    task = platform.tasks.waiting[0]
    platform.run()
    platform.memory.gets = platform.memory.commits = 0
    platform.call(task)

    assert (platform.memory.gets, platform.memory.commits) == (1, 0)


CLIENT = {"company": "client ltd", "mail_domains": ["Client.example"]}


@pytest.mark.parametrize(
    ("reason", "of_ticket", "of_message", "of_settings"),
    [
        ("expired", {}, {"expires_at": AT}, {}),
        ("ticket_gone", {"gone": True}, {}, {}),
        ("switched_off", {}, {}, {"updates": {"enabled": False}}),
        ("switched_off", {}, {}, {"clients": [{"company": "77", "updates": {"enabled": False}}]}),
        ("stale", {"state": TicketState.RESOLVED}, {"touchpoint": Touchpoint.PROGRESS}, {}),
        ("stale", {"state": TicketState.CLOSED}, {"touchpoint": Touchpoint.REOPENED}, {}),
        ("no_address", {"email": None}, {}, {}),
        ("no_address", {"email": "  "}, {}, {}),
        ("no_address", {"contact": None}, {}, {}),
        ("bad_address", {"email": "a@b.example\nBcc: evil@x.example"}, {}, {}),
        ("bad_address", {"email": "a@b.example, evil@x.example"}, {}, {}),
        ("bad_address", {"email": '"a b"@b.example'}, {}, {}),
        ("bad_address", {"email": "a@[10.0.0.1]"}, {}, {}),
        ("bad_address", {"email": "ä@b.example"}, {}, {}),
        ("bad_address", {"email": "a" * 65 + "@b.example"}, {}, {}),
        *(
            ("machine_address", {"email": f"{local}@b.example"}, {}, {})
            for local in ("mailer-daemon", "Postmaster", "abuse", "root", "noreply", "no-reply", "bounce", "bounces+7")
        ),
        ("own_address", {"email": "Support@Northwind.example"}, {}, {}),
        ("own_address", {"email": "robin@desk.northwind.EXAMPLE"}, {}, {}),
        ("own_address", {"email": "help@northwind-desk.example"}, {}, {}),
        ("other_domain", {"email": "dana@other.example"}, {}, {"clients": [CLIENT]}),
        ("other_domain", {"email": "dana@evil.client.example"}, {}, {"clients": [CLIENT]}),
    ],
)
def test_a_guard_holds_the_message_for_good_and_says_why(reason, of_ticket, of_message, of_settings):
    platform = Platform(twice=True, **of_settings)
    platform.has(ticket(**of_ticket), message(**of_message))
    platform.run()

    assert platform.channel.mails == []
    held = platform.message()
    assert (held.state, held.reason, held.alarm_at) == (OutgoingState.HELD, reason, None)


def test_a_message_whose_ticket_is_nowhere_is_held():
    platform = Platform()
    platform.has(message())
    platform.run()

    assert platform.message().reason == "ticket_gone"


@pytest.mark.parametrize("touchpoint", [Touchpoint.RESOLVED, Touchpoint.CLOSED])
@pytest.mark.parametrize("state", [TicketState.RESOLVED, TicketState.CLOSED, TicketState.IN_PROGRESS])
def test_that_a_ticket_is_done_stays_news(touchpoint, state):
    platform = Platform()
    platform.has(ticket(state), message(touchpoint=touchpoint))
    platform.run()

    assert platform.message().state is OutgoingState.SENT


def test_a_status_that_means_nothing_does_not_hide_that_the_ticket_is_done():
    done = ticket(TicketState.RESOLVED)
    unknown = done.moments[-1].model_copy(update={"state": TicketState.UNKNOWN})
    platform = Platform()
    platform.has(done.but(moments=(*done.moments, unknown)), message())
    platform.run()

    assert platform.message().reason == "stale"


def test_the_recipient_is_the_contact_at_the_moment_of_sending():
    platform = Platform(clients=[CLIENT])
    platform.has(ticket(), message())
    platform.ticket_becomes(ticket(contact=Person(name="Kim", email=" kim@client.example ")))
    platform.run()

    assert [mail.recipient for mail in platform.channel.mails] == ["kim@client.example"]
    assert platform.message().sent_to == "kim@client.example"


def test_a_ticket_that_mails_in_a_loop_is_stopped_at_the_eleventh_mail_in_ten_minutes():
    platform = Platform()
    platform.has(ticket(), *(message(number) for number in range(12)))
    platform.has(message(99, ticket="ticket-2"))
    platform.memory.commit([Create(ticket(id="ticket-2", psa_id="901"))])
    platform.run()

    assert len(platform.channel.mails) == 10 + 1  # another ticket of the same contact is no part of the loop
    states = [platform.message(number) for number in range(12)]
    assert [m.reason for m in states if m.state is OutgoingState.HELD] == ["mail_loop"] * 2


def test_a_message_counts_once_on_its_recipient_however_often_it_is_tried():
    first = admit(None, message(1), ADDRESS, AT)
    again = admit(first.document, message(1), ADDRESS, AT + timedelta(minutes=9))

    assert first.outcome == again.outcome == "admitted"
    assert again.document is first.document


def test_a_contacts_account_goes_back_no_further_than_the_longest_window():
    first = admit(None, message(1), ADDRESS, AT)
    later = admit(first.document, message(2), ADDRESS, AT + timedelta(minutes=60))

    assert later.document is not None
    assert [mailing.message for mailing in later.document.mailings] == ["message-2"]


def test_the_next_rungs_of_the_loop_ladder_are_wider():
    platform = Platform()
    platform.has(ticket(), *(message(n, alarm_at=AT + timedelta(minutes=1.5) * n) for n in range(40)))
    platform.run()
    when = [n * 1.5 for n in range(40) if platform.message(n).state is OutgoingState.SENT]

    for minutes, most in ((10, 10), (30, 15), (60, 25)):
        assert max(sum(1 for at in when if start <= at < start + minutes) for start in when) <= most
    assert len(when) == 25


def test_a_blocked_contact_gets_nothing_until_the_block_ends():
    platform = Platform()
    blocked = Contact(id=contact_id("DANA@client.example"), blocked_until=AT + timedelta(hours=1))
    platform.memory.commit([Create(blocked)])
    platform.has(ticket(), message(1), message(2, alarm_at=AT + timedelta(hours=1)))
    platform.run()

    assert (platform.message(1).state, platform.message(1).reason) == (OutgoingState.HELD, "contact_blocked")
    assert platform.message(2).state is OutgoingState.SENT


def test_a_mailbox_that_does_not_exist_is_told_to_the_manager_and_blocked():
    platform = Platform(twice=True)
    platform.channel.refusals = [SendFailed("recipient: 550 5.1.1 user unknown", permanent=True)]
    platform.has(ticket(), message(1), message(2, alarm_at=AT + timedelta(minutes=5)))
    platform.run()

    assert platform.channel.mails == []
    assert (platform.message(1).state, platform.message(1).alarm_at) == (OutgoingState.DEAD, None)
    assert platform.message(2).reason == "contact_blocked"
    assert [(alert.kind, alert.number, alert.company) for alert in alerts(platform)] == [
        ("undelivered_message", "4711", "Client Ltd")
    ]


@pytest.mark.parametrize(
    ("words", "blocks"),
    [
        ("recipient: 550 5.1.1 user unknown", True),
        ("recipient: 553 no such mailbox here", True),
        ("final dot: 550 5.2.1 mailbox disabled", True),
        ("recipient: 550 5.7.1 relaying denied", False),
        ("recipient: 550 your address is on a blocklist", False),
        ("recipient: 552 5.2.2 mailbox full", False),
        ("sender: 550 5.1.8 bad sender domain", False),
        ("final dot: 554 looks like spam", False),
    ],
)
def test_only_a_refusal_of_the_mailbox_itself_blocks_the_contact(words, blocks):
    platform = Platform()
    platform.channel.refusals = [SendFailed(words, permanent=True)]
    platform.has(ticket(), message())
    platform.run()
    contact = platform.memory.get(Contact, contact_id(ADDRESS))

    assert contact is not None
    assert (contact.document.blocked_until is not None) == blocks


def test_a_relay_that_is_away_for_an_hour_delays_the_message_and_nothing_else():
    platform = Platform(twice=True)
    platform.channel.refusals = [SendFailed("connect: refused", permanent=False) for _ in range(6)]
    platform.has(ticket(), message())
    platform.run()

    assert len(platform.channel.mails) == 1
    assert platform.message().attempts == 7
    assert timedelta(minutes=50) < platform.message().sent_at - AT < timedelta(minutes=80)
    assert alerts(platform) == []


def test_a_relay_that_names_the_time_is_obeyed():
    platform = Platform()
    platform.channel.refusals_at_the_dot = [SendFailed("final dot: 451", permanent=False, retry_after=1800)]
    platform.has(ticket(), message())
    platform.run()

    assert platform.message().sent_at == AT + timedelta(minutes=30)


def test_a_relay_that_never_comes_back_is_given_up_before_the_message_expires_and_the_manager_hears_of_it():
    platform = Platform()
    platform.channel.refusals = [SendFailed("connect: refused", permanent=False) for _ in range(100)]
    platform.has(ticket(), message())
    platform.run("send_message")

    assert platform.message().state is OutgoingState.DEAD
    assert [alert.kind for alert in alerts(platform)] == ["undelivered_message"]
    assert platform.clock.now() <= AT + timedelta(hours=48)


def test_work_that_became_old_news_while_the_relay_was_away_is_held():
    platform = Platform()
    platform.channel.refusals = [SendFailed("connect: refused", permanent=False)]
    platform.has(ticket(), message(touchpoint=Touchpoint.PROGRESS))
    platform.run_next()
    platform.ticket_becomes(ticket(TicketState.RESOLVED))
    platform.run()

    assert platform.message().reason == "stale"


def test_a_lost_answer_is_listed_looked_up_after_a_quarter_of_an_hour_and_told_to_the_manager_once():
    platform = Platform(twice=True)
    platform.channel.lost_answers = [SendUncertain("no answer to the final dot")]
    platform.has(ticket(), message())
    platform.run_next()

    assert platform.message().alarm_at == AT + timedelta(minutes=15)
    assert alerts(platform) == []
    platform.run()

    uncertain = platform.memory.find(MESSAGES_BY_STATE, limit=10, equals={"state": "uncertain"})
    assert [found.document.id for found in uncertain] == ["message-1"]
    assert [(alert.kind, alert.severity) for alert in alerts(platform)] == [("uncertain_message", "warning")]
    assert len(platform.channel.mails) == 1


def test_a_relay_that_can_tell_ends_the_doubt_and_the_psa_hears_of_it():
    platform = Platform(RecordingChannel(can_tell=True), twice=True)
    platform.channel.lost_answers = [SendUncertain("no answer to the final dot")]
    platform.has(ticket(), message())
    platform.run()

    assert platform.message().state is OutgoingState.SENT
    assert (len(platform.channel.mails), len(platform.psa.notes)) == (1, 1)
    assert alerts(platform) == []


def test_another_channels_word_on_a_doubt_counts_for_nothing():
    platform = Platform(RecordingChannel(can_tell=True))
    doubted = message(state=OutgoingState.UNCERTAIN, via="smtp", alarm_at=AT)
    platform.has(ticket(), doubted)
    platform.run()

    assert platform.channel.mails == []
    assert platform.message().state is OutgoingState.UNCERTAIN
    assert [alert.kind for alert in alerts(platform)] == ["uncertain_message"]


def test_a_letter_that_cannot_be_composed_is_dead_and_not_half_sent():
    platform = Platform()
    platform.has(ticket(), message(message_id="not a message id"))
    platform.run()

    assert (platform.message().state, platform.message().reason) == (OutgoingState.DEAD, "unsafe_mail")
    assert [alert.kind for alert in alerts(platform)] == ["undelivered_message"]


def test_a_task_that_runs_before_its_commit_can_be_read_comes_again():
    platform = Platform()
    task = Task("send_message", "alarm-1", {"id": "message-1", "at": AT.isoformat()}, AT)

    assert platform.call(task).status_code == 503
    platform.clock.pause(60)
    answer = platform.call(task, attempt=3)
    assert (answer.status_code, answer.get_json()["outcome"]) == (200, "nothing_to_do")


def test_a_process_that_dies_at_every_try_gives_up_and_says_so():
    platform = Platform()
    platform.has(ticket(), message(attempts=20))
    platform.run()

    assert (platform.message().state, platform.message().reason) == (OutgoingState.DEAD, "tries_ran_out")
    assert [alert.kind for alert in alerts(platform)] == ["undelivered_message"]


def test_while_somebody_sends_a_second_task_leaves_a_look_at_the_end_of_the_lease():
    platform = Platform()
    leased = message(
        state=OutgoingState.CLAIMED,
        claim="other.1",
        lease_until=AT + timedelta(minutes=4),
        alarm_at=AT + timedelta(minutes=4),
    )
    platform.has(ticket(), leased.but(alarm_set=leased.alarm_at))
    platform.call(Task("send_message", "again", {"id": "message-1", "at": AT.isoformat()}, AT))

    assert [task.at for task in platform.tasks.waiting] == [AT + timedelta(minutes=4)]
    platform.run()
    assert platform.message().state is OutgoingState.SENT


def test_a_lease_that_nobody_comes_back_to_is_found_as_overdue():
    platform = Platform()
    leased = message(state=OutgoingState.CLAIMED, lease_until=AT, alarm_at=AT)
    platform.has(leased)

    overdue = platform.memory.find(OVERDUE_MESSAGES, limit=10, until=AT + timedelta(minutes=1))
    assert [type(found.document) for found in overdue] == [Message]
