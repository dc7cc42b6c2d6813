"""Dotted paths through the *types* of a declaration, for messages and explanations."""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, Tag

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class Target:
    """What a path leads to: a type, and the field of that type if it is one."""

    annotation: Any
    field: FieldInfo | None = None
    tag: str | None = None


def alternatives(annotation: object, tag: str | None = None) -> Iterator[Target]:
    """The members of a union or an optional type, with their tags, without other annotations."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *metadata = get_args(annotation)
        tags = [item.tag for item in metadata if isinstance(item, Tag)]
        yield from alternatives(inner, tags[0] if tags else tag)
    elif origin in (Union, types.UnionType):
        for member in get_args(annotation):
            yield from alternatives(member, tag)
    elif annotation is not type(None):
        yield Target(annotation, None, tag)


def is_model(annotation: object) -> bool:
    """Whether a type is a pydantic model."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def models(annotation: object, tag: str | None = None) -> list[type[BaseModel]]:
    """Models among the alternatives of a type, those of one tag only if given."""
    return [
        target.annotation
        for target in alternatives(annotation)
        if is_model(target.annotation) and (tag is None or target.tag == tag)
    ]


def key_of(name: str, field: FieldInfo) -> str:
    """Key of a field in files."""
    return field.alias or name


def fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Fields of a model by their keys in files."""
    return {key_of(name, field): field for name, field in model.model_fields.items()}


def keys(annotation: object, tag: str | None = None) -> list[str]:
    """Keys that a mapping of this type knows."""
    return list(dict.fromkeys(key for model in models(annotation, tag) for key in fields_of(model)))


def step(annotation: object, part: str | int, tag: str | None = None) -> list[Target]:
    """What one more part of a path leads to."""
    targets: list[Target] = []
    for target in alternatives(annotation):
        inner, arguments = target.annotation, get_args(target.annotation)
        if is_model(inner):
            field = fields_of(inner).get(str(part))
            if field is not None and (tag is None or target.tag == tag):
                targets.append(Target(field.annotation, field))
        elif get_origin(inner) is dict:
            targets.append(Target(arguments[1]))
        elif get_origin(inner) is tuple and arguments:
            targets.append(Target(arguments[0]))
    return targets


def literals(annotation: object) -> list[str]:
    """Values that a text field may have."""
    return [
        str(value)
        for target in alternatives(annotation)
        if get_origin(target.annotation) is Literal
        for value in get_args(target.annotation)
    ]


def limits(annotation: object, field: FieldInfo | None = None) -> dict[str, float]:
    """Limits on a number: any of gt, ge, lt, le."""
    metadata: list[Any] = list(field.metadata) if field is not None else []
    for items in _annotated(annotation):
        metadata.extend(items)
    bounds: dict[str, float] = {}
    for item in metadata:
        for name in ("gt", "ge", "lt", "le"):
            value = getattr(item, name, None)
            if value is not None:
                bounds[name] = value
    return bounds


def range_text(bounds: dict[str, float]) -> str:
    """Limits in words: `above 0 and at most 1`; empty if there are none."""
    words = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}
    return " and ".join(
        f"{words[name]} {bounds[name]:g}" for name in ("gt", "ge", "lt", "le") if name in bounds
    )


def _annotated(annotation: object) -> Iterator[tuple[Any, ...]]:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *metadata = get_args(annotation)
        for item in metadata:
            yield (item, *getattr(item, "metadata", ()))
        yield from _annotated(inner)
    elif origin in (Union, types.UnionType):
        for member in get_args(annotation):
            yield from _annotated(member)
