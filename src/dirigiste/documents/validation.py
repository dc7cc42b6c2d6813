"""From a document to a declaration, or to a list of all its faults of form in plain words.

The message of a fault gives the value in the file, the allowed ones, and the key that was probably meant.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from dirigiste.documents import type_paths
from dirigiste.documents.fields import synonyms_of
from dirigiste.documents.nodes import Document, Items, KeyPath, Map, Node, is_sourced
from dirigiste.documents.words import near, one_of, shown
from dirigiste.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

M = TypeVar("M", bound=BaseModel)


def validate(model: type[M], document: Document) -> M:
    """Build a model from a document.

    Args:
        model: A pydantic model.
        document: A document that was read, or `Document(from_plain(...))`.

    Returns:
        The model.

    Raises:
        InputError: With every fault of form, each with its place and dotted key.
    """
    built, problems = attempt(model, document)
    if problems or built is None:
        raise InputError(problems)
    return built


def attempt(model: type[M], document: Document) -> tuple[M | None, list[Problem]]:
    """Build a model from a document and return it, or None, with the faults; raises nothing."""
    problems = list(document.problems)
    try:
        return model.model_validate(document.plain()), problems
    except ValidationError as error:
        return None, problems + _translated(model, document, error)


def _translated(model: type[BaseModel], document: Document, error: ValidationError) -> list[Problem]:
    """Turn the faults of a failed validation into problems with places."""
    problems: list[Problem] = []
    for fault in error.errors(include_url=False):
        walked = _Walked(model, document, fault["loc"])
        problems.append(_problem(walked, document, dict(fault), synonyms_of(model)))
    return problems


class _Walked:
    """The place of a fault: its path in the data, the types there, and whether a key is at fault itself."""

    def __init__(self, model: type[BaseModel], document: Document, loc: KeyPath) -> None:
        self.path: list[str | int] = []
        self.is_key = False
        self.parents: list[tuple[Any, str | None]] = []
        self.targets: list[type_paths.Target] = [type_paths.Target(model)]
        tag: str | None = None
        node: Node | None = document.root
        for part in loc:
            if isinstance(part, str) and part.startswith("="):
                tag = part
                continue
            if part == "[key]":
                self.is_key = True
                continue
            if isinstance(node, Items) and not isinstance(part, int):
                continue
            if not isinstance(node, Items | Map) and node is not None and not isinstance(part, int):
                break
            self.parents = [(target.annotation, tag) for target in self.targets]
            self.targets = [
                new for target in self.targets for new in type_paths.step(target.annotation, part, tag)
            ]
            tag = None
            self.path.append(part)
            node = _child(node, part)
        self.node = node
        self.field = next((target.field for target in self.targets if target.field is not None), None)


def _child(node: Node | None, part: str | int) -> Node | None:
    if isinstance(node, Map):
        return node.get(str(part))
    if isinstance(node, Items) and isinstance(part, int) and 0 <= part < len(node.nodes):
        return node.nodes[part]
    return None


def _problem(
    walked: _Walked, document: Document, fault: dict[str, Any], synonyms: Mapping[str, str]
) -> Problem:
    path = tuple(walked.path)
    kind, given, context = fault["type"], fault.get("input"), fault.get("ctx", {})
    suggestion: str | None = None
    at_key = walked.is_key
    allowed = sorted({key for annotation, tag in walked.parents for key in type_paths.keys(annotation, tag)})
    match kind:
        case "missing":
            at_key = True
            message = "required, but missing" + _about(walked)
        case "extra_forbidden":
            at_key = True
            suggestion = near(str(path[-1]), allowed, synonyms)
            message = "unknown key" if suggestion else f"unknown key; allowed are {one_of(allowed)}"
        case "choice_key":
            choice, words = context["choice"], [word.strip() for word in context["allowed"].split(",")]
            if not isinstance(given, dict):
                message = f"must be a mapping with `{choice}`: one of {one_of(words)}; got {shown(given)}"
            elif choice in given:
                path = (*path, choice)
                suggestion = near(str(given[choice]), words, synonyms)
                message = f"must be one of {one_of(words)}; got {shown(given[choice])}"
            else:
                at_key = True
                message = f"`{choice}` is missing: one of {one_of(words)}"
        case "choice_value":
            message = f"must be {context['allowed']}; got {shown(given)}"
            words = [word.strip() for word in context["words"].split(",")]
            suggestion = near(given, words, synonyms) if isinstance(given, str) else None
        case "literal_error":
            words = sorted(
                {word for target in walked.targets for word in type_paths.literals(target.annotation)}
            )
            message = f"must be one of {one_of(words)}; got {shown(given)}"
            suggestion = near(str(given), words, synonyms)
        case "string_pattern_mismatch":
            message = f"a name has lower-case letters, digits and _, and starts with a letter; got '{given}'"
        case "value_error":
            message = str(context.get("error", fault["msg"]))
        case _:
            message = _plain_message(kind, given, context, walked, fault["msg"])
    place = document.locate(path, key=at_key)
    return Problem(
        place.file or document.file, place.line, place.column, document.dotted(path), message, suggestion
    )


def _plain_message(kind: str, given: object, context: dict[str, Any], walked: _Walked, raw: str) -> str:
    allowed = _allowed_range(walked)
    among = f", {allowed}" if allowed else ""
    match kind:
        case "greater_than" | "greater_than_equal" | "less_than" | "less_than_equal":
            words = {
                "greater_than": "gt",
                "greater_than_equal": "ge",
                "less_than": "lt",
                "less_than_equal": "le",
            }
            bound = {words[kind]: float(context[words[kind]])}
            return f"must be {allowed or type_paths.range_text(bound)}, got {shown(given)}"
        case "float_type" | "float_parsing":
            return f"must be a number{among}, got {shown(given)}" + _sourced_hint(walked.node)
        case "int_type" | "int_parsing" | "int_from_float":
            return f"must be a whole number{among}, got {shown(given)}" + _sourced_hint(walked.node)
        case "finite_number":
            return f"must be a finite number{among}, got {shown(given)}"
        case "bool_type" | "bool_parsing":
            return f"must be true or false, got {shown(given)}"
        case "string_type":
            hint = "" if isinstance(given, dict | list) or given is None else "; put it in quotes"
            return f"must be text, got {shown(given)}{hint}"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"must be a mapping (key: value), got {shown(given)}" + _about(walked)
        case "tuple_type" | "list_type":
            return f"must be a list, got {shown(given)}"
        case "too_short":
            return f"must hold at least {context.get('min_length', 1)}, got {context.get('actual_length', 0)}"
        case _:
            return raw[:1].lower() + raw[1:] + f", got {shown(given)}"


def _allowed_range(walked: _Walked) -> str:
    for target in walked.targets:
        text = type_paths.range_text(type_paths.limits(target.annotation, target.field))
        if text:
            return text
    return ""


def _about(walked: _Walked) -> str:
    field = walked.field
    if field is None or not field.description:
        return ""
    extra = field.json_schema_extra
    unit = extra.get("x-unit") if isinstance(extra, dict) else None
    allowed = _allowed_range(walked)
    details = ", ".join(str(item) for item in (unit, allowed) if item)
    return f" ({field.description}; {details})" if details else f" ({field.description})"


def _sourced_hint(node: Node | None) -> str:
    if isinstance(node, Map) and not is_sourced(node):
        return "; a number with its source is {value: ..., source: ...}"
    return ""
