"""What an alert costs the store: a figure that is watched, since each read and write is on the bill."""

import pytest

from functions.alert_reply.acting import Order, act
from shared.alerts.standing import Deed
from tests.functions.alerting import AlertDesk, finding


def spent(desk: AlertDesk) -> tuple[int, int, int]:
    """Return reads, commits and documents written since the last time, and begin to count anew."""
    store = desk.store
    counted = store.gets, store.commits, store.written
    store.gets = store.commits = store.written = 0
    return counted


@pytest.mark.parametrize(("ways", "cost"), [(["sms"], (15, 9, 12)), (["sms", "email"], (23, 14, 19))])
def test_from_the_finding_to_one_persons_phone(ways, cost):
    """Finding, alert, batch and notice: each is read and written once for every state that it goes through."""
    desk = AlertDesk(ways={"critical": ways}).finds(finding())
    spent(desk)
    desk.passes(minutes=5)

    assert len(desk.texts) == 1
    assert spent(desk) == cost


def test_an_alert_that_somebody_has_costs_nothing_until_the_lease_runs_out():
    desk = AlertDesk().finds(finding()).passes(minutes=5)
    act(desk.app, desk.alert().id, Order(Deed.ACKNOWLEDGE, "dana"))
    desk.passes(minutes=16)  # the look that was set before it was taken
    spent(desk)
    desk.passes(minutes=38)

    assert spent(desk) == (0, 0, 0)
