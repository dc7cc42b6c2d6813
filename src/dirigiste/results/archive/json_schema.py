"""JSON Schemas: of what `Equilibrium.to_json` gives, and of chronicle files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dirigiste.documents.schema import DIALECT, schema_of
from dirigiste.results.quantities import measures

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TEXTS: Final = frozenset(measures.PROVENANCE) - {"seconds", "seed"}


def json_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of `Equilibrium.to_json`; units are under `x-unit`, symbols under
    `x-symbol`.
    """
    flows = _object("Flows along an edge", _numbers(measures.EDGE))
    edge = _object(
        "Flows along an edge, and by its origins",
        {
            **_numbers(measures.EDGE),
            "to": {"type": "string", "description": "Status that it leads to, or `abroad`"},
            "origins": _by_name("Flows by origin", flows),
        },
    )
    people = {
        **_number(measures.EDGE["people"]),
        "description": "Owners who move along the edge per year, all origins",
    }
    return {
        "$schema": DIALECT,
        "title": "Dirigiste equilibrium",
        **_object(
            "A stationary equilibrium",
            {
                "economy": _object(
                    "The economy that was solved",
                    {
                        "name": {"type": "string"},
                        "title": {"type": "string"},
                        "hash": {"type": "string"},
                    },
                ),
                "prices": _object("Prices", _numbers(measures.PRICES), optional=measures.QUOTA),
                "aggregates": _object(
                    "Aggregates; null where one has no meaning", _numbers(measures.AGGREGATES)
                ),
                "by_status": _by_name(
                    "Numbers by status",
                    _object(
                        "Numbers of a status",
                        {**_numbers(measures.STATUS), **_numbers(measures.STATUS_FLAGS)},
                    ),
                ),
                "by_edge": _by_name("Flow of people by edge", people),
                "by_edge_detail": _by_name("Flows by edge", edge),
                "identity": _object(
                    "Terms of the goods identity, with their signs", _numbers(measures.IDENTITY)
                ),
                "certificate": _certificate(),
                "provenance": _object(
                    "Where the result comes from",
                    {
                        name: {
                            "type": _type_of(name),
                            "description": m.description,
                            **({"x-unit": m.unit} if m.unit else {}),
                        }
                        for name, m in measures.PROVENANCE.items()
                    },
                ),
            },
        ),
    }


def _type_of(name: str) -> str | list[str]:
    if name == "command":
        return ["string", "null"]
    return "string" if name in TEXTS else "number" if name == "seconds" else "null"


def _certificate() -> dict[str, Any]:
    errors = _by_name("Differences between the two grids", {"type": ["number", "null"]})
    start = _object(
        "A start from other prices",
        {
            "wage": {"type": "number", "description": "Wage that it starts from", "x-unit": "goods per year"},
            "interest": {
                "type": "number",
                "description": "Interest that it starts from",
                "x-unit": "per year",
            },
            "same": {
                "type": ["boolean", "null"],
                "description": "Whether it ends in the same equilibrium; null if it ends in none",
            },
            "difference": {
                "type": ["number", "null"],
                "description": "Largest relative difference of output, capital and wage",
            },
            "message": {"type": "string", "description": "Why it ends in none; empty where it ends"},
        },
    )
    grid = _object(
        "What a second grid with twice the wealth points gives",
        {
            "points": {"type": "integer", "description": "Wealth nodes of this result"},
            "finer": {"type": "integer", "description": "Wealth nodes of the second grid"},
            "prices": {
                **errors,
                "description": "This result less that of the second grid: wage and transfer relative, "
                "interest per year",
            },
            "aggregates": {
                **errors,
                "description": "This result over that of the second grid, less 1; null where that is 0",
            },
            "worst": {
                "type": ["number", "null"],
                "description": "Largest relative difference of an aggregate, in absolute value",
            },
        },
    )
    numbers = _numbers(measures.CERTIFICATE)
    numbers["rounds"]["type"] = "integer"
    return _object(
        "Certificate of the result: residuals of all equations",
        {
            "certified": {
                "const": True,
                "description": "Every residual is within its tolerance",
            },
            **numbers,
            "history": {
                "type": "array",
                "items": {"type": "number"},
                "description": "Largest market residual, round by round",
            },
            "warnings": {
                "type": "array",
                "items": {"type": "string"},
                "description": "What to know before the numbers are used",
            },
            "grid": grid,
            "starts": {"type": "array", "items": start, "description": "Starts from other prices"},
        },
        optional={"grid", "starts"},
    )


def chronicle_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a chronicle file."""
    from dirigiste.chronicle import Chronicle

    return {"$schema": DIALECT, **schema_of(Chronicle), "title": "Dirigiste chronicle"}


def _number(measure: measures.Measure) -> dict[str, Any]:
    flag = measure.unit == "true or false"
    schema: dict[str, Any] = {
        "type": "boolean" if flag else ["number", "null"],
        "description": measure.description,
        "title": measure.label,
    }
    if not flag:
        schema["x-unit"] = measure.unit
    return schema | {"x-symbol": measure.symbol} if measure.symbol else schema


def _numbers(table: Mapping[str, measures.Measure]) -> dict[str, dict[str, Any]]:
    return {name: _number(measure) for name, measure in table.items()}


def _object(description: str, properties: Mapping[str, Any], optional: Iterable[str] = ()) -> dict[str, Any]:
    left_out = set(optional)
    return {
        "type": "object",
        "description": description,
        "properties": dict(properties),
        "required": [name for name in properties if name not in left_out],
        "additionalProperties": False,
    }


def _by_name(description: str, each: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "description": description, "additionalProperties": dict(each)}
