"""Reads the MSP's settings file, and says of every mistake where it is and what to write instead."""

import sys
from pathlib import Path

from pydantic import ValidationError

from shared.config.problems import Problem, dotted, explain
from shared.config.settings import Settings
from shared.config.yaml_lines import UnreadableSettings, read
from shared.errors import ConfigurationError
from shared.system_clock import SystemClock


def load(path: Path) -> Settings:
    """Return the settings. Raises ConfigurationError with every problem that `check` would name."""
    settings, problems = _read(path)
    if settings is None:
        raise ConfigurationError("\n".join(map(str, problems)))
    return settings


def check(path: Path) -> list[Problem]:
    """Return what is wrong with the file, in the order of its lines; nothing when `load` would take it."""
    return _read(path)[1]


def _read(path: Path) -> tuple[Settings | None, list[Problem]]:
    try:
        located = read(path)
    except OSError as error:
        return None, [Problem(path, 1, "", error.strerror or "cannot be read", "check the path and who may read it")]
    except UnreadableSettings as error:
        return None, [Problem(path, error.line, dotted(error.path), error.what, error.remedy)]
    try:
        return Settings.model_validate(located.values), []
    except ValidationError as error:
        return None, explain(error, located, path)


def main(arguments: list[str]) -> int:
    """Check the named file and print what its settings will do. Returns the exit status."""
    from shared.config.story import story  # noqa: PLC0415 - calendars and holidays: no function needs them to start

    if len(arguments) != 1:
        sys.stderr.write("usage: python -m shared.config.file FILE\n")
        return 2
    path = Path(arguments[0])
    settings, problems = _read(path)
    if settings is None:
        sys.stdout.write("\n".join(map(str, problems)) + f"\n\n{_count(len(problems), 'problem')} in {path}.\n")
        return 1
    try:
        sys.stdout.write("\n".join(story(settings, SystemClock().now())) + "\n")
    except ConfigurationError as error:
        sys.stdout.write(f"{path}:1: {error}\n")
        return 1
    return 0


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
