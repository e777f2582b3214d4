"""Who would be told, and when: the real rules, played over virtual time for settings that are only thought of."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import yaml

from infra.alerts import who
from infra.alerts.asking import UnreadableTime, time_at
from infra.alerts.week import letters_of, week
from shared.alerts.times import local_times, shown_time
from tests.functions.alerting import PEOPLE, alert_settings

BERLIN = "Europe/Berlin"
AFTERNOON = "2026-03-02 14:00"
ASLEEP = {"timezone": "Europe/Dublin", "quiet": [{"start": "22:00", "end": "07:00"}]}
SLEEPERS = {key: {**person, **ASLEEP} for key, person in PEOPLE.items()}


@pytest.fixture
def asked(tmp_path, capsys):
    def ask(*arguments, **settings):
        file = tmp_path / "settings.yaml"
        file.write_text(yaml.safe_dump(alert_settings(**settings).model_dump(mode="json")))
        status = who.main(["--settings", str(file), *arguments])
        return status, " ".join(capsys.readouterr().out.replace("│", " ").split())

    return ask


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "220")


def test_each_step_has_one_line_with_its_time_and_its_ways(asked):
    status, text = asked("--at", AFTERNOON)

    assert status == 0
    assert "14:00:00 no route fits, so the chain managers" in text
    assert "14:00:30 Dana Ortiz by SMS and e-mail (round 1, step 1)" in text
    assert "14:15:30 Robin Vega by SMS and e-mail (round 1, step 2)" in text
    assert "15:30:30 Dana Ortiz by SMS and e-mail (round 2, step 1)" in text
    assert "@" not in text
    assert "+353" not in text
    assert text.partition("SMS stay")[0].endswith("that was the last step of the last round ")


def test_addresses_are_shown_to_whoever_asks(asked):
    assert "(round 1, step 1) +353871110001, dana@northwind.example" in asked("--at", AFTERNOON, "--addresses")[1]


def test_everything_fits_a_terminal_of_80_columns(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for arguments in ((), ("--week",), ("--kind", "nonsense"), ("--at", "2026-12-24 22:00", "--addresses")):
        who.main([*arguments])
        assert max(len(line.rstrip()) for line in capsys.readouterr().out.splitlines()) <= 80


@pytest.mark.parametrize(("option", "known"), [("--kind", "client_in_silence"), ("--severity", "critical")])
def test_a_wrong_kind_or_severity_shows_those_that_there_are_once(asked, option, known):
    status, text = asked(option, "nonsense")

    assert status == 2
    assert text.count(known) == 1
    assert "usage" not in text


def test_who_sleeps_is_told_in_the_morning_by_their_own_clock(asked):
    people = {**SLEEPERS, "dana": {**SLEEPERS["dana"], "timezone": "America/New_York"}}
    _, text = asked("--at", "2026-03-02 05:00", "--severity", "warning", people=people)

    assert "Dana Ortiz sleeps: held until Mon 02 Mar 12:00" in text
    assert "12:00:00 Dana Ortiz by e-mail (round 1, step 1; 07:00 for them)" in text


def test_who_falls_asleep_within_the_first_wait_is_not_woken(asked):
    _, text = asked("--at", "2026-03-02 21:59", "--severity", "info", first_wait_seconds=120, people=SLEEPERS)

    assert "Tue 03 Mar 07:00:00 Dana Ortiz by e-mail (round 1, step 1)" in text


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"routes": [{"clients": ["Lakeside"], "suppress": "their own test"}]}, "suppressed by route 1: their own test"),
        ({"people": {}, "chains": {}}, "the settings name nobody under alerts.people"),
        ({"ways": {"critical": []}}, "Dana Ortiz has no address for what is critical"),
        ({"ways": {"critical": ["psa_note"]}}, "note in the PSA"),
        ({"ways": {"critical": ["sms"]}, "sms": {"channel": "off"}, "people": {k: {"name": k, "phone": p["phone"]} for k, p in PEOPLE.items()}}, "but not sent: SMS is switched off"),
    ],
)  # fmt: skip
def test_nobody_is_exit_status_1_and_says_why(asked, settings, why):
    status, text = asked("--at", AFTERNOON, "--client", "Lakeside", **settings)

    assert status == 1
    assert why in text
    assert "Nobody would be told." in text


def test_maintenance_holds_it_until_its_end(asked):
    work = {"reason": "moving", "start": "2026-03-02T13:00:00Z", "end": "2026-03-02T16:00:00Z"}
    status, text = asked("--at", AFTERNOON, maintenance=[work])

    assert status == 0
    assert "suppressed by maintenance until Mon 02 Mar 16:00: moving" in text
    assert "16:00:00 Dana Ortiz by SMS" in text


def test_an_sms_that_may_not_go_out_takes_the_next_way(asked):
    status, text = asked("--at", AFTERNOON, ways={"critical": ["sms"]}, sms={"countries": ["US"]})

    assert status == 0
    assert "Dana Ortiz by SMS (round 1, step 1), but not sent:" in text
    assert "Dana Ortiz by e-mail (round 1, step 1)" in text


def test_a_nudge_goes_to_the_owner_alone(asked):
    status, text = asked("--at", AFTERNOON, "--kind", "update_due_soon", "--severity", "info", "--owner", "dortiz")

    assert status == 0
    assert "a nudge for the ticket's owner" in text
    assert "Robin" not in text


def test_the_week_shows_a_gap_and_is_exit_status_1(asked):
    status, text = asked(
        "--week", "--at", AFTERNOON, routes=[{"hours": "closed", "calendar": "office", "suppress": "night"}]
    )

    assert status == 1
    assert "Mon 02 . . . . . . . . . D D D D D D D D . ." in text.replace("┃", " ")
    assert "Nobody is told in 160 of these hours." in text


def test_the_week_shows_who_is_told_late_in_small_letters(asked):
    chain = {"managers": {"steps": [{"tell": ["dana", "robin"]}]}}
    status, text = asked("--week", "--at", AFTERNOON, "--severity", "warning", people=SLEEPERS, chains=chain)

    assert status == 0
    assert "Tue 03" + " dr" * 7 + " DR" * 15 + " dr" * 2 in text


def test_an_hour_that_the_clock_skips_is_blank():
    settings = alert_settings()
    days = list(week(lambda at: [], letters_of(settings), datetime(2026, 3, 29, 12, tzinfo=UTC), ZoneInfo(BERLIN)))

    assert days[0].cells[:4] == (".", ".", " ", ".")
    assert all(" " not in day.cells for day in days[1:])


def test_people_have_different_letters():
    people = {key: {"name": key, "email": f"{key}@x.example"} for key in ("dana", "dan", "d", "nadia", "z-1")}
    letters = letters_of(alert_settings(people=people, chains={}))

    assert letters["dana"] == "D"
    assert len(set(letters.values())) == len(people)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-12-24 03:00", datetime(2026, 12, 24, 2, tzinfo=UTC)),
        ("2026-12-24T03:00+00:00", datetime(2026, 12, 24, 3, tzinfo=UTC)),
        ("2026-12-24T03:00Z", datetime(2026, 12, 24, 3, tzinfo=UTC)),
        ("2026-10-25 02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_time_is_the_msps_unless_it_names_its_zone(text, at):
    assert time_at(text, ZoneInfo(BERLIN)) == at


@pytest.mark.parametrize(
    ("text", "words"), [("tomorrow", "write 2026-12-24 03:00"), ("2026-03-29 02:30", "does not exist")]
)
def test_a_time_that_is_none_is_refused_with_a_way_out(asked, text, words):
    with pytest.raises(UnreadableTime, match=words):
        time_at(text, ZoneInfo(BERLIN))
    assert asked("--at", "tomorrow")[0] == 2


def test_settings_that_are_wrong_are_explained(tmp_path, capsys):
    assert who.main(["--settings", str(tmp_path / "none.yaml")]) == 2
    assert "none.yaml" in capsys.readouterr().out


def test_a_ledgers_times_are_shown_as_the_msp_reads_them():
    assert local_times("held until 2026-07-01 07:00 UTC", ZoneInfo(BERLIN)) == "held until Wed 01 Jul 09:00"
    assert shown_time(datetime(2026, 7, 1, 7, 0, 30, tzinfo=UTC), ZoneInfo(BERLIN)) == "Wed 01 Jul 09:00:30"
