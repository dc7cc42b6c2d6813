"""Explains the keys of a file: meaning, symbol, unit, range, default, and where they enter the model."""

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
    targets = [type_paths.Target(model)]
    parts = [part for part in path.split(".") if part]
    trail: list[str] = []
    for n, part in enumerate(parts):
        targets = _enter(targets, part, synonyms, last=n == len(parts) - 1)
        following = [new for target in targets for new in type_paths.step(target.annotation, part)]
        if not following:
            allowed = sorted({key for target in targets for key in type_paths.keys(target.annotation)})
            better = near(part, allowed, synonyms)
            message = f"there is no `{part}`"
            if better is None:
                message += f"; allowed are {one_of(allowed)}" if allowed else f" below `{'.'.join(trail)}`"
            suggestion = ".".join([*trail, better, *parts[n + 1 :]]) if better else None
            raise InputError.of(message, key=path, suggestion=suggestion)
        targets = following
        trail.append(part)
    return _text(path, targets)


def _enter(
    targets: list[type_paths.Target], part: str, synonyms: Mapping[str, str], *, last: bool
) -> list[type_paths.Target]:
    """Go on to the entries of a mapping or list where the path leaves out the name of the entry."""
    entered: list[type_paths.Target] = []
    for target in targets:
        for choice in type_paths.alternatives(target.annotation):
            entry = _entry_type(choice.annotation)
            if entry is None or not type_paths.models(entry):
                entered.append(target)
            elif part in (known := type_paths.keys(entry)) or (last and near(part, known, synonyms)):
                entered.append(type_paths.Target(entry))
            else:
                entered.append(target)
    return entered


def _entry_type(annotation: object) -> object | None:
    """The type of the entries of a mapping or list; None for other types."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is dict:
        return arguments[1]
    return arguments[0] if origin is tuple and arguments else None


def _text(path: str, targets: list[type_paths.Target]) -> str:
    lines = [path]
    seen: set[tuple[str, str]] = set()
    for target in targets:
        if target.field is None:
            continue
        about = _about(target.field)
        if (target.field.description or "", about) in seen:
            continue
        seen.add((target.field.description or "", about))
        lines += [f"  {target.field.description or ''}", *([about] if about else [])]
    groups = [model for target in targets for model in type_paths.models(target.annotation)]
    for target in targets:
        entries = [_entry_type(choice.annotation) for choice in type_paths.alternatives(target.annotation)]
        groups += [model for entry in entries if entry is not None for model in type_paths.models(entry)]
    for model in dict.fromkeys(groups):
        lines += _group(model)
    return "\n".join(lines)


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
