"""Parameters of an economy by dotted paths (`edges.crackdown.actual`): reading, changing, listing.

Edges appear by their name, entries of other lists by their number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

from dirigiste.documents import type_paths
from dirigiste.documents.nodes import Document, Map, Source, from_plain, is_sourced
from dirigiste.documents.words import near
from dirigiste.economy.build import build
from dirigiste.economy.declaration import EconomyDeclaration
from dirigiste.economy.edges import EnforcementEdge
from dirigiste.economy.synonyms import SYNONYMS
from dirigiste.errors import InputError, Problem

E = TypeVar("E", bound=EconomyDeclaration)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number of an economy."""

    path: str
    """Dotted path, such as `edges.crackdown.actual`."""
    value: float
    unit: str
    description: str
    source: Source | None = None


def get(economy: EconomyDeclaration, path: str) -> object:
    """Value at a dotted path."""
    value: object = economy
    for part in path.split("."):
        value = _below(value, part, path)
    return value


def _below(value: object, part: str, path: str) -> object:
    if isinstance(value, EnforcementEdge) and part == "perceived":
        return value.perceived_rate
    children = _children(value)
    if part in children:
        return children[part]
    raise InputError.of("nothing there", key=path, suggestion=_corrected(path, part, children))


def _corrected(path: str, part: str, allowed: Iterable[str]) -> str | None:
    """The path with one part replaced by what was probably meant."""
    better = near(part, allowed, SYNONYMS)
    if better is None:
        return None
    parts = path.split(".")
    parts[parts.index(part)] = better
    return ".".join(parts)


def _children(value: object) -> dict[str, Any]:
    if isinstance(value, BaseModel):
        names = type(value).model_fields
        return {type_paths.key_of(name, field): getattr(value, name) for name, field in names.items()}
    if isinstance(value, dict):
        return value
    if isinstance(value, tuple):
        return {getattr(item, "name", str(n)): item for n, item in enumerate(value)}
    return {}


def parameters(economy: EconomyDeclaration) -> Iterator[Parameter]:
    """Every number of an economy."""
    for path, value, field in _numbers(economy, ""):
        extra = field.json_schema_extra
        unit = str(extra.get("x-unit", "")) if isinstance(extra, dict) else ""
        yield Parameter(path, value, unit, field.description or "", economy.sources.get(path))


def _numbers(model: BaseModel, prefix: str) -> Iterator[tuple[str, float, Any]]:
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if value is None and name == "perceived" and isinstance(model, EnforcementEdge):
            value = model.perceived_rate
        path = f"{prefix}{type_paths.key_of(name, field)}"
        if isinstance(field.json_schema_extra, dict) and "x-unit" in field.json_schema_extra:
            yield from ((at, number, field) for at, number in _flat(value, path))
        else:
            for key, inner in _inner_models(value):
                yield from _numbers(inner, f"{path}.{key}." if key else f"{path}.")


def _inner_models(value: object) -> Iterator[tuple[str, BaseModel]]:
    if isinstance(value, BaseModel):
        yield "", value
    elif isinstance(value, dict | tuple):
        yield from ((key, item) for key, item in _children(value).items() if isinstance(item, BaseModel))


def _flat(value: object, path: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, tuple):
        for n, item in enumerate(value):
            yield from _flat(item, f"{path}.{n}")
    elif isinstance(value, int | float):
        yield path, value


def changed(economy: E, changes: Mapping[str, Any]) -> E:
    """The economy with other values at dotted paths."""
    data = economy.model_dump(by_alias=True, exclude_unset=True)
    problems: list[Problem] = []
    kept = economy.sources
    for path, value in changes.items():
        try:
            _set(data, path, value)
        except InputError as error:
            problems += error.problems
        kept = {at: source for at, source in kept.items() if at != path and not at.startswith(path + ".")}
    if problems:
        raise InputError(problems)
    document = Document(from_plain(data))
    return build(type(economy), document, sources={**kept, **document.sources()})


def _set(data: dict[str, Any], path: str, value: object) -> None:
    *front, last = path.split(".")
    here: Any = data
    for n, part in enumerate(front):
        named = front[:n] == ["statuses"]
        if isinstance(here, list | tuple):
            here = here[_index(here, part, path)]
            continue
        if named and part not in here:
            raise InputError.of("no such status", key=path, suggestion=_corrected(path, part, here))
        inner = here.get(part)
        if isinstance(inner, tuple):
            inner = here[part] = list(inner)
        if not isinstance(inner, dict | list):
            inner = here[part] = [] if [*front[:n], part] == ["edges"] else {}
        here = inner
    if isinstance(here, dict):
        if value is None and front == ["statuses"]:
            if last not in here:
                raise InputError.of("no such status", key=path, suggestion=_corrected(path, last, here))
            del here[last]
        else:
            here[last] = value
        return
    names = [item.get("name") for item in here if isinstance(item, dict)]
    if front == ["edges"] and last not in names and isinstance(value, Mapping):
        here.append({"name": last, **value})
        return
    index = _index(here, last, path)
    if value is None and front == ["edges"]:
        del here[index]
    elif isinstance(value, Mapping) and not _is_sourced_mapping(value) and isinstance(here[index], dict):
        here[index] = {"name": last, **value} if last in names else dict(value)
    else:
        here[index] = value


def _is_sourced_mapping(value: Mapping[str, Any]) -> bool:
    """Whether a mapping is a number with its source."""
    node = from_plain(value)
    return isinstance(node, Map) and is_sourced(node)


def _index(items: Sequence[object], part: str, path: str) -> int:
    labels = [str(item.get("name", n)) if isinstance(item, dict) else str(n) for n, item in enumerate(items)]
    if part in labels:
        return labels.index(part)
    if part.isdigit() and int(part) < len(labels):
        return int(part)
    raise InputError.of("nothing there", key=path, suggestion=_corrected(path, part, labels))
