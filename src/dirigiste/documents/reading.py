"""Reading YAML: from a file or a text to nodes with positions, and every fault of the text with its position.

`validation` turns the result into a declaration. The rules are those of YAML 1.2: `1e-8` is a number, `NO` is
text, a key given twice is a fault.
"""

from __future__ import annotations

import datetime as dt
import re
from io import StringIO
from pathlib import Path
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError, YAMLStreamError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode

from dirigiste.documents.nodes import Document, Entry, Items, Leaf, Map, Node, Place
from dirigiste.errors import InputError, Problem

MAX_NODES: Final = 2_000_000
"""Largest tree that is read, aliases counted as often as they are used."""

TAG: Final = "tag:yaml.org,2002:"


def read(path: str | Path) -> Document:
    """Read a YAML file.

    Args:
        path: The file.

    Returns:
        Its document; faults that do not stop the reading are in `document.problems`.

    Raises:
        InputError: The file is missing, unreadable, or not YAML.
    """
    path = Path(path)
    label = str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError.of("no such file", file=label) from None
    except IsADirectoryError:
        raise InputError.of("is a folder, not a file", file=label) from None
    except UnicodeDecodeError as error:
        raise InputError.of(f"is not text in UTF-8 (byte {error.start})", file=label) from None
    except OSError as error:
        raise InputError.of(f"cannot be read: {error.strerror}", file=label) from None
    return parse(text, file=label)


def parse(text: str, *, file: str = "<text>") -> Document:
    """Read YAML from a string; `file` is what messages call it."""
    try:
        root = YAML(typ="rt", pure=True).compose(StringIO(text))
        reader = _Reader(file)
        if root is None:
            raise InputError([Problem(file, 1, 1, "", "is empty; expected a mapping (key: value)")])
        node = reader.node(root)
    except MarkedYAMLError as error:
        raise InputError([_syntax(error, file)]) from None
    except (YAMLStreamError, YAMLError) as error:
        raise InputError([Problem(file, 1, 1, "", f"not YAML: {_first_line(error)}")]) from None
    except RecursionError:
        raise InputError([Problem(file, 1, 1, "", "is nested too deeply")]) from None
    if not isinstance(node, Map):
        what = "a list" if isinstance(node, Items) else "a single value"
        problem = Problem(
            file, node.place.line, node.place.column, "", f"must be a mapping (key: value), got {what}"
        )
        raise InputError([problem])
    return Document(node, file, reader.problems)


class _Reader:
    """Turns nodes of the YAML library into ours."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.done: dict[int, Node] = {}
        self.under_way: set[int] = set()

    def node(self, source: YamlNode, path: tuple[str, ...] = ()) -> Node:
        known = self.done.get(id(source))
        if known is not None:
            return known
        place = self.place(source)
        if id(source) in self.under_way:
            raise InputError([self.problem(place, "an alias (*) that contains itself")])
        self.under_way.add(id(source))
        if isinstance(source, MappingNode):
            result: Node = self.map(source, place, path)
        elif isinstance(source, SequenceNode):
            nodes = [self.node(item, (*path, str(n))) for n, item in enumerate(source.value)]
            result = Items(nodes, place, 1 + sum(node.size for node in nodes))
        else:
            result = Leaf(self.scalar(source), place)
        if result.size > MAX_NODES:
            raise InputError([self.problem(place, f"is too large: more than {MAX_NODES} entries")])
        self.under_way.discard(id(source))
        self.done[id(source)] = result
        return result

    def map(self, source: MappingNode, place: Place, path: tuple[str, ...]) -> Map:
        own: dict[str, Entry] = {}
        merged: dict[str, Entry] = {}
        for key_node, value_node in source.value:
            at = self.place(key_node)
            if _tag(key_node) == f"{TAG}merge":
                for name, entry in self.merge_key(value_node, at).items():
                    merged.setdefault(name, entry)
                continue
            if not isinstance(key_node, ScalarNode):
                self.problems.append(self.problem(at, "a key must be a word, not a list or mapping"))
                continue
            key = str(key_node.value)
            if key in own:
                first = own[key].place
                message = f"key given twice: first at line {first.line}, again at line {at.line}; keep one"
                self.problems.append(Problem(self.file, at.line, at.column, ".".join((*path, key)), message))
                continue
            own[key] = Entry(self.node(value_node, (*path, key)), at)
        entries = {**{key: entry for key, entry in merged.items() if key not in own}, **own}
        return Map(entries, place, 1 + sum(entry.node.size for entry in entries.values()))

    def merge_key(self, value: YamlNode, at: Place) -> dict[str, Entry]:
        node = self.node(value)
        entries: dict[str, Entry] = {}
        for merged in node.nodes if isinstance(node, Items) else [node]:
            if not isinstance(merged, Map):
                self.problems.append(self.problem(at, "`<<` must merge a mapping, or a list of mappings"))
                continue
            for name, entry in merged.entries.items():
                entries.setdefault(name, entry)
        return entries

    def scalar(self, source: YamlNode) -> object:
        # ruamel marks the folds of `>` scalars with bell characters, for writing them back
        text, tag = str(source.value).replace("\a", ""), _tag(source)
        kind = tag.removeprefix(TAG)
        try:
            match kind:
                case "null":
                    return None
                case "bool":
                    return text.lower() in {"true", "yes", "on"}
                case "int":
                    return _integer(text)
                case "float":
                    return _real(text)
                case "timestamp":
                    return _date(text)
                case "str":
                    return text
        except ValueError:
            return text
        self.problems.append(self.problem(self.place(source), f"unknown tag {tag}; leave it out"))
        return text

    def place(self, source: YamlNode) -> Place:
        mark = source.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1)

    def problem(self, place: Place, message: str) -> Problem:
        return Problem(place.file, place.line, place.column, "", message)


def _tag(node: YamlNode) -> str:
    return str(node.tag)


def _integer(text: str) -> int:
    text = text.replace("_", "")
    if re.fullmatch(r"[-+]?0[xob].*", text):
        return int(text, 0)
    return int(text)


def _real(text: str) -> float:
    text = text.replace("_", "").lower()
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


def _date(text: str) -> object:
    match = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text)
    return dt.date(*(int(part) for part in match.groups())) if match else text


SYNTAX: Final = (
    (r"character '\\t'", "a tab character; indent with spaces"),
    (
        r"mapping values are not allowed",
        "a `:` that cannot stand here; check the indentation, and quote text that has `: `",
    ),
    (r"another document", "a second document begins here (`---`); a file holds one"),
    (r"undefined alias", "an alias (*) to an anchor (&) that is not defined above"),
    (r"unexpected end of stream", "text ends inside quotes; close them"),
    (r"expected ',' or '\]'", "a list in [...] that is not closed or lacks a comma"),
    (r"expected ',' or '\}'", "a mapping in {...} that is not closed or lacks a comma"),
    (
        r"expected <block end>",
        "wrong indentation: entries of one mapping or list must start in the same column",
    ),
    (r"could not find expected ':'", "a key without `:`"),
)


def _syntax(error: MarkedYAMLError, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    raw = str(error.problem or error.context or "not YAML")
    message = next((ours for pattern, ours in SYNTAX if re.search(pattern, raw)), raw)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if error.context_mark is not None and mark is not None and error.context_mark.line != mark.line:
        message += f" (it begins at line {error.context_mark.line + 1})"
    return Problem(file, line, column, "", message)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
