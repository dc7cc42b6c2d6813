"""JSON Schema of economy files, for completion and checking in editors."""

from typing import Any, Final

from dirigiste.documents.schema import DIALECT, schema_of
from dirigiste.economy.model import Economy

CHANGE: Final = "Change"
"""Ending of the definitions for files that extend another one."""


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
    statuses["patternProperties"] = {
        name: {"anyOf": [inner, {"type": "null"}]} for name, inner in statuses["patternProperties"].items()
    }
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
