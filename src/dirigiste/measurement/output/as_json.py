"""A measurement as one JSON object: what was read, what was checked, every choice, every table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dirigiste.measurement.checks.finding import Finding
    from dirigiste.measurement.measurement import Measurement
    from dirigiste.measurement.output.table import Table


def as_json(
    measurement: Measurement, findings: Sequence[Finding], tables: Mapping[str, Table]
) -> dict[str, Any]:
    """The object; numbers that are not finite are null."""
    firms = measurement.firms
    return {
        "source": firms.source,
        "roles": dict(firms.roles),
        "rows": measurement.sample.count,
        "steps": [
            {"what": s.what, "lost": s.lost, "left": s.left, "reason": s.reason} for s in measurement.steps
        ],
        "remarks": [*firms.remarks, *measurement.warnings],
        "checks": [
            {"kind": f.kind, "check": f.check, "what": f.what, "rows": f.rows, "examples": list(f.examples)}
            for f in findings
        ],
        "choices": _plain(measurement.choices.model_dump(mode="json")),
        "choices_line": measurement.choices.line(),
        "tables": {name: _table(table) for name, table in tables.items()},
        "absent": dict(measurement.absent),
    }


def _table(table: Table) -> dict[str, Any]:
    return {
        "title": table.title,
        "notes": list(table.notes),
        "columns": {
            name: {"title": column.title, "unit": column.unit} for name, column in table.columns.items()
        },
        "rows": [_plain(row) for row in table.frame.iter_rows(named=True)],
    }


def _plain(value: Any) -> Any:  # noqa: ANN401  (whatever JSON can hold)
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
