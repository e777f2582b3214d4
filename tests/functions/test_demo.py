"""The played day, judged from outside: nothing is lost, nothing is told twice, whatever the network does."""

import io
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import unquote

import pytest
from rich.console import Console

from infra.local import demo, export
from infra.local.demo_stage import CALM, Weather
from infra.local.fake_psa.things import Action
from shared.models.alert import Way
from shared.models.outgoing import OutgoingState
from tests.functions.played import mails, played, resolutions_that_stood, sent, told, told_people


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    return played(tmp_path_factory.mktemp("day"))


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

    assert mails(other)
    assert not set(mails(other)) & set(mails(day))


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
    ):
        assert line in text
    assert str(tmp_path / "out" / "index.html") in text.replace("\n", "")
    _every_link_leads_to_a_file(tmp_path / "out")
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
