"""Merging an economy onto the one that it extends.

Mappings merge key by key; edges merge by `name`, new ones are appended; `remove: true` drops an edge and
`null` a status. Where a mapping chooses among alternatives (the law of ability, the kind of an edge, a
distribution, the labour market) and the child chooses another one, the child's choice replaces the parent's.
All else is replaced. Every node keeps its own place, so messages name the file that a value comes from.
"""

from __future__ import annotations

from dirigiste.economy.nodes import Document, Entry, Items, Leaf, Node, Path, Table, is_sourced, name_of
from dirigiste.errors import Problem

CHOOSING = {("ability", "distribution"), ("closure", "labor"), ("closure", "capital")}
"""Mappings of which exactly one key is given."""


def merge(parent: Document, child: Document) -> Document:
    """The child on top of the parent; the key `extends` is used up."""
    base, top = parent.root, child.root
    problems = [*parent.problems, *child.problems]
    if not isinstance(base, Table) or not isinstance(top, Table):
        return Document(top, child.file, problems)
    own = Table({key: entry for key, entry in top.entries.items() if key != "extends"}, top.place, top.size)
    merged = _Merger(problems).tables(base, own, ())
    return Document(merged, child.file, problems)


class _Merger:
    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems

    def nodes(self, base: Node, top: Node, path: Path) -> Node:
        if path == ("edges",) and isinstance(base, Items) and isinstance(top, Items):
            return self.edges(base, top)
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
                and path == ("statuses",)
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
        if path == ("ability",):
            return "law" in top.entries and _text(top.get("law")) != _text(base.get("law"))
        return path in CHOOSING and not (base.entries.keys() & top.entries.keys())

    def edges(self, base: Items, top: Items) -> Items:
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
                self.remove(merged, name, flag)
            elif isinstance(under, Table):
                merged[name] = self.edge(under, node)
            else:
                merged[name] = node
        return Items(list(merged.values()), top.place, base.size + top.size)

    def edge(self, base: Table, top: Table) -> Table:
        """Merge two edges of one name; another kind drops the keys that belong to the old kind alone."""
        if "kind" in top.entries and _text(top.get("kind")) != _text(base.get("kind")):
            own = {"kind", "rate", "actual", "perceived", "size", "cost", "scale"}
            base = Table(
                {key: entry for key, entry in base.entries.items() if key not in own}, base.place, base.size
            )
        return self.tables(base, top, ("edges", "*"))

    def remove(self, merged: dict[str, Node], name: str, flag: Node) -> None:
        place = flag.place
        if not isinstance(flag, Leaf) or flag.value is not True:
            message = "must be true; leave the key out to keep the edge"
        elif name not in merged:
            message = "there is no edge of that name to remove"
        else:
            del merged[name]
            return
        self.problems.append(Problem(place.file, place.line, place.column, f"edges.{name}.remove", message))


def _text(node: Node | None) -> str:
    return str(node.value) if isinstance(node, Leaf) else ""
