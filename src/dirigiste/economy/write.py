"""Economies out: YAML that reads back exactly."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dirigiste.economy.model import Economy
    from dirigiste.economy.nodes import Source

LINE: Final = 110
"""Longest mapping, in characters, that is written on one line."""


def to_yaml(economy: Economy, *, defaults: bool = False) -> str:
    """Write an economy; see `Economy.to_yaml`."""
    data = economy.model_dump(by_alias=True, exclude_unset=not defaults)
    yaml = YAML(typ="rt", pure=True)
    yaml.width = 4096
    yaml.allow_unicode = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = StringIO()
    yaml.dump(_written(_clean(data), (), economy.sources, top=True), out)
    return out.getvalue()


def _clean(data: object) -> object:
    """Leave out what is absent (None) and what a choice does not use."""
    if isinstance(data, dict):
        return {key: _clean(value) for key, value in data.items() if value is not None}
    if isinstance(data, tuple | list):
        return [_clean(value) for value in data]
    return data


def _written(
    data: object, path: tuple[str, ...], sources: Mapping[str, Source], *, top: bool = False
) -> object:
    source = sources.get(".".join(path))
    if source is not None and not isinstance(data, dict | list):
        return _sourced(data, source)
    if isinstance(data, dict):
        if path[:1] == ("edges",) and len(path) == 2:
            data = _edge(data)
        table = CommentedMap()
        for key, value in data.items():
            table[key] = _written(value, (*path, str(key)), sources)
        if not top and len(_flow(table)) <= LINE:
            table.fa.set_flow_style()
        return table
    if isinstance(data, list):
        items = CommentedSeq()
        for n, value in enumerate(data):
            label = value.get("name", str(n)) if isinstance(value, dict) else str(n)
            items.append(_written(value, (*path, str(label)), sources))
        if all(not isinstance(value, dict) for value in data):
            items.fa.set_flow_style()
        return items
    return data


def _edge(data: dict[str, Any]) -> dict[str, Any]:
    """An edge with what it is first, and a single origin as a plain name."""
    origin = data.get("from")
    data = {**data, "from": origin[0]} if isinstance(origin, list) and len(origin) == 1 else data
    first = [key for key in ("name", "title", "description", "from", "to", "kind") if key in data]
    return {key: data[key] for key in (*first, *(key for key in data if key not in first))}


def _sourced(value: object, source: Source) -> CommentedMap:
    table = CommentedMap(value=value)
    if source.source:
        table["source"] = source.source
    if source.note:
        table["note"] = source.note
    table.fa.set_flow_style()
    return table


def _flow(data: object) -> str:
    """Roughly what a mapping looks like on one line, for its length."""
    if isinstance(data, dict):
        return "{" + ", ".join(f"{key}: {_flow(value)}" for key, value in data.items()) + "}"
    if isinstance(data, list):
        return "[" + ", ".join(_flow(value) for value in data) + "]"
    return str(data)
