"""Reads what a deployment says in its environment variables, and names the one that is missing or wrong."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from shared.errors import ConfigurationError

T = TypeVar("T")


class Environment:
    """Every method raises ConfigurationError for what it cannot read, with the variable's name and what to write."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def get(self, name: str) -> str:
        return self._variables.get(name, "").strip()

    def needed(self, name: str, hint: str = "") -> str:
        value = self.get(name)
        if not value:
            raise ConfigurationError(f"{name} is not set {hint}".strip())
        return value

    def listed(self, name: str) -> list[str]:
        """Return the parts between commas; none if the variable is not set."""
        return [part.strip() for part in self.get(name).split(",") if part.strip()]

    def choice(self, name: str, forms: Mapping[str, str], makers: Mapping[str, Callable[[str], T]]) -> T:
        """Read `kind:where` and return what the maker of that kind makes of `where`; `forms` has an example of each."""
        written = " or ".join(f"{kind}:{where}" for kind, where in forms.items())
        kind, _, where = self.needed(name, f"(write {written})").partition(":")
        if kind not in makers or not where:
            raise ConfigurationError(f"{name} is written {written}")
        return makers[kind](where)


def two_names(text: str) -> tuple[str, str]:
    """Split `project/database`. Raises ConfigurationError."""
    first, _, second = text.partition("/")
    if not first or not second or "/" in second:
        raise ConfigurationError(f"{text!r} should be two names with a slash between them")
    return first, second
