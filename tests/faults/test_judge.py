"""The judge of crash runs is only worth something if it finds what is wrong: every kind of fault, and no fault at all."""

import itertools
import random

import pytest

from tests.faults.history import History, read_history
from tests.faults.judge import judge


def webhook(status="Resolved", minute=5, ticket="T1"):
    return {"what": "webhook", "ticket": ticket, "at": f"2026-03-02T09:{minute:02}:00.000000Z", "status": status}


def mail(number):
    return {"what": "mail", "message_id": f"<{number}@msp.example>"}


def message(number, touchpoint="received", state="sent", order=None, reason="", ticket="T1"):
    return {
        "what": "message",
        "id": f"message-{number}",
        "message_id": f"<{number}@msp.example>",
        "ticket": ticket,
        "order": number if order is None else order,
        "touchpoint": touchpoint,
        "state": state,
        "reason": reason,
    }


def stored(status="Resolved", minute=5, told=("message-1", "message-2"), ticket="T1"):
    return {**webhook(status, minute, ticket), "what": "ticket", "told": list(told)}


KILL = {"what": "kill", "who": "worker-1"}
CLEAN = [
    webhook("New", 0),
    mail(1),
    KILL,
    webhook(),
    mail(2),
    stored(),
    message(1),
    message(2, "resolved"),
]


def without(*gone):
    return [line for line in CLEAN if line not in gone]


def in_doubt(*, found_about="message-1"):
    lines = [*without(message(1)), message(1, state="uncertain", reason="stopped_while_sending")]
    return [*lines, {"what": "finding", "kind": "uncertain_message", "cause": f"{found_about}.1"}]


def test_a_clean_history_has_no_fault():
    verdict = judge(CLEAN)

    assert verdict.faults == []
    assert verdict.figures["mails"] == 2


def test_one_dropped_mail_is_found():
    verdict = judge(without(mail(1)))

    assert verdict.faults == verdict.lost == ["message-1 (received of T1) is sent and never arrived"]


def test_one_doubled_mail_is_found():
    verdict = judge([*CLEAN, mail(1)])

    assert verdict.faults == verdict.doubled == ["<1@msp.example> arrived 2 times"]


def test_one_thing_said_twice_under_two_ids_is_found():
    verdict = judge([*CLEAN, message(3), mail(3)])

    assert verdict.faults == verdict.doubled == ["T1: 2 messages of the kind received"]


def test_a_resolution_told_twice_is_found():
    verdict = judge([*CLEAN, message(3, "resolved"), mail(3)])

    assert verdict.faults == verdict.doubled == ["T1: 2 messages of the kind resolved"]


def test_a_doubt_that_is_listed_is_no_fault_whether_the_mail_arrived_or_not():
    assert judge(in_doubt()).faults == []
    assert judge([line for line in in_doubt() if line != mail(1)]).faults == []


@pytest.mark.parametrize("arrived", [True, False])
def test_one_unlisted_doubt_is_found(arrived):
    lines = in_doubt(found_about="message-2")
    verdict = judge(lines if arrived else [line for line in lines if line != mail(1)])

    assert verdict.faults == verdict.unlisted == ["message-1 is uncertain, and no finding says so"]


@pytest.mark.parametrize("state", ["pending", "claimed", "committing"])
def test_a_mail_that_arrived_while_its_message_stays_in_between_is_found(state):
    verdict = judge([*without(message(1)), message(1, state=state)])

    assert verdict.unlisted == [f"message-1 is {state}, and no finding says so"]


def test_more_doubts_than_kills_are_found():
    verdict = judge([line for line in in_doubt() if line != KILL])

    assert verdict.faults == verdict.too_many_doubts == ["1 doubts after 0 kills"]


def test_a_dead_message_is_found():
    assert judge([*without(message(1), mail(1)), message(1, state="dead", reason="tries_ran_out")]).lost


def test_what_gave_way_to_younger_news_is_no_fault():
    for reason in ("stale", "overtaken"):
        assert judge([*without(message(1), mail(1)), message(1, state="held", reason=reason)]).faults == []


def test_what_was_held_back_for_another_reason_is_found():
    assert judge([*without(message(1), mail(1)), message(1, state="held", reason="bad_address")]).lost


def test_a_last_word_that_was_held_back_is_found():
    assert judge([*without(message(2, "resolved"), mail(2)), message(2, "resolved", "held", reason="overtaken")]).lost


def test_a_mail_that_arrived_although_it_was_held_back_is_found():
    verdict = judge([*without(message(1)), message(1, state="held", reason="stale")])

    assert verdict.faults == verdict.stray == ["<1@msp.example> arrived, but its message is held"]


def test_a_mail_that_nobody_wrote_is_found():
    assert judge([*CLEAN, mail(9)]).stray == ["<9@msp.example> arrived, but its message is not there"]


def test_a_message_of_the_ledger_that_does_not_exist_is_found():
    verdict = judge(without(message(1), mail(1)))

    assert verdict.faults == verdict.lost == ["T1 has message-1 in its ledger, but there is no such message"]


def test_a_resolution_that_nobody_wrote_about_is_found():
    lines = [*without(message(2, "resolved"), mail(2), stored()), stored(told=["message-1"])]
    verdict = judge(lines)

    assert verdict.faults == verdict.lost == ["T1: 1 resolutions stood, 0 were told"]


def test_a_ticket_that_was_opened_again_is_told_of_each_resolution():
    again = [webhook("In Progress", 10), webhook("Resolved", 15)]
    lines = [*without(stored()), *again, stored(minute=15)]

    assert judge(lines).lost == ["T1: 2 resolutions stood, 1 were told"]
    assert judge([*lines, message(3, "resolved"), mail(3)]).faults == []


def test_a_resolution_that_stood_no_longer_than_the_hold_need_not_be_told():
    seconds = {**webhook("In Progress"), "at": "2026-03-02T09:05:03.000000Z"}
    ticket = {**stored("In Progress", told=["message-1"]), "at": seconds["at"]}
    lines = [*without(stored(), message(2, "resolved"), mail(2)), seconds, ticket]

    assert judge(lines).faults == []


@pytest.mark.parametrize("state", [stored("New", 0), None])
def test_a_ticket_that_is_older_in_the_store_than_what_was_answered_well_is_found(state):
    assert judge([*without(stored()), *([state] if state else [])]).behind


def test_a_task_left_undone_is_found():
    verdict = judge([*CLEAN, {"what": "undone", "name": "the look at ticket-1"}])

    assert verdict.faults == verdict.undone == ["still waits at the end: the look at ticket-1"]


def test_in_a_long_history_any_one_mail_dropped_or_doubled_is_found():
    lines = list(itertools.chain.from_iterable(_course(number) for number in range(300)))
    assert judge(lines).faults == []

    dice = random.Random(7)
    mails = [place for place, line in enumerate(lines) if line["what"] == "mail"]
    for place in dice.sample(mails, 50):
        assert len(judge(lines[:place] + lines[place + 1 :]).lost) == 1
        assert len(judge([*lines, lines[place]]).doubled) == 1


def _course(number):
    first, second, ticket = 2 * number, 2 * number + 1, f"T{number}"
    return [
        webhook("New", 0, ticket),
        webhook("Resolved", 5, ticket),
        stored(told=[f"message-{first}", f"message-{second}"], ticket=ticket),
        message(first, order=0, ticket=ticket),
        message(second, "resolved", order=1, ticket=ticket),
        mail(first),
        mail(second),
    ]


def test_a_history_survives_its_file(tmp_path):
    history = History()
    history.add("mail", message_id="<ü@msp.example>")
    history.write(tmp_path / "history.jsonl")

    assert read_history(tmp_path / "history.jsonl") == history.lines()
