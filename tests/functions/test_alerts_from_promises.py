"""From a webhook to somebody's phone: a promise at 70 % nudges the technician, at 100 % it is the manager's."""

import json
from datetime import timedelta

import pytest

from tests.fakes.sms import RecordingPhone
from tests.functions.desk import Desk
from tests.functions.test_look_after_commit import QuickQueue
from tests.psa_products import GENERIC, NOW

PHONE = "+353871110001"
ALERTS = {
    "people": {
        "niamh": {"name": "Niamh Byrne", "email": "niamh@msp.example", "psa_names": ["nbyrne"]},
        "dana": {"name": "Dana Ortiz", "email": "dana@msp.example", "phone": PHONE},
    },
    "chains": {"managers": {"steps": [{"tell": ["dana"]}]}},
}
UPDATES = {"hold_minutes": 3, "promises": {"default": 2}, "holding_notes_in_a_row": 1}


@pytest.fixture(params=["patient queue", "quick queue"])
def desk(request):
    desk = Desk(alerts=ALERTS, updates=UPDATES)
    desk.phone = RecordingPhone()
    if request.param == "quick queue":
        desk.queue = QuickQueue(desk)
    return desk.replaced(sms=lambda: desk.phone, queue=desk.queue)


def report(desk: Desk, status: str, at: timedelta) -> None:
    desk.clock.move_to(max(desk.clock.now(), NOW + at))
    record = {
        "id": "7",
        "number": "7",
        "title": "Printer",
        "status": status,
        "owner": "nbyrne",
        "company": {"id": "c-1", "name": "Lakeside Clinic"},
        "contact": {"name": "Dana Fox", "email": "dana@client.example"},
        "created_at": NOW.isoformat(),
        "updated_at": (NOW + at).isoformat(),
    }
    body = json.dumps({"type": "ticket.changed", "data": record}).encode()
    for _ in range(2):
        assert desk.calls(GENERIC, body).status == 200


def mails_to(desk: Desk, address: str) -> list[str]:
    return [mail.subject for mail in desk.mail.mails if mail.recipient == address]


def test_at_seventy_percent_the_technician_is_nudged_and_at_the_end_the_manager_hears(desk):
    report(desk, "In Progress", timedelta())
    desk.works(until=timedelta(minutes=85))
    assert (mails_to(desk, "niamh@msp.example"), mails_to(desk, "dana@msp.example")) == ([], [])

    desk.works(until=timedelta(minutes=95))
    (nudge,) = mails_to(desk, "niamh@msp.example")
    assert "Lakeside Clinic #7" in nudge
    assert "1 h 24 min" in nudge
    assert mails_to(desk, "dana@msp.example") == []

    desk.works(until=timedelta(minutes=130))
    assert len(mails_to(desk, "dana@msp.example")) == 1
    assert "Lakeside Clinic #7" in mails_to(desk, "dana@msp.example")[0]
    assert desk.phone.sent == []


def test_a_silence_after_the_last_note_is_an_sms_and_a_word_to_the_client_ends_it(desk):
    report(desk, "In Progress", timedelta())
    desk.works(until=timedelta(hours=4, minutes=20))
    assert [sms.recipient for sms in desk.phone.sent] == [PHONE]
    assert desk.phone.sent[0].text.startswith("CRITICAL Lakeside Clinic #7")

    report(desk, "Resolved", timedelta(hours=4, minutes=30))
    desk.works(until=timedelta(hours=6))
    assert len(desk.phone.sent) == 2
    assert desk.phone.sent[1].text.startswith("Over: ")
