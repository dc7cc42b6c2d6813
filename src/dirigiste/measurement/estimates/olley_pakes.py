"""Olley and Pakes (1996): do more productive firms have larger shares?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dirigiste.measurement.estimates.sums import LARGEST
from dirigiste.measurement.output.table import Column, Table

if TYPE_CHECKING:
    from dirigiste.measurement.estimates.gains import Estimate

    Array = np.ndarray[Any, np.dtype[Any]]

FORMULA = (
    "Σ s_i φ_i = φ̅ + Σ (s_i - s̅)(φ_i - φ̅) in each industry and year: the mean weighted by shares is the "
    "plain mean and the "
    "covariance of share and productivity; cells weighted by value added. Olley and Pakes (1996, "
    "Econometrica 64:1263-1297)."
)


def productivities(estimate: Estimate) -> dict[str, tuple[str, Array, Array]]:
    """Key -> title, productivity in logs relative to the mean of the cell (N), size (N)."""
    sample = estimate.sample
    every = {
        "tfpq": ("ln TFPQ, shares of value added", estimate.logs.tfpq, sample.y),
        "tfpr": ("ln TFPR, shares of value added", estimate.logs.tfpr, sample.y),
    }
    count = sample.employment
    if count is not None:
        every["labor"] = ("ln value added per worker, shares of workers", np.log(sample.y / count), count)
    else:
        title = "ln value added per unit of labour cost, shares of labour"
        every["labor"] = (title, np.log(sample.y / sample.l), sample.l)
    return every


def terms(estimate: Estimate, phi: Array, size: Array) -> tuple[Array, Array]:
    """Weighted and plain mean of φ by cell, (C) each; 0 where no row is left."""
    sample, weight = estimate.sample, estimate.weight
    total = sample.by_cell(weight, size)
    total = np.where(total > 0, total, 1.0)
    count = np.where(estimate.cells.weight > 0, estimate.cells.weight, 1.0)
    return sample.by_cell(weight, size, phi) / total, sample.by_cell(weight, phi) / count


def _ratio(gap: float) -> float:
    """Exp of a difference of logs; nan where that exceeds the range of floats (TFPQ near σ = 1)."""
    return float(np.exp(gap)) if gap < LARGEST else float("nan")


def table(estimate: Estimate, line: str) -> Table:
    """Weighted mean, plain mean and covariance by productivity and year."""
    sample = estimate.sample
    rows: list[dict[str, Any]] = []
    seen = sample.by_year(estimate.cells.weight) > 0
    for title, phi, size in productivities(estimate).values():
        weighted, plain = (estimate.aggregate(x) for x in terms(estimate, phi, size))
        gap = weighted - plain
        rows += [
            {
                "productivity": title,
                "year": str(year),
                "covariance": float(gap[n]),
                "ratio": _ratio(gap[n]),
            }
            for n, year in enumerate(sample.years)
            if seen[n]
        ]
        mean = float(np.nanmean(gap))
        rows.append({"productivity": title, "year": "mean", "covariance": mean, "ratio": _ratio(mean)})
    columns = {
        "productivity": Column("productivity and share"),
        "year": Column("year"),
        "covariance": Column("covariance of share and productivity", "log", 4),
        "ratio": Column("weighted over plain (geometric)", "", 3),
    }
    notes = (
        FORMULA,
        "Only the covariance is shown: the means themselves depend on units. Equal marginal products would "
        "make ln TFPR the same everywhere (0).",
        line,
    )
    return Table("olley_pakes", "Shares and productivity", pl.DataFrame(rows), columns, notes)
