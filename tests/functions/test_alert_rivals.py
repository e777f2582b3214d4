"""Many workers at the same alert at the same time: whoever is faster, it is one alert and one message a person."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.local import entry_points
from shared import wiring
from shared.adapters.sqlite_store import SqliteStore
from shared.ports import Task
from tests.contract.stores import FirestoreKeeping
from tests.functions.alerting import DANA, TOKEN, AlertDesk, finding

MOST_TRIES = 40


@pytest.fixture(params=["sqlite", pytest.param("firestore", marks=pytest.mark.emulator)])
def rivals(request, tmp_path):
    """Return a store and how many workers fall upon it."""
    if request.param == "sqlite":
        return SqliteStore(tmp_path / "rivals.sqlite3", durable=False), 32
    return FirestoreKeeping(request.getfixturevalue("emulator")).store, 8


def all_at_once(desk: AlertDesk, tasks: list[Task]) -> None:
    """Bring every task at the same moment, and again while it is answered with 503, as the queue does."""
    wiring.use(desk.app)
    together = threading.Barrier(len(tasks))

    def brought(task: Task) -> int:
        together.wait()
        body, headers = json.dumps(dict(task.body)).encode(), {"Authorization": f"Bearer {TOKEN}"}
        for tries in range(1, MOST_TRIES):
            if entry_points.post(task.function, body, headers).status == 200:
                return tries
        raise AssertionError(f"{task} did not get through")

    with ThreadPoolExecutor(len(tasks)) as workers:
        list(workers.map(brought, tasks))


def waiting(desk: AlertDesk, *, function: str | None = None) -> list[Task]:
    desk.queue.waiting.sort(key=lambda task: (task.at, task.name))
    return [task for task in desk.queue.waiting if function in (None, task.function)]


def test_parallel_findings_of_one_key_are_one_alert_and_one_message_a_person(rivals):
    store, many = rivals
    desk = AlertDesk(store)
    desk.host = entry_points
    desk.finds(*(finding(text=f"found {n}") for n in range(many)))
    all_at_once(desk, waiting(desk))
    desk.passes(minutes=10)

    assert desk.alert().times == many
    assert [number for number, _ in desk.texts] == [DANA]
    assert [mail.recipient for mail in desk.mail.mails] == ["dana@northwind.example"]


def test_one_finding_brought_by_many_is_found_once(rivals):
    store, many = rivals
    desk = AlertDesk(store)
    desk.host = entry_points
    desk.finds(finding())
    all_at_once(desk, waiting(desk) * many)
    desk.passes(minutes=10)

    assert desk.alert().times == 1
    assert len(desk.texts) == 1


def test_a_batch_and_its_message_leave_once_whoever_lets_them(rivals):
    store, many = rivals
    desk = AlertDesk(store)
    desk.host = entry_points
    desk.finds(*(finding(f"key-{n}", text=f"found {n}") for n in range(4)))
    for _ in range(40):
        due = desk.queue.next_at()
        if due is None or desk.phone.sent:
            break
        desk.clock.move_to(due)
        task = desk.queue.next()
        all_at_once(desk, [task] * (many // 4))
    desk.passes(minutes=8)

    assert max(desk.phone.copies.values()) == 1
    assert [number for number, _ in desk.texts] == [DANA]
    assert len(desk.mail.mails) == 1
