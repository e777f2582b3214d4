"""The judge of the alerts' crash runs is only worth something if it finds what is wrong: each kind, and no fault at all."""

import itertools
import random

import pytest

from tests.faults.alert_judge import GRACE, judge

DANA, ROBIN = "dana", "robin"
NUMBERS = {DANA: "+353871110001", ROBIN: "+353871110002"}


def chain(*people):
    return {"what": "chain", "after": 0.0, "name": "north", "people": list(people or (DANA,))}


def finding(number=1, after=1.0, alert="alert-1", *, over=False):
    return {"what": "finding", "after": after, "id": f"finding-{number}", "alert": alert, "over": over, "began": after}


def taken_in(number=1, *, taken=True):
    return {"what": "stored_finding", "after": 90.0, "id": f"finding-{number}", "taken": taken}


def took(after, turn=(1, 0), lasts=None, alert="alert-1"):
    return {"what": "took", "after": after, "alert": alert, "deed": "acknowledge", "turn": list(turn), "lasts": lasts}


def mail(number, after=2.0):
    return {"what": "mail", "after": after, "message_id": f"<notice-{number}@msp.example>"}


def sms(number, after=2.0, body=None):
    return {
        "what": "sms",
        "after": after,
        "notice": f"notice-{number}",
        "to": NUMBERS[DANA],
        "body": body or f"{number}",
    }


def named(turn=(1, 0, 0), alert="alert-1", errand="news"):
    return {"alert": alert, "turn": list(turn), "errand": errand}


def notice(number, *things, way="email", person=DANA, state="sent", reason="", asks=False):
    return {
        "what": "notice",
        "after": 90.0,
        "id": f"notice-{number}",
        "state": state,
        "reason": reason,
        "to_be_asked": asks,
        "person": person,
        "way": way,
        "named": list(things or (named(),)),
    }


def telling(number=1, person=DANA, unreached=""):
    facts = {"turn": [1, 0, 0], "person": person, "way": "email", "errand": "news"}
    return {**facts, "notice": f"notice-{number}", "unreached": unreached}


def alert(*tellings, standing="open", times=1, cycle=1, opened=1.0, severity="critical", name="alert-1"):
    return {
        "what": "alert",
        "after": 90.0,
        "id": name,
        "severity": severity,
        "standing": standing,
        "times": times,
        "cycle": cycle,
        "opened": opened,
        "chain": "north",
        "tellings": list(tellings),
    }


CLEAN = [chain(), finding(), mail(1), taken_in(), alert(telling()), notice(1)]


def without(*gone):
    return [line for line in CLEAN if line not in gone]


def test_a_clean_history_has_no_fault():
    verdict = judge(CLEAN)

    assert verdict.faults == []
    assert (verdict.figures["mails"], verdict.figures["open"]) == (1, 1)


def test_one_person_who_was_never_told_is_found():
    verdict = judge([chain(DANA, ROBIN), *without(chain())])

    assert verdict.faults == verdict.lost == ["robin was never told of alert-1, which stands"]


def test_a_message_that_was_held_back_for_good_told_nobody():
    verdict = judge([*without(mail(1), notice(1)), notice(1, state="held", reason="expired")])

    assert verdict.faults == verdict.lost == ["dana was never told of alert-1, which stands"]


def test_a_message_that_says_something_else_told_nobody():
    verdict = judge([*without(notice(1)), notice(1, named(alert="alert-2"))])

    assert verdict.faults == verdict.lost == ["dana was never told of alert-1, which stands"]


def test_who_was_told_before_it_came_back_was_not_told_of_this():
    again = [*without(finding(), taken_in(), alert(telling())), finding(), taken_in(), finding(2, 9.0), taken_in(2)]

    assert judge([*again, alert(telling(), times=2, cycle=2, opened=9.0)]).lost
    assert judge([*again, alert(telling(), times=2, cycle=1, opened=9.0)]).lost


def test_a_doubt_and_an_unreached_person_that_a_list_shows_are_no_fault():
    doubt = [*without(notice(1), mail(1)), notice(1, state="uncertain", reason="stopped_while_sending")]
    dead = [*without(notice(1), mail(1), alert(telling())), notice(1, state="dead", reason="550")]

    assert judge(doubt).faults == []
    assert judge([*dead, alert(telling(unreached="550"))]).faults == []


def test_what_counts_as_sent_and_never_arrived_is_found():
    verdict = judge([*without(mail(1), alert(telling())), alert(telling(), standing="resolved")])

    assert verdict.faults == verdict.lost == ["notice-1 counts as sent and never arrived"]


def test_an_alert_that_no_chain_is_told_of_is_found():
    assert judge([*without(alert(telling())), {**alert(), "chain": ""}]).lost


def test_nobody_need_be_told_of_what_somebody_has_or_what_is_no_emergency():
    silent = without(mail(1), notice(1), alert(telling()))

    assert judge([*silent, alert(standing="acknowledged")]).faults == []
    assert judge([*silent, alert(severity="warning")]).faults == []


def test_one_doubled_message_is_found():
    assert judge([*CLEAN, mail(1)]).doubled == ["notice-1 arrived 2 times"]
    assert judge([*CLEAN, notice(2, named((1, 0, 1)), way="sms"), sms(2), sms(2)]).doubled == [
        "notice-2 arrived 2 times"
    ]


def test_one_text_that_came_twice_under_two_ids_is_found():
    texts = [sms(2, body="the same"), sms(3, body="the same")]
    notices = [notice(2, named((1, 0, 1)), way="sms"), notice(3, named((1, 1, 0)), way="sms")]

    assert judge([*CLEAN, *texts, *notices]).doubled == ["one text to +353871110001 under several ids: the same"]


def test_one_thing_said_twice_under_two_ids_is_found():
    verdict = judge([*CLEAN, notice(2), mail(2)])

    assert verdict.faults == verdict.doubled == ["alert-1, 1, 0, 0, dana, email, news was said by 2 messages"]


@pytest.mark.parametrize("other", [named((1, 1, 0)), named((2, 0, 0)), named((1, 0, 1)), named(errand="resolved")])
def test_another_turn_or_its_end_is_another_thing(other):
    assert judge([*CLEAN, notice(2, other), mail(2)]).doubled == []


def test_another_way_or_another_person_is_another_thing():
    assert judge([*CLEAN, notice(2, way="sms"), sms(2)]).doubled == []
    assert judge([*CLEAN, notice(2, person=ROBIN), mail(2)]).doubled == []


def told_after_taken(after, **how):
    lines = [*without(mail(1), alert(telling())), alert(telling(), standing="acknowledged")]
    return [*lines, took(20.0, **how), mail(1, after)]


def test_what_is_told_after_somebody_has_it_is_found():
    [sentence] = judge(told_after_taken(20.0 + GRACE)).faults

    assert sentence == "notice-1 (email) told dana of alert-1 1.00 s after it was taken"


def test_what_was_on_its_way_when_somebody_took_it_is_no_fault_but_a_figure():
    verdict = judge(told_after_taken(20.0 + GRACE / 2))

    assert verdict.faults == []
    assert verdict.figures["told while being taken"] == 1


def test_a_later_round_is_too_late_as_well_while_somebody_has_it():
    lines = [*without(mail(1), notice(1)), notice(1, named((1, 1, 0))), took(20.0), mail(1, 30.0)]

    assert len(judge(lines).too_late) == 1
    assert len(judge([*lines, finding(2, 25.0), taken_in(2)]).too_late) == 0


def test_what_was_put_off_is_told_again_when_the_time_is_over_but_not_what_was_meant_before():
    later = [*without(mail(1), notice(1)), notice(1, named((1, 1, 0)))]

    assert judge([*later, took(20.0, lasts=4.0), mail(1, 24.5)]).faults == []
    assert len(judge([*later, took(20.0, lasts=4.0), mail(1, 23.5)]).too_late) == 1
    assert len(judge([*CLEAN, took(20.0, lasts=4.0), notice(2, way="sms"), sms(2, 24.5)]).too_late) == 1


def test_that_it_is_over_may_be_told_at_any_time():
    assert judge([*CLEAN, took(20.0), notice(2, named(errand="resolved")), mail(2, 30.0)]).too_late == []


@pytest.mark.parametrize("state", ["pending", "claimed", "committing"])
def test_a_message_that_stays_in_between_is_found(state):
    verdict = judge([*CLEAN, notice(2, named((1, 1, 0)), state=state)])

    assert verdict.faults == verdict.unlisted == [f"notice-2 (email) is {state} at the end"]


def test_a_doubt_that_nobody_asked_about_is_found():
    assert judge([*CLEAN, notice(2, named((1, 1, 0)), state="uncertain", asks=True)]).unlisted
    assert judge([*CLEAN, notice(2, named((1, 1, 0)), way="sms", state="uncertain")]).unlisted
    assert judge([*CLEAN, notice(2, named((1, 1, 0)), state="uncertain")]).faults == []


def test_what_was_held_back_without_a_word_is_found():
    assert judge([*CLEAN, notice(2, named((1, 1, 0)), state="held")]).unlisted
    assert judge([*CLEAN, notice(2, named((1, 1, 0)), state="held", reason="expired")]).faults == []


def test_what_arrived_although_it_was_held_back_or_never_written_is_found():
    held = [*CLEAN, notice(2, named((1, 1, 0)), state="held", reason="expired"), mail(2)]

    assert judge(held).stray == ["notice-2 arrived, but it is held"]
    assert judge([*CLEAN, sms(9)]).stray == ["notice-9 arrived, but it is not there"]


def test_a_finding_that_was_never_taken_in_or_more_than_once_is_found():
    assert judge([*without(taken_in()), taken_in(taken=False)]).lost == ["finding-1 was never taken in"]
    assert judge([*CLEAN, finding(2), taken_in(2)]).miscounted == ["alert-1 was found 2 times and counts 1"]
    assert judge([*without(alert(telling())), alert(telling(), times=2)]).miscounted == [
        "alert-1 was found 1 times and counts 2"
    ]
    assert judge([*CLEAN, finding(2, over=True), taken_in(2)]).faults == []


def test_an_alert_that_was_found_and_is_not_there_and_one_that_nobody_found_are_found():
    assert judge(without(alert(telling()))).miscounted == ["alert-1 was found 1 times and counts 0"]
    assert judge([*CLEAN, alert(name="alert-2", severity="info")]).miscounted == ["alert-2 came from nowhere"]


def test_a_task_left_undone_is_found():
    verdict = judge([*CLEAN, {"what": "undone", "after": 90.0, "name": "the look at alert-1"}])

    assert verdict.faults == verdict.undone == ["still waits at the end: the look at alert-1"]


def test_in_a_long_history_any_one_message_dropped_doubled_or_late_is_found():
    lines = [chain(), *itertools.chain.from_iterable(_course(number) for number in range(200))]
    assert judge(lines).faults == []

    dice = random.Random(7)
    places = [place for place, line in enumerate(lines) if line["what"] == "mail"]
    for place in dice.sample(places, 50):
        one, about = lines[place], f"alert-{lines[place]['message_id'].partition('@')[0].partition('-')[2]}"
        assert len(judge(lines[:place] + lines[place + 1 :]).lost) == 2  # nobody was told, and it counts as sent
        assert len(judge([*lines, one]).doubled) == 1
        assert len(judge([*lines, took(one["after"] - GRACE, alert=about)]).too_late) == 1


def _course(number):
    name = f"alert-{number}"
    return [
        finding(number, alert=name),
        mail(number),
        taken_in(number),
        alert(telling(number), name=name),
        notice(number, named(alert=name)),
    ]
