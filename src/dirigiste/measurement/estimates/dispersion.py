"""Dispersion of TFPR, TFPQ, MRPK and MRPL around their cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dirigiste.measurement.estimates.quantiles import Binned
from dirigiste.measurement.estimates.sums import dot, stretches
from dirigiste.measurement.estimates.trimming import deviation
from dirigiste.measurement.output.table import Column, Table

if TYPE_CHECKING:
    from dirigiste.measurement.choices import Variable
    from dirigiste.measurement.estimates.gains import Estimate

    Array = np.ndarray[Any, np.dtype[Any]]

VARIABLES: tuple[tuple[Variable, str], ...] = (
    ("tfpr", "ln TFPR"),
    ("tfpq", "ln TFPQ"),
    ("mrpk", "ln MRPK"),
    ("mrpl", "ln MRPL"),
)


COLUMNS = {
    "variable": Column("variable"),
    "weights": Column("weights"),
    "rows": Column("rows", "count", 0),
    "sd": Column("sd", "log", 4),
    "iqr": Column("75-25", "log", 3),
    "p90_10": Column("90-10", "log", 3),
    "sd_within": Column("sd around means", "log", 4),
}


def deviations(estimate: Estimate, variable: Variable) -> Array:
    """Ln of a variable less that of its cell after the trim, (N); rows that were cut included."""
    return deviation(estimate.sample, variable, estimate.logs, estimate.cells, estimate.alpha)


def within_means(estimate: Estimate, x: Array) -> Array:
    """Values less their weighted mean in the cell, (N)."""
    return estimate.sample.less(x, mean_of_cells(estimate, x))


def mean_of_cells(estimate: Estimate, x: Array) -> Array:
    """Weighted means of values by cell, (C); 0 where no row is left."""
    total = estimate.sample.by_cell(estimate.weight, x)
    return np.divide(total, estimate.cells.weight, out=np.zeros_like(total), where=estimate.cells.weight > 0)


def sd(x: Array, weight: Array, count: int | None = None) -> float:
    """Standard deviation; with weights all 1 the divisor is n - 1, else Σw (n-1)/n with n the rows of
    positive weight.

    Weights that are whole numbers count as copies in gains and quantiles; here only n enters the
    divisor. `count`
    is n where it is known.
    """
    total = float(weight.sum())
    count = int(np.count_nonzero(weight)) if count is None else count
    if count < 2 or total <= 0:
        return float("nan")
    mean, square = dot(weight, x) / total, 0.0
    for rows in stretches(x.size):
        net = x[rows] - mean
        square += dot(weight[rows] * net, net)
    return float(np.sqrt(square / total * count / (count - 1)))


def table(estimate: Estimate, line: str) -> Table:
    """Standard deviations and interquantile ranges, unweighted and weighted, of all years."""
    rows: list[dict[str, Any]] = []
    kinds = scaled(weightings(estimate))
    for variable, title in VARIABLES:
        x = deviations(estimate, variable)
        rows += _rows(title, x, within_means(estimate, x), kinds)
    return Table(
        "dispersion", "Dispersion within industry and year", pl.DataFrame(rows), COLUMNS, _notes(line)
    )


def by_year(estimate: Estimate, line: str) -> Table:
    """The same year by year, of TFPR and TFPQ."""
    sample = estimate.sample
    rows: list[dict[str, Any]] = []
    for variable, title in VARIABLES[:2]:
        x = deviations(estimate, variable)
        inner = within_means(estimate, x)
        for n, year in enumerate(sample.years):
            stretch = slice(*sample.year_rows[n : n + 2])
            of_year = scaled(weightings(estimate, n))
            rows += [{"year": year, **row} for row in _rows(title, x[stretch], inner[stretch], of_year)]
    frame = pl.DataFrame(rows).filter(pl.col("rows") > 1)
    columns = {"year": Column("year"), **COLUMNS}
    return Table(
        "dispersion_by_year", "Dispersion within industry and year, by year", frame, columns, _notes(line)
    )


def weightings(estimate: Estimate, year: int | None = None) -> dict[str, Array]:
    """Weights of rows (N), or of those of the year of that number, by kind; 0 for rows that were cut."""
    sample = estimate.sample
    rows = cells = slice(None)
    if year is not None:
        rows = slice(*sample.year_rows[year : year + 2])
        cells = slice(*np.append(sample.year_cell, sample.cell_start.size)[year : year + 2])
    count, weight = sample.cell_rows[cells], estimate.weight[rows]
    mass, output = estimate.cells.weight, estimate.cell_output
    share = np.divide(estimate.theta, mass, out=np.zeros_like(mass), where=mass > 0)
    worth = np.divide(estimate.theta, output, out=np.zeros_like(mass), where=output > 0)
    return {
        "firms": weight,
        "industries": weight * np.repeat(share[cells], count),
        "value added": weight * sample.y[rows] * np.repeat(worth[cells], count),
    }


def scaled(kinds: dict[str, Array]) -> dict[str, Array]:
    """Weights by kind; those that are no sampling weights scaled to a mean of one, as quantiles want them."""
    count = np.count_nonzero(kinds["firms"])
    return {
        kind: weight if kind == "firms" else weight * (count / max(float(weight.sum()), 1e-300))
        for kind, weight in kinds.items()
    }


def _notes(line: str) -> tuple[str, ...]:
    return (
        "Logs relative to the cell: TFPR, MRPK, MRPL to the cell's aggregates (harmonic means by revenue), "
        "TFPQ to "
        "A̅ M^(-1/(σ-1)). sd: around the mean of all rows; sd around means: around the mean of logs of each "
        "cell.",
        "Weights: firms, all alike (sampling weights apart); industries, each cell by its share of value "
        "added and its firms alike "
        "(Hsieh and Klenow 2009, Tables I and II); value added, each firm by its share of the year's.",
        line,
    )


def _rows(title: str, x: Array, inner: Array, kinds: dict[str, Array]) -> list[dict[str, Any]]:
    """One row for each kind of weight."""
    count = int(np.count_nonzero(kinds["firms"]))
    binned = Binned(x)
    rows = []
    for kind, weight in kinds.items():
        q10, q25, q75, q90 = binned.quantiles((0.1, 0.25, 0.75, 0.9), weight)
        rows.append(
            {
                "variable": title,
                "weights": kind,
                "rows": count,
                "sd": sd(x, weight, count),
                "iqr": q75 - q25,
                "p90_10": q90 - q10,
                "sd_within": sd(inner, weight, count),
            }
        )
    return rows
