"""Findings become alerts, alerts reach people, and stop when somebody has them: the functions at work."""

from functions.alert_reply.acting import Order, act
from shared.adapters.sqlite_store import SqliteStore
from shared.alerts.standing import Deed
from shared.models.outgoing import OutgoingState
from tests.functions.alerting import DANA, KIM, ROBIN, AlertDesk, finding


def test_a_critical_finding_reaches_the_first_person_by_sms_and_mail():
    desk = AlertDesk().finds(finding()).passes(minutes=5)

    assert [number for number, _ in desk.texts] == [DANA]
    assert [mail.recipient for mail in desk.mail.mails] == ["dana@northwind.example"]
    assert "Lakeside Clinic #4711" in desk.texts[0][1]


def test_nothing_is_sent_within_the_first_wait():
    desk = AlertDesk().finds(finding()).passes(seconds=29)

    assert desk.texts == []
    assert len(desk.passes(seconds=2).texts) == 1


def test_what_is_over_within_the_first_wait_tells_nobody():
    desk = AlertDesk().finds(finding()).passes(seconds=20)
    desk.finds(finding(over=True, at=desk.clock.now())).passes(hours=4)

    assert desk.texts == []
    assert desk.mail.mails == []


def test_the_chain_goes_on_until_its_end_and_begins_again():
    desk = AlertDesk().finds(finding()).passes(hours=8)

    assert [number for number, _ in desk.texts] == [DANA, ROBIN, KIM, DANA, ROBIN, KIM]


def test_who_has_it_stops_every_channel_at_once():
    desk = AlertDesk().finds(finding()).passes(minutes=5)
    act(desk.app, desk.alert().id, Order(Deed.ACKNOWLEDGE, "dana"))
    desk.passes(minutes=50)

    assert [number for number, _ in desk.texts] == [DANA]
    assert len(desk.mail.mails) == 1


def test_a_lease_that_runs_out_begins_again_from_the_first_step():
    desk = AlertDesk().finds(finding()).passes(minutes=5)
    act(desk.app, desk.alert().id, Order(Deed.ACKNOWLEDGE, "dana"))
    desk.passes(minutes=80)

    assert [number for number, _ in desk.texts] == [DANA, DANA, ROBIN]


def test_whoever_was_told_hears_that_it_is_over():
    desk = AlertDesk().finds(finding()).passes(minutes=20)
    act(desk.app, desk.alert().id, Order(Deed.RESOLVE, "robin"))
    desk.passes(hours=5)

    assert [number for number, _ in desk.texts] == [DANA, ROBIN, DANA]
    assert desk.texts[-1][1].startswith("Over:")


def test_a_number_that_opted_out_is_skipped_for_the_next_way():
    from shared.ports import SendFailed

    desk = AlertDesk(ways={"critical": ["sms"]})
    desk.phone.refusals.append(SendFailed("opted_out 21610", permanent=True))
    desk.finds(finding()).passes(minutes=2)

    assert desk.texts == []
    assert [mail.recipient for mail in desk.mail.mails] == ["dana@northwind.example"]


def test_32_identical_findings_are_one_alert():
    desk = AlertDesk()
    desk.finds(*(finding(text=f"found {n}") for n in range(32))).passes(minutes=10)

    assert desk.alert().times == 32
    assert len(desk.texts) == 1


def test_a_storm_is_one_message_and_one_digest_for_each_person(tmp_path):
    desk = AlertDesk(SqliteStore(tmp_path / "storm.sqlite3"))
    for n in range(1000):
        desk.finds(finding(f"breach-{n}", at=desk.clock.now(), number=str(n), company=f"Client {n % 40}"))
        desk.passes(seconds=0.3)
    desk.passes(minutes=14)

    assert len(desk.texts_to(DANA)) == 2
    assert {notice.state for notice in desk.notices()} <= {OutgoingState.SENT, OutgoingState.PENDING}
