"""A YAML document as a tree of nodes with their positions in the file.

A number may be written `{value: 0.06, source: "Author (year), Table 2", note: ...}`; the tree keeps it as
written, `plain` gives the number and `sources` the source. Nodes of several files may be in one tree, as
after `extends`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

KeyPath = tuple[str | int, ...]
"""Keys and list indices from the root."""

SOURCED_KEYS: Final = frozenset({"value", "source", "note"})


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file; line and column are counted from 1, 0 where unknown."""

    file: str = ""
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """Where a number comes from; `assumption` is a legal source."""

    source: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar."""

    value: Any
    place: Place = Place()
    size: int = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """The value of a key of a mapping, and the position of the key."""

    node: Node
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class Map:
    """A mapping."""

    entries: dict[str, Entry]
    place: Place = Place()
    size: int = 1

    def get(self, key: str) -> Node | None:
        """The value of `key`."""
        entry = self.entries.get(key)
        return entry.node if entry else None


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    nodes: list[Node]
    place: Place = Place()
    size: int = 1


Node = Leaf | Map | Items


def is_sourced(node: Node) -> bool:
    """Whether a node is a number with its source, `{value: ..., source: ...}`."""
    return isinstance(node, Map) and "value" in node.entries and node.entries.keys() <= SOURCED_KEYS


def name_of(node: Node) -> str | None:
    """The `name` of a list entry that has one."""
    name = node.get("name") if isinstance(node, Map) else None
    return name.value if isinstance(name, Leaf) and isinstance(name.value, str) else None


def from_plain(data: object, place: Place = Place()) -> Node:
    """Turn plain Python data into nodes without positions; scalars of NumPy become Python numbers."""
    if isinstance(data, Mapping):
        return Map({str(key): Entry(from_plain(value, place), place) for key, value in data.items()}, place)
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return Items([from_plain(value, place) for value in data], place)
    tolist = getattr(data, "tolist", None)
    if callable(tolist):
        converted = tolist()
        return from_plain(converted, place) if isinstance(converted, list) else Leaf(converted, place)
    return Leaf(data, place)


@dataclass(slots=True)
class Document:
    """A tree of nodes, the file that it comes from, and faults met in reading it."""

    root: Node
    file: str = ""
    problems: list[Any] = field(default_factory=list)
    """Faults found while reading that do not stop it, such as keys given twice."""

    def plain(self) -> Any:  # noqa: ANN401  (what a file holds)
        """The data without positions and sources."""
        return _plain(self.root)

    def sources(self) -> dict[str, Source]:
        """Sources of numbers by dotted path."""
        return dict(_sources(self.root, ()))

    def locate(self, path: KeyPath, *, key: bool = False) -> Place:
        """Position of the value at `path`, or of its key; where there is none, of the nearest one above."""
        node, place = self.root, self.root.place
        for n, part in enumerate(path):
            last = n == len(path) - 1
            if isinstance(node, Map) and part in node.entries:
                entry = node.entries[str(part)]
                unplaced = isinstance(entry.node, Map | Items) or entry.node.value is None
                place = entry.place if (last and key) or unplaced else entry.node.place
                node = entry.node
                if is_sourced(node) and last and not key and isinstance(node, Map):
                    place = node.entries["value"].node.place
            elif isinstance(node, Items) and isinstance(part, int) and 0 <= part < len(node.nodes):
                node = node.nodes[part]
                place = node.place
            else:
                break
        return place

    def dotted(self, path: KeyPath) -> str:
        """The path as users write it, with dots; entries of lists appear by their `name` if they have one."""
        parts: list[str] = []
        node: Node | None = self.root
        for part in path:
            following: Node | None = None
            shown = str(part)
            if isinstance(node, Map):
                following = node.get(shown)
            elif isinstance(node, Items) and isinstance(part, int) and 0 <= part < len(node.nodes):
                following = node.nodes[part]
                shown = name_of(following) or shown
            parts.append(shown)
            node = following
        return ".".join(parts)


def _plain(node: Node) -> Any:  # noqa: ANN401  (what a file holds)
    if isinstance(node, Leaf):
        return node.value
    if isinstance(node, Items):
        return [_plain(item) for item in node.nodes]
    if is_sourced(node):
        return _plain(node.entries["value"].node)
    return {key: _plain(entry.node) for key, entry in node.entries.items()}


def _sources(node: Node, path: tuple[str, ...]) -> Iterator[tuple[str, Source]]:
    if isinstance(node, Items):
        for n, item in enumerate(node.nodes):
            yield from _sources(item, (*path, name_of(item) or str(n)))
    elif isinstance(node, Map) and is_sourced(node):
        texts = {key: entry.node.value for key, entry in node.entries.items() if isinstance(entry.node, Leaf)}
        if "source" in texts or "note" in texts:
            yield ".".join(path), Source(_text(texts.get("source")), _text(texts.get("note")))
    elif isinstance(node, Map):
        for key, entry in node.entries.items():
            yield from _sources(entry.node, (*path, key))


def _text(value: object) -> str:
    return "" if value is None else str(value)
