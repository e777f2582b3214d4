"""The played day, judged from outside: nothing is lost, nothing is told twice, whatever the network does."""

import contextlib
import io
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote

import pytest
from rich.console import Console

from infra.alerts import why
from infra.local import demo, export
from infra.local.demo_afterwards import Afterwards
from infra.local.demo_stage import CALM, Weather
from infra.local.fake_psa.things import Action
from infra.local.pages import Pages
from infra.local.pages.figures import figures
from infra.local.wsgi_call import call
from shared.models.alert import Errand, Standing, Way
from shared.models.outgoing import OutgoingState
from tests.functions.played import mails, played, resolutions_that_stood, sent, told, told_people


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    return played(tmp_path_factory.mktemp("day"))


@pytest.fixture(scope="module")
def whole_day(tmp_path_factory):
    """The day of `make demo`, with all its tickets."""
    return played(tmp_path_factory.mktemp("whole"), tickets=None)


def alerts_of(day):
    desk = day.platform.desk
    return desk.ledger().alerts(desk.span(desk.today()))


@pytest.fixture(scope="module")
def calm_day(tmp_path_factory):
    return played(tmp_path_factory.mktemp("calm"), weather=CALM)


def test_every_webhook_of_a_psa_is_answered_well_and_no_forged_one_is(day):
    assert day.stage.travels.sent > 150
    assert set(day.stage.travels.arrived) == {200}
    assert day.stage.travels.forged == 3


def test_each_resolution_that_stood_is_told_exactly_once(day):
    stood = resolutions_that_stood(day)

    assert len(stood) > 15
    assert told(day, "resolved") == stood


def test_every_message_that_counts_as_sent_is_in_the_mailbox_once(day):
    ids = [re.search(rb"(?im)^message-id: (<[^>]+>)", raw)[1].decode() for raw in mails(day)]
    of_notices = [f"<{notice.id}@harbourlane.example>" for notice in told_people(day) if notice.way is Way.EMAIL]

    assert sorted(ids) == sorted([*(message.message_id for message in sent(day)), *of_notices])
    assert of_notices
    assert len(set(ids)) == len(ids)


def test_what_the_network_does_to_webhooks_changes_only_what_the_sweep_has_to_repair(calm_day, tmp_path):
    rough = replace(
        Weather(), lose=0.05, duplicate=0.3, reorder=0.2, longest_delay=timedelta(seconds=90), mishaps=False
    )
    stormy = played(tmp_path, weather=rough)

    assert stormy.stage.travels.lost > 3
    assert stormy.stage.travels.twice > 20
    assert _journeys(stormy) == _journeys(calm_day)
    assert _repaired(stormy) > _repaired(calm_day)


def test_each_mail_leaves_one_note_in_the_psa_and_no_note_starts_another_round(day):
    ours = [
        event
        for psa in day.psas.by_connection.values()
        for event in psa.tenant.history
        if event.action is Action.NOTED and event.by == psa.tenant.api_member.id
    ]

    assert len(ours) == len(sent(day))
    assert all(event.note.internal for event in ours)


def test_a_note_whose_answer_was_lost_is_in_doubt_and_never_written_twice(day):
    desk = day.platform.desk
    (uncertain,) = desk.ledger().notes(desk.span(desk.today()), OutgoingState.UNCERTAIN)
    notes = day.psas.by_connection[uncertain.psa].tenant.notes.values()

    written = [note for note in notes if str(note.ticket_id) == uncertain.psa_id and note.text.startswith("Sent to ")]
    assert len(written) == sum(message.ticket == uncertain.ticket for message in sent(day))


def test_the_same_seed_gives_the_same_mails_byte_for_byte(day, tmp_path):
    again = played(tmp_path)

    assert mails(again) == mails(day)


def test_another_seed_is_another_day(day, tmp_path):
    other = played(tmp_path, seed=2, tickets=5)

    about_tickets = [mail for mail in mails(other) if b"Subject: [#" in mail]
    assert about_tickets
    assert not set(about_tickets) & set(mails(day))


def test_the_same_seed_gives_the_same_texts_on_every_phone(day, tmp_path):
    again = played(tmp_path).platform.phone

    assert again.numbers() == day.platform.phone.numbers()
    for number in ("+353871234501", "+353871234502"):
        assert again.conversation(number) == day.platform.phone.conversation(number)


def test_technicians_are_nudged_before_the_promised_time_and_the_manager_hears_after_it(whole_day):
    alerts = alerts_of(whole_day)
    nudges = [alert for alert in alerts if alert.kind == "update_due_soon" and alert.tellings]
    overdue = [alert for alert in alerts if alert.kind == "update_overdue" and alert.tellings]

    assert {telling.person for alert in nudges for telling in alert.tellings} <= {"sunil", "priya"}
    assert nudges
    assert {"fergus"} <= {telling.person for alert in overdue for telling in alert.tellings}


def test_what_is_critical_comes_as_an_sms_and_is_taken_by_an_answer(day):
    (blind,) = (alert for alert in alerts_of(day) if alert.kind == "sweep_blind")
    said = [entry.what for entry in blind.ledger]
    by_sms = [notice for notice in told_people(day) if notice.way is Way.SMS]

    assert "Ciara Walsh has it" in said
    assert blind.standing is Standing.RESOLVED
    assert {(each.person, item.errand) for each in by_sms for item in each.items if item.alert == blind.id} == {
        (person, errand) for person in ("ciara", "fergus") for errand in Errand
    }


def test_every_answer_of_the_manager_was_understood(day):
    texts = day.platform.phone.conversation("+353871234501", 200)
    answers = [text for text in texts if text.from_person]

    assert answers
    assert not any("Not understood" in text.text or "not known" in text.text for text in texts)


def test_something_waits_for_the_end_of_quiet_hours(whole_day):
    waiting = [alert for alert in alerts_of(whole_day) if alert.waiting]

    assert {each.person for alert in waiting for each in alert.waiting} == {"fergus", "priya"}
    assert all(f"{each.until:%H:%M}" == "07:30" for alert in waiting for each in alert.waiting)


def test_the_manager_takes_an_alert_on_its_page_calls_the_client_and_puts_off_what_can_wait(whole_day):
    (silence,) = (alert for alert in alerts_of(whole_day) if alert.kind == "client_in_silence")
    said = [entry.what for entry in silence.ledger]

    for words in ("Ciara Walsh has it", "Ciara Walsh says it is resolved", "Ciara Walsh put it off for 12 h"):
        assert words in said
    assert silence.standing is Standing.SNOOZED


def test_the_pages_tell_the_story_of_an_alert(whole_day):
    (silence,) = (alert for alert in alerts_of(whole_day) if alert.kind == "client_in_silence")
    source = call(Pages(whole_day.platform.desk), "GET", f"/alerts/{silence.id}").body.decode()

    for words in (
        "Ciara Walsh is told by SMS",
        "Fergus Dunne hears by SMS that it is over",
        "Ciara Walsh has it",
        "(link)",
    ):
        assert words in source
    assert "/phone/+353871234501" in source
    assert re.search(r'href="/mailbox/\d+"', source)


def test_a_held_nudge_says_until_when(whole_day):
    held = next(alert for alert in alerts_of(whole_day) if alert.kind == "update_due_soon" and alert.waiting)
    source = call(Pages(whole_day.platform.desk), "GET", f"/alerts/{held.id}").body.decode()

    assert "Priya Nair sleeps: held until Wed 11 Mar, 07:30" in source


def test_the_overview_counts_alerts_by_whose_turn_it_is(whole_day):
    desk = whole_day.platform.desk
    counted = figures(desk.ledger(), desk.span(desk.today()))
    source = call(Pages(desk), "GET", "/").body.decode()

    assert sum(counted.by_standing.values()) + counted.news == len(counted.for_managers)
    assert counted.news == sum(alert.kind == "all_quiet" for alert in counted.for_managers) > 0
    assert "News, like the word of the day: nothing to do" in source
    assert f"alerts for managers, {counted.by_standing[Standing.OPEN]} open" in source
    assert counted.slept >= 2
    assert counted.people_told[Way.SMS] == sum(notice.way is Way.SMS for notice in told_people(whole_day))


def test_the_overview_says_how_many_promises_only_a_holding_note_kept_and_which_notes_did_not_go_out(whole_day):
    desk = whole_day.platform.desk
    counted = figures(desk.ledger(), desk.span(desk.today()))
    source = call(Pages(desk), "GET", "/").body.decode()

    assert counted.noted == counted.told["progress"] + counted.unsent_notes
    assert f"of promised times kept, {counted.noted} only by a holding note" in source
    assert ("not gone out as a mail" in source) == (counted.unsent_notes > 0)


def test_afterwards_the_clock_goes_on_and_an_answer_has_its_consequences(tmp_path):
    day = played(tmp_path, tickets=2)
    afterwards, headers = Afterwards(day), {"Host": "localhost", "Origin": "http://localhost"}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    before = day.clock.now()
    with contextlib.redirect_stdout(io.StringIO()):
        for _ in range(2):
            answer = call(afterwards, "POST", "/phone/+353871234501", b"after=1&text=help", headers)
            assert answer.status == 303
        page = call(afterwards, "GET", "/phone/+353871234501").body.decode()

    assert page.count("Harbour Lane IT alerts.") == 1
    assert day.clock.now() > before


def test_the_german_client_is_written_to_in_german_and_nobody_else_is(day):
    letters = {
        message.letter.language for message in sent(day) if message.sent_to.endswith("brandt-maschinenbau.example")
    }
    others = {
        message.letter.language for message in sent(day) if not message.sent_to.endswith("brandt-maschinenbau.example")
    }

    assert letters == {"de"}
    assert others == {"en"}


def test_the_demo_ends_by_itself_and_says_in_a_table_what_happened(tmp_path):
    shown = io.StringIO()
    demo.demo(3, tmp_path / "out", None, Console(file=shown, width=100))
    text = shown.getvalue()

    for line in (
        "Tickets",
        "arrived twice",
        "got lost",
        "Repaired by the sweep",
        "Resolved",
        "Held back",
        "One journey",
        "Technicians nudged in time",
        "messages by SMS",
        "held by quiet hours",
        "of them only by a holding note",
        "the word of the day and the like",
    ):
        assert line in text
    assert str(tmp_path / "out" / "index.html") in text.replace("\n", "")
    _every_link_leads_to_a_file(tmp_path / "out")
    written = list((tmp_path / "out").rglob("*.html"))
    assert f"every mail; {len(written):,} pages\n" in text
    assert not [page.name for page in written if "no server" in page.read_text(encoding="utf-8")]
    (asked,) = re.findall(r"make why TICKET=(\S+) DATA=(\S+)", text)
    assert asked[1] == str(tmp_path / "out")
    with contextlib.redirect_stdout(io.StringIO()) as story:
        assert why.main(["--ticket", asked[0], "--data", asked[1]]) == 0
    assert story.getvalue().endswith("Times are in Europe/Dublin.\n")
    assert len(list((tmp_path / "out" / "mails").glob("*.eml"))) > 150


def test_a_folder_that_is_not_from_a_demo_is_left_alone(tmp_path, capsys):
    (tmp_path / "letter.txt").write_text("dear to me")

    assert demo.main(["--out", str(tmp_path)]) == 2
    assert "choose another with --out" in capsys.readouterr().err
    assert (tmp_path / "letter.txt").read_text() == "dear to me"


def test_what_an_earlier_demo_left_is_cleared(tmp_path):
    export.mark(tmp_path)
    (tmp_path / "mails").mkdir()
    (tmp_path / "mails" / "0001.eml").write_text("old")

    export.clear(tmp_path)

    assert not list((tmp_path / "mails").iterdir())


def _journeys(day):
    """For each ticket what its client was told, in order."""
    found = {}
    for message in sorted(sent(day), key=lambda message: message.order):
        found.setdefault(message.ticket, []).append(message.touchpoint)
    return found


def _repaired(day):
    ledger = day.platform.desk.ledger()
    return sum(ledger.connection(name).repaired for name in day.platform.app.settings.psa)


def _every_link_leads_to_a_file(folder):
    pages = [folder / "index.html", *(folder / "pages").glob("*.html")]
    for page in pages:
        for link in re.findall(r'(?:href|src)="([^"#]+)', page.read_text(encoding="utf-8")):
            if link.startswith("http://127.0.0.1:8710/alert_reply/n/") and page.name.endswith("-letter.html"):
                continue  # a button in a letter, as it went out
            assert (page.parent / unquote(link)).resolve().is_file(), f"{page.name}: {link}"
