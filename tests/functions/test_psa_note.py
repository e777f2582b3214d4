"""A note stands in the PSA once, or it is known why not."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import PsaOutcomeUnknown, PsaRefused, PsaUnavailable
from shared.models.outgoing import OutgoingState
from shared.models.psa_note import PsaNote, psa_note_id
from shared.queries import FINDINGS, NOTES_BY_STATE
from tests.functions.sending import AT, Platform, message, settings, ticket


def platform_with_note(**of_settings: Any) -> Platform:
    """A platform on which a message went out, and its note is the next thing to do."""
    platform = Platform(twice=True, **of_settings)
    platform.has(ticket(), message())
    platform.run("send_message")
    platform.memory.gets = platform.memory.commits = platform.memory.written = 0
    return platform


def note(platform: Platform) -> PsaNote:
    found = platform.memory.get(PsaNote, psa_note_id("message-1"))
    assert found is not None
    return found.document


def alert_kinds(platform: Platform) -> list[tuple[str, str]]:
    found = platform.memory.find(FINDINGS, limit=10)
    return [(each.document.kind, each.document.severity) for each in found]


def test_a_note_costs_one_read_and_two_commits():
    platform = platform_with_note()
    platform.twice = False
    platform.run()

    assert (platform.memory.gets, platform.memory.commits, platform.memory.written) == (1, 2, 2)
    assert platform.tasks.waiting == []
    assert (note(platform).state, note(platform).reference) == (OutgoingState.SENT, "note-1")


@pytest.mark.parametrize("asked", [None, 600.0])
def test_a_psa_that_is_away_gets_the_note_later(asked):
    platform = platform_with_note()
    platform.psa.refusals = [PsaUnavailable("rate limited", asked)]
    platform.run()

    assert len(platform.psa.notes) == 1
    sent_at = note(platform).sent_at
    assert sent_at is not None
    assert sent_at == AT + timedelta(seconds=600) if asked else sent_at > AT + timedelta(seconds=50)


def test_a_lost_answer_leaves_the_note_in_doubt_where_it_is_listed_and_it_is_not_written_again():
    platform = platform_with_note()
    platform.psa.lost_answers = [PsaOutcomeUnknown("timed out")]
    platform.run()

    assert len(platform.psa.notes) == 1
    listed = platform.memory.find(NOTES_BY_STATE, limit=10, equals={"state": "uncertain"})
    assert [found.document.reason for found in listed] == ["psa_outcome_unknown"]
    assert alert_kinds(platform) == []


def test_a_note_that_the_psa_refuses_is_dead_and_the_manager_can_see_it():
    platform = platform_with_note()
    platform.psa.refusals = [PsaRefused("the ticket is gone")]
    platform.run()

    assert (note(platform).state, platform.psa.notes) == (OutgoingState.DEAD, [])
    assert alert_kinds(platform) == [("undelivered_note", "info")]


def test_a_note_for_a_connection_that_was_removed_is_held():
    platform = platform_with_note()
    elsewhere = settings(psa={"other": platform.app.settings.psa["main"].model_dump()})
    platform.app = replace(platform.app, settings=elsewhere)
    platform.run()

    assert (note(platform).state, note(platform).reason) == (OutgoingState.HELD, "connection_removed")


def test_an_old_note_is_held():
    platform = platform_with_note()
    platform.clock.pause(timedelta(days=8).total_seconds())
    platform.run()

    assert (note(platform).state, note(platform).reason) == (OutgoingState.HELD, "expired")
