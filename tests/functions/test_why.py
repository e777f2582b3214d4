"""Why was somebody (not) told? Told from the store of a platform that ran, and read only."""

import sqlite3
from datetime import UTC, timedelta

import pytest
import yaml

from functions.alert_reply.acting import Order, act
from infra.alerts import why
from infra.alerts.wording import ordinal, plain
from infra.local.data_folder import DataFolder
from shared.adapters.sqlite_store import SqliteStore
from shared.alerts.standing import Deed
from shared.models.message import Message
from shared.models.notice import Arrival
from shared.models.outgoing import OutgoingState
from shared.models.ticket import Held, Promise, PromiseOutcome, Ticket, Told, Touchpoint
from shared.ports import Create, Put, SendFailed
from tests.functions.alerting import AT, AlertDesk, alert_settings, finding


@pytest.fixture
def ran(tmp_path, monkeypatch, capsys):
    """A desk over the store of a data folder, and what `why` says about it."""
    monkeypatch.delenv("PROMISEKEEPER_STORE", raising=False)
    folder = DataFolder.at(tmp_path / "data")

    class Ran:
        def desk(self, **settings):
            self.settings = tmp_path / "settings.yaml"
            raw = alert_settings(**settings).model_dump(mode="json")
            self.settings.write_text(yaml.safe_dump(raw))
            self.at = AlertDesk(SqliteStore(folder.store), **settings)
            return self.at

        def says(self, *arguments):
            capsys.readouterr()
            status = why.main([*arguments, "--settings", str(self.settings), "--data", str(folder.path)])
            return status, capsys.readouterr().out

        def says_of_alert(self):
            status, text = self.says("--alert", self.at.alert().id[6:12])
            assert status == 0
            return text

    return Ran()


def test_the_story_says_who_was_told_when_and_by_what(ran):
    ran.desk().finds(finding()).passes(minutes=20)
    text = ran.says_of_alert()

    assert "critical: A client hears nothing" in text
    assert "Lakeside Clinic, #4711, owner Ana Lima" in text
    assert "Found Mon 02 Mar 14:00: The client of 4711" in text
    assert "no route fits, so the chain managers" in text
    assert "Dana Ortiz by SMS (round 1, step 1): sent Mon 02 Mar 14:00:30" in text
    assert "Robin Vega by e-mail (round 1, step 2): sent Mon 02 Mar 14:15" in text
    assert "nobody has it; the next step is at Mon 02 Mar 14:30" in text
    assert text.endswith("Times are in Europe/Dublin.\n")


def test_who_has_it_until_when_and_how_it_ended(ran):
    desk = ran.desk().finds(finding()).passes(minutes=5)
    act(desk.app, desk.alert().id, Order(Deed.ACKNOWLEDGE, "dana"))

    assert "Dana Ortiz has it until Mon 02 Mar 15:05" in ran.says_of_alert()
    act(desk.app, desk.alert().id, Order(Deed.RESOLVE, "robin"))
    desk.passes(minutes=5)
    text = ran.says_of_alert()
    assert "Now: over since Mon 02 Mar 14:05, by Robin Vega." in text
    assert "Dana Ortiz by SMS (that it is over): sent" in text


def test_a_refusal_and_the_way_that_was_taken_instead(ran):
    desk = ran.desk(ways={"critical": ["sms"]})
    desk.phone.refusals.append(SendFailed("bad_number 21211", permanent=True))
    desk.finds(finding()).passes(minutes=2)
    text = ran.says_of_alert()

    assert "Dana Ortiz by SMS (round 1, step 1): refused: bad_number 21211; did not arrive: bad_number 21211" in text
    assert "Dana Ortiz by e-mail (round 1, step 1): sent" in text


def test_what_was_dropped_and_what_waits_for_a_digest(ran):
    desk = ran.desk(throttle=[{"messages": 1, "minutes": 15}], ways={"critical": ["sms"]})
    for number in range(4):
        desk.finds(finding(f"breach-{number}", at=desk.clock.now())).passes(minutes=2)
    first, *later = desk.alerts()
    assert "Dana Ortiz by SMS (round 1, step 1): waits for the digest of Mon 02 Mar 14:15:30 with 2 more" in " ".join(
        ran.says("--alert", alert.id)[1] for alert in later
    )
    act(desk.app, later[0].id, Order(Deed.ACKNOWLEDGE, "kim"))
    desk.passes(minutes=10)

    assert "dropped, because Kim Osei has it" in ran.says("--alert", later[0].id)[1]
    assert "merged into the digest of Mon 02 Mar 14:15:30" in ran.says("--alert", later[1].id)[1]
    assert "digest" not in ran.says("--alert", first.id)[1]


def test_delivered_is_said_when_the_provider_said_so(ran):
    desk = ran.desk().finds(finding()).passes(minutes=1)
    sms = next(notice for notice in desk.notices() if notice.way == "sms")
    found = desk.store.get(type(sms), sms.id)
    arrived = sms.but(arrival=Arrival.DELIVERED, arrived_at=AT + timedelta(seconds=41))
    desk.store.commit([Put(arrived, found.version)])

    assert "sent Mon 02 Mar 14:00:30, delivered Mon 02 Mar 14:00:41" in ran.says_of_alert()


def test_quiet_hours_are_said_in_the_zone_of_the_msp(ran):
    from tests.functions.alerting import PEOPLE

    quiet = {"timezone": "America/New_York", "quiet": [{"start": "07:00", "end": "10:00"}]}
    ran.desk(people={**PEOPLE, "dana": {**PEOPLE["dana"], **quiet}})
    ran.at.finds(finding(severity="warning")).passes(minutes=1)
    text = ran.says_of_alert()

    assert "Dana Ortiz sleeps: held until Mon 02 Mar 15:00" in text
    assert "Dana Ortiz is told at Mon 02 Mar 15:00: quiet hours" in text


def test_nobody_told_points_to_the_reason(ran):
    ran.desk(routes=[{"clients": ["Lakeside Clinic"], "suppress": "their own test"}])
    ran.at.finds(finding()).passes(hours=1)
    text = ran.says_of_alert()

    assert "suppressed by route 1: their own test" in text
    assert "Nobody was told; the lines above say why." in text


def ticket_with_a_story():
    told = Told(
        touchpoint=Touchpoint.RECEIVED, at=AT, about=AT, order=0, message="message-1", why="it came in", owner=None
    )
    held = Held(touchpoint=Touchpoint.TRIAGED, at=AT, about=AT, why="the day's budget is spent")
    promise = Promise(made=AT, by=AT + timedelta(hours=2), outcome=PromiseOutcome.BROKEN, settled=AT)
    return Ticket(
        id="ticket-1", psa="main", psa_id="9", number="4711", title="Print\x1b[2Jer", status="New", company="Lakeside",
        created_at=AT, updated_at=AT, first_seen=AT, told=(told,), held=(held,), promises=(promise,),
    )  # fmt: skip


def test_a_tickets_story_has_its_client_its_promises_and_its_alerts(ran):
    desk = ran.desk()
    desk.store.commit([Create(ticket_with_a_story())])
    desk.finds(finding(ticket="ticket-1", source="ticket-1")).passes(seconds=31)
    for name in ("#4711", "ticket-1", "9"):
        status, text = ran.says("--ticket", name)
        assert status == 0
        assert "Received: its mail is not there any more. Why: it came in" in text
        assert "Priority set: the day's budget is spent" in text
        assert "the next word by Mon 02 Mar 16:00; broken: the client heard nothing in time" in text
        assert "critical: A client hears nothing" in text
        assert "\x1b" not in text


@pytest.mark.parametrize("asked", [("--alert", "feedbeef"), ("--alert", "a"), ("--ticket", "12345")])
def test_what_is_not_found_says_what_to_do(ran, asked):
    ran.desk().finds(finding()).passes(minutes=1)
    status, text = ran.says(*asked)

    assert status == 1
    assert "DATA=" in text


def test_without_a_store_it_says_which_folder_is_meant(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("PROMISEKEEPER_STORE", raising=False)

    assert why.main(["--alert", "abcd", "--data", str(tmp_path / "nowhere")]) == 2
    assert "make serve" in capsys.readouterr().out
    assert not (tmp_path / "nowhere").exists()
    assert why.main(["--alert", "abcd", "--data", str(tmp_path)]) == 2
    assert "make demo" in capsys.readouterr().out
    SqliteStore(DataFolder.at(tmp_path / "demo").store)
    assert why.main(["--alert", "abcd", "--data", str(tmp_path)]) == 2
    assert f"DATA={tmp_path / 'demo'}" in capsys.readouterr().out


def test_the_settings_that_ran_are_kept_beside_the_store_and_read_from_there(ran, tmp_path, monkeypatch, capsys):
    ran.desk().finds(finding()).passes(minutes=1)
    folder, alert = DataFolder(tmp_path / "data"), ran.at.alert().id
    arguments = ["--alert", alert, "--data", str(folder.path)]
    monkeypatch.delenv("PROMISEKEEPER_SETTINGS", raising=False)

    assert why.main(arguments) == 2
    assert "SETTINGS=" in capsys.readouterr().out
    folder.keep_settings(ran.settings)
    ran.settings.unlink()
    assert why.main(arguments) == 0
    assert "Dana Ortiz by SMS" in (text := capsys.readouterr().out)
    assert text.endswith("Times are in Europe/Dublin.\n")
    assert folder.settings.stat().st_mode & 0o777 == 0o600
    assert not list(folder.path.glob("settings-used.[0-9]*"))


def test_the_ledger_names_people_ways_and_touchpoints_as_the_pages_do(ran):
    desk = ran.desk(ways={"critical": ["email"]})
    desk.finds(finding(kind="client_not_reached", text="The client was not told (needs_you): no_address. Look."))
    text = desk.passes(minutes=1) and ran.says_of_alert()

    assert "The client was not told (Question to the client): the contact has no mail address. Look." in text
    assert "round 1, step 1: Dana Ortiz by e-mail" in text
    assert "dana" not in text.replace("dana@", "")


def test_news_leave_nothing_to_do(ran):
    ran.desk().finds(finding(kind="all_quiet", severity="info", text="All quiet.")).passes(minutes=1)

    assert "Now: told; nothing to do." in ran.says_of_alert()


def test_an_alert_that_came_back_says_for_which_time(ran):
    desk = ran.desk().finds(finding()).passes(minutes=1)
    act(desk.app, desk.alert().id, Order(Deed.RESOLVE, "robin"))
    desk.passes(minutes=5).finds(finding(at=desk.clock.now())).passes(minutes=1)
    text = ran.says_of_alert()

    assert "for the 2nd time after it was over" in text
    assert "(the 2nd time, round 1, step 1)" in text


@pytest.mark.parametrize(
    ("number", "word"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd"), (113, "113th")]
)
def test_ordinals(number, word):
    assert ordinal(number) == word


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("round 2, step 1: dana by sms and email", "round 2, step 1: Dana Ortiz by SMS and e-mail"),
        ("dana was not reached by email: 550", "Dana Ortiz was not reached by e-mail: 550"),
        ("dana had it, and the time for it ran out", "Dana Ortiz had it, and the time for it ran out"),
        ("warning: late; told: robin, dana", "warning: late; told: Robin Vega, Dana Ortiz"),
        ("inhibited by sweep_blind (alert-1) while", "inhibited by “A PSA cannot be read” (alert-1) while"),
        ("nobody by email, (odd): thing", "nobody by email, (odd): thing"),
    ],
)
def test_a_ledgers_line_in_plain_words(line, said):
    assert plain(line, alert_settings().alerts.people, UTC) == said


def test_the_store_that_the_environment_names_comes_first(ran, tmp_path, monkeypatch):
    ran.desk()
    elsewhere = SqliteStore(tmp_path / "elsewhere.sqlite3")
    elsewhere.commit([Create(ticket_with_a_story())])
    monkeypatch.setenv("PROMISEKEEPER_STORE", f"sqlite:{tmp_path / 'elsewhere.sqlite3'}")

    assert ran.says("--ticket", "4711")[0] == 0


def test_an_id_that_is_not_told_apart_lists_its_alerts(ran, monkeypatch):
    desk = ran.desk().finds(finding("a"), finding("b")).passes(seconds=1)
    monkeypatch.setattr("infra.alerts.records._SHORTEST", 0)
    status, text = ran.says("--alert", "alert-")

    assert status == 0
    assert all(alert.id in text for alert in desk.alerts())


def test_nothing_is_written(ran, tmp_path):
    ran.desk().finds(finding()).passes(minutes=1)
    with sqlite3.connect(DataFolder(tmp_path / "data").store) as file:
        before = file.execute("SELECT id, version, body FROM documents ORDER BY id").fetchall()
        ran.says_of_alert()
        assert file.execute("SELECT id, version, body FROM documents ORDER BY id").fetchall() == before


def test_a_clients_mail_is_said_with_its_state(ran):
    desk = ran.desk()
    letter = {"subject": "s", "status": "s", "greeting": "g", "paragraphs": ("p",)}
    message = Message.model_validate(
        {
            "id": "message-1", "ticket": "ticket-1", "number": "4711", "touchpoint": "received", "why": "w",
            "letter": letter, "message_id": "<1@x>", "decided_at": AT, "expires_at": AT, "state": OutgoingState.SENT,
            "sent_at": AT + timedelta(minutes=4),
        }
    )  # fmt: skip
    desk.store.commit([Create(ticket_with_a_story()), Create(message)])

    assert "Received: mail sent Mon 02 Mar 14:04. Why: it came in" in ran.says("--ticket", "4711")[1]
