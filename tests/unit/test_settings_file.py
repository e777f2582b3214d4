"""The settings file: whatever is wrong with it is said with its line and a remedy; what is right is said in plain words."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from shared.config.file import check, load, main
from shared.config.story import story, warnings
from shared.errors import ConfigurationError

EXAMPLE = Path(__file__).parents[2] / "infra" / "settings.example.yaml"
SUNDAY = datetime(2026, 11, 22, 12, tzinfo=UTC)

GOOD = """\
msp: {name: Example IT, mail_from: support@example.com, own_domains: [example.com]}
calendars:
  office: {tz: Europe/Berlin, weekly: {mon: [["09:00", "17:00"]]}}
psa:
  desk:
    system: {kind: generic, signing_keys: ["env:DESK_KEY"]}
    statuses: {new: [New], waiting_on_client: [Asked], resolved: [Done]}
"""

ALERTS = """\
alerts:
  people: {dana: {name: Dana, email: dana@example.com}}
  chains: {all: {steps: [{tell: [dana]}]}}
  link_base: https://alerts.example.com
  link_keys: ["env:LINK_KEY"]
  heartbeat_url: env:HEARTBEAT
  all_quiet_at: "08:00"
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "settings.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def only_problem(path):
    (problem,) = check(path)
    with pytest.raises(ConfigurationError, match=f"settings.yaml:{problem.line}"):
        load(path)
    return problem


def test_the_example_is_right():
    assert check(EXAMPLE) == []
    assert set(load(EXAMPLE).psa) == {"connectwise", "autotask", "halo"}


def test_the_example_says_what_it_would_do():
    text = "\n".join(story(load(EXAMPLE), SUNDAY))

    assert "Mon 16 Nov  08:00-18:00" in text
    assert "Sun 22 Nov  closed" in text
    assert "2 h for Priority 1 - Critical" in text
    assert "resolved: Completed, Resolved" in text
    assert "no client gets one" in text


MISTAKES = {
    "unknown key": ("calendars:", "calender:", 2, "calender", "did you mean calendars?"),
    "unknown key inside a union": ("kind: generic", "kind: generic, tokn: x", 6, "psa.desk.system.tokn", "did you mean token?"),
    "missing key": ("name: Example IT, ", "", 1, "msp.name", "add `name:` here"),
    "unknown kind": ("kind: generic", "kind: genric", 6, "psa.desk.system", "did you mean generic?"),
    "no kind": ("kind: generic, ", "", 6, "psa.desk.system", "add `kind:`"),
    "number for text": ("new: [New]", "new: [1]", 7, "psa.desk.statuses.new[0]", "quotes"),
    "text for a list": ("new: [New]", "new: New", 7, "psa.desk.statuses.new", "[first, second]"),
    "text for a section": ("{name: Example IT, mail_from: support@example.com, own_domains: [example.com]}", "Example IT", 1, "msp", "indented"),
    "zone": ("Europe/Berlin", "Europe/Berln", 3, "calendars.office.tz", "Europe/Berlin"),
    "weekday": ("mon:", "monday:", 3, "calendars.office.weekly.monday", "known here: fri, mon"),
    "time of day": ("09:00", "9:00", 3, "calendars.office.weekly.mon[0][0]", "write HH:MM"),
    "address": ("support@example.com", "support", 1, "msp.mail_from", "write for example"),
    "secret as a value": ("env:DESK_KEY", "hunter2hunter2hunter2", 6, "psa.desk.system.signing_keys[0]", "env:NAME"),
    "status twice": ("resolved: [Done]", "resolved: [done], closed: [DONE]", 7, "psa.desk.statuses", "keep one"),
    "name of a connection": ("desk:", "Desk 1:", 5, "psa.Desk 1", "small letters"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_said_with_its_line_and_a_remedy(written, mistake):
    right, wrong, line, path, remedy = MISTAKES[mistake]
    assert right in GOOD
    said = [problem for problem in check(written(GOOD.replace(right, wrong))) if remedy in problem.remedy]

    assert [problem.line for problem in said] == [line]
    assert said[0].path.startswith(path)


def test_an_undefined_calendar_points_at_the_client_who_names_it(written):
    problem = only_problem(written(GOOD + "clients:\n  - company: Lake\n    updates:\n      calendar: ofice\n"))

    assert (problem.line, problem.path) == (11, "clients[0].updates.calendar")
    assert "office" in problem.remedy


def test_a_number_out_of_range_is_told_its_limits(written):
    problem = only_problem(written(GOOD + "updates:\n  hold_minutes: 99999\n"))

    assert (problem.line, problem.remedy) == (9, "write at most 10080")


def test_all_mistakes_are_told_at_once_and_in_order(written):
    lines = [
        problem.line for problem in check(written(GOOD.replace("msp:", "mps:").replace("kind: generic", "kind: x")))
    ]

    assert len(lines) == 3
    assert lines == sorted(lines)


@pytest.mark.parametrize(
    "wrong",
    ["signing_keys: hunter2-hunter2-hunter2", "signing_keys: [hunter2-hunter2-hunter2]", "signing_keys: [172635445]"],
)
def test_a_secret_that_was_written_into_the_file_is_not_repeated(written, wrong, capsys):
    path = written(GOOD.replace('signing_keys: ["env:DESK_KEY"]', wrong))

    assert main([str(path)]) == 1
    said = capsys.readouterr().out
    assert "signing_keys" in said
    assert "hunter2" not in said
    assert "172635445" not in said


BROKEN = {
    "tab": ("a:\n\t- b\n", 2, "indent with spaces"),
    "colon in text": ("a: b: c\n", 1, "quotes"),
    "open bracket": ("a: [b\nc: d\n", 2, "not closed"),
    "open quote": ("a: 'b\nc: d\n", 3, "not closed"),
    "at sign": ("a: @b\n", 1, "quotes"),
    "two documents": ("a: b\n---\nc: d\n", 2, "one document"),
    "unknown alias": ("a: *b\n", 1, "&"),
    "a tag of another language": ("a: !!python/object:os.system b\n", 1, "exclamation mark"),
    "a tagged section": ("a: !!python/dict {b: c}\n", 1, "exclamation mark"),
    "key twice": ("a: 1\nb: 2\na: 3\n", 3, "keep one"),
    "no such day": ("a: 2026-02-31\n", 1, "YYYY-MM-DD"),
    "a list as a key": ("[a, b]: c\n", 1, "indentation"),
    "control character": ("a: 1\nb: \x07\n", 2, "invisible"),
    "nothing": ("", 1, "settings.example.yaml"),
    "only a comment": ("# soon\n", 1, "settings.example.yaml"),
    "a plain word": ("soon\n", 1, "indented"),
    "too deep": ("a: " + "[" * 100_000, 1, "brackets"),
    "alias bomb": ("a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(f"{y}: &{y} [{', '.join([f'*{x}'] * 9)}]\n" for x, y in zip("abcdef", "bcdefg", strict=True)), 1, "aliases"),
    "alias of itself": ("a: &a [*a]\n", 1, "aliases"),
    "UTF-16": ("a: 1\n".encode("utf-16"), 1, "UTF-8"),
    "Latin-1": (b"a: 1\nb: M\xfcller\n", 2, "UTF-8"),
    "too large": (b"# \n" * 400_000, 1, "path"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00\x00", 1, "UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_file_that_is_not_yaml_is_said_with_its_line_and_a_remedy(written, kind):
    content, line, remedy = BROKEN[kind]
    problem = only_problem(written(content))

    assert problem.line == line
    assert remedy in problem.remedy


def test_a_missing_file_says_so(tmp_path):
    (problem,) = check(tmp_path / "none.yaml")

    assert problem.what == "No such file or directory"


def test_a_byte_order_mark_does_no_harm(written):
    assert check(written(b"\xef\xbb\xbf" + GOOD.encode())) == []


def test_words_and_times_are_what_they_look_like(written):
    text = GOOD.replace('["09:00", "17:00"]', "[09:00, 17:00]").replace("new: [New]", "new: [No, On, Yes]")
    settings = load(written(text))

    assert settings.calendars["office"].weekly["mon"] == (("09:00", "17:00"),)
    assert settings.psa["desk"].statuses.new == ("No", "On", "Yes")


def test_one_section_may_be_taken_over_into_another(written):
    text = (
        GOOD.replace("    statuses: {", "    statuses: &usual {")
        + "  other:\n    system: {kind: generic, signing_keys: ['env:K']}\n"
    )
    settings = load(written(text + "    statuses: {<<: *usual, closed: [Over]}\n"))

    assert settings.psa["other"].statuses.resolved == ("Done",)
    assert settings.psa["other"].statuses.closed == ("Over",)


def test_what_a_client_leaves_out_stays_as_for_all(written):
    text = GOOD + "updates: {hold_minutes: 7, promises: {default: 9, by_priority: {P1: 2, P2: 5}}}\n"
    text += "clients:\n  - {company: Lake, updates: {per_day: 1, promises: {by_priority: {p1: 1}}}}\n"
    updates = load(written(text)).updates_for(None, "LAKE")

    assert (updates.hold_minutes, updates.per_day, updates.promises.default) == (7, 1, 9)
    assert updates.promises.by_priority == {"P2": 5, "p1": 1}


def test_a_client_has_the_calendar_of_all_unless_it_names_one(written):
    text = GOOD.replace("office:", "desk-hours:") + "updates: {calendar: desk-hours}\n"
    text += "clients: [{company: Lake, updates: {per_day: 1}}]\n"

    assert load(written(text)).updates_for(None, "Lake").calendar == "desk-hours"


WARNINGS = {
    "no client will hear that a request is solved": GOOD.replace(", resolved: [Done]", ""),
    "no client will be asked": GOOD.replace("waiting_on_client: [Asked], ", ""),
    "no client gets one": GOOD,
    "own_domains does not name example.com": GOOD.replace("own_domains: [example.com]", "own_domains: []"),
    "calendars.office never opens": GOOD.replace(', weekly: {mon: [["09:00", "17:00"]]}', ""),
    "touchpoints lack resolved": GOOD + "updates: {touchpoints: [received]}\n",
    "lake stands twice": GOOD + "clients: [{company: Lake}, {company: LAKE}]\n",
}


@pytest.mark.parametrize("warning", WARNINGS)
def test_what_is_allowed_but_hardly_meant_is_warned_of(written, warning):
    assert warning in "\n".join(warnings(load(written(WARNINGS[warning])), SUNDAY))


def test_settings_that_do_what_they_say_have_no_warning(written):
    text = GOOD + "mail: {channel: smtp, smtp: {host: mail.example.com}}\n" + ALERTS

    assert warnings(load(written(text)), SUNDAY) == []


def test_the_command_prints_what_the_settings_do(written, capsys):
    assert main([str(written(GOOD))]) == 0
    assert "Example IT writes as Example IT <support@example.com>." in capsys.readouterr().out


def test_the_command_says_how_it_is_used(capsys):
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err


def test_a_country_without_known_holidays_fails_the_check(written, capsys):
    assert main([str(written(GOOD.replace("tz: Europe/Berlin", "tz: Europe/Berlin, country: XX")))]) == 1
    assert "public holidays" in capsys.readouterr().out


def test_the_example_reads_the_same_for_any_other_yaml_reader():
    """Somebody may generate it: nothing in it hangs on our readings of yes, no and 17:00."""
    sections = {"msp", "calendars", "psa", "updates", "clients", "mail", "alerts"}

    assert yaml.safe_load(EXAMPLE.read_text()).keys() == sections
