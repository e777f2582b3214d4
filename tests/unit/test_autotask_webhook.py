"""What an Autotask webhook says."""

import json

import pytest

from shared import errors
from shared.psa.facts import Ignored, TicketGone, TicketHint
from tests.psa_products import AUTOTASK, NOW


def test_the_worked_example_of_autotask():
    body = b'{"Action":"Update","EntityType":"Ticket","Id":351200}'
    headers = {"x-hook-signature": "sha1=gOMlKuHA4f5+O433BtSl87+xjyA="}

    AUTOTASK.webhook("at-example-secret-key-0001").verify(body, headers, NOW)


def autotask_body(**changes):
    envelope = {
        "Action": "Update",
        "EntityType": "Ticket",
        "Id": 64177,
        "EventTime": "2026-05-11T09:44:03Z",
        "SequenceNumber": 3,
        "PersonID": 5,
    }
    return json.dumps({**envelope, **changes}).encode()


def test_a_change_is_only_a_hint_even_if_the_body_has_the_status():
    """Whether a picklist comes as id or label is not documented, and only subscribed fields come."""
    [event] = AUTOTASK.webhook().parse(autotask_body(Fields={"Status": "5", "Title": "x"}))

    assert event == TicketHint(ticket_id="64177", version="2026-05-11T09:44:03.000000Z-3")


def test_each_change_has_its_own_version():
    versions = {AUTOTASK.webhook().parse(autotask_body(SequenceNumber=number))[0].version for number in range(5)}

    assert len(versions) == 5


@pytest.mark.parametrize("missing", ["EventTime", "SequenceNumber"])
def test_a_change_without_time_or_number_has_the_version_of_its_bytes(missing):
    """Neither alone tells two changes apart for sure."""
    [event] = AUTOTASK.webhook().parse(autotask_body(**{missing: None}))
    [other] = AUTOTASK.webhook().parse(autotask_body(**{missing: None}, Fields={"Status": "5"}))

    assert len(event.version) == 32
    assert event.version != other.version


def test_a_time_without_a_zone_is_utc():
    [event] = AUTOTASK.webhook().parse(autotask_body(EventTime="2026-05-11T09:44:03.1"))

    assert event.version == "2026-05-11T09:44:03.100000Z-3"


def test_a_deletion_by_ourselves_is_a_deletion():
    """Nothing will ever tell again."""
    [event] = AUTOTASK.webhook().parse(autotask_body(Action="Delete", PersonID=29682885))

    assert isinstance(event, TicketGone)


@pytest.mark.parametrize("field", ["Fields", "Id", "EventTime", "SequenceNumber"])
def test_a_field_of_the_wrong_type_is_named(field):
    with pytest.raises(errors.InvalidRequest, match=field):
        AUTOTASK.webhook().parse(autotask_body(**{"EntityType": "TicketNote", "Fields": {"TicketID": "1"}, field: [1]}))


def test_an_unknown_action_of_autotask_is_passed_over():
    assert AUTOTASK.webhook().parse(autotask_body(Action="Merge")) == [Ignored(reason="other_action")]


def test_both_spellings_of_the_person_at_once_are_an_invalid_request():
    """B31: which of the two counts?"""
    with pytest.raises(errors.InvalidRequest):
        AUTOTASK.webhook().parse(autotask_body(PersonId=7))
