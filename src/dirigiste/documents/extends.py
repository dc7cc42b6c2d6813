"""Merging a document with the one that it extends.

Mappings merge key by key. `Rules` name the exceptions: lists merge by the `name` of their entries, and
`remove: true` drops one; in some mappings `null` drops an entry; in mappings that choose among alternatives
another choice replaces that of the parent. Everything else is replaced. Every node keeps its position, so
messages name the file that a value comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dirigiste.documents.nodes import Document, Entry, Items, KeyPath, Leaf, Map, Node, is_sourced, name_of
from dirigiste.errors import InputError, Problem


@dataclass(frozen=True)
class Kinds:
    """How entries of a list that merges by name choose among alternatives."""

    entry: str
    """What an entry is called."""
    key: str
    """Key of an entry that says of which kind it is."""
    own: frozenset[str]
    """Keys that belong to one kind; another kind drops them."""


@dataclass(frozen=True)
class Rules:
    """Exceptions to merging key by key, by the path from the root."""

    lists: Mapping[KeyPath, Kinds] = field(default_factory=dict)
    """Lists whose entries merge by `name`."""
    removable: frozenset[KeyPath] = frozenset()
    """Mappings in which `null` drops an entry."""
    one_key: frozenset[KeyPath] = frozenset()
    """Mappings of which exactly one key is given."""
    chosen_by: Mapping[KeyPath, str] = field(default_factory=dict)
    """Mappings in which one key says which alternative it is."""


def resolve(
    document: Document, rules: Rules, opened: Callable[[str, str], Document], *, trail: tuple[str, ...] = ()
) -> Document:
    """Merge a document with the one that it extends, and that with the one that it extends in turn.

    Args:
        document: The document; without the key `extends` it is returned as it is.
        rules: Exceptions to merging key by key.
        opened: Opens the document of a name, relative to a file.
        trail: The documents, from the first one on, that extend this one.

    Raises:
        InputError: A parent is missing, or files extend each other in a circle.
    """
    root = document.root
    if not isinstance(root, Map) or "extends" not in root.entries:
        return document
    node = root.entries["extends"].node
    place = node.place
    if not isinstance(node, Leaf) or not isinstance(node.value, str):
        raise InputError(
            [Problem(place.file, place.line, place.column, "extends", "must be a file or a shipped name")]
        )
    trail = (*trail, _identity(document.file))
    try:
        parent = opened(node.value, document.file)
    except InputError as error:
        raise InputError(
            [_at(problem, place.file, place.line, place.column) for problem in error.problems]
        ) from None
    if _identity(parent.file) in trail:
        circle = " -> ".join(Path(file).name for file in (*trail, parent.file))
        message = f"files extend each other in a circle: {circle}"
        raise InputError([Problem(place.file, place.line, place.column, "extends", message)])
    return merge(resolve(parent, rules, opened, trail=trail), document, rules)


def _at(problem: Problem, file: str, line: int, column: int) -> Problem:
    """A fault in opening the parent, at the line of the child that names it; faults inside the parent keep
    their place.
    """
    if problem.line:
        return problem
    return Problem(file, line, column, "extends", f"{problem.file}: {problem.message}", problem.suggestion)


def _identity(file: str) -> str:
    path = Path(file)
    return str(path.resolve()) if path.exists() else file


def merge(parent: Document, child: Document, rules: Rules) -> Document:
    """The parent with the entries of the child put over it, without the key `extends`."""
    base, top = parent.root, child.root
    problems = [*parent.problems, *child.problems]
    assert isinstance(base, Map)  # what is read from a file is a mapping
    assert isinstance(top, Map)
    own = Map({key: entry for key, entry in top.entries.items() if key != "extends"}, top.place, top.size)
    merged = _Merger(rules, problems).maps(base, own, ())
    return Document(merged, child.file, problems)


class _Merger:
    def __init__(self, rules: Rules, problems: list[Problem]) -> None:
        self.rules = rules
        self.problems = problems

    def nodes(self, base: Node, top: Node, path: KeyPath) -> Node:
        kinds = self.rules.lists.get(path)
        if kinds is not None and isinstance(base, Items) and isinstance(top, Items):
            return self.named(base, top, path, kinds)
        if not isinstance(base, Map) or not isinstance(top, Map):
            return top
        if is_sourced(base) or is_sourced(top) or self.other_choice(base, top, path):
            return top
        return self.maps(base, top, path)

    def maps(self, base: Map, top: Map, path: KeyPath) -> Map:
        entries = dict(base.entries)
        for key, entry in top.entries.items():
            under = entries.get(key)
            if (
                under is not None
                and path in self.rules.removable
                and isinstance(entry.node, Leaf)
                and entry.node.value is None
            ):
                del entries[key]
            elif under is None:
                entries[key] = entry
            else:
                entries[key] = Entry(self.nodes(under.node, entry.node, (*path, key)), entry.place)
        return Map(entries, top.place, base.size + top.size)

    def other_choice(self, base: Map, top: Map, path: KeyPath) -> bool:
        key = self.rules.chosen_by.get(path)
        if key is not None:
            return key in top.entries and _text(top.get(key)) != _text(base.get(key))
        return path in self.rules.one_key and not (base.entries.keys() & top.entries.keys())

    def named(self, base: Items, top: Items, path: KeyPath, kinds: Kinds) -> Items:
        merged: dict[str, Node] = {}
        for n, node in enumerate(base.nodes):
            merged[name_of(node) or f"#{n}"] = node
        for n, node in enumerate(top.nodes):
            name = name_of(node)
            if not isinstance(node, Map) or name is None:
                merged[f"##{n}"] = node
                continue
            under = merged.get(name)
            flag = node.get("remove")
            if flag is not None:
                self.remove(merged, name, flag, path, kinds)
            elif isinstance(under, Map):
                merged[name] = self.entry(under, node, path, kinds)
            else:
                merged[name] = node
        return Items(list(merged.values()), top.place, base.size + top.size)

    def entry(self, base: Map, top: Map, path: KeyPath, kinds: Kinds) -> Map:
        """Merge two entries of one name; another kind drops the keys that belong to the old kind alone."""
        if kinds.key in top.entries and _text(top.get(kinds.key)) != _text(base.get(kinds.key)):
            left = {
                key: entry for key, entry in base.entries.items() if key != kinds.key and key not in kinds.own
            }
            base = Map(left, base.place, base.size)
        return self.maps(base, top, (*path, "*"))

    def remove(self, merged: dict[str, Node], name: str, flag: Node, path: KeyPath, kinds: Kinds) -> None:
        place = flag.place
        if not isinstance(flag, Leaf) or flag.value is not True:
            message = f"must be true; leave the key out to keep the {kinds.entry}"
        elif name not in merged:
            message = f"there is no {kinds.entry} of that name to remove"
        else:
            del merged[name]
            return
        key = ".".join(str(part) for part in (*path, name, "remove"))
        self.problems.append(Problem(place.file, place.line, place.column, key, message))


def _text(node: Node | None) -> str:
    return str(node.value) if isinstance(node, Leaf) else ""
