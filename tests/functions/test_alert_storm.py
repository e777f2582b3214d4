"""A thousand breaches in five minutes: each person gets few messages, one digest names all, and nothing is lost."""

import re
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy

from functions.alert_reply.acting import Order, act
from infra.local import entry_points
from shared.adapters.sqlite_store import SqliteStore
from shared.alerts.standing import Deed
from shared.models.finding import Severity
from shared.models.outgoing import OutgoingState
from shared.ports import Task
from tests.functions.alert_world import MoodyQueue, QuickStore
from tests.functions.alerting import DANA, KIM, ROBIN, AlertDesk, finding

BREACHES = 1000
NUMBERS = {str(20_000 + n) for n in range(BREACHES)}
PEOPLE = {"dana": DANA, "robin": ROBIN, "kim": KIM}
HOUR = timedelta(hours=1)


class QuickQueue(MoodyQueue):
    """Finds the next of thousands of tasks without looking at all of them."""

    def next(self, *_functions: str) -> Task:
        return super().next()[0]


class TimedPhone:
    """Notes when each SMS came."""

    knows_message_ids = False

    def __init__(self, desk: AlertDesk) -> None:
        self.got: list[tuple[str, datetime]] = []
        self._desk = desk

    def send(self, sms, before_commitment):
        receipt = self._desk.phone.send(sms, before_commitment)
        self.got.append((sms.recipient, self._desk.clock.now()))
        return receipt

    def most_in(self, number: str, span: timedelta) -> int:
        times = [at for to, at in self.got if to == number]
        return max((sum(first <= at < first + span for at in times) for first in times), default=0)


def storm(store, **settings) -> tuple[AlertDesk, TimedPhone]:
    """Every third breach is only worth a mail; all come within five minutes, from forty clients."""
    desk = AlertDesk(store, **settings)
    phone = TimedPhone(desk)
    desk.host, desk.queue = entry_points, QuickQueue()
    desk.app = replace(desk.app, queue=desk.queue, sms=lambda: phone)
    for n in range(BREACHES):
        grave = Severity.CRITICAL if n % 3 else Severity.WARNING
        facts = {"severity": grave, "number": str(20_000 + n), "company": f"Client {n % 40}"}
        desk.finds(finding(f"breach-{n}", at=desk.clock.now(), **facts))
        desk.passes(seconds=0.3)
    return desk, phone


def named(desk: AlertDesk, person: str) -> Counter[str]:
    """Count in how many mails to the person each ticket number is."""
    count: Counter[str] = Counter()
    for mail in desk.mail.mails:
        if mail.recipient.startswith(person):
            text = message_from_bytes(mail.raw, policy=policy.default).get_body(("plain",)).get_content()
            count.update(set(re.findall(r"#(2\d{4})\b", text)))
    return count


def test_within_minutes_one_person_has_two_messages_that_name_all(tmp_path):
    desk, phone = storm(SqliteStore(tmp_path / "storm.sqlite3", durable=False))
    desk.passes(minutes=8)

    assert phone.most_in(DANA, HOUR) == 2
    assert len(desk.mail.mails) == 2
    assert set(named(desk, "dana").values()) == {1}
    assert set(named(desk, "dana")) == NUMBERS


def test_who_takes_them_all_ends_the_storm():
    desk, phone = storm(QuickStore())
    desk.passes(minutes=12)
    before = len(phone.got), len(desk.mail.mails)
    for alert in desk.alerts():
        act(desk.app, alert.id, Order(Deed.ACKNOWLEDGE, "dana"))
    desk.passes(minutes=59)

    assert (len(phone.got), len(desk.mail.mails)) == before


def test_six_hours_of_a_storm_are_few_messages_in_which_nothing_is_lost():
    desk, phone = storm(QuickStore())
    desk.passes(hours=6)

    for person, number in PEOPLE.items():
        assert phone.most_in(number, HOUR) <= 5
        assert set(named(desk, person)) == NUMBERS
    notices = {notice.id: notice for notice in desk.notices()}
    assert {notice.state for notice in notices.values()} == {OutgoingState.SENT}
    carried = Counter(
        (item.alert, item.round, item.step, notice.person, notice.way)
        for notice in notices.values()
        for item in notice.items
    )
    assert set(carried.values()) == {1}
    for alert in desk.alerts():
        told = {(alert.id, t.round, t.step, t.person, t.way) for t in alert.tellings}
        assert told <= set(carried)
        assert {t.person for t in alert.tellings} == set(PEOPLE)
        assert all(any(person in entry.what for entry in alert.ledger) for person in PEOPLE)
