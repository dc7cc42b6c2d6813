"""Melitz and Polanec (2015): productivity growth by survivors, entrants and leavers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dirigiste.measurement.estimates.olley_pakes import productivities
from dirigiste.measurement.estimates.panel import Pairs
from dirigiste.measurement.output.table import Column, Table

if TYPE_CHECKING:
    from dirigiste.measurement.estimates.gains import Estimate

    Array = np.ndarray[Any, np.dtype[Any]]

FORMULA = (
    "ΔΦ = Δφ̅_S + Δcov_S + s_E2 (Φ_E2 - Φ_S2) + s_X1 (Φ_S1 - Φ_X1), S survivors, E entrants (seen only in "
    "year 2), X those who "
    "leave; Φ is the mean weighted by shares, φ̅ the plain one. Melitz and Polanec (2015, RAND J. Econ. "
    "46:362-375)."
)


@dataclass(frozen=True)
class Side:
    """One set of firms in one year, by industry, (I) each."""

    size: Array
    weighted: Array
    plain: Array
    there: Array

    @classmethod
    def of(cls, estimate: Estimate, flag: Array, phi: Array, size: Array, level: Array) -> Side:
        """Sizes and means by cell, (C) each, of the rows flagged; 0 where a cell has none of them. φ is
        relative to `level` (C).
        """
        sample = estimate.sample
        sums = np.empty((4, sample.cell_start.size))
        for block in sample.blocks:
            rows = block.rows
            mass = estimate.weight[rows] * flag[rows]
            worth = mass * size[rows]
            for total, x in zip(sums, (mass, mass * phi[rows], worth, worth * phi[rows]), strict=True):
                total[block.cells] = sample.cells_of_block(block, x)
        mass, total, cell_weight, weighted = sums
        there = cell_weight > 0
        safe_weight, safe_mass = np.where(there, cell_weight, 1.0), np.where(there, mass, 1.0)
        weighted = np.where(there, weighted / safe_weight + level, 0.0)
        plain = np.where(there, total / safe_mass + level, 0.0)
        return cls(cell_weight, weighted, plain, there)

    def in_year(self, estimate: Estimate, year: int) -> Side:
        """Cells (C) of one year as industries (I)."""
        sample = estimate.sample
        cells = np.flatnonzero(sample.cell_year == year)
        place = sample.cell_industry[cells]
        parts = []
        for x in (self.size, self.weighted, self.plain, self.there):
            wide = np.zeros(len(sample.industries), dtype=x.dtype)
            wide[place] = x[cells]
            parts.append(wide)
        return Side(*parts)


def decompose(one: tuple[Side, Side], two: tuple[Side, Side]) -> Array:
    """(5, I): growth, survivors' mean, survivors' covariance, entry, exit. `one` = survivors and leavers
    in year 1,
    `two` = survivors and entrants in year 2. Industries without survivors: nan.
    """
    s1, x1 = one
    s2, e2 = two
    share_x = x1.size / np.where(s1.size + x1.size > 0, s1.size + x1.size, 1.0)
    share_e = e2.size / np.where(s2.size + e2.size > 0, s2.size + e2.size, 1.0)
    exit_part = share_x * np.where(x1.there, s1.weighted - x1.weighted, 0.0)
    entry = share_e * np.where(e2.there, e2.weighted - s2.weighted, 0.0)
    mean = s2.plain - s1.plain
    covariance = (s2.weighted - s2.plain) - (s1.weighted - s1.plain)
    first = s1.weighted - exit_part
    last = s2.weighted + entry
    parts = np.stack([last - first, mean, covariance, entry, exit_part])
    return np.where(s1.there & s2.there, parts, np.nan)


def table(estimate: Estimate, line: str, pairs: Pairs | None = None) -> Table | str:
    """The decomposition from each year of the file to the next, and from the first to the last."""
    sample = estimate.sample
    if not sample.has_ids:
        return "the file gives no ids, so survivors cannot be distinguished from entrants"
    if len(sample.years) < 2:
        return "there is only one year"
    pairs = pairs or Pairs(estimate)
    last_year = len(sample.years) - 1
    rows: list[dict[str, Any]] = []
    measures = [
        (title, phi, size, _level(estimate, key))
        for key, (title, phi, size) in productivities(estimate).items()
    ]
    for lag in dict.fromkeys((1, last_year)):
        before, after = pairs.at(lag, survey=True)
        same = sample.cell_industry[sample.row_cell[before]] == sample.cell_industry[sample.row_cell[after]]
        stays, stayed = np.zeros(sample.rows, dtype=bool), np.zeros(sample.rows, dtype=bool)
        stays[before[same]] = stayed[after[same]] = True
        for title, phi, size, level in measures:
            flags = (stays, ~stays, stayed, ~stayed)
            sides = [Side.of(estimate, flag, phi, size, level) for flag in flags]
            for start in range(last_year + 1 - lag):
                here = [
                    side.in_year(estimate, year)
                    for side, year in zip(sides, (start, start, start + lag, start + lag), strict=True)
                ]
                row = _row(estimate, here, start, start + lag)
                if row is not None:
                    rows.append({"productivity": title, **row})
    if not rows:
        return "no firm is seen in two following years in the same industry"
    columns = {
        "productivity": Column("productivity and share"),
        "from": Column("from", "", 0),
        "to": Column("to", "", 0),
        "growth": Column("growth", "log", 4),
        "survivors": Column("survivors' mean", "log", 4),
        "reallocation": Column("survivors' covariance", "log", 4),
        "entry": Column("entry", "log", 4),
        "exit": Column("exit", "log", 4),
        "exit_share": Column("share of leavers", "share", 3),
        "entry_share": Column("share of entrants", "share", 3),
        "covered": Column("industries covered", "share", 3),
    }
    notes = [
        FORMULA,
        "By industry, then by the mean of value-added shares of both years; industries without survivors are "
        "left out. Values are nominal unless a deflator is given, and "
        "TFPQ leaves out the industry's κ, so growth and survivors' mean hold price changes; the other three "
        "do not.",
        "A firm enters when the file first sees it and leaves when it no longer does: panel attrition, the "
        "trim, missing values and a change of "
        "industry count as entry and exit too.",
        line,
    ]
    return Table("dynamic", "Survivors, entrants and leavers", pl.DataFrame(rows), columns, tuple(notes))


def _row(estimate: Estimate, sides: list[Side], start: int, end: int) -> dict[str, Any] | None:
    """One span: industries weighted by the mean of their shares in both years; None where none has
    survivors.
    """
    sample = estimate.sample
    parts = decompose((sides[0], sides[1]), (sides[2], sides[3]))
    theta = np.zeros(parts.shape[1])
    for year in (start, end):
        cells = sample.cell_year == year
        theta[sample.cell_industry[cells]] += estimate.theta[cells] / 2
    theta = np.where(np.isfinite(parts[0]), theta, 0.0)
    if theta.sum() <= 0:
        return None
    total = np.nan_to_num(parts) @ theta / theta.sum()
    names = ("growth", "survivors", "reallocation", "entry", "exit")
    stay1, gone, stay2, new = (float(side.size.sum()) for side in sides)
    return {
        "from": sample.years[start],
        "to": sample.years[end],
        **{name: float(value) for name, value in zip(names, total, strict=True)},
        "exit_share": gone / (stay1 + gone),
        "entry_share": new / (stay2 + new),
        "covered": float(theta.sum()),
    }


def _level(estimate: Estimate, key: str) -> Array:
    """What productivity in logs is relative to, (C): the mean of its cell, or 0."""
    sample = estimate.sample
    if key == "labor":
        return np.zeros(sample.cell_start.size)
    y, k, labor = sample.means
    level = y - estimate.cell_alpha * k - (1 - estimate.cell_alpha) * labor
    if key == "tfpq":
        level = level + y / (sample.sigma - 1)
    return level
