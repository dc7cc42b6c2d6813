"""How an economy merges onto the one that it extends."""

from typing import Final

from dirigiste.documents.extends import Kinds, Rules

RULES: Final = Rules(
    lists={
        ("edges",): Kinds(
            "edge", "kind", frozenset({"rate", "actual", "perceived", "size", "cost", "scale"})
        ),
    },
    removable=frozenset({("statuses",)}),
    one_key=frozenset({("ability", "distribution"), ("closure", "labor"), ("closure", "capital")}),
    chosen_by={("ability",): "law"},
)
"""Edges merge by name, `null` drops a status; another law, kind, distribution or market replaces the old."""
