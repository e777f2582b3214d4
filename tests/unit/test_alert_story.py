"""What is said about the settings of alerts: the story in plain words, and one warning for each thing hardly meant."""

from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shared.config.alert_story import alert_story
from shared.config.alert_warnings import alert_warnings
from shared.config.file import load
from shared.config.settings import Settings

EXAMPLE = Path(__file__).parents[2] / "infra" / "settings.example.yaml"
SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALL_DAY = {"start": "00:00", "end": "00:00"}

GOOD = {
    "msp": {"name": "Example IT", "mail_from": "support@example.com"},
    "calendars": {
        "office": {"tz": "Europe/Dublin", "weekly": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed")}}
    },
    "psa": {"desk": {"system": {"kind": "generic", "signing_keys": ["env:KEY"]}, "statuses": {"new": ["New"]}}},
    "clients": [{"company": "Lakeside Clinic"}],
    "alerts": {
        "people": {
            "dana": {
                "name": "Dana",
                "email": "dana@example.com",
                "phone": "+353 87 555 0142",
                "timezone": "Europe/Dublin",
                "quiet": [{"start": "22:00", "end": "07:00"}],
            },
            "robin": {"name": "Robin", "email": "robin@example.com", "phone": "+353 87 555 0143"},
            "kim": {"name": "Kim", "email": "kim@example.com", "psa_names": ["kpark"]},
        },
        "chains": {"on-call": {"steps": [{"tell": ["dana"]}, {"tell": ["robin"], "after_minutes": 15}]}},
        "link_base": "https://alerts.example.com",
        "link_keys": ["env:LINK_KEY"],
        "sms": {
            "channel": "twilio",
            "twilio": {"account": "env:A", "auth_tokens": ["env:T"], "sender": "+353 87 555 0100"},
            "price_per_segment": 0.08,
        },
        "heartbeat_url": "env:HEARTBEAT",
        "all_quiet_at": "08:00",
    },
}
NIGHTLY = {"hours": "closed", "calendar": "office"}


def settings(changes):
    """GOOD with `changes`, a path with dots and what stands there instead; None takes it out."""
    values = deepcopy(GOOD)
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = values
        for parent in parents:
            place = place.setdefault(parent, {})
        if value is None:
            place.pop(last)
        else:
            place[last] = value
    return Settings.model_validate(values)


def warned(changes):
    return alert_warnings(settings(changes), SUNDAY)


def told(changes):
    return "\n".join(alert_story(settings(changes), SUNDAY))


def chain(*tells, **more):
    return {"steps": [{"tell": list(tell)} for tell in tells], **more}


def quiet(zone, start, end, *days):
    spans = [{"start": start, "end": end, "days": list(days)}]
    return {"alerts.people.dana.timezone": zone, "alerts.people.dana.quiet": spans}


STEPS = "alerts.chains.on-call.steps"
ROUTES = "alerts.routes"
CRITICAL_ONLY = {"severities": ["critical"], "chain": "on-call"}

# what is said: (what makes it be said, the nearest that does not)
CASES = {
    "NOBODY is told when": ({"alerts": {}}, {}),
    "alerts.chains is empty": ({"alerts.chains": {}}, {}),
    "critical reaches NOBODY at any hour: nobody in chains.on-call": (
        {"alerts.ways": {"critical": ["psa_note"], "warning": ["email"], "info": ["email"]}},
        {"alerts.ways": {"critical": ["psa_note", "email"], "warning": ["email"], "info": ["email"]}},
    ),
    "critical reaches NOBODY at any hour: nobody in chains.on-call but the ticket's owner": (
        {STEPS: [{"tell": ["owner"]}]},
        {STEPS: [{"tell": ["owner", "dana"]}]},
    ),
    "critical reaches NOBODY for 144 h of the coming week, first Sun 22 Nov 12:00 UTC: alerts.routes[0] tells nobody (asleep)": (
        {ROUTES: [{**NIGHTLY, "suppress": "asleep"}]},
        {ROUTES: [{**NIGHTLY, "suppress": "asleep", "severities": ["warning", "info"]}]},
    ),
    "alerts.routes[0] tells nobody, also of what is critical": (
        {ROUTES: [{"clients": ["Sandbox"], "suppress": "a test"}]},
        {ROUTES: [{"clients": ["Sandbox"], "suppress": "a test", "severities": ["info"]}]},
    ),
    "alerts.routes[1] never fits": (
        {ROUTES: [CRITICAL_ONLY, {**CRITICAL_ONLY, "clients": ["Lake"]}]},
        {ROUTES: [{**CRITICAL_ONLY, "clients": ["Lake"]}, CRITICAL_ONLY]},
    ),
    "alerts.routes[2] never fits": (
        {ROUTES: [{**NIGHTLY, "chain": "on-call"}, {**NIGHTLY, "hours": "open", "chain": "on-call"}, CRITICAL_ONLY]},
        {ROUTES: [{**NIGHTLY, "chain": "on-call"}, {"severities": ["info"], "chain": "on-call"}, CRITICAL_ONLY]},
    ),
    "alerts.chains.on-call.steps[1] reaches nobody for warning: no address for it of robin": (
        {"alerts.people.robin.email": None},
        {"alerts.people.robin.email": None, "alerts.people.robin.ways": {"warning": ["sms"]}},
    ),
    "alerts.chains.spare: no route leads there": (
        {"alerts.chains.spare": chain(["dana"])},
        {"alerts.chains.spare": chain(["dana"]), ROUTES: [{"kinds": ["stuck"], "chain": "spare"}]},
    ),
    "alerts.people.kim is told of nothing": ({"alerts.people.kim.email": None}, {}),
    "alerts.people.kim is in no chain that is used": (
        {"alerts.people.kim.psa_names": []},
        {"alerts.people.kim.psa_names": [], STEPS: [{"tell": ["dana", "robin", "kim"]}]},
    ),
    "dana and robin have the same phone": ({"alerts.people.robin.phone": "+353875550142"}, {}),
    "dana and kim have the same email": ({"alerts.people.kim.email": "Dana@example.com"}, {}),
    "alerts.sms.channel is off": (
        {"alerts.sms.channel": "off"},
        {"alerts.sms.channel": "off", "alerts.ways": {way: ["email"] for way in ("critical", "warning", "info")}},
    ),
    "alerts.sms.channel is phone": ({"alerts.sms.channel": "phone"}, {}),
    "alerts.people.dana: no SMS may go to +35312345678. This is a landline": (
        {"alerts.people.dana.phone": "+353 1 234 5678"},
        {"alerts.people.dana.phone": None},
    ),
    "add IE to sms.countries": ({"alerts.sms.countries": ["US"]}, {"alerts.sms.countries": ["IE"]}),
    "msp.name: 'ИТ' is not in the alphabet of SMS": ({"msp.name": "ИТ"}, {"msp.name": "Łódź’s IT"}),
    "clients[0].company: '診療' is not in": (
        {"clients": [{"company": "Lake 診療"}]},
        {"clients": [{"company": "Café"}]},
    ),
    "alerts.people.kim.name: 'Ки' is not in": ({"alerts.people.kim.name": "Ки"}, {"alerts.people.kim.name": "Kí"}),
    "would take 3 segments": (
        {"alerts.link_base": f"https://{'alerts.' * 20}example.com"},
        {"clients": [{"company": "Lakeside " * 20}], "alerts.link_base": f"https://{'alerts.' * 4}example.com"},
    ),
    "alerts.link_base is missing": ({"alerts.link_base": None}, {}),
    "alerts.link_base is not https": (
        {"alerts.link_base": "http://alerts.example.com"},
        {"alerts.link_base": "http://localhost:8080"},
    ),
    "alerts.link_keys is missing": ({"alerts.link_keys": None}, {}),
    "on Sun 28 Mar 2027 the clock goes from 02:00 to 03:00, so the quiet hours 02:30-07:00 begin at 03:30": (
        quiet("Europe/Berlin", "02:30", "07:00"),
        quiet("Europe/Berlin", "03:00", "07:00"),
    ),
    "on Fri 30 Apr 2027 the clock goes from 00:00 to 01:00, so the quiet hours 23:30-00:30 end at 01:30": (
        quiet("Africa/Cairo", "23:30", "00:30", "thu"),
        quiet("Africa/Cairo", "23:30", "00:30", "fri"),
    ),
    "on Sun 07 Nov 2027 the clock goes from 02:00 to 01:00, so the quiet hours 22:00-01:30 end when it shows 01:30": (
        quiet("America/New_York", "22:00", "01:30"),
        quiet("America/New_York", "22:00", "02:00"),
    ),
    "dana is quiet all day, every day": (
        {"alerts.people.dana.quiet": [ALL_DAY]},
        {"alerts.people.dana.quiet": [{**ALL_DAY, "days": ["sat", "sun"]}]},
    ),
    "lease_minutes lacks info": (
        {"alerts.lease_minutes": {"critical": 60, "warning": 60}},
        {"alerts.lease_minutes": {"critical": 60, "warning": 60, "info": 60}},
    ),
    "lease_minutes.critical is 4 min": (
        {"alerts.lease_minutes": {"critical": 4, "warning": 60, "info": 60}},
        {"alerts.lease_minutes": {"critical": 5, "warning": 60, "info": 60}},
    ),
    "lease_minutes.info is longer than give_up_days": ({"alerts.give_up_days": 0.5}, {"alerts.give_up_days": 1}),
    "put away (give_up_days) before its last step": (
        {STEPS: [{"tell": ["dana"]}, {"tell": ["robin"], "after_minutes": 2880}], "alerts.give_up_days": 2},
        {STEPS: [{"tell": ["dana"]}, {"tell": ["robin"], "after_minutes": 600}], "alerts.give_up_days": 2},
    ),
    "put away (give_up_days) before all 20 rounds": (
        {"alerts.chains.on-call.rounds": 20, "alerts.chains.on-call.again_after_minutes": 600},
        {"alerts.chains.on-call.rounds": 10, "alerts.chains.on-call.again_after_minutes": 600},
    ),
    "on-call begins again after 2 min": (
        {"alerts.chains.on-call.again_after_minutes": 2},
        {"alerts.chains.on-call.again_after_minutes": 2, "alerts.chains.on-call.rounds": 1},
    ),
    "alerts.throttle is empty": ({"alerts.throttle": []}, {}),
    "5 in 15 min after 9 in 1 h does not ascend": (
        {"alerts.throttle": [{"messages": 9, "minutes": 60}, {"messages": 5, "minutes": 15}]},
        {"alerts.throttle": [{"messages": 5, "minutes": 15}, {"messages": 9, "minutes": 60}]},
    ),
    "1 in 2 h is less than one message an hour": (
        {"alerts.throttle": [{"messages": 1, "minutes": 120}]},
        {"alerts.throttle": [{"messages": 2, "minutes": 120}]},
    ),
    "alerts.routes[0]: no alert is of the kind 'sweep_blnd'; did you mean sweep_blind?": (
        {ROUTES: [{"kinds": ["sweep_blnd"], "chain": "on-call"}]},
        {ROUTES: [{"kinds": ["sweep_blind"], "chain": "on-call"}]},
    ),
    "alerts.heartbeat_url is missing": ({"alerts.heartbeat_url": None}, {}),
    "alerts.all_quiet_at is missing": ({"alerts.all_quiet_at": None}, {}),
}


def test_settings_that_are_meant_have_no_warning():
    assert warned({}) == []


@pytest.mark.parametrize("warning", CASES)
def test_what_is_hardly_meant_is_warned_of(warning):
    assert warning in "\n".join(warned(CASES[warning][0]))


@pytest.mark.parametrize("warning", CASES)
def test_what_is_nearest_to_it_is_not(warning):
    assert warning not in "\n".join(warned(CASES[warning][1]))


def test_a_night_that_only_gets_longer_when_the_clock_goes_back_is_nothing_to_warn_of():
    assert warned(quiet("America/New_York", "01:30", "07:00")) == []


def test_without_people_nothing_else_is_said():
    assert len(warned({"alerts": {}})) == 1
    assert told({"alerts": {}}).startswith("Alerts reach nobody")


def test_the_example_warns_only_of_what_somebody_else_has_to_provide():
    phone, links, watch = alert_warnings(load(EXAMPLE), SUNDAY)

    assert phone.startswith("alerts.sms.channel is phone")
    assert links.startswith("alerts.link_base is missing")
    assert watch.startswith("alerts.heartbeat_url is missing")


def test_a_chain_is_told_step_by_step_for_each_severity():
    text = told({})

    assert (
        "critical: Dana by SMS and e-mail at once; 15 min later Robin by SMS and e-mail; again after 1 h, 3 rounds in all"
        in text
    )
    assert "warning: Dana by e-mail at once; 15 min later Robin by e-mail; again" in text
    assert "info: Dana by e-mail at once; no more" in text


def test_a_chain_that_is_only_for_some_severities_is_told_for_those():
    text = told(
        {
            "alerts.chains.desk": chain(["owner", "kim"], rounds=1),
            ROUTES: [{"severities": ["warning"], "chain": "desk"}],
        }
    )

    assert "Chain desk:\n  warning: the ticket's owner and Kim by e-mail at once; no more\nWhich" in text


def test_quiet_hours_are_told_in_words():
    assert "quiet 22:00-07:00 every day (Europe/Dublin)" in told({})
    assert "quiet 23:00-06:00 in the nights of Fri and Sat" in told(
        quiet("Europe/Dublin", "23:00", "06:00", "fri", "sat")
    )
    assert "quiet 07:00-09:00 on Sun" in told(quiet("Europe/Dublin", "07:00", "09:00", "sun"))
    assert "quiet all day on Sun" in told(quiet("Europe/Dublin", "00:00", "00:00", "sun"))


def test_routes_are_told_in_their_order_and_then_the_rest():
    routes = [{**NIGHTLY, "severities": ["warning"], "clients": ["Lake"], "suppress": "asleep"}, CRITICAL_ONLY]
    text = told({ROUTES: routes})

    assert (
        "1. warning, client Lake, while office is closed: nobody is told (asleep)\n  2. critical: chain on-call\n"
        in text
    )
    assert "everything else: chain on-call" in text


def test_maintenance_is_told_while_it_runs_or_is_ahead():
    windows = [
        {"reason": "long over", "start": "2026-11-01T00:00:00Z", "end": "2026-11-02T00:00:00Z"},
        {
            "reason": "a move",
            "start": "2026-12-05T22:00:00+01:00",
            "end": "2026-12-06T04:00:00+01:00",
            "kinds": ["stuck"],
        },
        {"reason": "disks", "start": "2026-11-22T11:00:00Z", "end": "2026-11-22T13:00:00Z"},
    ]
    text = told({"alerts.maintenance": windows})

    assert "long over" not in text
    assert "2026-11-22 11:00 to 2026-11-22 13:00 UTC, now running (disks), of everything: nobody is told" in text
    assert text.index("disks") < text.index(
        "2026-12-05 21:00 to 2026-12-06 03:00 UTC (a move), of kind stuck: nobody is told"
    )


def test_the_cost_of_sms_is_told_for_an_alert_and_for_the_worst_month():
    text = told({})

    assert "up to 6 SMS, 12 segments at 0.08 each 0.96 (chain on-call)" in text  # two people, three rounds
    assert "2 phones, 10080 messages, 20160 segments at 0.08 each 1612.80" in text  # 21 in 3 h are 5040 in 30 days
    assert "of unknown price" in told({"alerts.sms.price_per_segment": 0})
    assert "no limit" in told({"alerts.throttle": []})


def test_what_explains_an_alert_and_what_slows_it_is_told():
    text = told({})

    assert (
        "While sweep_blind stands, client_in_silence, update_overdue and update_due_soon of the same PSA are not told"
        in text
    )
    assert "at most: 1 in 1 min, 5 in 15 min, 11 in 1 h and 21 in 3 h" in text
    assert "has it for 1 h (critical), 8 h (warning) and 1 day (info)" in text
    assert "gathered for 10 min and comes as one digest; 6 min if" in text
    assert "08:00 a word on how quiet it is goes to Dana" in text
