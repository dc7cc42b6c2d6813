"""Gains between and within groups: each group of a cell taken as one composite firm. The split is exact."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from dirigiste.measurement.data.firms import NO_GROUP
from dirigiste.measurement.estimates.gains import mean_gain, percent
from dirigiste.measurement.estimates.sums import Levels, Sums, log
from dirigiste.measurement.output.table import Column, Table

if TYPE_CHECKING:
    from dirigiste.measurement.estimates.gains import Estimate

    Array = np.ndarray[Any, np.dtype[Any]]

FORMULA = (
    "(1 + gain) = (1 + between)(1 + within), exact in every cell and year. Group g of a cell is one "
    "composite firm with "
    "Y_g, K_g, L_g and A_g = Y_g^(σ/(σ-1))/(K_g^α L_g^(1-α)). Between: marginal products equal across "
    "composites, "
    "each with its A_g: (Σ A_g^(σ-1))^(1/(σ-1))/TFP. Within: the rest, A̅/(Σ A_g^(σ-1))^(1/(σ-1))."
)


def composites(estimate: Estimate) -> Array:
    """A_g^(σ-1) of each group of a cell as one firm, (P): Y^σ / (K^α L^(1-α))^(σ-1); 0 where no row is
    left.
    """
    sample, parts = estimate.sample, estimate.parts
    cell = sample.part_cell
    sigma, alpha = sample.sigma[cell], estimate.cell_alpha[cell]
    inputs = alpha * log(parts.k) + (1 - alpha) * log(parts.l)
    power = np.exp(sigma * log(parts.y) - (sigma - 1) * inputs)
    return np.where(parts.weight > 0, power, 0.0)


def split(estimate: Estimate) -> Array:
    """Log gains (2, C) between and within groups; they sum to the log gain of the cell."""
    best = log(estimate.sample.cells_of_parts(composites(estimate))) / (estimate.sample.sigma - 1)
    there = estimate.cells.weight > 0
    between = np.where(there, best - estimate.levels.tfp, 0.0)
    return np.stack([between, np.where(there, estimate.cell_gain - between, 0.0)])


def with_terms(estimate: Estimate, mrpk: Array, mrpl: Array) -> Array:
    """Ln TFP of cells (C) if the marginal products of each part's rows are multiplied by `mrpk`, `mrpl` (P).

    A composite firm with A_g and TFPR_g' gets revenue y_g' ∝ (A_g/TFPR_g')^(σ-1), capital ∝ y_g'/MRPK_g' and
    labour ∝ y_g'/MRPL_g'; TFP' = (Σ y')^(σ/(σ-1)) / ((Σ k')^α (Σ l')^(1-α)).
    """
    sample, parts = estimate.sample, estimate.parts
    cell = sample.part_cell
    alpha, sigma = estimate.cell_alpha[cell], sample.sigma[cell]
    there = parts.weight > 0
    moved = alpha * np.log(mrpk) + (1 - alpha) * np.log(mrpl)
    y = np.where(there, parts.y * np.exp(-(sigma - 1) * moved), 0.0)
    ratio_k = np.divide(parts.k, parts.y * mrpk, out=np.zeros_like(y), where=there)
    ratio_l = np.divide(parts.l, parts.y * mrpl, out=np.zeros_like(y), where=there)
    of_cell = sample.cells_of_parts
    whole = Sums(of_cell(parts.weight), of_cell(y), of_cell(y * ratio_k), of_cell(y * ratio_l), of_cell(y))
    return Levels.of(whole, estimate.cell_alpha, sample.sigma).tfp


COLUMNS: Final = {
    "group": Column("group"),
    "rows": Column("rows", "count", 0),
    "output_share": Column("share of value added", "share", 3),
    "capital_share": Column("share of capital", "share", 3),
    "labor_share": Column("share of labour", "share", 3),
    "tfpr": Column("ln TFPR to cell", "log", 3),
    "mrpk": Column("ln MRPK to cell", "log", 3),
    "mrpl": Column("ln MRPL to cell", "log", 3),
    "own_gain": Column("gain inside the group", "%", 1),
}


def table(estimate: Estimate, line: str) -> tuple[Table, Array]:
    """The table of groups, and the split (2, C)."""
    cut = split(estimate)
    means = [100 * mean_gain(estimate.aggregate(part)) for part in (estimate.cell_gain, *cut)]
    logs = [float(np.nanmean(estimate.aggregate(part))) for part in (estimate.cell_gain, *cut)]
    notes = [
        f"Means over years: gain {means[0]:.2f} %, between groups {means[1]:.2f} %, within groups "
        f"{means[2]:.2f} %; "
        f"in logs {logs[0]:.4f} = {logs[1]:.4f} + {logs[2]:.4f}.",
        FORMULA,
        "Shares: means over years of the group's share in the year's total, so that years of high prices "
        "count no more than others; 0 in years without the group.",
        "Groups against their cell: the composite's TFPR, MRPK, MRPL over the cell's, mean of logs over "
        "cells, weighted by the group's share in the value added of the year. Gain inside: exp of the same "
        "mean of the log gain from equal marginal products within the group alone, less 1.",
    ]
    if NO_GROUP in estimate.sample.groups:
        notes.append(of_known(estimate))
    title = "Groups, and the gain between and within them"
    return Table("groups", title, by_group(estimate), COLUMNS, (*notes, line)), cut


def by_group(estimate: Estimate) -> pl.DataFrame:
    """Shares, distances from the cell and the gain inside, one row a group."""
    sample, parts = estimate.sample, estimate.parts
    group, cell = sample.part_group, sample.part_cell
    count = len(sample.groups)
    rows = np.bincount(group, sample.by_part(estimate.keep), count)
    yearly = [year_shares(estimate, x, n) for n, x in enumerate((parts.y, parts.k, parts.l))]
    years = int(np.isfinite(estimate.year_gain).sum())
    shares = [np.bincount(group, x, count) / years for x in yearly]
    own = Levels.of(parts, estimate.cell_alpha[cell], sample.sigma[cell])
    inside = np.where(parts.weight > 0, own.best - own.tfp, 0.0)
    worth = yearly[0]
    gaps = {
        "tfpr": own.tfpr - estimate.levels.tfpr[cell],
        "mrpk": log(parts.y) - log(parts.k) - (log(estimate.cells.y) - log(estimate.cells.k))[cell],
        "mrpl": log(parts.y) - log(parts.l) - (log(estimate.cells.y) - log(estimate.cells.l))[cell],
    }

    def mean(x: Array) -> Array:
        total = np.bincount(group, worth, count)
        return np.bincount(group, np.where(parts.weight > 0, x * worth, 0.0), count) / np.maximum(
            total, 1e-300
        )

    return pl.DataFrame(
        {
            "group": list(sample.groups),
            "rows": rows.astype(np.int64),
            "output_share": shares[0],
            "capital_share": shares[1],
            "labor_share": shares[2],
            **{name: mean(x) for name, x in gaps.items()},
            "own_gain": percent(mean(inside)),
        }
    ).filter(pl.col("rows") > 0)


def year_shares(estimate: Estimate, x: Array, n: int) -> Array:
    """Sums by part (P), in units of the cell, as shares in the total of their year; `n` is the place of the
    variable in `Sample.means`.
    """
    sample = estimate.sample
    money = x * np.exp(sample.means[n])[sample.part_cell]
    year = sample.cell_year[sample.part_cell]
    total = np.bincount(year, money, len(sample.years))[year]
    return np.divide(money, total, out=np.zeros_like(money), where=total > 0)


def known_only(estimate: Estimate) -> Estimate:
    """The same measurement of the rows whose group is known, capital shares and trim as they are."""
    sample, parts = estimate.sample, estimate.parts
    known = np.array([name != NO_GROUP for name in sample.groups])[sample.part_group].astype(float)
    kept = Sums(*(x * known for x in (parts.weight, parts.y, parts.k, parts.l, parts.power)))
    return replace(estimate, weight=estimate.weight * sample.over_parts(known), parts=kept)


def of_known(estimate: Estimate) -> str:
    """The rule for rows without a group, and what the split would be without them."""
    known = known_only(estimate)
    gains = [100 * mean_gain(known.aggregate(part)) for part in (known.cell_gain, *split(known))]
    lost = int(np.count_nonzero(estimate.weight) - np.count_nonzero(known.weight))
    return (
        f"{lost:,} rows have no group. They are a group of their own, {NO_GROUP}, in shares and in the "
        "split, since the split is of the whole gain; regressions and terms of groups leave them out. Of the "
        "rows whose group is known alone, with the same capital shares and trim: "
        f"gain {gains[0]:.2f} %, between groups {gains[1]:.2f} %, within groups {gains[2]:.2f} %."
    )
