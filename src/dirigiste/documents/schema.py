"""JSON Schema of declarations, for completion and checking in editors."""

from typing import Any, Final

from pydantic import BaseModel

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

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


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """JSON Schema of a declaration, with the sourced form of numbers."""
    schema = _open_numbers(model.model_json_schema(mode="validation", by_alias=True))
    schema.setdefault("$defs", {})["Sourced"] = SOURCED
    return schema


def _open_numbers(schema: Any) -> Any:  # noqa: ANN401  (any JSON)
    """Let every number also be written with its source."""
    if isinstance(schema, list):
        return [_open_numbers(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("type") in ("number", "integer"):
        about = {"title", "description", "default", "x-unit", "x-symbol", "x-enters"}
        plain = {key: value for key, value in schema.items() if key not in about}
        rest = {key: value for key, value in schema.items() if key in about}
        return {"anyOf": [plain, {"$ref": "#/$defs/Sourced"}], **rest}
    return {key: _open_numbers(value) if key != "default" else value for key, value in schema.items()}
