"""TFP under counterfactual marginal products: equal ones for all groups, those of one group for
another, wedges halved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dirigiste.measurement.data.firms import NO_GROUP
from dirigiste.measurement.estimates.gains import mean_gain
from dirigiste.measurement.estimates.groups import split, with_terms
from dirigiste.measurement.estimates.sums import Levels, Sums, log
from dirigiste.measurement.output.table import Column, Table

if TYPE_CHECKING:
    from dirigiste.measurement.estimates.gains import Estimate

    Array = np.ndarray[Any, np.dtype[Any]]

MOST = 6
"""Groups among which terms are exchanged one by one: those with the most rows."""


def scaled_wedges(estimate: Estimate, capital: float, labor: float) -> Array:
    """Ln TFP of cells (C) if ln MRPK and ln MRPL of firms, relative to the cell, are multiplied by two
    factors.

    1 and 1 change nothing, 0 and 0 give A̅. TFPQ of firms and inputs of the cell stay.
    """
    sample = estimate.sample
    output, capital_sum, labor_sum = sums = np.empty((3, sample.cell_start.size))
    for block in sample.blocks:
        rows = block.rows
        ln_mrpk = capital * (sample.ln_y[rows] - sample.ln_k[rows])
        ln_mrpl = labor * (sample.ln_y[rows] - sample.ln_l[rows])
        ln_y = (ln_mrpl - ln_mrpk) * sample.in_block(block, estimate.cell_alpha)
        ln_y += estimate.logs.tfpq[rows]
        ln_y -= ln_mrpl  # ln A - ln TFPR at the new marginal products
        ln_y *= sample.in_block(block, sample.sigma - 1)
        y = estimate.weight[rows] * np.exp(ln_y, out=ln_y)
        k, l_ = (y * np.exp(-x) if factor else y for x, factor in ((ln_mrpk, capital), (ln_mrpl, labor)))
        for total, values in zip(sums, (y, k, l_), strict=True):
            total[block.cells] = sample.cells_of_block(block, values)
    whole = Sums(estimate.cells.weight, output, capital_sum, labor_sum, output)
    return Levels.of(whole, estimate.cell_alpha, sample.sigma).tfp


def terms_of(estimate: Estimate, taker: int, giver: int) -> Array:
    """Ln TFP of cells (C) if group `taker` had the composite MRPK and MRPL of group `giver`; cells that
    lack either stay.
    """
    sample, parts = estimate.sample, estimate.parts
    cells = sample.cell_start.size
    factors = np.ones((2, parts.y.size))
    ratios = [log(parts.y) - log(parts.k), log(parts.y) - log(parts.l)]
    there = parts.weight > 0
    for n, ratio in enumerate(ratios):
        given = np.full(cells, np.nan)
        mask = (sample.part_group == giver) & there
        given[sample.part_cell[mask]] = ratio[mask]
        moved = given[sample.part_cell] - ratio
        takes = (sample.part_group == taker) & there & np.isfinite(moved)
        factors[n] = np.where(takes, np.exp(np.where(takes, moved, 0.0)), 1.0)
    return with_terms(estimate, factors[0], factors[1])


def table(estimate: Estimate, line: str) -> Table:
    """Change of TFP under each counterfactual, mean over years."""
    sample = estimate.sample
    there = estimate.cells.weight > 0
    rows: list[tuple[str, float, float, float]] = []

    def add(name: str, change: Array) -> None:
        years = estimate.aggregate(np.where(there, change, 0.0))
        whole = np.nanmean(estimate.year_gain)
        closed = np.nanmean(years) / whole if whole > 0 else np.nan
        rows.append((name, 100 * mean_gain(years), float(np.nanmean(years)), float(closed)))

    add("equal marginal products for all firms", estimate.cell_gain)
    add("halve the wedges of all firms", scaled_wedges(estimate, 0.5, 0.5) - estimate.levels.tfp)
    add("equal MRPK for all firms, MRPL as it is", scaled_wedges(estimate, 0.0, 1.0) - estimate.levels.tfp)
    add("equal MRPL for all firms, MRPK as it is", scaled_wedges(estimate, 1.0, 0.0) - estimate.levels.tfp)
    if sample.has_groups:
        add("equal terms for all groups", split(estimate)[0])
        kept = sample.by_part(estimate.keep)
        count = np.bincount(sample.part_group, kept, len(sample.groups))
        largest = [int(n) for n in np.argsort(-count, kind="stable") if sample.groups[n] != NO_GROUP][:MOST]
        for taker in largest:
            for giver in largest:
                if giver != taker:
                    name = f"{sample.groups[taker]} on the terms of {sample.groups[giver]}"
                    add(name, terms_of(estimate, taker, giver) - estimate.levels.tfp)
    frame = pl.DataFrame(rows, schema=["counterfactual", "tfp", "log_tfp", "closed"], orient="row")
    columns = {
        "counterfactual": Column("counterfactual"),
        "tfp": Column("change of TFP", "%", 2),
        "log_tfp": Column("in logs", "log", 4),
        "closed": Column("of the log gain", "share", 3),
    }
    notes = (
        "TFPQ of firms and the capital and labour of each cell stay; means over years, cells weighted by "
        "value added as in the gain.",
        "Terms of a group: MRPK and MRPL of its composite firm in the cell; those of all its firms move by "
        "one factor, so its "
        "inner dispersion stays. Equal terms for all groups is the gain between groups. A group takes "
        "another's terms only in cells "
        "that have both.",
        "Halved wedges: ln MRPK and ln MRPL relative to the cell times 1/2, which halves ln TFPR relative to "
        "the cell.",
        line,
    )
    return Table("counterfactuals", "What if: TFP under other terms", frame, columns, notes)
