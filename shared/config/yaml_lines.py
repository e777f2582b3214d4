"""From the text of a YAML file to plain values, remembering the line of each, so that a mistake can be pointed at.

YAML 1.2 readings: only true and false are booleans, 17:00 is text and not the number 1020, 0123 is not octal.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import yaml

MAX_BYTES = 1 << 20
MAX_DEPTH = 20
MAX_VALUES = 50_000  # counted as often as an alias repeats them: what is small on paper may be vast when written out

Path_ = tuple[str | int, ...]


class _Mark(Protocol):
    @property
    def line(self) -> int: ...


class UnreadableSettings(Exception):
    """The text is not YAML that can be taken in. `line` counts from 1; `remedy` says what to write instead."""

    def __init__(self, line: int, what: str, remedy: str, path: Path_ = ()) -> None:
        super().__init__(what)
        self.line, self.what, self.remedy, self.path = line, what, remedy, path


@dataclass(frozen=True, slots=True)
class Located:
    """The values of a file, and the line of each by its path from the top."""

    values: Any
    lines: dict[Path_, int] = field(default_factory=dict)

    def line(self, path: Path_) -> int:
        """Return the line of the value at `path`, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # libyaml where there is one
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own shape


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    ("float", r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)(?:[eE][-+]?[0-9]+)?", list("-+0123456789")),
    ("timestamp", r"[0-9]{4}-[0-9]{2}-[0-9]{2}", list("0123456789")),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first)


def read(path: Path) -> Located:
    """Return the values of the file. Raises UnreadableSettings, for whatever the file may hold, and OSError."""
    with path.open("rb") as file:
        raw = file.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise UnreadableSettings(1, "the file is over 1 MiB", "this is not a settings file; check the path")
    try:
        text = raw.decode("utf-8-sig")  # some editors begin a file with a byte order mark
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UnreadableSettings(line, "the file is not UTF-8 text", "save it as UTF-8 in the editor") from error
    return parse(text)


def parse(text: str) -> Located:
    """Return the values of YAML text. Raises UnreadableSettings."""
    try:
        _check_depth(text)
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                raise UnreadableSettings(1, "the file is empty", "start from infra/settings.example.yaml")
            lines: dict[Path_, int] = {}
            return Located(_Builder(loader, lines).value(node, ()), lines)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        raise _explained(error, text) from error


def _check_depth(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise UnreadableSettings(
                _line(event.start_mark), f"nested more than {MAX_DEPTH} deep", "check brackets and indentation"
            )


def _line(mark: _Mark | None) -> int:
    return 1 if mark is None else mark.line + 1


class _Builder:
    """Builds values from nodes: every key once, every alias counted as often as it is used."""

    def __init__(self, loader: _Loader, lines: dict[Path_, int]) -> None:
        self._loader = loader
        self._lines = lines
        self._values = 0

    def value(self, node: yaml.Node, path: Path_) -> object:
        line = self._lines.setdefault(path, _line(node.start_mark))
        self._values += 1
        if self._values > MAX_VALUES or len(path) > MAX_DEPTH:
            raise UnreadableSettings(line, "aliases make the file too large", "write values out, or use fewer aliases")
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path, line)

    def _mapping(self, node: yaml.MappingNode, path: Path_) -> dict[Any, object]:
        seen: dict[Any, int] = {}
        for key_node, _ in node.value:
            line = _line(key_node.start_mark)
            key = self._key(key_node, path)
            if key in seen:
                where = f"the key {key!r} stands twice, first in line {seen[key]}"
                raise UnreadableSettings(line, where, "keep one of them", (*path, key))
            seen[key] = line
        self._loader.flatten_mapping(node)  # `<<: *other` puts the keys of the other before these
        values: dict[Any, object] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, path)
            self._lines[*path, key] = seen.get(key, _line(key_node.start_mark))
            values[key] = self.value(value_node, (*path, key))
        return values

    def _key(self, node: yaml.Node, path: Path_) -> Any:  # noqa: ANN401 - YAML keys are text, numbers or dates
        line = _line(node.start_mark)
        if not isinstance(node, yaml.ScalarNode):
            raise UnreadableSettings(line, "a key is a word, not a list", "check the indentation", path)
        if node.tag == "tag:yaml.org,2002:merge":
            return "<<"
        return self._scalar(node, path, line)

    def _scalar(self, node: yaml.Node, path: Path_, line: int) -> object:
        try:
            return self._loader.construct_object(node, deep=True)
        except (ValueError, yaml.constructor.ConstructorError) as error:
            if isinstance(error, ValueError):
                what, remedy = f"{node.value!r} is not a date", "write YYYY-MM-DD, or put text in quotes"
            else:
                what, remedy = f"the tag {node.tag!r} is not known here", "remove what begins with an exclamation mark"
            raise UnreadableSettings(line, what, remedy, path) from error


_REMEDIES = (
    ("mapping values are not allowed", "put text that has a colon in quotes, and align keys with their neighbours"),
    ("unexpected end of stream", "a quote or bracket that was opened is not closed"),
    ("expected ',' or", "a bracket that was opened is not closed"),
    ("undefined alias", "a name after * must be defined before with &, or the text needs quotes"),
    ("another document", "one file holds one document: remove the line ---"),
    ("could not find expected ':'", "a key needs a colon and a space after it"),
)


def _explained(error: yaml.YAMLError, text: str) -> UnreadableSettings:
    if not isinstance(error, yaml.MarkedYAMLError):
        at = getattr(error, "position", 0)
        return UnreadableSettings(text.count("\n", 0, at) + 1, "a control character", "remove the invisible character")
    mark = error.problem_mark or error.context_mark
    number = mark.line if mark else 0
    what = str(error.problem or error.context)
    lines = text.splitlines() or [""]
    line = lines[min(number, len(lines) - 1)]
    if mark and "cannot start any token" in what:
        if "\t" in line[: mark.column + 1]:
            return UnreadableSettings(number + 1, "a tab in the indentation", "indent with spaces")
        what = f"text cannot begin with {line[mark.column : mark.column + 1]!r}"
        return UnreadableSettings(number + 1, what, "put it in quotes")
    remedy = next((remedy for sign, remedy in _REMEDIES if sign in what), "check indentation, quotes and colons here")
    return UnreadableSettings(number + 1, f"not valid YAML: {what}", remedy)
