"""Writing YAML: plain data and the sources of its numbers, so that reading it gives the same data."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dirigiste.documents.nodes import Source

LINE: Final = 110
"""Longest mapping, in characters, that is written on one line."""

UNBROKEN: Final = 4096
"""Line width large enough that no line is broken."""


def to_yaml(data: object, *, width: int = LINE) -> str:
    """Write plain data, one entry on a line.

    Args:
        data: Mappings, lists, tuples and scalars.
        width: Characters after which long text goes on in another line.
    """
    yaml = YAML(typ="rt", pure=True)
    yaml.width = width
    yaml.allow_unicode = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    out = StringIO()
    yaml.dump(_lists(data), out)
    return out.getvalue()


def to_compact_yaml(data: object, sources: Mapping[str, Source]) -> str:
    """Write plain data with short mappings on one line, and numbers with their sources.

    Args:
        data: Mappings, lists, tuples and scalars; what is None is left out.
        sources: Sources by dotted path, entries of lists by their `name` where they have one.
    """
    return to_yaml(_compact(_present(data), (), sources, top=True), width=UNBROKEN)


def _lists(data: object) -> object:
    """Tuples as lists, which is what YAML has."""
    if isinstance(data, CommentedMap | CommentedSeq):
        return data
    if isinstance(data, dict):
        return {key: _lists(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_lists(value) for value in data]
    return data


def _present(data: object) -> object:
    """Leave out what is absent (None)."""
    if isinstance(data, dict):
        return {key: _present(value) for key, value in data.items() if value is not None}
    if isinstance(data, tuple | list):
        return [_present(value) for value in data]
    return data


def _compact(
    data: object, path: tuple[str, ...], sources: Mapping[str, Source], *, top: bool = False
) -> object:
    source = sources.get(".".join(path))
    if source is not None and not isinstance(data, dict | list):
        return _sourced(data, source)
    if isinstance(data, dict):
        table = CommentedMap()
        for key, value in data.items():
            table[key] = _compact(value, (*path, str(key)), sources)
        if not top and len(_flow(table)) <= LINE:
            table.fa.set_flow_style()
        return table
    if isinstance(data, list):
        items = CommentedSeq()
        for n, value in enumerate(data):
            label = value.get("name", str(n)) if isinstance(value, dict) else str(n)
            items.append(_compact(value, (*path, str(label)), sources))
        if all(not isinstance(value, dict) for value in data):
            items.fa.set_flow_style()
        return items
    return data


def _sourced(value: object, source: Source) -> CommentedMap:
    table = CommentedMap(value=value)
    if source.source:
        table["source"] = source.source
    if source.note:
        table["note"] = source.note
    table.fa.set_flow_style()
    return table


def _flow(data: object) -> str:
    """A mapping on one line, for an estimate of its length."""
    if isinstance(data, dict):
        return "{" + ", ".join(f"{key}: {_flow(value)}" for key, value in data.items()) + "}"
    if isinstance(data, list):
        return "[" + ", ".join(_flow(value) for value in data) + "]"
    return str(data)
