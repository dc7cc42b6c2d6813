"""How much of the dispersion of TFPR is real: Bils, Klenow and Ruane (2021, JME 124S)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dirigiste.measurement.estimates.counterfactuals import scaled_wedges
from dirigiste.measurement.estimates.dispersion import deviations, mean_of_cells, sd
from dirigiste.measurement.estimates.gains import mean_gain
from dirigiste.measurement.estimates.least_squares import cross_products, least_squares
from dirigiste.measurement.estimates.panel import Pairs
from dirigiste.measurement.estimates.quantiles import quantiles
from dirigiste.measurement.output.table import Column, Table

if TYPE_CHECKING:
    from dirigiste.measurement.estimates.gains import Estimate

    Array = np.ndarray[Any, np.dtype[Any]]

FEWEST = 30
"""Pairs of years that the regression needs."""

TAIL = 0.01
"""Growth rates beyond these quantiles are left out."""

METHOD = (
    "Δln Y = Φ ln TFPR + Ψ Δln I - Ψ(1-λ) ln TFPR·Δln I + effects of industry and year, I = k^α l^(1-α), ln "
    "TFPR the mean of both "
    "years net of its cell; λ = 1 + (coefficient of the product)/(that of Δln I). Bils, Klenow and Ruane "
    "(2021, JME 124S:S39-S56; "
    "NBER WP 26711)."
)
ASSUMPTIONS = (
    "Assumes: errors in value added and inputs are additive, independent of true TFPR and of shocks, and "
    "steady from one year to the next "
    "(so average products overstate marginal ones where growth of inputs raises value added little); true "
    "wedges do not move with "
    "inputs. Here with value added in place of gross output, and unweighted by cost."
)


@dataclass(frozen=True)
class Error:
    """Estimate of λ, the share of Var(ln TFPR) that is real."""

    psi: float
    """Elasticity of value added to inputs at mean TFPR."""
    product: float
    """Coefficient of ln TFPR·Δln I."""
    share: float
    """λ as estimated; may fall outside 0 to 1."""
    se: float
    """Standard error of λ by the delta method, clustered by firm."""
    pairs: int
    clusters: int


def real_share(estimate: Estimate, pairs: Pairs | None = None) -> Error | None:
    """Regress growth of value added on growth of inputs, TFPR and their product; None with too few pairs."""
    sample = estimate.sample
    pairs = pairs or Pairs(estimate)
    earlier, later = pairs.places(1)
    if earlier.size < FEWEST:
        return None
    first, last, firm = pairs.rows[earlier], pairs.rows[later], pairs.firm[earlier]
    one, two = sample.row_cell[first], sample.row_cell[last]
    output, capital, labor = sample.means
    tfpr = estimate.logs.tfpr
    level_of = estimate.cell_alpha * capital + (1 - estimate.cell_alpha) * labor
    mean_of = mean_of_cells(estimate, tfpr)
    level = (tfpr[first] - mean_of[one] + (tfpr[last] - mean_of[two])) / 2
    growth = sample.ln_y[last] - sample.ln_y[first]
    moved = growth - (tfpr[last] - tfpr[first]) + level_of[two] - level_of[one]
    growth += output[two] - output[one]
    good: Array = sample.cell_industry[one] == sample.cell_industry[two]
    for x in (growth, moved):
        low, high = quantiles(x, [TAIL, 1 - TAIL])
        good &= (x >= low) & (x <= high)
    rows = np.bincount(two[good], minlength=sample.cell_start.size)
    good &= rows[two] > 1
    if int(good.sum()) < FEWEST:
        return None
    firm, level, growth = firm[good], level[good], growth[good]
    moved, cell = moved[good], two[good]
    weight = estimate.weight[first[good]]
    level -= np.average(level, weights=weight)
    total = np.bincount(cell, weight, sample.cell_start.size)
    safe = np.where(total > 0, total, 1.0)
    columns = [level, moved, level * moved, growth]
    for x in columns:
        x -= (np.bincount(cell, weight * x, total.size) / safe)[cell]
    design, outcome = columns[:3], columns[3]
    gram = cross_products(design, weight)
    if np.linalg.cond(gram) > 1e14:
        return None
    effects, n = int(np.count_nonzero(total)), level.size
    fit = least_squares(design, outcome, weight, firm, rows=n, effects=effects, gram=gram)
    g = int(np.count_nonzero(np.bincount(firm)))
    psi, product = (float(value) for value in fit.coefficients[1:])
    slope = np.array([0.0, -product / psi**2, 1 / psi])
    return Error(psi, product, 1 + product / psi, float(np.sqrt(slope @ fit.covariance @ slope)), n, g)


def table(estimate: Estimate, line: str, pairs: Pairs | None = None) -> Table | str:
    """λ, the real dispersion and the gain that is left."""
    if not estimate.sample.has_ids:
        return "the file gives no ids, so growth of firms is not known"
    error = real_share(estimate, pairs)
    if error is None:
        return f"fewer than {FEWEST} firms are seen in two following years"
    share = min(max(error.share, 0.0), 1.0)
    kept = estimate.weight > 0
    spread = sd(deviations(estimate, "tfpr")[kept], estimate.weight[kept])
    there = estimate.cells.weight > 0
    # wedges whose variance is λ times that measured: ln wedge times √λ, TFPQ as measured
    left = np.where(there, estimate.levels.best - scaled_wedges(estimate, share**0.5, share**0.5), 0.0)
    rows: list[tuple[str, float, float | None]] = [
        ("λ, real share of Var(ln TFPR)", error.share, error.se),
        ("Ψ, elasticity of value added to inputs", error.psi, None),
        ("coefficient of ln TFPR·Δln I", error.product, None),
        ("sd of ln TFPR, measured", spread, None),
        ("sd of ln TFPR, real", spread * share**0.5, None),
        ("mean gain measured, %", 100 * mean_gain(estimate.year_gain), None),
        ("mean gain, wedges times √λ, %", 100 * mean_gain(estimate.aggregate(left)), None),
        ("mean gain, log gain times λ, %", 100 * mean_gain(estimate.year_gain * share), None),
        ("pairs of years", float(error.pairs), None),
        ("firms", float(error.clusters), None),
    ]
    frame = pl.DataFrame(rows, schema=["measure", "value", "se"], orient="row")
    columns = {"measure": Column("measure"), "value": Column("value", "", 4), "se": Column("s.e.", "", 4)}
    digits = tuple(2 if name.endswith("%") else 4 for name, _, _ in rows)
    clipped = (
        "" if share == error.share else f" λ is estimated at {error.share:.3f}; {share:g} is used below it."
    )
    notes = (
        METHOD,
        ASSUMPTIONS,
        "Wedges times √λ: ln MRPK and ln MRPL relative to the cell times √λ, TFPQ as measured. Log gain "
        "times λ: exact if logs are jointly normal "
        f"and there is no capital wedge. Growth beyond the {100 * TAIL:g} % tails is left out; s.e. "
        f"clustered by firm.{clipped}",
        line,
    )
    title = "Real dispersion and measurement error"
    return Table("measurement_error", title, frame, columns, notes, digits=digits)
