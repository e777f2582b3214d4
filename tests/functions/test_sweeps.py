"""What repairs itself: lost webhooks, lost alarms, PSAs that do not answer or no longer call."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from functions.alarm_sweep.rules import TOLD_AT_GENERATION, overdue_after
from functions.psa_sweep.rules import BLIND_AFTER, OVERLAP, connection_id
from shared import queries
from shared.convergence import ticket_id
from shared.errors import PsaUnavailable
from shared.models.psa_connection import PsaConnection
from shared.models.ticket import Ticket
from shared.psa.facts import PsaPerson, PsaTicket, RegistrationState, WebhookRegistration
from tests.fakes.psa import RecordingPsa
from tests.functions.desk import Desk
from tests.psa_products import AUTOTASK, GENERIC, NOW


class ReadablePsa(RecordingPsa):
    """Has tickets; `fails_after` breaks off the reading after so many of them."""

    def __init__(self, *tickets):
        super().__init__()
        self.tickets = list(tickets)
        self.asked_since = []
        self.fails_after = None
        self.registration = WebhookRegistration(state=RegistrationState.ACTIVE, detail="")

    def ticket(self, ticket_id):
        return next((ticket for ticket in self.tickets if ticket.id == ticket_id), None)

    def tickets_changed_since(self, since, *, max_calls):
        self.asked_since.append(since)
        for read, ticket in enumerate(sorted(self.tickets, key=lambda t: t.updated_at)):
            if read == self.fails_after:
                raise PsaUnavailable("timed out")
            if ticket.updated_at >= since:
                yield ticket
        if self.fails_after is not None and self.fails_after >= len(self.tickets):
            raise PsaUnavailable("timed out")

    def webhook_registration(self):
        return self.registration


def ticket(identity, status="New", ago=timedelta(minutes=1), **facts):
    at = NOW - ago
    return PsaTicket(
        id=identity,
        number=identity,
        title="Printer",
        status=status,
        updated_at=at,
        created_at=at,
        contact=PsaPerson(name="Dana Fox", email="dana@client.example"),
        **facts,
    )


def desk_with(*tickets):
    """One readable connection; a desk whose others cannot be read has nothing else to sweep."""
    desk = Desk()
    desk.psa = ReadablePsa(*tickets)
    only = {"halopsa": desk.app.settings.psa["halopsa"]}
    return desk.replaced(settings=desk.app.settings.model_copy(update={"psa": only}), psa_client=lambda _name: desk.psa)


def alerts(desk):
    return [found.document for found in desk.store.find(queries.FINDINGS, limit=100)]


def stored(desk, identity):
    return desk.store.get(Ticket, ticket_id("halopsa", identity)).document


def connection(desk):
    return desk.store.get(PsaConnection, connection_id("halopsa")).document


def test_a_ticket_whose_webhook_was_lost_is_found_and_told():
    desk = desk_with(ticket("1"), ticket("2"))

    for _ in range(2):
        assert desk.ticks("psa_sweep").status == 200
    desk.works(until=timedelta(hours=1))

    assert connection(desk).repaired == 2
    assert len(desk.mail.mails) == 2


def test_what_the_webhook_brought_is_not_counted_as_repaired():
    desk = desk_with(ticket("1"))
    desk.ticks("psa_sweep")
    before = connection(desk).repaired
    desk.ticks("psa_sweep")

    assert connection(desk).repaired == before == 1


def test_the_next_sweep_reads_from_the_watermark_with_an_overlap():
    desk = desk_with(ticket("1", ago=timedelta(minutes=30)), ticket("2", ago=timedelta(minutes=5)))
    desk.ticks("psa_sweep")
    desk.ticks("psa_sweep")

    assert connection(desk).watermark == NOW - timedelta(minutes=5)
    assert desk.psa.asked_since[1] == NOW - timedelta(minutes=5) - OVERLAP


def test_a_reading_that_breaks_off_keeps_what_it_read_and_does_not_move_the_watermark():
    desk = desk_with(ticket("1", ago=timedelta(minutes=9)), ticket("2", ago=timedelta(minutes=5)))
    desk.psa.fails_after = 1
    desk.ticks("psa_sweep")

    assert stored(desk, "1").number == "1"
    assert connection(desk).watermark == NOW.replace(second=0) - timedelta(hours=24)

    desk.psa.fails_after = None
    desk.ticks("psa_sweep")

    assert stored(desk, "2").number == "2"
    assert connection(desk).failures_in_a_row == 0


def test_a_blind_sweep_is_found_ever_more_seldom_and_once_that_it_sees_again():
    desk = desk_with(ticket("1"))
    desk.psa.fails_after = 0

    for _ in range(4 * BLIND_AFTER - 1):
        assert desk.ticks("psa_sweep").status == 200
        desk.clock.move_to(desk.clock.now() + timedelta(minutes=5))
    assert [(alert.kind, alert.over) for alert in alerts(desk)] == [("sweep_blind", False)] * 2

    desk.psa.fails_after = None
    for _ in range(2):
        desk.ticks("psa_sweep")
    assert [alert.over for alert in alerts(desk)] == [False, False, True]


@pytest.mark.parametrize("state", [RegistrationState.SWITCHED_OFF, RegistrationState.MISSING])
def test_a_webhook_that_was_switched_off_is_told_once_a_day(state):
    desk = desk_with()
    desk.psa.registration = WebhookRegistration(state=state, detail="Switch it on under System > Callbacks.")

    for _ in range(3):
        desk.ticks("psa_sweep")
    assert [alert.text for alert in alerts(desk)] == [
        "halopsa no longer calls us: Switch it on under System > Callbacks."
    ]

    desk.clock.move_to(NOW + timedelta(hours=24))
    desk.ticks("psa_sweep")
    assert len(alerts(desk)) == 2


def test_an_empty_list_deletes_nothing():
    desk = desk_with(ticket("1"))
    desk.ticks("psa_sweep")
    desk.psa.tickets = []
    desk.ticks("psa_sweep")

    assert not stored(desk, "1").gone


# ── hints ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_hint_becomes_a_ticket_by_reading_it():
    desk = Desk()
    identity = str(json.loads(AUTOTASK.sample)["Id"])
    desk.psa = ReadablePsa(ticket(identity))
    desk.replaced(psa_client=lambda _name: desk.psa).calls(AUTOTASK)

    desk.works(until=timedelta(hours=1))

    assert desk.store.get(Ticket, ticket_id("autotask", identity)) is not None
    assert len(desk.mail.mails) == 1


def test_a_hint_about_a_ticket_that_is_not_there_ends_quietly():
    desk = Desk()
    desk.psa = ReadablePsa()
    desk.replaced(psa_client=lambda _name: desk.psa).calls(AUTOTASK)

    answer = desk.runs(desk.queue.next())

    assert answer.status == 200
    assert desk.store.written == 0


def test_a_psa_that_is_down_makes_the_queue_try_again():
    class Down(ReadablePsa):
        def ticket(self, ticket_id):
            raise PsaUnavailable("timed out", retry_after=30)

    desk = Desk()
    desk.replaced(psa_client=lambda _name: Down()).calls(AUTOTASK)

    answer = desk.runs(desk.queue.next())

    assert (answer.status, answer.header("Retry-After")) == (503, "30")


# ── alarms ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_alarm_that_the_queue_lost_is_set_anew_under_another_name():
    desk = Desk()
    desk.calls(GENERIC)
    lost = desk.queue.next()
    desk.clock.move_to(lost.at + timedelta(minutes=6))

    assert desk.ticks("alarm_sweep").status == 200
    anew = desk.queue.next()

    assert anew.function == lost.function
    assert anew.name != lost.name
    assert desk.runs(anew).status == 200
    assert desk.queue.next("send_message") is not None


def test_an_alarm_that_is_merely_late_is_left_alone():
    desk = Desk()
    desk.calls(GENERIC)
    desk.clock.move_to(desk.queue.next_at() + timedelta(minutes=4))

    desk.ticks("alarm_sweep")

    assert len(desk.queue.waiting) == 1


def test_a_stubborn_alarm_comes_ever_more_seldom_and_a_person_hears_of_it_once():
    desk = Desk()
    desk.calls(GENERIC)
    times = 0
    for _ in range(12 * 24):
        desk.clock.move_to(desk.clock.now() + timedelta(minutes=5))
        desk.ticks("alarm_sweep")
        while desk.queue.next("ticket_update_notifier") is not None:
            times += 1

    assert 5 <= times <= 9
    assert overdue_after(TOLD_AT_GENERATION) < timedelta(hours=2)
    assert [alert.kind for alert in alerts(desk)] == ["stuck"]


def test_a_page_full_of_stubborn_alarms_hides_none_behind_it():
    desk = desk_with(*[ticket(str(number)) for number in range(1, 260)])
    desk.ticks("psa_sweep")
    while desk.queue.next() is not None:
        pass
    desk.clock.move_to(NOW + timedelta(minutes=20))

    desk.ticks("alarm_sweep")

    assert len(desk.queue.waiting) == 259


def test_a_task_that_comes_before_its_time_is_sent_back_and_not_forgotten():
    desk = Desk()
    desk.calls(GENERIC)
    task = desk.queue.next()
    early = replace(task, body={**task.body, "at": "2026-05-11T23:00:00.000000Z"})

    assert desk.runs(early).status == 503
