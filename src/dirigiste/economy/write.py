"""Writing economies: YAML from which `loads` reads the same economy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dirigiste.documents.writing import to_compact_yaml

if TYPE_CHECKING:
    from dirigiste.economy.declaration import EconomyDeclaration


def to_yaml(economy: EconomyDeclaration, *, defaults: bool = False) -> str:
    """Write an economy; see `Economy.to_yaml`."""
    data = economy.model_dump(by_alias=True, exclude_unset=not defaults)
    if "edges" in data:
        data["edges"] = [_edge(edge) for edge in data["edges"]]
    return to_compact_yaml(data, economy.sources)


def _edge(data: dict[str, Any]) -> dict[str, Any]:
    """An edge with its name, origin, destination and kind first, and a single origin as a plain name."""
    origin = data.get("from")
    data = {**data, "from": origin[0]} if isinstance(origin, list | tuple) and len(origin) == 1 else data
    first = [key for key in ("name", "title", "description", "from", "to", "kind") if key in data]
    return {key: data[key] for key in (*first, *(key for key in data if key not in first))}
