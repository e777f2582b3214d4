"""The guide to alerts: its examples work, its table of SMS is what is really sent, and no setting is left out.

`python -m tests.unit.test_alert_doc` prints the table as it has to stand in docs/alerts.md.
"""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from functions.alert_reply.sms_commands import commands_of
from shared.alerts.kinds import KINDS, kind_of
from shared.alerts.links import AlertLinks
from shared.alerts.sms_words import Line, sms
from shared.config.alerts import (
    AlertSettings,
    Chain,
    Inhibition,
    Maintenance,
    Person,
    Quiet,
    Route,
    Rung,
    SmsSettings,
    Step,
)
from shared.models.alert import Alert, Errand, alert_id
from shared.models.contact_method import Code
from shared.models.finding import Audience, Severity
from shared.sms.segments import LIMIT_SEGMENTS, Encoding, segments

DOCS = Path(__file__).parents[2] / "docs"
DOC = (DOCS / "alerts.md").read_text(encoding="utf-8")
OPERATIONS = (DOCS / "operations.md").read_text(encoding="utf-8")
NOW = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
NOTICE = "notice-d6af13929e83c6b90842428ccb41df59"
LINK = AlertLinks("https://alerts.northwind.example/alert_reply", ["a key for the examples of the guide"]).page(NOTICE)
SHOWN_LINK = "<link>"
CRITICAL = {"client_in_silence", "stuck", "webhook_off", "sweep_blind"}
NEWS = {"update_due_soon", "undelivered_note", "all_quiet"}
CLIENTS = ("Lakeside Clinic", "Hill Dental", "Brook Legal", "Alder Estates", "Fern Labs")


def alert(kind, number="4711", client="Lakeside Clinic"):
    severity = Severity.CRITICAL if kind in CRITICAL else Severity.INFO if kind in NEWS else Severity.WARNING
    return Alert(
        id=alert_id(kind, number),
        kind=kind,
        dedup_key=number,
        severity=severity,
        audience=Audience.MANAGER,
        text="All quiet: 412 tickets watched, 3 alerts in the last 24 hours, all taken.",
        psa="connectwise",
        number=number,
        company=client,
        owner="Ana Lima",
        since=NOW - timedelta(hours=3, minutes=10),
        opened_at=NOW,
        found_at=NOW,
        changed_at=NOW,
    )


def text_of(*alerts, errand=Errand.NEWS, first=7):
    codes = [Code(digits=first + place, target=each.id, at=NOW) for place, each in enumerate(alerts)]
    if len(alerts) > 3:
        codes = codes[:1]
    lines = [Line(each, errand, first + place) for place, each in enumerate(alerts)]
    return sms(lines, codes, LINK, NOW)


STORM = [alert("client_in_silence" if n < 2 else "update_overdue", str(n), CLIENTS[n % 5]) for n in range(12)]
EXAMPLES = {
    **{kind: text_of(alert(kind)) for kind in KINDS},
    "two at once": text_of(alert("client_in_silence"), alert("update_overdue", "4720", "Hill Dental")),
    "three at once": text_of(
        alert("client_in_silence"), alert("update_overdue", "4720", "Hill Dental"), alert("stuck")
    ),
    "twelve at once": text_of(*STORM),
    "it is over": text_of(alert("client_in_silence"), errand=Errand.RESOLVED),
}


def row(name, text):
    return f"| {name} | `{text.replace(LINK, SHOWN_LINK)}` | {segments(text).segments} |"


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_table_has_the_sms_as_it_is_sent(name):
    assert row(name if " " in name else f"`{name}`", EXAMPLES[name]) in DOC.splitlines()


def test_the_table_has_nothing_else():
    rows = [line for line in DOC.splitlines() if SHOWN_LINK in line and line.startswith("|")]

    assert len(rows) == len(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_sms_is_whole_and_fits_two_segments_of_gsm7(name):
    count = segments(EXAMPLES[name])

    assert count.segments <= LIMIT_SEGMENTS
    assert count.encoding is Encoding.GSM7
    assert name.endswith("at once") or "..." not in EXAMPLES[name]
    assert "{" not in EXAMPLES[name]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_link_stands_in_mid_text_where_no_phone_makes_a_preview_of_it(name):
    before, _, after = EXAMPLES[name].partition(LINK)

    assert len(before) > 20
    assert len(after) > 3


@pytest.mark.parametrize("kind", KINDS)
def test_what_can_be_taken_says_with_which_digits_and_news_does_not(kind):
    assert ("7a=mine 7r=done 7s=later" in EXAMPLES[kind]) is kind_of(alert(kind)).lasting


def test_the_length_of_the_example_link_is_right():
    assert f"{len(LINK)} characters" in DOC


SECTIONS = (AlertSettings, Person, Quiet, Chain, Step, Route, Maintenance, Inhibition, Rung, SmsSettings)
SETTINGS = sorted({name for section in SECTIONS for name in section.model_fields})


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_is_explained(setting):
    assert re.search(rf"`(?:[a-z_]+\.)*{setting}`", DOC), setting


def test_the_example_settings_are_settings():
    blocks = re.findall(r"^```yaml\n(.*?)^```$", DOC, re.MULTILINE | re.DOTALL)
    read = [AlertSettings.model_validate(yaml.safe_load(block)["alerts"]) for block in blocks]

    assert read[0].people["dana"].quiet_hours is not None


def test_the_defaults_that_it_names_are_the_defaults():
    defaults = AlertSettings()
    said = dict(re.findall(r"^\| `([a-z_.]+)` \|.*\| ([^|]+) \|$", DOC, re.MULTILINE))
    for name in ("first_wait_seconds", "digest_minutes", "urgent_digest_minutes", "snooze_minutes", "give_up_days"):
        assert float(said[name]) == getattr(defaults, name), name


def test_every_answer_that_it_shows_is_understood():
    table = DOC.partition("| answer | it means |")[2].partition("\n\n")[0]
    answers = re.findall(r"`([^`]+)`", table)

    assert len(answers) > 6
    assert [answer for answer in answers if not commands_of(answer)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_operators_guide_says_what_each_kind_means(kind):
    assert f"`{kind}`" in OPERATIONS


def test_every_link_to_a_heading_has_its_heading():
    for name, text in {"alerts": DOC, "operations": OPERATIONS}.items():
        for file, anchor in re.findall(r"\]\((?:(\w+)\.md)?#([\w-]+)\)", text):
            there = (DOCS / f"{file or name}.md").read_text(encoding="utf-8")
            headings = re.findall(r"^#+ (.+)$", there, re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
            assert anchor in anchors, (name, anchor)


def test_the_guide_is_found_from_the_readme():
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")

    assert "docs/alerts.md" in readme


if __name__ == "__main__":
    print("\n".join(row(name if " " in name else f"`{name}`", text) for name, text in EXAMPLES.items()))
    print(len(LINK))
