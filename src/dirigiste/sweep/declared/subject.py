"""What a point of a sweep changes: parameters of an economy, of the economy of a chronicle, or of its events.

Paths into a chronicle begin with `events` or `beliefs`: `events.0.changes.1.multiply`, where the event may
also be named by its date (`events.2021-01-01.changes.1.multiply`); all others lead into its economy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dirigiste.chronicle import Chronicle
from dirigiste.documents import validation
from dirigiste.documents.nodes import Document, from_plain
from dirigiste.documents.words import near
from dirigiste.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dirigiste.economy import Economy

OF_CHRONICLE: Final = ("events", "beliefs")
"""First parts of paths that lead into a chronicle, not into its economy."""


def get(declared: Economy | Chronicle, path: str) -> object:
    """Value at a dotted path.

    Raises:
        InputError: There is nothing at that path; with the near match.
    """
    if not isinstance(declared, Chronicle):
        return declared.get(path)
    if not _of_chronicle(path):
        return declared.baseline.get(path)
    here: Any = declared.model_dump(by_alias=True)
    for part in path.split("."):
        here = here[_key(here, part, path)]
    return here


def changed(declared: Economy | Chronicle, changes: Mapping[str, Any]) -> Economy | Chronicle:
    """The same with other values at dotted paths, checked again.

    Raises:
        InputError: With every fault, named by dotted key.
    """
    if not isinstance(declared, Chronicle):
        return declared.with_(changes)
    own = {path: value for path, value in changes.items() if _of_chronicle(path)}
    others = {path: value for path, value in changes.items() if path not in own}
    economy = declared.baseline.with_(others) if others else declared.baseline
    return (_edited(declared, own) if own else declared).on(economy)


def _of_chronicle(path: str) -> bool:
    return path.partition(".")[0] in OF_CHRONICLE


def _edited(chronicle: Chronicle, changes: Mapping[str, Any]) -> Chronicle:
    data = chronicle.model_dump(by_alias=True, exclude_unset=True)
    for path, value in changes.items():
        *front, last = path.split(".")
        here: Any = data
        for part in front:
            key = _key(here, part, path)
            if isinstance(here[key], tuple):
                here[key] = list(here[key])
            here = here[key]
        here[_key(here, last, path)] = value
    return validation.validate(Chronicle, Document(from_plain(data), chronicle.name))


def _key(here: object, part: str, path: str) -> Any:  # noqa: ANN401  (a key or an index)
    """The key or index of `here` that a part of a path means."""
    if isinstance(here, dict):
        if part in here:
            return part
        allowed = [str(key) for key in here]
    elif isinstance(here, list | tuple):
        if part.isdigit() and int(part) < len(here):
            return int(part)
        dated = [n for n, item in enumerate(here) if isinstance(item, dict) and str(item.get("date")) == part]
        if len(dated) == 1:
            return dated[0]
        if dated:
            numbers = ", ".join(map(str, dated))
            message = f"several events have the date {part}: name one by number ({numbers})"
            raise InputError.of(message, key=path)
        dates = [str(item["date"]) for item in here if isinstance(item, dict) and "date" in item]
        allowed = [*map(str, range(len(here))), *dates]
    else:
        allowed = []
    better = near(part, allowed)
    parts = path.split(".")
    if better is not None:
        parts[parts.index(part)] = better
    raise InputError.of("nothing there", key=path, suggestion=".".join(parts) if better else None)
