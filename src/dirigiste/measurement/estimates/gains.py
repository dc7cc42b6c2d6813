"""Hsieh and Klenow (2009): wedges and the gain from equal marginal products, by cell, year and industry."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dirigiste.errors import InputError
from dirigiste.measurement.estimates.alphas import capital_shares
from dirigiste.measurement.estimates.sums import Levels, Logs, Sums, log
from dirigiste.measurement.estimates.trimming import trimmed
from dirigiste.measurement.estimates.winsorizing import winsorized
from dirigiste.measurement.output.table import Column, Table

if TYPE_CHECKING:
    from dirigiste.measurement.choices import Choices
    from dirigiste.measurement.data.firms import Step
    from dirigiste.measurement.estimates.sample import Sample

    Array = np.ndarray[Any, np.dtype[Any]]

REFERENCE = "Hsieh and Klenow (2009, QJE 124:1403-1448)"
FORMULA = (
    "Gain of a year = Π_s (A̅_s/TFP_s)^θ_s - 1, A̅_s = [Σ A_i^(σ-1)]^(1/(σ-1)), "
    "TFP_s = [Σ (A_i TFPR̅_s/TFPR_i)^(σ-1)]^(1/(σ-1)), θ_s the industry's share of value added; "
    f"{REFERENCE}, equations (15) and (20)."
)


@dataclass(frozen=True)
class Estimate:
    """Gains at one set of weights: capital shares, rows that stay, and sums by part."""

    sample: Sample
    alpha: Array
    """(I) capital shares."""
    logs: Logs
    cut: Array
    """(N) number of the step of `steps` that removes the row, counted from 1; 0 for rows that stay."""
    weight: Array
    """(N) weights, 0 for rows that were cut."""
    parts: Sums
    steps: tuple[Step, ...]

    @cached_property
    def keep(self) -> Array:
        """(N) rows that stay after the trim."""
        return self.cut == 0

    @cached_property
    def cells(self) -> Sums:
        """Sums by cell, (C)."""
        return self.parts.by_cell(self.sample)

    @property
    def cell_alpha(self) -> Array:
        """(C) capital shares."""
        return self.alpha[self.sample.cell_industry]

    @cached_property
    def levels(self) -> Levels:
        """Log levels by cell."""
        return Levels.of(self.cells, self.cell_alpha, self.sample.sigma)

    @cached_property
    def cell_output(self) -> Array:
        """(C) value added in the unit of the file."""
        return self.cells.y * np.exp(self.sample.means[0])

    @cached_property
    def theta(self) -> Array:
        """(C) share of the cell in the value added of its year."""
        total = self.sample.by_year(self.cell_output)
        sizes = np.diff(np.append(self.sample.year_cell, self.cell_output.size))
        all_year = np.repeat(total, sizes)
        return np.divide(self.cell_output, all_year, out=np.zeros_like(all_year), where=all_year > 0)

    @cached_property
    def cell_gain(self) -> Array:
        """(C) ln(A̅/TFP); 0 where no row is left."""
        return np.where(self.cells.weight > 0, self.levels.best - self.levels.tfp, 0.0)

    def aggregate(self, cells: Array) -> Array:
        """Log gains of cells (C) as log gains of years (T): Σ θ_s x_s; nan for years without rows."""
        totals = self.sample.by_year(self.theta * cells)
        return np.where(self.sample.by_year(self.cells.weight) > 0, totals, np.nan)

    @cached_property
    def year_gain(self) -> Array:
        """(T) ln(1 + gain)."""
        return self.aggregate(self.cell_gain)


def estimate(
    sample: Sample, choices: Choices, weight: Array | None = None, known: Estimate | None = None
) -> Estimate:
    """Capital shares, trim, and sums of what is left, at given weights of rows (default: the sample's).

    `known` is an estimate of the same sample and choices; where capital shares do not depend on the data, its
    logs serve again.

    Raises:
        InputError: The trim leaves no row; capital shares cannot be had.
    """
    weight = sample.weight if weight is None else weight
    alpha = capital_shares(sample, choices, weight)
    same = known is not None and choices.alpha in ("table", "constant") and choices.winsor is None
    logs = known.logs if same and known is not None else Logs.of(sample, alpha)
    cut, steps = trimmed(sample, choices, logs, alpha, weight)
    kept = weight * (cut == 0)
    if not kept.any():
        raise InputError.of("the trim and the minimum cell size leave no row", key="trim")
    if choices.winsor is not None:
        sample, pulled = winsorized(sample, choices.winsor, logs, alpha, kept)
        steps += pulled
        logs = Logs.of(sample, alpha)
    return Estimate(sample, alpha, logs, cut, kept, Sums.by_part(sample, logs.power, kept), tuple(steps))


def percent(logs: Any) -> Any:  # noqa: ANN401  (a number or an array)
    """A log gain in per cent."""
    return 100 * np.expm1(logs)


def mean_gain(year_gain: Array) -> float:
    """Mean over years of the gain, as a share."""
    return float(np.nanmean(np.expm1(year_gain)))


def by_year(estimate: Estimate, split: Array, line: str) -> Table:
    """The table of gains by year; `split` (2, C) are log gains between and within groups (or no rows)."""
    sample = estimate.sample
    rows = sample.by_year(sample.by_cell(estimate.keep))
    cells = sample.by_year((estimate.cells.weight > 0).astype(float))
    data: dict[str, Any] = {
        "year": [str(year) for year in sample.years],
        "rows": rows.astype(np.int64),
        "cells": cells.astype(np.int64),
        "gain": percent(estimate.year_gain),
        "log_gain": estimate.year_gain,
    }
    columns = {
        "year": Column("year"),
        "rows": Column("rows", "count", 0),
        "cells": Column("cells", "count", 0),
        "gain": Column("gain", "%", 2),
        "log_gain": Column("ln(1 + gain)", "log", 4),
    }
    extra = [estimate.aggregate(part) for part in split]
    for name, part in zip(("between", "within"), extra, strict=False):
        data[name] = percent(part)
        columns[name] = Column(f"{name} groups", "%", 2)
    frame = pl.DataFrame(data).filter(pl.col("rows") > 0)
    mean = {
        "year": "mean",
        "rows": int(rows.sum()),
        "cells": int(cells.sum()),
        "gain": 100 * mean_gain(estimate.year_gain),
        "log_gain": float(np.nanmean(estimate.year_gain)),
    }
    for name, part in zip(("between", "within"), extra, strict=False):
        mean[name] = 100 * mean_gain(part)
    frame = pl.concat([frame, pl.DataFrame([mean], schema=frame.schema)])
    notes = [FORMULA, "Mean: of the gains, and of the logs, over years."]
    if extra:
        notes.append("(1 + gain) = (1 + between)(1 + within), exact in every year; not in the mean of gains.")
    return Table(
        "gains_by_year", "Gain from equal marginal products, by year", frame, columns, (*notes, line)
    )


def by_industry(estimate: Estimate, line: str) -> Table:
    """The table of gains by industry: mean over years of the log gain, and what it adds to the whole."""
    sample = estimate.sample
    count = len(sample.industries)
    there = estimate.cells.weight > 0
    industry = sample.cell_industry
    years = np.bincount(industry, there, count)
    used = np.maximum(years, 1)
    all_years = max(int(np.isfinite(estimate.year_gain).sum()), 1)
    gain = np.bincount(industry, estimate.cell_gain, count) / used
    rows = np.bincount(industry, sample.by_cell(estimate.keep), count)
    frame = pl.DataFrame(
        {
            "industry": list(sample.industries),
            "rows": rows.astype(np.int64),
            "years": years.astype(np.int64),
            "alpha": estimate.alpha,
            "share": np.bincount(industry, estimate.theta, count) / all_years,
            "gain": percent(gain),
            "log_gain": gain,
            "contribution": np.bincount(industry, estimate.theta * estimate.cell_gain, count) / all_years,
        }
    ).filter(pl.col("rows") > 0)
    columns = {
        "industry": Column("industry"),
        "rows": Column("rows", "count", 0),
        "years": Column("years", "count", 0),
        "alpha": Column("α of the industry", "share", 3),
        "share": Column("share of value added", "share", 4),
        "gain": Column("gain of the industry", "%", 2),
        "log_gain": Column("its ln(1 + gain)", "log", 4),
        "contribution": Column("contribution", "log", 4),
    }
    notes = (
        "Share: mean over years of the industry's share in the value added of the year. Gain of the "
        "industry: exp of the mean over years of ln(A̅/TFP), less 1. Contribution: mean over years of "
        "θ_s ln(A̅_s/TFP_s); contributions sum to the mean over years of ln(1 + gain). Own α are of sums over "
        "all years, in current prices unless a deflator is given.",
        line,
    )
    return Table("gains_by_industry", "Gain from equal marginal products, by industry", frame, columns, notes)


def firm_rows(estimate: Estimate, choices: Choices) -> pl.DataFrame:
    """The rows that stay, in their order in the file, with wedges and productivities.

    tfpr = y/(k^α l^(1-α)); tfpq = y^(σ/(σ-1))/(k^α l^(1-α)) (κ = 1); mrpk = α (σ-1)/σ y/k;
    mrpl = (1-α)(σ-1)/σ y/l (w = 1 where labour is a wage bill); tau_k = τ_K = α/(1-α) l/(R k) - 1;
    tau_y = τ_Y = 1 - σ/(σ-1) l/((1-α) y). ln_*_dev: relative to the cell after the trim. cell_share: share
    of the cell's value added (weights included); theta: the cell's share of the year's.
    """
    sample = estimate.sample
    chosen = np.zeros(sample.rows, dtype=bool)
    chosen[sample.order] = estimate.keep
    place = np.empty(sample.rows, dtype=np.int64)
    place[sample.order] = np.arange(sample.rows)
    kept = place[chosen]  # rows that stay, in the order of the file
    cell = sample.row_cell[kept]
    alpha, sigma = estimate.cell_alpha[cell], sample.sigma[cell]
    y, k, labor = sample.y[kept], sample.k[kept], sample.l[kept]
    cells, levels = estimate.cells, estimate.levels
    spread = (log(cells.power) - log(cells.weight)) / (sample.sigma - 1)
    ln_y, ln_k, ln_l = sample.ln_y[kept], sample.ln_k[kept], sample.ln_l[kept]
    ln_tfpr, ln_tfpq = estimate.logs.tfpr[kept], estimate.logs.tfpq[kept]
    mean_y, mean_k, mean_l = sample.means
    mean = mean_y - estimate.cell_alpha * mean_k - (1 - estimate.cell_alpha) * mean_l
    ratio_k, ratio_l = y / k, y / labor
    with np.errstate(over="ignore"):  # near σ = 1 the level of TFPQ exceeds the range of floats
        tfpq = np.exp(ln_tfpq + (mean + sample.means[0] / (sample.sigma - 1))[cell])
    tfpq[np.isinf(tfpq)] = np.nan
    added = {
        "labor_used": labor,
        "alpha": alpha,
        "sigma": sigma,
        "tfpr": np.exp(ln_tfpr + mean[cell]),
        "tfpq": tfpq,
        "mrpk": alpha * (sigma - 1) / sigma * ratio_k,
        "mrpl": (1 - alpha) * (sigma - 1) / sigma * ratio_l,
        "tau_k": alpha / (1 - alpha) * labor / (choices.rental * k) - 1,
        "tau_y": 1 - sigma / (sigma - 1) / ((1 - alpha) * ratio_l),
        "ln_tfpr_dev": ln_tfpr - levels.tfpr[cell],
        "ln_tfpq_dev": ln_tfpq - spread[cell],
        "ln_mrpk_dev": ln_y - ln_k - (log(cells.y) - log(cells.k))[cell],
        "ln_mrpl_dev": ln_y - ln_l - (log(cells.y) - log(cells.l))[cell],
        "cell_share": estimate.weight[kept] * y / estimate.cell_output[cell],
        "theta": estimate.theta[cell],
    }
    frame = sample.frame.filter(pl.Series(chosen))
    return frame.with_columns(**{name: pl.Series(values) for name, values in added.items()})
