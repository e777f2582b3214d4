"""From a validation error to a problem that a person can mend: where, what is wrong, what to write instead."""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.config.keys import known_keys
from shared.config.yaml_lines import Located, Path_


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. `path` is dotted, as in `psa.main.statuses`; empty for the file as a whole."""

    file: Path
    line: int
    path: str
    what: str
    remedy: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}: " + (f"{self.path}: " if self.path else "")
        return f"{where}{self.what}" + (f"\n    -> {self.remedy}" if self.remedy else "")


def explain(error: ValidationError, located: Located, file: Path) -> list[Problem]:
    """Return the problems in the order of the file."""
    problems = [_problem(details, located, file) for details in error.errors(include_url=False, include_context=True)]
    return sorted(problems, key=lambda problem: problem.line)


def dotted(path: Path_) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def _problem(details: ErrorDetails, located: Located, file: Path) -> Problem:
    kind, path = details["type"], _path_in_file(details["loc"], located.values)
    missing = kind in ("missing", "union_tag_not_found")
    what, remedy = _words(details, path)
    if kind == "value_error":
        path = _quoted_place(what, path, located) or path
    shown = (*path, details["loc"][-1]) if kind == "missing" else path
    return Problem(file, located.line(path if missing else shown), dotted(shown), what, remedy)


def _words(details: ErrorDetails, path: Path_) -> tuple[str, str]:
    explained = _EXPLAINED.get(details["type"])
    if explained is not None:
        return explained(details)
    if details["type"] == "string_pattern_mismatch" and path[-1:] == ("base_url",):
        return "is not a web address", "write https:// and the host, without a user name in it"
    if details["type"] == "string_pattern_mismatch":
        return "has characters that cannot stand here", "use small letters, digits and hyphens, a letter first"
    return details["msg"][:1].lower() + details["msg"][1:], "change the value"


def _unknown_key(details: ErrorDetails) -> tuple[str, str]:
    key = str(details["loc"][-1])
    return f"the key {key!r} is not known", _did_you_mean(key, known_keys(details["loc"][:-1]))


def _missing(details: ErrorDetails) -> tuple[str, str]:
    return "is missing", f"add `{details['loc'][-1]}:` here"


def _not_a_choice(details: ErrorDetails) -> tuple[str, str]:
    context = details.get("ctx", {})
    given = context.get("tag", details["input"])
    allowed = re.findall(r"'([^']*)'", str(context.get("expected") or context.get("expected_tags")))
    return f"{given!r} is not one of the choices", _did_you_mean(str(given), allowed)


def _no_kind(_details: ErrorDetails) -> tuple[str, str]:
    return "kind is missing", "add `kind:` with connectwise, autotask, halopsa or generic"


def _our_own(details: ErrorDetails) -> tuple[str, str]:
    """Cut our own message where what is wrong ends and what to write begins."""
    message = str(details.get("ctx", {}).get("error", details["msg"]))
    match = re.search(r"[;:,] (?=(?:write|use|give|keep|env:|without|if it)\b)|; | \((?=defined)", message)
    if match is None:
        return message, ""
    return message[: match.start()], message[match.end() :].rstrip(")")


def _not_text(details: ErrorDetails) -> tuple[str, str]:
    """Never shows what was given: it may be a secret that was put where a reference belongs."""
    is_plain = isinstance(details["input"], bool | int | float)
    what = f"should be text, and is {_kind(details['input'])}"
    return what, 'put it in quotes, "like this"' if is_plain else "write one word or text"


def _not_a_list(details: ErrorDetails) -> tuple[str, str]:
    return (
        f"should be a list, and is {_kind(details['input'])}",
        "write [first, second], or a line with a hyphen for each",
    )


def _not_a_section(details: ErrorDetails) -> tuple[str, str]:
    return f"should be a section with keys, and is {_kind(details['input'])}", "write its keys below it, indented"


def _out_of_range(details: ErrorDetails) -> tuple[str, str]:
    limits = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}
    context = details.get("ctx", {})
    said = " and ".join(f"{words} {context[name]:g}" for name, words in limits.items() if name in context)
    return f"{details['input']} is out of range", f"write {said}"


_EXPLAINED: Mapping[str, Callable[[ErrorDetails], tuple[str, str]]] = {
    "extra_forbidden": _unknown_key,
    "missing": _missing,
    "literal_error": _not_a_choice,
    "enum": _not_a_choice,
    "union_tag_invalid": _not_a_choice,
    "union_tag_not_found": _no_kind,
    "value_error": _our_own,
    "string_type": _not_text,
    "greater_than": _out_of_range,
    "greater_than_equal": _out_of_range,
    "less_than": _out_of_range,
    "less_than_equal": _out_of_range,
    "tuple_type": _not_a_list,
    "frozen_set_type": _not_a_list,
    "dict_type": _not_a_section,
    "mapping_type": _not_a_section,
    "model_type": _not_a_section,
    "model_attributes_type": _not_a_section,
}


def _kind(given: object) -> str:
    return _KINDS.get(type(given), type(given).__name__)


_KINDS: Mapping[type, str] = {
    str: "text", bool: "true or false", int: "a number", float: "a number",
    list: "a list", dict: "a section with keys", type(None): "empty",
}  # fmt: skip


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    names = sorted(known)
    folded = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(word.casefold().replace("-", "_"), folded, n=1, cutoff=0.6)
    listed = f"known here: {', '.join(names)}" if names else "remove it"
    return f"did you mean {folded[close[0]]}? {listed}" if close else listed


def _path_in_file(loc: tuple[str | int, ...], values: object) -> Path_:
    """Return `loc` without the steps that pydantic adds: the tag of a union, a key, a validator."""
    path: list[str | int] = []
    for step in loc:
        inside = _at(values, step)
        if inside is not None:
            values = inside[0]
            path.append(step)
    return tuple(path)


def _quoted_place(what: str, path: Path_, located: Located) -> Path_ | None:
    """Find the last value below `path` that the message quotes: a check of a whole section names no line itself."""
    quoted = re.search(r"'([^']+)'|\"([^\"]+)\"", what)
    if quoted is None:
        return None
    wanted = quoted[1] or quoted[2]
    return next((found for found in reversed(list(located.lines)) if _below(found, path, located) == wanted), None)


def _below(found: Path_, path: Path_, located: Located) -> object:
    if found[: len(path)] != path:
        return None
    value = located.values
    for step in found:
        value = (_at(value, step) or (None,))[0]
    return value


def _at(values: object, step: str | int) -> tuple[object] | None:
    if isinstance(values, dict) and step in values:
        return (values[step],)
    if isinstance(values, list) and isinstance(step, int) and step < len(values):
        return (values[step],)
    return None
