"""Findings become alerts, alerts reach people, and stop when somebody has them: the functions at work."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from functions.alert_reply.acting import Order, act
from shared.alerts.standing import Deed
from shared.models.alert import Way
from shared.models.contact_method import Consent, ContactMethod, contact_method_id
from shared.models.finding import Severity
from shared.ports import SendFailed, SendUncertain
from shared.step import Decision, step
from tests.functions.alerting import AT, CHAINS, DANA, KIM, PEOPLE, ROBIN, AlertDesk, finding


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


# ── each of these promises was broken once, in just this history ───────────────────────────────────────────────────


def gaps(desk: AlertDesk, notices) -> list[timedelta]:
    times = sorted(notice.sent_at for notice in notices if notice.sent_at is not None)
    return [later - earlier for earlier, later in pairwise(times)]


def test_the_ladder_holds_for_what_could_not_leave_at_first():
    desk = AlertDesk()
    desk.phone.refusals.append(SendFailed("http 503", permanent=False))
    desk.finds(finding("one")).passes(seconds=31)
    desk.finds(finding("two", at=desk.clock.now())).passes(minutes=5)

    to_dana = [notice for notice in desk.notices() if (notice.person, notice.way) == ("dana", Way.SMS)]
    assert min(gaps(desk, to_dana)) >= timedelta(minutes=1)


def test_the_ladder_holds_for_what_waited_for_the_morning():
    asleep = {**PEOPLE["dana"], "timezone": "UTC", "quiet": [{"start": "14:00", "end": "15:00"}]}
    desk = AlertDesk(people={**PEOPLE, "dana": asleep})
    desk.clock.move_to(AT + timedelta(hours=23, minutes=59, seconds=45))
    desk.finds(finding("one", at=desk.clock.now(), severity=Severity.WARNING)).passes(minutes=2)
    desk.finds(finding("two", at=desk.clock.now(), severity=Severity.WARNING)).passes(hours=2)

    to_dana = [notice for notice in desk.notices() if notice.person == "dana"]
    assert min(gaps(desk, to_dana)) >= timedelta(minutes=1)


def test_who_heard_in_a_later_round_hears_the_end():
    desk = AlertDesk(first_wait_seconds=120)
    desk.finds(finding()).passes(seconds=5)
    act(desk.app, desk.alert().id, Order(Deed.SNOOZE, "robin", timedelta(minutes=1)))
    desk.passes(minutes=4)
    act(desk.app, desk.alert().id, Order(Deed.RESOLVE, "robin"))
    desk.passes(minutes=10)

    assert len(desk.texts_to(DANA)) == 2
    assert desk.texts_to(DANA)[1].startswith("Over:")


@pytest.mark.parametrize("who", ["dana", "robin"])
def test_an_answer_after_the_lease_counts(who):
    desk = AlertDesk().finds(finding()).passes(minutes=5)
    act(desk.app, desk.alert().id, Order(Deed.ACKNOWLEDGE, "dana"))
    desk.clock.move_to(desk.clock.now() + timedelta(minutes=60, seconds=1))
    act(desk.app, desk.alert().id, Order(Deed.ACKNOWLEDGE, who))
    desk.passes(minutes=20)

    assert len(desk.texts) == 1


def test_a_finding_that_comes_again_and_again_does_not_push_out_who_was_told():
    desk = AlertDesk().finds(finding()).passes(minutes=5)
    for n in range(130):
        desk.finds(finding(text=f"again {n}", at=desk.clock.now())).passes(seconds=2)

    assert any("dana by sms" in entry.what for entry in desk.alert().ledger)


def test_a_step_for_an_unknown_owner_leaves_a_line():
    steps = {"steps": [{"tell": ["owner"]}, {"tell": ["robin"], "after_minutes": 5}]}
    desk = AlertDesk(chains={"managers": steps}).finds(finding(owner="Nobody Known")).passes(minutes=2)

    assert any("owner" in entry.what or "Nobody Known" in entry.what for entry in desk.alert().ledger[1:])


def test_a_finding_that_was_over_before_it_arrived_tells_nobody():
    desk = AlertDesk()
    begin, end = finding(), finding(at=AT + timedelta(minutes=1), over=True)
    desk.clock.move_to(AT + timedelta(minutes=2))
    desk.finds(end).passes(seconds=1)
    desk.finds(begin).passes(minutes=5)

    assert desk.texts == []


def test_a_way_that_is_away_for_long_gives_way_to_the_next():
    desk = AlertDesk(ways={"critical": ["sms"]})
    desk.phone.refusals += [SendFailed("http 503", permanent=False)] * 12
    desk.finds(finding()).passes(minutes=45)

    assert desk.mail.mails


def test_a_stop_in_the_last_moment_is_heard():
    desk = AlertDesk()

    class StopsFirst:
        knows_message_ids = False

        def send(self, sms, before_commitment):
            method = contact_method_id(Way.SMS, DANA)
            stop = Consent(at=desk.clock.now(), word="STOP")
            step(desk.app, ContactMethod, method, lambda m, _now: Decision(m.but(consents=(stop,))))
            return desk.phone.send(sms, before_commitment)

    desk.app = replace(desk.app, sms=StopsFirst)
    desk.finds(finding()).passes(minutes=2)

    assert desk.texts_to(DANA) == []


def test_an_alert_whose_lease_ran_out_is_still_explained_by_a_graver_one():
    desk = AlertDesk().finds(finding("silence", psa="main", number="11")).passes(seconds=5)
    act(desk.app, desk.alert().id, Order(Deed.ACKNOWLEDGE, "dana"))
    desk.finds(finding("blind", at=desk.clock.now(), kind="sweep_blind", psa="main", number="12"))
    desk.passes(hours=1, minutes=10)

    assert [text for _, text in desk.texts if "#11" in text] == []


def test_what_was_gathered_before_it_became_graver_is_not_told_beside_it():
    asleep = {**PEOPLE["dana"], "timezone": "UTC", "quiet": [{"start": "13:00", "end": "20:00"}]}
    chains = {**CHAINS, "desk": {"steps": [{"tell": ["robin"]}]}}
    routes = [{"severities": ["info"], "chain": "desk"}]
    desk = AlertDesk(people={**PEOPLE, "dana": asleep}, chains=chains, routes=routes, default_chain="managers")
    desk.finds(finding("one", severity=Severity.INFO), finding("one", severity=Severity.WARNING, text="worse"))
    desk.passes(minutes=14)

    assert [mail.recipient for mail in desk.mail.mails] == []


def test_a_message_that_surely_did_not_go_out_and_has_expired_goes_on_at_once():
    desk = AlertDesk(ways={"critical": ["sms"]})
    desk.phone.refusals_after.append(SendUncertain("no answer"))
    desk.finds(finding()).passes(minutes=17)

    assert all(notice.alarm_at is None or notice.alarm_at > desk.clock.now() for notice in desk.notices())
    assert [mail.recipient for mail in desk.mail.mails] == ["dana@northwind.example"]


def test_the_only_way_that_somebody_has_is_tried_until_it_works_again():
    people = {**PEOPLE, "dana": {"name": "Dana Ortiz", "phone": DANA}}
    desk = AlertDesk(people=people, chains={"managers": {"steps": [{"tell": ["dana"]}], "rounds": 1}})
    desk.phone.refusals += [SendFailed("http 503", permanent=False)] * 5
    desk.finds(finding()).passes(hours=2)

    assert len(desk.texts_to(DANA)) == 1
