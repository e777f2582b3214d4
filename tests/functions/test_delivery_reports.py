"""What the provider says became of an SMS: doubled, out of order, late, forged; and what not arriving sets off."""

import itertools

import pytest

from shared.models.notice import Arrival, Notice, Unreached, unreached_id
from shared.models.outgoing import OutgoingState
from shared.ports import SendUncertain
from shared.step import Decision, step
from tests.functions.alerting import DANA, ROBIN, AlertDesk, finding
from tests.functions.answering import from_twilio, method_of, notice_to, reports, sid, texts

STATUSES = ("queued", "sent", "delivered", "undelivered")


def desk_after_sms(**settings):
    return AlertDesk(ways={"critical": ["sms"]}, **settings).finds(finding()).passes(minutes=5)


def unreached(desk, notice):
    found = desk.store.get(Unreached, unreached_id(notice.id))
    return found.document if found else None


@pytest.mark.parametrize("order", list(itertools.permutations(("queued", "sent", "delivered"))))
def test_in_whatever_order_reports_come_the_last_word_is_delivered(order):
    desk = desk_after_sms()
    for status in order:
        assert reports(desk, notice_to(desk), status).status == 204

    assert notice_to(desk).arrival is Arrival.DELIVERED
    assert unreached(desk, notice_to(desk)) is None


def test_what_was_delivered_does_not_become_undelivered_afterwards():
    desk = desk_after_sms()
    reports(desk, notice_to(desk), "delivered")
    arrived = notice_to(desk).arrived_at
    reports(desk.passes(minutes=1), notice_to(desk), "undelivered", error="30003")

    assert (notice_to(desk).arrival, notice_to(desk).arrived_at) == (Arrival.DELIVERED, arrived)
    assert unreached(desk, notice_to(desk)) is None


def test_an_undelivered_message_sends_its_alerts_to_the_next_way_at_once():
    desk = desk_after_sms()
    reports(desk, notice_to(desk), "undelivered", error="30003")
    desk.passes(minutes=1)

    assert [mail.recipient for mail in desk.mail.mails] == ["dana@northwind.example"]
    assert any("not delivered, code 30003" in entry.what for entry in desk.alert().ledger)


def test_a_report_that_comes_twice_sends_them_on_once():
    desk = desk_after_sms()
    for _ in range(3):
        reports(desk, notice_to(desk), "undelivered", error="30003")
        desk.passes(minutes=1)

    assert len(desk.mail.mails) == 1


def test_the_end_of_an_alert_that_did_not_arrive_sends_nothing_on():
    desk = desk_after_sms().passes(minutes=15)
    texts(desk, "1r", ROBIN)
    desk.passes(minutes=5)
    over = notice_to(desk)
    assert over.items[0].errand == "resolved"
    reports(desk, over, "undelivered", error="30003")

    assert unreached(desk, over) is None


def test_a_forged_report_changes_nothing():
    desk = desk_after_sms()
    before = notice_to(desk)
    form = {"MessageSid": before.reference, "MessageStatus": "undelivered"}
    answer = from_twilio(desk, f"/sms/status?notice={before.id}", form, token="a-token-of-somebody-else-012345678901")

    assert answer.status == 401
    assert notice_to(desk) == before


def test_a_true_report_cannot_be_turned_on_another_notice():
    desk = desk_after_sms().passes(minutes=15)
    to_robin, to_dana = notice_to(desk, "robin"), notice_to(desk)
    reports(desk, to_dana, "undelivered", reference=to_robin.reference)

    assert notice_to(desk) == to_dana
    assert unreached(desk, to_dana) is None


@pytest.mark.parametrize("notice", ["", "notice-1", "notice-" + "0" * 32, "../notice", "%ff"])
def test_a_report_about_no_notice_of_ours_is_taken_and_forgotten(notice):
    form = {"MessageSid": sid(9), "MessageStatus": "delivered"}

    assert from_twilio(desk_after_sms(), f"/sms/status?notice={notice}", form).status == 204
    assert from_twilio(desk_after_sms(), "/sms/status", form).status == 204


def test_a_status_that_means_nothing_to_us_changes_nothing():
    desk = desk_after_sms()
    before = notice_to(desk)

    assert reports(desk, before, "canceled").status == 204
    assert notice_to(desk) == before


@pytest.mark.parametrize("status", STATUSES)
def test_a_report_ends_the_doubt_whether_a_message_was_taken(status):
    desk = AlertDesk(ways={"critical": ["sms"]})
    desk.phone.lost_answers.append(SendUncertain("the line broke"))
    desk.finds(finding()).passes(minutes=2)
    assert notice_to(desk).state is OutgoingState.UNCERTAIN

    reports(desk, notice_to(desk), status, reference=sid(77))
    desk.passes(hours=1)

    assert (notice_to(desk).state, notice_to(desk).reference) == (OutgoingState.SENT, sid(77))
    assert len(desk.texts_to(DANA)) == 1
    assert (unreached(desk, notice_to(desk)) is not None) == (status == "undelivered")


def test_a_report_before_our_own_note_of_it_is_believed():
    desk = desk_after_sms()
    notice = notice_to(desk)
    before = {"state": OutgoingState.COMMITTING, "reference": "", "sent_at": None}
    step(desk.app, Notice, notice.id, lambda each, _now: Decision(each.but(**before)))
    reports(desk, notice, "sent", reference=sid(5))

    assert (notice_to(desk).state, notice_to(desk).arrival) == (OutgoingState.SENT, Arrival.SENT)
    assert notice_to(desk).reference == sid(5)


def test_a_doubt_that_had_sent_the_alerts_on_already_does_not_do_so_again():
    desk = AlertDesk(ways={"critical": ["sms"]})
    desk.phone._can_tell = False
    desk.phone.lost_answers.append(SendUncertain("the line broke"))
    desk.finds(finding()).passes(minutes=40)
    assert unreached(desk, notice_to(desk)) is not None
    mails = len(desk.mail.mails)

    reports(desk, notice_to(desk), "undelivered", reference=sid(8))
    desk.passes(minutes=1)

    assert notice_to(desk).arrival is Arrival.UNDELIVERED
    assert len(desk.mail.mails) == mails


def test_the_code_for_an_opt_out_is_a_stop():
    desk = desk_after_sms()
    reports(desk, notice_to(desk), "undelivered", error="21610")

    assert [each.word for each in method_of(desk).consents] == ["STOP"]


def test_a_start_after_the_message_outweighs_the_report_about_it():
    desk = desk_after_sms()
    reports(desk, notice_to(desk), "undelivered", error="21610")
    texts(desk.passes(minutes=1), "START")
    reports(desk.passes(minutes=1), notice_to(desk), "undelivered", error="21610")

    assert not method_of(desk).opted_out


def test_the_log_of_a_report_has_neither_number_nor_text(capsys):
    desk = desk_after_sms()
    capsys.readouterr()
    reports(desk, notice_to(desk), "delivered")

    log = capsys.readouterr().out
    assert notice_to(desk).id in log
    assert DANA[1:] not in log
