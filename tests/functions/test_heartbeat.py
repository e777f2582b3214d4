"""The heartbeat: an outside watch hears that work is done, and a manager hears once a day how quiet it is."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from functions.alert_reply.acting import Order, act
from functions.heartbeat.daily import ENOUGH, LISTED, Count, word_of
from functions.heartbeat.rules import due_word
from infra.local.host import FunctionHost
from infra.local.virtual_clock import VirtualClock
from shared import queries, wiring
from shared.alerts.standing import Deed
from shared.errors import Retryable
from shared.instant import format_instant
from shared.models.alert import Standing
from shared.models.finding import Finding, Severity
from shared.models.ticket import Ticket
from shared.ports import Create, Found
from tests.functions.alerting import AT, TOKEN, AlertDesk, alert_settings, finding

HALF_PAST_EIGHT = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)  # in Dublin, too: winter
HOST = FunctionHost(("heartbeat",))


class Watch:
    def __init__(self, *, answers=True):
        self.beats = 0
        self.answers = answers

    def beat(self):
        if not self.answers:
            raise Retryable("the heartbeat's watch answered HTTP 500")
        self.beats += 1


def watched(watch=None, at=HALF_PAST_EIGHT, **settings):
    desk = AlertDesk(**{"all_quiet_at": "08:30", **settings})
    desk.clock = VirtualClock(at)
    desk.app = replace(desk.app, clock=desk.clock, heartbeat=lambda: watch)
    return desk


def ticks(desk, tick=None):
    """Every tick twice: the second is answered like the first, and does nothing more that anybody notices."""
    tick = tick or desk.clock.now()
    wiring.use(desk.app)
    headers = {"Authorization": f"Bearer {TOKEN}", "X-CloudScheduler-ScheduleTime": format_instant(tick)}
    first, again = (HOST.post("heartbeat", b"{}", headers) for _ in range(2))
    assert first.status == again.status
    return first


def outcome(answer):
    return json.loads(answer.body).get("outcome")


def words(desk):
    found = (each.document for each in desk.store.find(queries.FINDINGS, limit=100))
    return [each for each in found if each.kind == "all_quiet"]


def ticket(number, alarm_at):
    return Ticket(
        id=f"ticket-{number}", psa="main", psa_id=str(number), number=str(number), title="Printer", status="New",
        created_at=alarm_at, updated_at=alarm_at, first_seen=alarm_at, alarm_at=alarm_at,
    )  # fmt: skip


def test_the_watch_is_called_while_all_is_well():
    watch = Watch()
    answer = ticks(watched(watch, at=AT))

    assert (answer.status, outcome(answer), watch.beats) == (200, "beat", 2)


def test_without_a_watch_it_says_so():
    answer = ticks(watched(at=AT))

    assert (answer.status, outcome(answer)) == (200, "no_watch")


@pytest.mark.parametrize(("waited", "status"), [(20, 200), (21, 503)])
def test_what_waits_for_more_than_20_minutes_stops_the_beats(waited, status, capfd):
    watch = Watch()
    desk = watched(watch, at=AT)
    desk.store.commit([Create(ticket(1, AT - timedelta(minutes=waited)))])

    assert ticks(desk).status == status
    assert bool(watch.beats) is (status == 200)
    assert json.loads(capfd.readouterr().out.splitlines()[0]).get("overdue_tickets") == (21 if status == 503 else None)


@pytest.mark.parametrize("query", queries.OVERDUE, ids=lambda query: query.name)
def test_everything_that_has_an_alarm_is_looked_at(query):
    """An index that is missing, or a collection that is forgotten, would leave a death unseen."""
    place = query.model.model_construct(None, id=f"{query.model.collection}-1", alarm_at=AT - timedelta(hours=1))
    desk = watched(at=AT)

    class Stuck(type(desk.store)):
        def find(self, asked, **more):
            return [Found(place, 1)] if asked.name == query.name else super().find(asked, **more)

    desk.app = replace(desk.app, store=Stuck())
    assert ticks(desk).status == 503


def test_a_watch_that_does_not_answer_is_answered_503_and_logged(capfd):
    answer = ticks(watched(Watch(answers=False), at=AT))

    assert answer.status == 503
    line = json.loads(capfd.readouterr().out.splitlines()[0])
    assert (line["severity"], line["function"], line["status"]) == ("WARNING", "heartbeat", 503)
    assert line["why"] == "the_watch_did_not_answer"


def test_a_watch_that_is_out_of_order_does_not_keep_the_word_of_the_day_back():
    desk = watched(Watch(answers=False))
    ticks(desk)

    assert len(words(desk)) == 1


def test_the_word_of_the_day_is_one_mail_to_the_first_step_of_the_default_chain():
    desk = watched(Watch())
    for _ in range(60):  # five hours of ticks
        assert ticks(desk).status == 200
        desk.passes(minutes=5)

    assert len(words(desk)) == 1
    assert [mail.recipient for mail in desk.mail.mails] == ["dana@northwind.example"]
    assert desk.texts == []
    assert "All quiet: 0 tickets watched, no alert in the last 24 hours." in desk.mail.mails[0].subject


def test_a_tick_that_comes_late_still_brings_it():
    desk = watched(Watch(), at=HALF_PAST_EIGHT + timedelta(hours=2))
    ticks(desk)

    assert len(words(desk)) == 1


def test_yesterdays_word_is_no_reason_for_unrest():
    desk = watched(Watch())
    for _ in range(2):
        ticks(desk)
        desk.passes(hours=24)
    ticks(desk)

    assert [word.text.partition(":")[0] for word in words(desk)] == ["All quiet"] * 3


def test_it_says_how_much_was_watched_and_how_the_alerts_are():
    desk = watched(Watch())
    desk.store.commit([Create(ticket(number, AT + timedelta(days=9))) for number in range(412)])
    for key in "abc":
        desk.finds(finding(key, at=desk.clock.now()))
    desk.passes(minutes=5)
    for found in desk.alerts():
        act(desk.app, found.id, Order(Deed.ACKNOWLEDGE, "dana"))
    ticks(desk)

    first, *rest = words(desk)[0].text.splitlines()
    assert first == (
        "All quiet: 3 alerts in somebody's hands; 412 tickets watched, 3 alerts in the last 24 hours, all taken."
    )
    assert rest == ["critical: A client hears nothing, Lakeside Clinic #4711, for 5 min; Dana Ortiz has it"] * 3


def test_it_names_what_is_open_when_it_is_not_quiet():
    desk = watched(Watch(), at=HALF_PAST_EIGHT - timedelta(hours=2))
    desk.finds(finding(at=desk.clock.now())).passes(hours=2)
    ticks(desk)
    desk.passes(minutes=5)

    first, *rest = words(desk)[0].text.splitlines()
    assert first == "Not quiet: 1 alert is open; 0 tickets watched, 1 alert in the last 24 hours."
    assert rest == [
        "critical: A client hears nothing, Lakeside Clinic #4711, for 2 h; told: Dana Ortiz, Robin Vega, Kim Osei"
    ]
    (word,) = [mail for mail in desk.mail.mails if "Not quiet: 1 alert is open" in mail.subject]
    body = message_from_bytes(word.raw, policy=default).get_body(("plain",)).get_content()
    assert "for 2 h; told: Dana Ortiz, Robin Vega, Kim Osei" in " ".join(body.split())


def alerts_of(number, **changes):
    desk = AlertDesk().finds(finding()).passes(seconds=1)
    return [desk.alert().but(**{"id": f"alert-{n}", **changes}) for n in range(number)]


DAY = AT.date()


@pytest.mark.parametrize(
    ("counted", "text"),
    [
        (Count(1, (), alerts_of(1, standing=Standing.SNOOZED)), "All quiet: 1 ticket watched, 1 alert in the last 24 hours, taken."),
        (Count(2, (), alerts_of(2, standing=Standing.RESOLVED)), "All quiet: 2 tickets watched, 2 alerts in the last 24 hours, all over."),
        (Count(2, (), [*alerts_of(1, standing=Standing.RESOLVED), *alerts_of(1, standing=Standing.ACKNOWLEDGED)]), "All quiet: 2 tickets watched, 2 alerts in the last 24 hours, all taken or over."),
        (Count(ENOUGH, (), ()), "All quiet: 1000 or more tickets watched, no alert in the last 24 hours."),
        (Count(ENOUGH, (), alerts_of(ENOUGH, standing=Standing.RESOLVED)), "All quiet: 1000 or more tickets watched, 1000 or more alerts in the last 24 hours, all over."),
    ],
)  # fmt: skip
def test_it_counts_so_far_and_says_where_it_stopped(counted, text):
    assert word_of(DAY, AT, counted, {}).text == text


def test_a_long_list_is_cut_and_the_worst_comes_first():
    many = alerts_of(LISTED + 5, severity=Severity.WARNING)
    worst = many[-1].but(severity=Severity.CRITICAL)
    lines = word_of(DAY, AT, Count(0, [*many[:-1], worst], ()), {}).text.splitlines()

    assert lines[1].startswith("critical: ")
    assert lines[-1] == "and 5 others"
    assert len(lines) == LISTED + 2


CLOCK_CHANGES = [
    ("Europe/Dublin", "02:30", datetime(2026, 3, 28, 12, tzinfo=UTC)),  # no 01:30, the next
    ("Europe/Dublin", "01:30", datetime(2026, 3, 28, 12, tzinfo=UTC)),  # a time that is skipped
    ("Europe/Dublin", "01:30", datetime(2026, 10, 24, 12, tzinfo=UTC)),  # a time that comes twice
    ("Africa/Cairo", "00:30", datetime(2026, 4, 23, 12, tzinfo=UTC)),  # midnight itself is skipped
    ("Africa/Cairo", "23:30", datetime(2026, 10, 29, 12, tzinfo=UTC)),  # midnight comes twice
    ("Asia/Kathmandu", "23:58", datetime(2026, 3, 2, 12, tzinfo=UTC)),  # the first tick after it is tomorrow's
    ("America/New_York", "08:32", datetime(2026, 11, 1, 0, tzinfo=UTC)),
]


@pytest.mark.parametrize(("zone", "wanted", "noon"), CLOCK_CHANGES)
def test_each_day_has_one_word_when_clocks_change_too(zone, wanted, noon):
    settings = alert_settings(all_quiet_at=wanted)
    calendars = {"office": settings.calendars["office"].model_copy(update={"tz": zone})}
    settings = settings.model_copy(update={"calendars": calendars})
    due = [due_word(settings, noon + timedelta(minutes=5 * n)) for n in range(288)]
    days = list(dict.fromkeys(day for day in due if day is not None))

    assert len(days) == 1
    assert due[0] is None


@pytest.mark.parametrize("changes", [{"all_quiet_at": None}, {"people": {}, "chains": {}}])
def test_without_a_time_or_people_there_is_no_word(changes):
    desk = watched(Watch(), **changes)
    answer = ticks(desk)

    assert answer.status == 200
    assert words(desk) == []


def test_the_word_of_a_day_is_the_same_finding_for_every_retry():
    assert word_of(DAY, AT, Count(0, (), ()), {}).id == word_of(DAY, AT + timedelta(hours=1), Count(9, (), ()), {}).id
    assert isinstance(word_of(DAY, AT, Count(0, (), ()), {}), Finding)


def test_a_queue_that_brings_nothing_stops_the_beats_though_nothing_else_waits():
    watch = Watch()
    desk = watched(watch, at=AT)
    ticks(desk)
    for minutes in (5, 10):
        assert ticks(desk, AT + timedelta(minutes=minutes)).status == 200
    beats = watch.beats

    assert ticks(desk, AT + timedelta(minutes=15)).status == 503
    assert watch.beats == beats


def test_the_canary_answers_through_the_queue_and_is_asked_again():
    watch = Watch()
    desk = watched(watch, at=AT)
    for _ in range(6):
        assert ticks(desk).status == 200
        desk.passes(minutes=5)

    assert watch.beats == 12


def test_one_document_that_nobody_can_work_on_does_not_stop_the_beats():
    desk = watched(Watch(), at=AT)
    poisoned = ticket(1, AT - timedelta(hours=2)).but(alarm_generation=3)
    desk.store.commit([Create(poisoned)])

    assert ticks(desk).status == 200
