"""JSON Schema of economy files, for completion and checking in editors."""

from typing import Any, Final

from pydantic import BaseModel

from dirigiste.economy.model import Economy

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

CHANGE: Final = "Change"
"""Ending of the definitions for files that extend another one."""

SOURCED: Final[dict[str, Any]] = {
    "type": "object",
    "description": "A number with its source; `assumption` is a legal source",
    "properties": {
        "value": {"type": "number", "description": "The number"},
        "source": {"type": "string", "description": "Author (year), table or page; or `assumption`"},
        "note": {"type": "string", "description": "Anything worth knowing about the number"},
    },
    "required": ["value"],
    "additionalProperties": False,
}


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of an economy file.

    Returns:
        The schema. Numbers also take the form `{value, source, note}`; units are under `x-unit`, symbols
        under `x-symbol`. A file that `extends` another one need not repeat its keys: nothing but `extends` is
        required there, a status may be `null`, an edge may be dropped.
    """
    schema = schema_of(Economy)
    definitions = schema.pop("$defs")
    definitions["Economy"] = schema
    changes = {f"{name}{CHANGE}": _relaxed(inner) for name, inner in definitions.items() if name != "Sourced"}
    child = changes[f"Economy{CHANGE}"]
    child["properties"]["extends"] = {
        "type": "string",
        "description": "A file, relative to this one, or a shipped economy, that this one changes",
    }
    statuses = child["properties"]["statuses"]
    for key in ("additionalProperties", "patternProperties"):
        if key == "patternProperties" and key in statuses:
            statuses[key] = {
                name: {"anyOf": [inner, {"type": "null"}]} for name, inner in statuses[key].items()
            }
        elif isinstance(statuses.get(key), dict):
            statuses[key] = {"anyOf": [statuses[key], {"type": "null"}]}
    for name in ("RateEdge", "EnforcementEdge", "ChoiceEdge"):
        changes[name + CHANGE]["properties"]["remove"] = {"const": True, "description": "Drop the edge"}
        changes[name + CHANGE]["required"] = ["name"]
    return {
        "$schema": DIALECT,
        "title": "Dirigiste economy",
        "if": {"type": "object", "required": ["extends"]},
        "then": {"$ref": f"#/$defs/Economy{CHANGE}"},
        "else": {"$ref": "#/$defs/Economy"},
        "$defs": {**definitions, **changes},
    }


def _relaxed(schema: Any) -> Any:  # noqa: ANN401  (any JSON)
    """The same schema with nothing required, for files that only change some keys."""
    if isinstance(schema, list):
        return [_relaxed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    relaxed: dict[str, Any] = {}
    for key, value in schema.items():
        if key == "required" and isinstance(value, list):
            continue
        if key == "$ref" and isinstance(value, str) and not value.endswith("/Sourced"):
            relaxed[key] = value + CHANGE
        else:
            relaxed["anyOf" if key == "oneOf" else key] = _relaxed(value)
    return relaxed


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """JSON Schema of any declaration, with the sourced form of numbers; for files of other kinds too."""
    schema = _open_numbers(model.model_json_schema(mode="validation", by_alias=True))
    schema.setdefault("$defs", {})["Sourced"] = SOURCED
    return schema


def _open_numbers(schema: Any) -> Any:  # noqa: ANN401  (any JSON)
    """Let every number also be written with its source."""
    if isinstance(schema, list):
        return [_open_numbers(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") in {"number", "integer"}:
        about = {"title", "description", "default", "x-unit", "x-symbol", "x-enters"}
        plain = {key: value for key, value in schema.items() if key not in about}
        rest = {key: value for key, value in schema.items() if key in about}
        return {"anyOf": [plain, {"$ref": "#/$defs/Sourced"}], **rest}
    return {key: _open_numbers(value) if key != "default" else value for key, value in schema.items()}
