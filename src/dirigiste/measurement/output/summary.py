"""The first table: what was measured, on how many rows, and the main numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from dirigiste.measurement.estimates.gains import FORMULA
from dirigiste.measurement.output.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dirigiste.measurement.data.firms import Step
    from dirigiste.measurement.estimates.gains import Estimate


DIGITS: Final = {"%": 2, "count": 1}
"""Digits after the point by unit; others have four. A count has one where it is a half (a median)."""


def table(
    estimate: Estimate,
    values: Mapping[str, tuple[float, Any]],
    steps: Sequence[Step],
    line: str,
    errors: Mapping[str, float] | None = None,
) -> Table:
    """Counts, mean gain, split and dispersion; with standard errors where there were draws."""
    sample = estimate.sample
    count = sample.by_cell(estimate.weight > 0)
    used = int(count.sum())
    lost = sum(step.lost for step in steps)
    rows: list[tuple[str, float, str]] = [
        ("rows used", used, "count"),
        ("rows lost on the way", lost, "count"),
        ("industries and years (cells)", int(np.count_nonzero(count)), "count"),
        ("rows of the median cell", float(np.median(count[count > 0])), "count"),
    ]
    if sample.has_ids:
        firms = np.bincount(sample.firm[estimate.weight > 0])
        rows.insert(1, ("firms", int(np.count_nonzero(firms)), "count"))
    rows += [
        (name, value, unit)
        for name, (value, unit) in values.items()
        if " against " not in name and not re.search(r" \d+$", name)
    ]
    frame = pl.DataFrame(
        [(f"{name}, %" if unit == "%" else name, float(value)) for name, value, unit in rows],
        schema=["measure", "value"],
        orient="row",
    )
    columns = {"measure": Column("measure"), "value": Column("value", "", 4)}
    digits = tuple(DIGITS.get(unit, 4) for _, _, unit in rows)
    if errors is None:
        return Table("summary", "Misallocation", frame, columns, (FORMULA, line), digits=digits)
    frame = frame.with_columns(se=pl.Series([errors.get(name) for name, _, _ in rows], dtype=pl.Float64))
    columns["se"] = Column("s.e.", "", 4)
    note = "Standard errors by the bootstrap over firms; the table of intervals says more."
    return Table("summary", "Misallocation", frame, columns, (FORMULA, note, line), digits=digits)


def log_of_rows(steps: Sequence[Step], line: str) -> Table:
    """How many rows each step of reading and trimming lost, and why."""
    frame = pl.DataFrame(
        [(step.what, step.lost, step.left, step.reason) for step in steps],
        schema={"step": pl.String, "lost": pl.Int64, "left": pl.Int64, "reason": pl.String},
        orient="row",
    )
    columns = {
        "step": Column("step"),
        "lost": Column("lost", "count"),
        "left": Column("left", "count"),
        "reason": Column("reason"),
    }
    note = "A row that several steps would lose counts under the first."
    return Table("sample", "From the rows of the file to the sample", frame, columns, (note, line))
