"""A measurement of some of its rows: the same capital shares and trim, cells of these rows alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dirigiste.measurement.data.coding import starts
from dirigiste.measurement.estimates.gains import Estimate
from dirigiste.measurement.estimates.sums import Logs, Sums

if TYPE_CHECKING:
    Array = np.ndarray[Any, np.dtype[Any]]


def restricted(estimate: Estimate, rows: Array) -> Estimate:
    """The estimate of some rows, given by their numbers in the sample, in rising order; one at least."""
    sample = estimate.sample
    part = np.searchsorted(sample.part_start, rows, side="right") - 1
    cell = sample.row_cell[rows]
    part_start, cell_start = starts(part), starts(cell)
    cells = cell[cell_start]
    years, cell_year = np.unique(sample.cell_year[cells], return_inverse=True)
    small = replace(
        sample,
        order=sample.order[rows],
        ln_y=sample.ln_y[rows],
        ln_k=sample.ln_k[rows],
        ln_l=sample.ln_l[rows],
        y=sample.y[rows],
        k=sample.k[rows],
        l=sample.l[rows],
        weight=sample.weight[rows],
        wages=None if sample.wages is None else sample.wages[rows],
        means=sample.means[:, cells],
        part_start=part_start,
        part_group=sample.part_group[part[part_start]],
        cell_start=cell_start,
        cell_part=np.searchsorted(part_start, cell_start),
        cell_industry=sample.cell_industry[cells],
        cell_year=cell_year,
        year_cell=starts(cell_year),
        years=tuple(sample.years[n] for n in years),
        sigma=sample.sigma[cells],
    )
    # numbered anew, so that sums over firms take no longer than the rows
    vars(small)["firm"] = np.unique(sample.firm[rows], return_inverse=True)[1]
    logs = Logs(*(x[rows] for x in (estimate.logs.tfpr, estimate.logs.tfpq, estimate.logs.power)))
    weight = estimate.weight[rows]
    parts = Sums.by_part(small, logs.power, weight)
    return Estimate(small, estimate.alpha, logs, estimate.cut[rows], weight, parts, estimate.steps)
