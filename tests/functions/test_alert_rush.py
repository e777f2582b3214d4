"""What a cold review of the alerts broke: lost races, doubled tasks, findings in disorder, and far too much at once."""

import time
from collections import Counter
from datetime import timedelta

import pytest

from functions.alert_manager.batch import CODES, MOST_WAITING, flushed
from functions.alert_reply.acting import Order, act
from functions.send_notice.rules import NO_ROOM, put_off
from shared.alerts.standing import Deed
from shared.channels.twilio import TwilioChannel
from shared.config.alerts import Twilio
from shared.models.alert import Alert, Standing, Telling, Way
from shared.models.contact_method import Batch, Code, ContactMethod, Item, contact_method_id
from shared.models.finding import Severity
from shared.models.notice import Notice, Unreached, unreached_id
from shared.models.outgoing import OutgoingState
from shared.ports import SendFailed, Task
from shared.sms.sms import Sms
from shared.step import Decision, step
from tests.fakes.memory_store import MemoryStore
from tests.fakes.twilio import ACCOUNT, SENDER, TOKEN, FakeTwilio
from tests.functions.alerting import AT, DANA, PEOPLE, AlertDesk, alert_settings, finding
from tests.functions.answering import notice_to

BY_SMS = {
    "chains": {"managers": {"steps": [{"tell": ["dana"]}], "rounds": 1}},
    "ways": {"critical": ["sms"]},
}
TAKES_IT = Order(Deed.ACKNOWLEDGE, "dana")


class Watched(MemoryStore):
    """Counts the calls, and lets somebody else act between a read and what the reader makes of it."""

    def __init__(self):
        super().__init__()
        self.calls, self.alerts_written = 0, Counter()
        self.reads, self.model, self.meanwhile = 0, None, None

    def after_read(self, model, count, meanwhile):
        self.model, self.reads, self.meanwhile = model, count, meanwhile

    def get(self, model, document_id):
        self.calls += 1
        found = super().get(model, document_id)
        if model is self.model:
            self.reads -= 1
            if self.reads == 0:
                self.meanwhile()
        return found

    def find(self, query, **more):
        self.calls += 1
        return super().find(query, **more)

    def commit(self, changes):
        self.calls += 1
        self.alerts_written.update(each.document.id for each in changes if isinstance(each.document, Alert))
        return super().commit(changes)


class Stopped(BaseException):
    """The worker is stopped in the middle of its work."""


def task_of(desk: AlertDesk, document_id: str) -> Task:
    return next(task for task in desk.queue.waiting if task.body["id"] == document_id)


def brought_twice_at_once(desk: AlertDesk, task: Task, meanwhile=lambda: None) -> None:
    """Bring a task about a notice; when it has read the notice, its double runs from start to end."""

    def double():
        assert desk.runs(task).status == 200
        meanwhile()

    desk.clock.move_to(max(task.at, desk.clock.now()))
    desk.store.after_read(Notice, 1, double)
    assert desk.runs(task).status == 200


# ── one overtakes the other ────────────────────────────────────────────────────────────────────────────────────────


def test_an_acknowledgement_is_not_undone_by_an_address_that_is_gone():
    robin = {"name": "Robin Vega", "email": "robin@northwind.example"}
    desk = AlertDesk(Watched(), people={**PEOPLE, "robin": robin}).finds(finding()).passes(minutes=5)
    now, key = desk.clock.now(), desk.alert().id
    left = Telling(cycle=1, round=0, step=1, person="robin", way=Way.SMS, at=now, ready_at=now)
    step(desk.app, Alert, key, lambda a, _: Decision(a.but(tellings=(*a.tellings, left), alarm_at=now)))
    desk.store.after_read(Alert, 2, lambda: act(desk.app, key, TAKES_IT))  # the first read is for the look
    desk.passes(minutes=1)

    assert (desk.alert().standing, desk.alert().by) == (Standing.ACKNOWLEDGED, "dana")
    assert {telling.person for telling in desk.alert().tellings} == {"dana"}


def test_a_message_that_a_doubled_task_sent_is_not_put_off():
    desk = AlertDesk(Watched(), **BY_SMS)
    desk.phone.refusals = [SendFailed("twilio: HTTP 429", permanent=False, retry_after=70)]
    desk.finds(finding()).passes(seconds=40)
    brought_twice_at_once(desk, task_of(desk, notice_to(desk).id))

    sent = notice_to(desk)
    assert (sent.state, sent.alarm_at, sent.reason) == (OutgoingState.SENT, None, "")
    assert len(desk.texts) == 1


def test_patience_does_not_grow_with_every_time_that_a_message_is_put_off():
    patience = timedelta(minutes=15)
    notice = Notice(
        id="notice-x", person="dana", way=Way.SMS, method="method-x", items=(), decided_at=AT,
        patience_seconds=int(patience.total_seconds()), expires_at=AT + patience,
    )  # fmt: skip
    for tries in range(1, 7):
        now = AT + tries * timedelta(minutes=10)
        notice = put_off(notice, now, until=now + timedelta(minutes=10), reason=NO_ROOM)
        assert notice.expires_at - notice.alarm_at == patience


def test_a_message_that_a_doubled_task_sent_said_what_it_said():
    desk = AlertDesk(Watched(), **BY_SMS).finds(finding())
    while not desk.notices():
        task = desk.queue.next()
        desk.clock.move_to(max(task.at, desk.clock.now()))
        desk.runs(task)
    key = desk.alert().id
    brought_twice_at_once(desk, task_of(desk, notice_to(desk).id), lambda: act(desk.app, key, TAKES_IT))
    assert (notice_to(desk).state, notice_to(desk).dropped) == (OutgoingState.SENT, ())
    act(desk.app, key, Order(Deed.RESOLVE, "robin"))
    desk.passes(minutes=5)

    assert len(desk.texts_to(DANA)) == 2


def test_the_end_of_what_may_have_gone_out_is_said():
    desk = AlertDesk(**BY_SMS).finds(finding())
    desk.phone.lost_answers = [Stopped()]
    with pytest.raises(Stopped):
        desk.passes(minutes=2)
    assert notice_to(desk).state is OutgoingState.COMMITTING
    desk.finds(finding(at=desk.clock.now(), over=True, text="The client was told.")).passes(minutes=5)

    assert len(desk.texts_to(DANA)) == 2


def test_an_older_end_that_comes_late_does_not_let_in_what_a_younger_one_ended():
    desk = AlertDesk(**BY_SMS)
    desk.clock.move_to(AT + timedelta(minutes=2))
    for seconds, over in ((3, False), (20, True), (10, True), (15, False)):
        at = AT + timedelta(seconds=seconds)
        desk.finds(finding(at=at, over=over, text=f"at {seconds} s")).passes(seconds=1)
    desk.passes(minutes=5)

    assert (desk.alert().standing, desk.alert().cycle) == (Standing.RESOLVED, 1)
    assert desk.alert().over_at == AT + timedelta(seconds=20)
    assert desk.texts == []


# ── far too much ───────────────────────────────────────────────────────────────────────────────────────────────────


def item(number: int) -> Item:
    return Item(alert=f"alert-{number:032x}", cycle=1, round=0, step=0, severity=Severity.CRITICAL, ready_at=AT)


@pytest.mark.parametrize("in_use", [0, CODES - 1, CODES])
def test_the_alerts_of_one_sms_never_share_digits(in_use):
    codes = tuple(
        Code(digits=n, target=f"alert-{n:032x}", at=AT - timedelta(hours=50) + timedelta(minutes=n))
        for n in range(1, in_use + 1)
    )
    batch = Batch(number=1, opened_at=AT, due_at=AT, items=(item(5000), item(1), item(2)))
    method = ContactMethod(id="method-x", person="dana", way=Way.SMS, codes=codes, batches=(batch,))
    decision = flushed(method, alert_settings().alerts, AT)

    (notice,) = decision.creates
    assert {code.target for code in notice.codes} == {each.alert for each in batch.items}
    assert len({code.digits for code in notice.codes}) == 3
    known = [code.digits for code in decision.document.codes]
    assert len(known) == len(set(known))


def test_when_too_much_waits_for_one_phone_the_alert_keeps_its_telling_until_there_is_room():
    desk, due, items = AlertDesk(**BY_SMS), AT + timedelta(minutes=3), tuple(map(item, range(MOST_WAITING // 2)))
    batches = [Batch(number=n, opened_at=AT, due_at=due + n * timedelta(minutes=1), items=items) for n in range(2)]
    full = ContactMethod(
        id=contact_method_id(Way.SMS, DANA), person="dana", way=Way.SMS, batch_count=2, alarm_at=due, batches=batches
    )
    step(desk.app, ContactMethod, full.id, lambda known, _: Decision(known or full))
    desk.finds(finding())
    seen, looks = Counter(), 0
    while (at := desk.queue.next_at()) is not None and at < AT + timedelta(minutes=20):
        desk.clock.move_to(max(at, desk.clock.now()))
        task = desk.queue.next()
        assert desk.runs(task).status == 200
        seen["no room" if desk.alerts() and desk.alert().to_gather else "room"] += 1
        looks += task.body["id"] == desk.alert().id
        desk.clock.pause(0.001)

    assert seen["no room"] > 0
    assert looks < 10  # one a minute while there is no room, and not ever more of them
    assert desk.alert().to_gather == ()
    assert len(desk.texts_to(DANA)) == 1


def test_a_digest_that_did_not_arrive_changes_each_alert_once_and_each_is_looked_at_a_moment_later():
    many = 30
    desk = AlertDesk(Watched(), **BY_SMS).finds(finding("first")).passes(minutes=2)
    desk.finds(*(finding(f"key-{n}", at=desk.clock.now(), number=str(n)) for n in range(many))).passes(minutes=8)
    digest = notice_to(desk)
    assert (len(digest.items), digest.state) == (many, OutgoingState.SENT)
    now = desk.clock.now()
    lost = Unreached(id=unreached_id(digest.id), notice=digest.id, reason="undelivered", at=now, alarm_at=now)
    step(desk.app, Unreached, lost.id, lambda known, _: Decision(known or lost))
    desk.store.calls, desk.store.alerts_written = 0, Counter()
    task = task_of(desk, lost.id)
    assert desk.runs(task).status == 200

    keys = {each.alert for each in digest.items}
    assert desk.store.calls <= 3 * many
    assert desk.store.alerts_written == dict.fromkeys(keys, 1)
    desk.passes(seconds=10)
    mails = [telling for each in desk.alerts() for telling in each.tellings if telling.way is Way.EMAIL]
    assert len(mails) == many
    assert all(telling.notice for telling in mails)


def test_the_time_that_the_commitment_takes_is_not_the_providers_slowness():
    with FakeTwilio() as twilio:
        settings = Twilio(
            account="env:A", auth_tokens=("env:T",), sender=SENDER, base_url=twilio.url, timeout_seconds=1
        )
        sms = Sms(id="notice-1", recipient="+353875550142", text="It is quiet.")
        receipt = TwilioChannel(settings, ACCOUNT, TOKEN).send(sms, lambda: time.sleep(1.2))

    assert [receipt.reference] == [message.sid for message in twilio.messages]
