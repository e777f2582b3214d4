"""The settings, as they are written down: each one is explained with its default, and the example keeps the defaults.

Also what else the guides say of the code: its environment variables, its files, its reasons not to beat.
"""

import re
import types
from enum import Enum
from pathlib import Path
from typing import Annotated, Union, get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from shared.config.alerts import AlertSettings, SmsSettings
from shared.config.file import check, load
from shared.config.settings import Settings
from shared.config.sms_story import sms_story
from tests.unit.test_alert_doc import SECTIONS as EXPLAINED_WITH_ALERTS

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "infra" / "settings.example.yaml"
TEXT = EXAMPLE.read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([^`]+)` \| (.+) \| ([^|]+) \|$", re.MULTILINE)


def read(*path):
    return ROOT.joinpath(*path).read_text(encoding="utf-8")


# ── the reference ──────────────────────────────────────────────────────────────────────────────────────────────────


def sections_in(annotation):
    """The sections that a field's type holds, and what stands in a path between the field and their members."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [("", annotation)]
    if origin is Annotated:
        return sections_in(arguments[0])
    if origin in (Union, types.UnionType):
        return [found for each in arguments for found in sections_in(each)]
    between = {dict: ".<name>", tuple: "[]"}.get(origin, "")
    return [(between + more, section) for each in arguments for more, section in sections_in(each)]


def settings_of(section, path=""):
    """Every setting that no other is a part of: its path, and its field."""
    for name, field in section.model_fields.items():
        inner = sections_in(field.annotation)
        if path and name in ("statuses", "updates"):  # all statuses have one row; updates have theirs already
            inner = []
        if not inner:
            yield path + name, section, field
        for between, part in inner:
            yield from settings_of(part, f"{path}{name}{between}.")


EVERY: dict[str, list[tuple[type[BaseModel], FieldInfo]]] = {}
for where, of, setting in settings_of(Settings):
    EVERY.setdefault(where, []).append((of, setting))
HERE = {
    path: found
    for path, found in EVERY.items()
    if not path.endswith(".kind") and found[0][0] not in EXPLAINED_WITH_ALERTS
}
SAID = {path: default for path, _, default in ROW.findall(read("docs", "settings.md"))}


@pytest.mark.parametrize("path", HERE)
def test_every_setting_is_explained(path):
    assert path in SAID, f"docs/settings.md has no row for {path}"


def test_nothing_is_explained_that_is_no_setting():
    assert sorted(set(SAID) - set(HERE)) == []


@pytest.mark.parametrize("path", sorted(set(HERE) & set(SAID)))
def test_the_default_that_is_said_is_the_default(path):
    for _, field in HERE[path]:
        if field.is_required():
            assert SAID[path] == "needed" or len(HERE[path]) > 1
        elif isinstance(field.default, bool):
            assert SAID[path] == str(field.default).lower()
        elif isinstance(field.default, int | float):
            assert float(SAID[path]) == field.default
        elif isinstance(field.default, str) and field.default:
            assert SAID[path] == field.default
        elif isinstance(field.default, tuple) and field.default:
            assert SAID[path] == ", ".join(map(str, field.default))
        else:
            assert SAID[path] not in ("needed", "true", "false") or len(HERE[path]) > 1


# ── the example ────────────────────────────────────────────────────────────────────────────────────────────────────

DELIBERATE = {
    "alerts.sms.price_per_segment": "without a price the estimate has no sum",
    "alerts.chains.desk.steps[1].after_minutes": "a chain is a matter of taste; at once is only for its first step",
    "alerts.chains.on-call.steps[1].after_minutes": "the same",
    "alerts.chains.on-call.steps[2].after_minutes": "the same",
    "alerts.routes[1].hours": "a route that looks at the hour",
}


def differences(section: BaseModel, path=""):
    """What the file says and is not the default. What has no default, or an empty one, is for its owner to fill in."""
    for name in type(section).model_fields:
        value, field = getattr(section, name), type(section).model_fields[name]
        default = PydanticUndefined if field.is_required() else field.get_default(call_default_factory=True)
        if name not in section.model_fields_set or value == default:
            continue
        found = list(parts(value, f"{path}{name}"))
        if found:
            for where, part in found:
                yield from differences(part, f"{where}.")
        elif default is not PydanticUndefined and default not in (None, "", (), {}, frozenset()):
            yield f"{path}{name}"


def parts(value, path):
    """The sections inside a value, each with its path."""
    if isinstance(value, BaseModel):
        yield path, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from parts(each, f"{path}.{key.value if isinstance(key, Enum) else key}")
    elif isinstance(value, tuple):
        for place, each in enumerate(value):
            yield from parts(each, f"{path}[{place}]")


def test_the_example_keeps_the_defaults_except_where_it_means_not_to():
    different = {path for path in differences(load(EXAMPLE)) if not path.startswith("clients[")}  # what clients are for

    assert different == set(DELIBERATE)


def test_another_number_would_be_noticed(tmp_path):
    copy = tmp_path / "settings.yaml"
    copy.write_text(
        TEXT.replace("urgent_digest_minutes: 6", "urgent_digest_minutes: 3").replace("per_day: 5", "per_day: 4")
    )

    assert set(differences(load(copy))) >= {"alerts.urgent_digest_minutes", "updates.per_day"}


def test_the_example_starts_without_a_secret_for_links_or_for_the_watch():
    alerts = load(EXAMPLE).alerts

    assert (alerts.link_base, alerts.link_keys, alerts.heartbeat_url) == (None, (), None)
    assert alerts.people


def test_what_the_example_has_as_comments_is_right_when_it_is_taken_in(tmp_path):
    names = "link_base|link_keys|heartbeat_url|countries|chat|ways|graph|  tenant|  client_id|  client_secret|  mailbox"
    taken_in, count = re.subn(rf"^( +)# ((?:{names}): ?)", r"\1\2", TEXT, flags=re.MULTILINE)
    copy = tmp_path / "settings.yaml"
    copy.write_text(taken_in.replace("channel: mailbox", "channel: graph"), encoding="utf-8")

    assert count == len(names.split("|"))
    assert check(copy) == []
    assert str(load(copy).alerts.link_base).endswith("/alert_reply")


def test_one_secret_has_one_name():
    everywhere = TEXT + "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))

    assert set(re.findall(r"env:(TWILIO_ACCOUNT\w*)", everywhere)) == {"TWILIO_ACCOUNT_SID"}


# ── the address for answers by SMS ─────────────────────────────────────────────────────────────────────────────────


def told_of_sms(**alerts):
    twilio = {"account": "env:A", "auth_tokens": ["env:T"], "sender": "+353 87 555 0100"}
    sms = SmsSettings.model_validate({"channel": alerts.pop("channel", "twilio"), "twilio": twilio})
    settings = load(EXAMPLE).model_copy(update={"alerts": AlertSettings(sms=sms, **alerts)})
    return "\n".join(sms_story(settings))


@pytest.mark.parametrize("base", ["https://a.example/alert_reply", "https://a.example/alert_reply/"])
def test_the_address_that_twilio_brings_answers_to_is_told(base):
    assert "A message comes in: https://a.example/alert_reply/sms (webhook, HTTP POST)" in told_of_sms(link_base=base)


def test_without_an_address_it_is_told_that_nobody_can_answer():
    assert "Nobody can answer by SMS" in told_of_sms()


@pytest.mark.parametrize("channel", ["phone", "off"])
def test_whoever_does_not_use_twilio_hears_nothing_of_its_address(channel):
    assert "A message comes in" not in told_of_sms(channel=channel, link_base="https://a.example/alert_reply")


# ── what else the guides say of the code ───────────────────────────────────────────────────────────────────────────


def test_every_environment_variable_is_explained():
    wiring = "".join(read("shared", name) for name in ("wiring.py", "wiring_alerts.py"))
    named = set(re.findall(r'"(PROMISEKEEPER_[A-Z_]+|FIRESTORE_EMULATOR_HOST|FUNCTION_TARGET)"', wiring))
    rows = set(re.findall(r"^\| `([A-Z_]+)` \|", read("docs", "deploy.md"), re.MULTILINE))

    assert named | {"FUNCTION_TARGET"} == rows


def test_every_reason_of_the_heartbeat_has_its_row():
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "functions" / "heartbeat").glob("*.py"))
    reasons = set(re.findall(r'note\(\s*why="(\w+)"', code))
    table = read("docs", "operations.md").partition("### The watch rings")[2].partition("\n### ")[0]

    assert "no_answer_through_the_queue" in reasons
    assert set(re.findall(r"^\| `why: (\w+)`", table, re.MULTILINE)) == reasons


GUIDES = ["README.md", "CONTRIBUTING.md", *(f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]


@pytest.mark.parametrize("guide", GUIDES)
def test_every_link_leads_somewhere(guide):
    text, folder = read(guide), (ROOT / guide).parent
    for file, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([\w-]+))?\)", text):
        there = folder / file if file else ROOT / guide
        assert there.exists(), (guide, file)
        if anchor:
            headings = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
            assert anchor in anchors, (guide, file, anchor)


@pytest.mark.parametrize("guide", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_every_guide_is_found_from_the_readme(guide):
    assert f"(docs/{guide}" in read("README.md")


def test_every_file_that_contributors_are_sent_to_is_there():
    named = re.findall(r"`((?:functions|shared|infra|tests|docs)/[\w/.-]*[\w/])`", read("CONTRIBUTING.md"))

    assert len(named) > 20
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_contributors_are_told_of_every_file_that_decides_who_is_told():
    row = next(line for line in read("CONTRIBUTING.md").splitlines() if "`functions/alert_manager/`" in line)
    files = {path.name for path in (ROOT / "functions" / "alert_manager").glob("*.py")} - {"__init__.py", "main.py"}

    assert {name for name in files if f"`{name}`" not in row} == set()


def test_the_settings_that_the_reference_shows_are_yaml():
    shown = [text for text in re.findall(r"`(\w+: \[[^`]+\])`", read("docs", "settings.md")) if ":" in text]

    assert shown
    for text in shown:
        assert isinstance(yaml.safe_load(text), dict), text
