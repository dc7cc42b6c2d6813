"""What a key of a file is: its meaning, symbol, unit, range, default, and where it enters the model."""

from collections.abc import Mapping
from typing import get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from dirigiste.documents import type_paths
from dirigiste.documents.fields import synonyms_of
from dirigiste.documents.words import near, one_of
from dirigiste.errors import InputError


def explain(path: str, model: type[BaseModel]) -> str:
    """Explain a key or a group of keys.

    Args:
        path: Dotted path; names in mappings and of list entries may be left out (`statuses.collateral`).
        model: Declaration that the path leads into.

    Returns:
        A few lines of text.

    Raises:
        InputError: No such key; with a near match.
    """
    synonyms = synonyms_of(model)
    spots = [type_paths.Spot(model)]
    parts = [part for part in path.split(".") if part]
    trail: list[str] = []
    for n, part in enumerate(parts):
        spots = _enter(spots, part, synonyms, last=n == len(parts) - 1)
        found = [new for spot in spots for new in type_paths.step(spot.annotation, part)]
        if not found:
            allowed = sorted({key for spot in spots for key in type_paths.keys(spot.annotation)})
            better = near(part, allowed, synonyms)
            message = f"there is no `{part}`"
            if better is None:
                message += f"; allowed are {one_of(allowed)}" if allowed else f" below `{'.'.join(trail)}`"
            suggestion = ".".join([*trail, better, *parts[n + 1 :]]) if better else None
            raise InputError.of(message, key=path, suggestion=suggestion)
        spots = found
        trail.append(part)
    return _text(path, spots)


def _enter(
    spots: list[type_paths.Spot], part: str, synonyms: Mapping[str, str], *, last: bool
) -> list[type_paths.Spot]:
    """Skip a name in a mapping or of a list entry where the path leaves it out."""
    inner: list[type_paths.Spot] = []
    for spot in spots:
        for choice in type_paths.alternatives(spot.annotation):
            origin, arguments = get_origin(choice.annotation), get_args(choice.annotation)
            held = arguments[1] if origin is dict else arguments[0] if origin is tuple and arguments else None
            if held is None or not type_paths.models(held):
                inner.append(spot)
            elif part in (known := type_paths.keys(held)) or (last and near(part, known, synonyms)):
                inner.append(type_paths.Spot(held))
            else:
                inner.append(spot)
    return inner


def _text(path: str, spots: list[type_paths.Spot]) -> str:
    lines = [path]
    seen: set[tuple[str, str]] = set()
    for spot in spots:
        if spot.field is None:
            continue
        about = _about(spot.field)
        if (spot.field.description or "", about) in seen:
            continue
        seen.add((spot.field.description or "", about))
        lines += [f"  {spot.field.description or ''}", *([about] if about else [])]
    groups = [model for spot in spots for model in type_paths.models(spot.annotation)]
    for held in (type_paths.Spot(a) for spot in spots for a in _held(spot)):
        groups += type_paths.models(held.annotation)
    for model in dict.fromkeys(groups):
        lines += _group(model)
    return "\n".join(lines)


def _held(spot: type_paths.Spot) -> list[object]:
    held: list[object] = []
    for choice in type_paths.alternatives(spot.annotation):
        origin, arguments = get_origin(choice.annotation), get_args(choice.annotation)
        if origin is dict:
            held.append(arguments[1])
        elif origin is tuple and arguments:
            held.append(arguments[0])
    return held


def _about(field: FieldInfo) -> str:
    extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
    allowed = type_paths.range_text(type_paths.limits(field.annotation, field))
    words = type_paths.literals(field.annotation)
    if words:
        words += [f"{{{key}: ...}}" for key in type_paths.keys(field.annotation)]
    rows = {
        "symbol": extra.get("x-symbol"),
        "unit": extra.get("x-unit"),
        "range": allowed or (one_of(words) if words else "any number" if "x-unit" in extra else None),
        "default": _default(field),
        "enters": extra.get("x-enters"),
    }
    return "\n".join(f"  {name + ':':<9}{value}" for name, value in rows.items() if value)


def _default(field: FieldInfo) -> str | None:
    if field.is_required():
        return "none, required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None:
        return "left out"
    if isinstance(value, BaseModel) or value is PydanticUndefined or value in ("", ()):
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def _group(model: type[BaseModel]) -> list[str]:
    head = (model.__doc__ or model.__name__).strip().splitlines()[0]
    fields = type_paths.fields_of(model)
    width = max(map(len, fields), default=0)
    return [f"  {head}", *(f"    {key:<{width}}  {field.description or ''}" for key, field in fields.items())]
