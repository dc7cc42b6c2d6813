"""Cut the tails of firms' variables relative to their cells, and count the rows that each cut removes."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from dirigiste.measurement.choices import NAMES
from dirigiste.measurement.data.firms import Step
from dirigiste.measurement.estimates.quantiles import quantiles
from dirigiste.measurement.estimates.sums import Levels, Logs, Sums, log

if TYPE_CHECKING:
    from dirigiste.measurement.choices import Choices, Variable
    from dirigiste.measurement.estimates.gains import Estimate
    from dirigiste.measurement.estimates.sample import Sample

    Array = np.ndarray[Any, np.dtype[Any]]

WHERE = {"pooled": "of all years together", "year": "of the year", "cell": "of the industry and year"}


def trimmed(
    sample: Sample, choices: Choices, logs: Logs, alpha: Array, weight: Array
) -> tuple[Array, list[Step]]:
    """The step that removes each row, (N), 0 for rows that stay, and the steps, counted from 1.

    Quantiles of all variables are taken before any is cut; both ends stay in. Rows whose weight is 0 do not
    count. The minimum cell size is applied last.
    """
    cut, steps = np.zeros(sample.rows, dtype=np.int8), []
    trim = choices.trim
    there = weight > 0
    left = int(there.sum())
    if trim.tail > 0:
        cells = Sums.by_part(sample, logs.power, weight).by_cell(sample)
        for variable in trim.variables:
            x = deviation(sample, variable, logs, cells, alpha)
            low, high = bounds(sample, x, weight, trim.tail, trim.by)
            cut[((x < low) | (x > high)) & (cut == 0)] = len(steps) + 1
            now = int(np.count_nonzero(there & (cut == 0)))
            what = f"trim {NAMES[variable]}"
            reason = (
                f"ln({NAMES[variable]}/cell) below the {100 * trim.tail:g} % or above the "
                f"{100 * (1 - trim.tail):g} % quantile {WHERE[trim.by]}"
            )
            steps.append(Step(what, left - now, now, reason))
            left = now
    if choices.min_cell > 1:
        rows = sample.by_cell(there, cut == 0)
        cut[sample.over_cells(rows < choices.min_cell) & (cut == 0)] = len(steps) + 1
        now = int(np.count_nonzero(there & (cut == 0)))
        reason = f"fewer than {choices.min_cell} rows in the industry and year"
        steps.append(Step("small cells", left - now, now, reason))
    return cut, steps


def raw(estimate: Estimate, variable: Variable) -> tuple[Array, Array]:
    """Ln of a variable relative to the mean of logs in the cell, (N), and the level of its cell, (C),
    after the trim.
    """
    return relative(estimate.sample, variable, estimate.logs, estimate.cells, estimate.alpha)


def deviation(sample: Sample, variable: Variable, logs: Logs, cells: Sums, alpha: Array) -> Array:
    """Ln of a variable of firms less that of their cell, (N).

    The cell's TFPR, MRPK and MRPL are the aggregates (harmonic, weighted by revenue); its TFPQ is the power
    mean (Σ A^(σ-1) / M)^(1/(σ-1)), so ln(A M^(1/(σ-1)) / A̅) as in Hsieh and Klenow (2009).
    """
    x, level = relative(sample, variable, logs, cells, alpha)
    return sample.less(x, level, None if x is logs.tfpr or x is logs.tfpq else x)


def relative(
    sample: Sample, variable: Variable, logs: Logs, cells: Sums, alpha: Array
) -> tuple[Array, Array]:
    """Ln of a variable relative to the mean of logs in the cell, (N), and the level of its cell, (C)."""
    if variable == "tfpr":
        return logs.tfpr, Levels.of(cells, alpha[sample.cell_industry], sample.sigma).tfpr
    if variable == "tfpq":
        return logs.tfpq, (log(cells.power) - log(cells.weight)) / (sample.sigma - 1)
    if variable == "mrpk":
        return sample.ln_y - sample.ln_k, log(cells.y) - log(cells.k)
    return sample.ln_y - sample.ln_l, log(cells.y) - log(cells.l)


def bounds(sample: Sample, x: Array, weight: Array, tail: float, by: str) -> tuple[Array, Array]:
    """Quantiles at both ends, one for all rows or (N) those of a row's year or cell."""
    plain = bool(np.all(weight == 1.0))
    if by == "pooled":
        starts = np.array([0, sample.rows])
    elif by == "year":
        starts = sample.year_rows
    else:
        starts = np.append(sample.cell_start, sample.rows)
    bounds = np.empty((starts.size - 1, 2))
    for n, (begin, end) in enumerate(pairwise(starts.tolist())):
        part = None if plain else weight[begin:end]
        bounds[n] = quantiles(x[begin:end], (tail, 1 - tail), part)
    if by == "pooled":
        return bounds[0, 0], bounds[0, 1]
    sizes = np.diff(starts)
    return np.repeat(bounds[:, 0], sizes), np.repeat(bounds[:, 1], sizes)
