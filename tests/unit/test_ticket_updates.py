"""What a client is told, story by story. Minutes count from Monday, 09:00."""

import itertools
from datetime import timedelta

import pytest

from shared.config.settings import Promises, Updates
from shared.models.ticket import PromiseOutcome, Touchpoint
from tests.unit.story import MONDAY, Story, minutes

DAY = 24 * 60


def test_a_new_ticket_is_acknowledged_once_it_has_stood_for_the_hold():
    story = Story().happens(0, "New").passes(2.9)
    assert story.told == []

    story.passes(3)

    assert story.told == ["received"]


def test_the_first_update_names_who_looks_after_it_and_promises_the_next():
    story = Story().happens(0, "Working", owner="Robin Vega").passes(3)

    rows = dict(story.messages[0].letter.rows)
    assert rows["Looked after by"] == "Robin Vega"
    assert rows["Next update by"] == "Wednesday, 4 March, 09:05 (GMT)"  # 16 business hours are two days


def test_opened_and_resolved_within_the_hold_is_one_mail():
    story = Story().happens(0, "Working").happens(2, "Resolved").passes(60)

    assert story.told == ["resolved"]


def test_ten_status_flips_in_a_minute_are_one_mail():
    story = Story().happens(0, "New")
    for flip in range(10):
        story.happens(0.1 * (flip + 1), ("Working", "Waiting on client")[flip % 2])
    story.passes(60)

    assert story.told == ["needs_you"]
    assert ("received", "told within the update needs_you") in story.held


def test_a_resolution_that_is_taken_back_within_the_hold_is_not_told():
    story = Story().happens(0, "Working").passes(10).happens(20, "Resolved").happens(22, "Working").passes(60)

    assert story.told == ["received"]


def test_a_resolution_of_exactly_the_hold_did_not_stand_longer_than_it():
    story = Story().happens(0, "Working").passes(10).happens(20, "Resolved").happens(23, "Working").passes(60)

    assert story.told == ["received"]


def test_reopening_after_the_client_was_told_is_told_and_so_is_the_second_resolution():
    story = Story().happens(0, "Working").happens(30, "Resolved").happens(60, "Working").happens(90, "Closed")

    assert story.passes(120).told == ["received", "resolved", "reopened", "resolved"]


def test_resolved_and_then_closed_is_one_resolution():
    story = Story().happens(0, "Working").happens(30, "Resolved").happens(3 * DAY, "Closed").passes(4 * DAY)

    assert story.told == ["received", "resolved"]


def test_closing_is_told_where_it_is_switched_on():
    updates = Updates(touchpoints=(*Updates().touchpoints, Touchpoint.CLOSED))
    story = Story(updates).happens(0, "Working").happens(30, "Resolved").happens(3 * DAY, "Closed").passes(4 * DAY)

    assert story.told == ["received", "resolved", "closed"]


def test_nothing_is_said_after_a_close_until_the_ticket_is_opened_again():
    story = Story().happens(0, "Working").happens(30, "Closed").happens(40, "Closed", owner="Somebody else")

    assert story.passes(30 * DAY).told == ["received", "resolved"]
    assert story.alerts == []
    assert story.ticket.alarm_at is None


def test_a_question_to_the_client_stops_the_promise():
    story = Story().happens(0, "Working").happens(60, "Waiting on client").passes(20 * DAY)

    assert story.told == ["received", "needs_you"]
    assert [promise.outcome for promise in story.ticket.promises] == [PromiseOutcome.KEPT]
    assert story.alerts == []


def test_waiting_on_the_client_again_after_a_short_look_asks_nothing_new():
    story = Story().happens(0, "Waiting on client").happens(30, "Working").happens(50, "Waiting on client").passes(DAY)

    assert story.told == ["needs_you"]
    assert ("needs_you", "the client was told so shortly before; nothing new to tell") in story.held


def test_a_question_asked_back_at_once_after_days_of_waiting_is_asked():
    story = (
        Story().happens(0, "Waiting on client").happens(3 * DAY, "Working").happens(3 * DAY + 30, "Waiting on client")
    )

    assert story.passes(4 * DAY).told == ["needs_you", "needs_you"]


def test_a_second_question_hours_later_is_asked():
    story = Story().happens(0, "Waiting on client").happens(60, "Working").happens(200, "Waiting on client").passes(DAY)

    assert story.told == ["needs_you", "needs_you"]


def test_the_promise_starts_again_when_the_ball_comes_back_from_the_client():
    story = Story().happens(0, "Waiting on client").happens(60, "Working").passes(DAY)

    assert story.ticket.promise.by == MONDAY + minutes(60) + timedelta(days=2)


def test_waiting_on_a_vendor_is_told_with_the_reference():
    story = Story().happens(0, "Working").happens(60, "Waiting on vendor", vendor_reference="CASE-9").passes(90)

    assert story.told == ["received", "waiting_on_vendor"]
    assert dict(story.messages[1].letter.rows)["Vendor reference"] == "CASE-9"


def test_a_named_person_is_told_when_there_was_none():
    story = Story().happens(0, "New").happens(60, "New", owner="Robin Vega").passes(90)

    assert story.told == ["received", "assigned"]


def test_a_usual_day_with_a_reopening_fits_into_the_budget():
    story = Story().happens(0, "New").happens(20, "Working", owner="Ann").happens(60, "Resolved", owner="Ann")
    story.happens(120, "Working", owner="Ann").happens(180, "Resolved", owner="Ann").passes(240)

    assert story.told == ["received", "assigned", "resolved", "reopened", "resolved"]


def test_a_hand_over_on_a_day_with_news_travels_along():
    story = Story().happens(0, "Working", owner="Ann").happens(30, "Working", owner="Bob").passes(60)

    assert story.told == ["received"]


def test_hand_overs_are_told_only_so_often():
    story = Story().happens(0, "New")
    for day in range(1, 9):
        story.happens(day * DAY, "Working", owner=f"Technician {day}")
    story.passes(9 * DAY)

    assert story.told.count("assigned") == Updates().optional_per_ticket
    assert ("assigned", "the client has had 2 updates of the kind that can wait") in story.held


def test_a_priority_is_told_when_it_changes_and_travels_along_when_something_else_is_told():
    story = Story().happens(0, "New").happens(60, "New", priority="High").happens(120, "Resolved", priority="Low")

    assert story.passes(180).told == ["received", "triaged", "resolved"]


# ── the promise ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_silence_is_nudged_at_70_percent_and_answered_with_an_honest_note_before_the_time():
    story = Story().happens(0, "Working").passes(3)
    promise = story.ticket.promise

    story.passes_until(promise.by)

    assert [alert.kind for alert in story.alerts] == ["update_due_soon", "update_overdue"]
    assert story.alerts[0].audience.value == "technician"
    assert story.told == ["received", "progress"]
    assert story.messages[-1].decided_at < promise.by
    assert story.ticket.promises[0].outcome is PromiseOutcome.KEPT_BY_NOTE


def test_after_two_notes_in_a_row_silence_is_an_alert_and_not_a_mail():
    story = Story().happens(0, "Working").passes(60 * DAY)

    assert story.told == ["received", "progress", "progress"]
    silence = [alert.at for alert in story.alerts if alert.kind == "client_in_silence"]
    gaps = [later - earlier for earlier, later in itertools.pairwise(silence)]
    assert len(silence) >= 4
    assert gaps == sorted(gaps), "repeats become ever more seldom"
    assert story.ticket.promises[-1].outcome is PromiseOutcome.BROKEN


def test_real_news_makes_room_for_notes_again():
    story = Story().happens(0, "Working").passes(10 * DAY)
    story.happens(11 * DAY, "Waiting on vendor").passes(30 * DAY)

    assert story.told == ["received", "progress", "progress", "waiting_on_vendor", "progress", "progress"]


def test_a_priority_has_its_own_promise():
    updates = Updates(promises=Promises(default=16, by_priority={"Priority 1": 2}))
    story = Story(updates).happens(0, "Working", priority="Priority 1").passes(3)

    assert story.ticket.promise.by == MONDAY + minutes(3 + 120)


def test_a_promise_lies_in_business_hours():
    friday_16h = 4 * DAY + 7 * 60
    story = Story().happens(friday_16h, "Working", created_at=MONDAY + minutes(friday_16h)).passes(friday_16h + 3)

    assert story.ticket.promise.by == MONDAY + minutes(8 * DAY + 7 * 60 + 3)  # two working days on: Tuesday


def test_with_notes_switched_off_the_promised_time_is_an_alert():
    updates = Updates(holding_notes_in_a_row=0)
    story = Story(updates).happens(0, "Working").passes(10 * DAY)

    assert story.told == ["received"]
    assert "client_in_silence" in [alert.kind for alert in story.alerts]


def test_silence_that_comes_back_after_a_short_wait_is_another_alert():
    quiet = Updates(touchpoints=(Touchpoint.RECEIVED,), holding_notes_in_a_row=0)
    story = Story(quiet).happens(0, "Working").passes(20 * DAY)
    before = len(story.alerts)
    story.happens(20 * DAY, "Waiting on client").happens(20 * DAY + 30, "Working").passes(60 * DAY)

    assert len(story.alerts) > before


# ── the budget ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_last_place_of_the_day_is_the_resolutions():
    story = Story().happens(0, "New")
    for hour in range(1, 12):
        story.happens(60 * hour, ("Working", "Waiting on client")[hour % 2])
    story.happens(60 * 13, "Resolved").passes(60 * 14)

    assert len(story.told) == Updates().per_day
    assert story.told[-1] == "resolved"


def test_even_resolutions_keep_to_the_days_budget_and_none_is_lost():
    story = Story(Updates(per_day=4)).happens(0, "Working")
    for hour in range(1, 7):
        story.happens(60 * hour, "Resolved").happens(60 * hour + 20, "Working")
    story.passes(20 * DAY)

    times = [message.decided_at for message in story.messages]
    assert all(sum(t <= other < t + timedelta(days=1) for other in times) <= 4 for t in times)
    assert story.told.count("resolved") == 6


# ── late and old ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_resolution_that_we_learn_of_after_it_was_reopened_is_told_as_what_it_is():
    story = Story().happens(0, "Working").passes(30).happens(60, "Working", owner="Ann", arrives=60)
    story.happens(40, "Resolved", arrives=61).passes(90)

    assert story.told[:2] == ["received", "resolved"]
    assert story.messages[1].letter.status == "Open again"
    assert "reopened" not in story.told


def test_a_late_snapshot_between_two_known_ones_finds_its_place():
    in_order = Story().happens(0, "Working").happens(1, "Resolved").happens(2, "Working").passes(60)
    late = Story().happens(0, "Working").happens(2, "Working").happens(1, "Resolved", arrives=2.5).passes(60)

    assert late.told == in_order.told == ["received"]
    assert [m.state for m in late.ticket.moments] == [m.state for m in in_order.ticket.moments]


def test_of_two_snapshots_of_one_second_what_the_psa_says_now_is_the_last_word():
    story = Story().happens(0, "Working").passes(30)
    story.happens(40, "Resolved").happens(40, "Working", owner="Ann", arrives=40.1)
    assert story.ticket.moments[-1].state == "in_progress"

    story.happens(40, "Resolved", arrives=40.2, present=True).passes(90)

    assert story.told == ["received", "resolved"]


def test_a_ticket_that_was_old_when_we_first_saw_it_gets_no_welcome():
    story = Story().happens(0, "Working", created_at=MONDAY - timedelta(days=40)).passes(60)

    assert story.told == []
    assert story.held == [("received", "the ticket was known before we first saw it")]


def test_a_ticket_that_was_done_before_we_first_saw_it_is_left_alone():
    story = Story().happens(0, "Closed", created_at=MONDAY - timedelta(days=40)).passes(60)

    assert story.told == []


def test_an_unknown_status_changes_nothing_for_the_client():
    story = Story().happens(0, "Working").happens(60, "Quux").happens(90, "Resolved").passes(120)

    assert story.told == ["received", "resolved"]


def test_an_ignored_board_is_not_watched():
    assert Story().happens(0, "Working", board="Internal").ticket is None


def test_a_deleted_ticket_falls_silent():
    story = Story().happens(0, "Working").passes(10)
    story.ticket = story.ticket.but(gone=True)

    assert story.passes(30 * DAY).told == ["received"]
    assert story.ticket.alarm_at is None


# ── repeats, threads and words ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", ["Waiting on client", "Waiting on vendor", "Resolved"])
def test_years_of_hand_overs_tell_nothing_twice(status):
    story = Story().happens(0, "Working").happens(20, status)
    for day in range(1, 300):
        story.happens(20 + day * DAY, status, owner=f"Technician {day % 2}")

    touchpoint = {"Waiting on client": "needs_you", "Waiting on vendor": "waiting_on_vendor"}.get(status, "resolved")
    assert story.passes(310 * DAY).told.count(touchpoint) == 1
    assert len(story.ticket.moments) <= 80


def test_resolved_and_closed_in_turns_is_one_resolution_however_often():
    story = Story().happens(0, "Working")
    for turn in range(120):
        story.happens(20 + turn, ("Resolved", "Closed")[turn % 2])

    assert story.passes(DAY).told.count("resolved") == 1


# ── never told, and still watched ──────────────────────────────────────────────────────────────────────────────────


def never_told(**facts):
    return Story().happens(0, "Working", created_at=MONDAY - timedelta(days=40), **facts)


def test_an_open_ticket_from_before_us_is_watched_without_a_mail():
    story = never_told().passes(20 * DAY)

    assert story.told == []
    assert [alert.kind for alert in story.alerts][:1] == ["client_in_silence"]
    assert story.ticket.promises == (), "nothing was promised to this client"


def test_an_old_ticket_that_its_client_opens_again_is_watched():
    story = Story().happens(0, "Closed", created_at=MONDAY - timedelta(days=40)).happens(DAY, "Working")

    assert "client_in_silence" in [alert.kind for alert in story.passes(20 * DAY).alerts]


def test_switched_off_and_on_again_the_ticket_is_found_again():
    story = Story().happens(0, "Working").passes(10)
    story.updates = Updates(enabled=False)
    story.passes(5 * DAY)
    story.updates = Updates()

    assert "progress" in story.passes(20 * DAY).told


def test_with_received_switched_off_a_named_person_is_the_first_word():
    touchpoints = tuple(t for t in Updates().touchpoints if t is not Touchpoint.RECEIVED)
    story = Story(Updates(touchpoints=touchpoints)).happens(0, "New").happens(60, "Working", owner="Ann").passes(90)

    assert story.told == ["assigned"]


def test_a_status_that_nobody_explained_tells_the_client_nothing_and_the_manager_once():
    story = Story().happens(0, "Quux").happens(60, "Quux", owner="Ann").passes(20 * DAY)

    assert story.told == []
    assert [alert.kind for alert in story.alerts] == ["status_without_meaning"]

    assert story.happens(20 * DAY, "Resolved").passes(21 * DAY).told == ["resolved"]


def test_a_board_to_be_left_alone_silences_the_ticket_until_it_comes_back():
    story = Story().happens(0, "Working").passes(10).happens(60, "Working", board="Internal").passes(30 * DAY)
    assert (story.told, story.alerts) == (["received"], [])

    assert story.happens(30 * DAY, "Resolved", board="Support").passes(31 * DAY).told == ["received", "resolved"]


def test_a_deleted_ticket_that_comes_back_is_watched_again():
    story = Story().happens(0, "Working").passes(10)
    story.ticket = story.ticket.but(gone=True)

    assert story.passes(DAY).happens(2 * DAY, "Resolved").passes(3 * DAY).told == ["received", "resolved"]


# ── clocks that disagree ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_psa_whose_clock_runs_ahead_delays_nothing_and_hides_nothing():
    story = Story().happens(DAY, "Working", arrives=0).passes(3)
    assert story.told == ["received"]

    assert story.happens(DAY + 60, "Resolved", arrives=60).passes(63).told == ["received", "resolved"]


def test_a_snapshot_from_another_century_does_not_freeze_the_ticket():
    story = Story().happens(60 * 24 * 365 * 150, "Working", arrives=0)
    again = story.ticket
    story.happens(60 * 24 * 365 * 150, "Working", arrives=1)
    assert story.ticket is again, "and its repeats are known"

    assert story.happens(30, "Resolved").passes(60).told == ["received", "resolved"]


def test_a_psa_whose_clock_runs_behind_still_waits_for_the_hold():
    story = Story().happens(-5, "Working", arrives=0).happens(55, "Resolved", arrives=60).passes(62)
    assert story.told == ["received"]

    assert story.passes(63).told == ["received", "resolved"]


# ── urgency ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_ticket_that_became_urgent_is_owed_the_next_word_sooner():
    updates = Updates(promises=Promises(default=40, by_priority={"P1": 1}), optional_per_ticket=0)
    story = Story(updates).happens(0, "Working", priority="P4").passes(10).happens(20, "Working", priority="P1")

    assert story.passes(90).told == ["received", "progress"]


def test_a_promise_that_is_kept_late_is_told_to_a_manager():
    story = Story().happens(0, "Working").passes(3)
    late = story.ticket.promise.by + minutes(30)
    story.ticket = story.ticket.but(alarm_at=late)  # the queue was down
    story.happens(
        (late - MONDAY).total_seconds() / 60 - 10, "Waiting on vendor", arrives=(late - MONDAY).total_seconds() / 60 - 4
    )
    story.passes_until(late + minutes(5))

    assert "promise_broken" in [alert.kind for alert in story.alerts]


@pytest.mark.parametrize("times", [1, 3])
def test_a_repeated_snapshot_is_the_very_same_document(times):
    story = Story().happens(0, "Working")
    before = story.ticket
    for _ in range(times):
        story.happens(0, "Working", arrives=1)

    assert story.ticket is before


def test_every_update_of_a_ticket_hangs_on_one_thread():
    story = Story().happens(0, "Working").happens(60, "Waiting on client").happens(200, "Resolved").passes(300)

    first, second, third = story.messages
    assert {message.letter.subject for message in story.messages} == {"VPN drops"}
    assert first.previous == ()
    assert second.previous == (first.message_id,)
    assert third.previous == (first.message_id, second.message_id)


def test_a_long_thread_names_its_root_and_the_last_few():
    story = Story(Updates(per_day=20)).happens(0, "Working")
    for day in range(1, 31):
        story.happens(day * DAY, "Waiting on client").happens(day * DAY + 200, "Working")
    story.passes(32 * DAY)

    last = story.messages[-1]
    assert last.previous[0] == story.messages[0].message_id
    assert last.previous[-1] == story.messages[-2].message_id
    assert len(last.previous) <= 11


def test_a_letter_speaks_the_clients_language_and_time():
    from functions.ticket_update_notifier.letters import LetterWriter, texts_of

    writer = LetterWriter("de", "Europe/Berlin", "Beispiel GmbH", "")
    assert writer.local_time(MONDAY) == "Montag, 2. März, 10:00 Uhr (CET)"
    assert texts_of("de").keys() == texts_of("en").keys()


def test_all_languages_have_the_same_texts_with_the_same_blanks():
    from string import Formatter

    from functions.ticket_update_notifier.letters import TEXTS, texts_of

    def shape(value):
        if isinstance(value, dict):
            return {key: shape(part) for key, part in value.items()}
        if isinstance(value, list):
            return sorted({name for line in value for _, name, _, _ in Formatter().parse(line) if name})
        return sorted({name for _, name, _, _ in Formatter().parse(value) if name})

    languages = [path.stem for path in TEXTS.glob("*.toml")]
    assert {"en", "de"} <= set(languages)
    assert all(shape(texts_of(language)) == shape(texts_of("en")) for language in languages)
