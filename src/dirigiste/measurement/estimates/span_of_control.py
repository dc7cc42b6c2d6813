"""Misallocation as the model of this package measures it: one good, decreasing returns, efficient use of
given inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dirigiste.measurement.estimates.gains import mean_gain
from dirigiste.measurement.estimates.sums import log
from dirigiste.measurement.output.table import Column, Table

if TYPE_CHECKING:
    from dirigiste.measurement.estimates.gains import Estimate

    Array = np.ndarray[Any, np.dtype[Any]]

FORMULA = (
    "y = A (k^α l^(1-α))^η, one good in a cell. TFP = Y/(K^α L^(1-α))^η; efficient TFP = [Σ "
    "A_i^(1/(1-η))]^(1-η). Within "
    "groups: Y_w = Σ_g A_g (K_g^α L_g^(1-α))^η with A_g = [Σ_{i in g} A_i^(1/(1-η))]^(1-η), ln(Y_w/Y); "
    "between: ln(Y_eff/Y_w). "
    "Lucas (1978); docs/method.md, measures."
)


@dataclass(frozen=True)
class Losses:
    """Logs by cell, (C) each."""

    total: Array
    """ln(efficient TFP / TFP)."""
    within: Array
    """ln(Y_w / Y): each group's inputs used well inside it."""
    between: Array
    """ln(Y_eff / Y_w)."""


def losses(estimate: Estimate, eta: float) -> Losses:
    """Losses by cell at span of control `eta`, same firms, same inputs of the cell."""
    sample, parts = estimate.sample, estimate.parts
    powers = np.empty(sample.rows)
    for block in sample.blocks:
        rows, alpha = block.rows, sample.in_block(block, estimate.cell_alpha)
        ln_a = sample.ln_y[rows] - eta * (alpha * sample.ln_k[rows] + (1 - alpha) * sample.ln_l[rows])
        np.exp(ln_a / (1 - eta), out=powers[rows])
    power = sample.by_part(estimate.weight, powers)
    part_alpha = estimate.cell_alpha[sample.part_cell]
    composite = part_alpha * log(parts.k) + (1 - part_alpha) * log(parts.l)
    of_cell = sample.cells_of_parts
    inner = np.where(parts.weight > 0, np.exp((1 - eta) * log(power) + eta * composite), 0.0)
    within_output = log(of_cell(inner))
    cells = estimate.cells
    inputs = estimate.cell_alpha * log(cells.k) + (1 - estimate.cell_alpha) * log(cells.l)
    best = (1 - eta) * log(of_cell(power)) + eta * inputs
    there = cells.weight > 0
    actual = log(cells.y)
    return Losses(
        np.where(there, best - actual, 0.0),
        np.where(there, within_output - actual, 0.0),
        np.where(there, best - within_output, 0.0),
    )


def table(estimate: Estimate, eta: float, line: str) -> Table:
    """Gains by year, total and split by group where groups are known."""
    sample = estimate.sample
    lost = losses(estimate, eta)
    parts = {"gain": lost.total}
    if sample.has_groups:
        parts |= {"within": lost.within, "between": lost.between}
    years = {name: estimate.aggregate(x) for name, x in parts.items()}
    seen = np.isfinite(years["gain"])
    rows: list[dict[str, Any]] = [
        {"year": str(year)}
        | {name: 100 * float(np.expm1(x[n])) for name, x in years.items()}
        | {"log_gain": float(years["gain"][n])}
        for n, year in enumerate(sample.years)
        if seen[n]
    ]
    rows.append(
        {"year": "mean"}
        | {name: 100 * mean_gain(x) for name, x in years.items()}
        | {"log_gain": float(np.nanmean(years["gain"]))}
    )
    columns = {
        "year": Column("year"),
        "gain": Column("gain at η", "%", 2),
        "within": Column("within groups at η", "%", 2),
        "between": Column("between groups at η", "%", 2),
        "log_gain": Column("ln(efficient TFP/TFP)", "log", 4),
    }
    columns = {name: column for name, column in columns.items() if name in rows[0]}
    notes = (
        FORMULA,
        f"η = {eta:g}. Cells by their share of value added, as in the gain. Assumes one price in a cell and "
        "the α below for the split of η "
        "between capital and labour. Order of the split: within groups first, as in the model. With η = "
        "(σ-1)/σ, (1 + gain)^(1/η) is the gain of "
        "Hsieh and Klenow exactly.",
        line,
    )
    return Table("span_of_control", "Gain in the model's own terms", pl.DataFrame(rows), columns, notes)
