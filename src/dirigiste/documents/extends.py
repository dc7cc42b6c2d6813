"""Merging a document onto the one that it extends.

Mappings merge key by key; what `Rules` name merges in its own way: lists by the `name` of their entries, with
`remove: true` dropping one; mappings in which `null` drops an entry; mappings that choose among alternatives,
where another choice replaces the parent's. All else is replaced. Every node keeps its own place, so messages
name the file that a value comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from dirigiste.documents.nodes import Document, Entry, Items, Leaf, Node, Path, Table, is_sourced, name_of
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
    """What merges in its own way, by the path from the root."""

    lists: Mapping[Path, Kinds] = field(default_factory=dict)
    """Lists whose entries merge by `name`."""
    removable: frozenset[Path] = frozenset()
    """Mappings in which `null` drops an entry."""
    one_key: frozenset[Path] = frozenset()
    """Mappings of which exactly one key is given."""
    chosen_by: Mapping[Path, str] = field(default_factory=dict)
    """Mappings in which one key says which alternative it is."""


def resolve(
    document: Document, rules: Rules, opened: Callable[[str, str], Document], *, trail: tuple[str, ...] = ()
) -> Document:
    """Merge a document onto what it extends, and that onto what it extends in turn.

    Args:
        document: The document; without the key `extends` it comes back as it is.
        rules: What merges in its own way.
        opened: The document that a name stands for, as seen from a file.
        trail: Files that led here.

    Raises:
        InputError: A parent is missing, or files extend each other in a circle.
    """
    root = document.root
    if not isinstance(root, Table) or "extends" not in root.entries:
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
        circle = " -> ".join(FilePath(file).name for file in (*trail, parent.file))
        message = f"files extend each other in a circle: {circle}"
        raise InputError([Problem(place.file, place.line, place.column, "extends", message)])
    return merge(resolve(parent, rules, opened, trail=trail), document, rules)


def _at(problem: Problem, file: str, line: int, column: int) -> Problem:
    """Tell a fault in opening the parent where the child names it; one inside the parent stays there."""
    if problem.line:
        return problem
    return Problem(file, line, column, "extends", f"{problem.file}: {problem.message}", problem.suggestion)


def _identity(file: str) -> str:
    path = FilePath(file)
    return str(path.resolve()) if path.exists() else file


def merge(parent: Document, child: Document, rules: Rules) -> Document:
    """The child on top of the parent; the key `extends` is used up."""
    base, top = parent.root, child.root
    problems = [*parent.problems, *child.problems]
    assert isinstance(base, Table)  # what is read from a file is a mapping
    assert isinstance(top, Table)
    own = Table({key: entry for key, entry in top.entries.items() if key != "extends"}, top.place, top.size)
    merged = _Merger(rules, problems).tables(base, own, ())
    return Document(merged, child.file, problems)


class _Merger:
    def __init__(self, rules: Rules, problems: list[Problem]) -> None:
        self.rules = rules
        self.problems = problems

    def nodes(self, base: Node, top: Node, path: Path) -> Node:
        kinds = self.rules.lists.get(path)
        if kinds is not None and isinstance(base, Items) and isinstance(top, Items):
            return self.named(base, top, path, kinds)
        if not isinstance(base, Table) or not isinstance(top, Table):
            return top
        if is_sourced(base) or is_sourced(top) or self.other_choice(base, top, path):
            return top
        return self.tables(base, top, path)

    def tables(self, base: Table, top: Table, path: Path) -> Table:
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
        return Table(entries, top.place, base.size + top.size)

    def other_choice(self, base: Table, top: Table, path: Path) -> bool:
        key = self.rules.chosen_by.get(path)
        if key is not None:
            return key in top.entries and _text(top.get(key)) != _text(base.get(key))
        return path in self.rules.one_key and not (base.entries.keys() & top.entries.keys())

    def named(self, base: Items, top: Items, path: Path, kinds: Kinds) -> Items:
        merged: dict[str, Node] = {}
        for n, node in enumerate(base.nodes):
            merged[name_of(node) or f"#{n}"] = node
        for n, node in enumerate(top.nodes):
            name = name_of(node)
            if not isinstance(node, Table) or name is None:
                merged[f"##{n}"] = node
                continue
            under = merged.get(name)
            flag = node.get("remove")
            if flag is not None:
                self.remove(merged, name, flag, path, kinds)
            elif isinstance(under, Table):
                merged[name] = self.entry(under, node, path, kinds)
            else:
                merged[name] = node
        return Items(list(merged.values()), top.place, base.size + top.size)

    def entry(self, base: Table, top: Table, path: Path, kinds: Kinds) -> Table:
        """Merge two entries of one name; another kind drops the keys that belong to the old kind alone."""
        if kinds.key in top.entries and _text(top.get(kinds.key)) != _text(base.get(kinds.key)):
            left = {
                key: entry for key, entry in base.entries.items() if key != kinds.key and key not in kinds.own
            }
            base = Table(left, base.place, base.size)
        return self.tables(base, top, (*path, "*"))

    def remove(self, merged: dict[str, Node], name: str, flag: Node, path: Path, kinds: Kinds) -> None:
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
