"""Regressions on groups with the effects of cells absorbed and standard errors clustered by firm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from scipy import special

from dirigiste.measurement.data.firms import NO_GROUP
from dirigiste.measurement.estimates.dispersion import VARIABLES, deviations
from dirigiste.measurement.estimates.least_squares import sandwich
from dirigiste.measurement.estimates.sums import dot
from dirigiste.measurement.output.table import Column, Table

if TYPE_CHECKING:
    from dirigiste.measurement.choices import Choices
    from dirigiste.measurement.estimates.gains import Estimate

    Array = np.ndarray[Any, np.dtype[Any]]

FORMULA = (
    "V = G/(G-1) (N-1)/(N-K) (X'X)^-1 [Σ_g X_g'e_g e_g'X_g] (X'X)^-1, G firms, K = regressors + effects of "
    "cells; X and e net "
    "of cells. t and intervals with G-1 degrees of freedom."
)


@dataclass(frozen=True)
class Absorbed:
    """Least squares with one set of effects absorbed."""

    coefficients: Array
    errors: Array
    """Standard errors, clustered."""
    covariance: Array
    rows: int
    clusters: int
    singletons: int
    """Rows alone in their cell, left out."""
    effects: int
    within: float
    """R² of what is left after the effects."""


def group_regressors(estimate: Estimate, reference: int) -> tuple[Array, list[int]]:
    """Dummies (P, J) of groups other than the reference that can be compared with it, and the groups'
    numbers.

    A group can be compared when it shares a cell with the reference, or with a group that can be compared.
    """
    sample = estimate.sample
    there = known_weight(estimate) > 0
    group, cell = sample.part_group[there], sample.part_cell[there]
    reached = np.zeros(len(sample.groups), dtype=bool)
    reached[reference] = True
    while True:
        cells = np.zeros(sample.cell_start.size, dtype=bool)
        cells[cell[reached[group]]] = True
        more = reached.copy()
        more[group[cells[cell]]] = True
        if bool(np.all(more == reached)):
            break
        reached = more
    others = [int(n) for n in np.flatnonzero(reached) if n != reference]
    dummies = np.zeros((sample.part_group.size, len(others)))
    for j, n in enumerate(others):
        dummies[sample.part_group == n, j] = 1.0
    return dummies, others


def known_weight(estimate: Estimate) -> Array:
    """Weight of each part (P); 0 for rows of no known group."""
    weight = estimate.parts.weight.copy()
    if NO_GROUP in estimate.sample.groups:
        weight[estimate.sample.part_group == estimate.sample.groups.index(NO_GROUP)] = 0.0
    return weight


def net_of_cells(estimate: Estimate, dummies: Array, weight: Array) -> tuple[Array, Array] | None:
    """Dummies less their mean in the cell (P, J), and their weighted products (J, J); None where these
    are singular.
    """
    sample = estimate.sample
    cells = sample.cells_of_parts(weight)
    safe = np.where(cells > 0, cells, 1.0)
    net = np.empty_like(dummies)
    for j in range(dummies.shape[1]):
        mean = sample.cells_of_parts(weight * dummies[:, j]) / safe
        net[:, j] = dummies[:, j] - mean[sample.part_cell]
    gram = np.einsum("pj,p,pk->jk", net, weight, net)
    if not gram.size or not np.isfinite(gram).all() or np.linalg.cond(gram) > 1e12:
        return None
    return net, gram


def reference_group(estimate: Estimate, choices: Choices) -> int:
    """Number of the group chosen as reference, or of that with the most rows."""
    sample = estimate.sample
    if choices.reference is not None:
        return sample.groups.index(choices.reference)
    rows = np.bincount(sample.part_group, sample.by_part(estimate.keep), len(sample.groups))
    if NO_GROUP in sample.groups:
        rows[sample.groups.index(NO_GROUP)] = -1
    return int(np.argmax(rows))


@dataclass(frozen=True)
class Design:
    """Dummies of groups net of cells, ready for several outcomes."""

    estimate: Estimate
    weight: Array
    """(N) 0 for rows that do not count: cut, of no known group, or alone in their cell."""
    x: Array
    """(P, J) regressors net of the mean of their cell."""
    gram: Array
    """(J, J) X'WX."""
    cells: Array
    """(C) weights by cell."""
    firm: Array
    """(N) clusters."""
    rows: int
    clusters: int
    singletons: int
    effects: int

    @classmethod
    def of(cls, estimate: Estimate, dummies: Array) -> Design | None:
        """None where the groups do not meet in any cell, so that nothing can be estimated."""
        sample = estimate.sample
        known = np.ones(len(sample.groups), dtype=bool)
        if NO_GROUP in sample.groups:
            known[sample.groups.index(NO_GROUP)] = False
        good = estimate.keep & (estimate.weight > 0) & sample.over_parts(known[sample.part_group])
        rows = sample.by_cell(good)
        alone = sample.over_cells(rows == 1) & good
        good &= ~alone
        weight = np.where(good, estimate.weight, 0.0)
        part_weight = sample.by_part(weight)
        netted = net_of_cells(estimate, dummies, part_weight)
        if netted is None:
            return None
        net, gram = netted
        cells = sample.cells_of_parts(part_weight)
        safe = np.where(cells > 0, cells, 1.0)
        firm = sample.firm.astype(np.intp)  # once, not in each sum
        clusters = int(np.count_nonzero(np.bincount(firm[good], minlength=1)))
        return cls(
            estimate,
            weight,
            net,
            gram,
            safe,
            firm,
            int(good.sum()),
            clusters,
            int(alone.sum()),
            int(np.count_nonzero(rows > 1)),
        )

    def fit(self, outcome: Array) -> Absorbed:
        """Regress an outcome (N) on the groups; it is used up."""
        sample = self.estimate.sample
        mean = sample.by_cell(self.weight, outcome) / self.cells
        net = sample.less(outcome, mean, outcome)
        total = float(sample.by_part(self.weight, net, net).sum())
        inverse = np.linalg.inv(self.gram)
        beta = inverse @ np.einsum("pj,p->j", self.x, sample.by_part(self.weight, net))
        fitted = np.einsum("pj,j->p", self.x, beta)
        left = 0.0
        for block in sample.blocks:
            residual = net[block.rows]
            residual -= sample.parts_in_block(block, fitted)
            weighted = self.weight[block.rows] * residual
            left += dot(weighted, residual)
            residual[:] = weighted
        product = np.empty(sample.rows)
        scores = np.empty((beta.size, int(self.firm.max()) + 1))
        for x, sums in zip(self.x.T, scores, strict=True):
            for block in sample.blocks:
                np.multiply(net[block.rows], sample.parts_in_block(block, x), out=product[block.rows])
            sums[:] = np.bincount(self.firm, product)
        covariance = sandwich(inverse, scores, self.clusters, self.rows, self.effects)
        errors = np.sqrt(np.diag(covariance))
        within = 1 - left / total if total > 0 else np.nan
        return Absorbed(
            beta, errors, covariance, self.rows, self.clusters, self.singletons, self.effects, within
        )


def table(estimate: Estimate, choices: Choices, line: str) -> Table | str:
    """Coefficients of groups for ln TFPR, TFPQ, MRPK, MRPL; a reason where there can be none."""
    sample = estimate.sample
    reference = reference_group(estimate, choices)
    dummies, others = group_regressors(estimate, reference)
    design = Design.of(estimate, dummies)
    if design is None:
        return "no industry and year holds firms of two groups, or groups cannot be distinguished from cells"
    rows: list[dict[str, Any]] = []
    quantile = float(special.stdtrit(max(design.clusters - 1, 1), 0.975))
    for variable, title in VARIABLES:
        fitted = design.fit(deviations(estimate, variable))
        for j, group in enumerate(others):
            beta, error = float(fitted.coefficients[j]), float(fitted.errors[j])
            t = beta / error if error > 0 else float("nan")
            rows.append(
                {
                    "variable": title,
                    "group": sample.groups[group],
                    "coefficient": beta,
                    "se": error,
                    "t": t,
                    "p": float(2 * special.stdtr(max(fitted.clusters - 1, 1), -abs(t))),
                    "low": beta - quantile * error,
                    "high": beta + quantile * error,
                    "rows": fitted.rows,
                    "clusters": fitted.clusters,
                    "r2_within": fitted.within,
                }
            )
    columns = {
        "variable": Column("variable"),
        "group": Column("group"),
        "coefficient": Column("coefficient", "log", 4),
        "se": Column("s.e.", "log", 4),
        "t": Column("t", "", 2),
        "p": Column("p", "", 4),
        "low": Column("95 % from", "log", 3),
        "high": Column("to", "log", 3),
        "rows": Column("rows", "count", 0),
        "clusters": Column("clusters", "count", 0),
        "r2_within": Column("R² within", "share", 4),
    }
    compared = {reference, *others}
    apart = [name for n, name in enumerate(sample.groups) if n not in compared and name != NO_GROUP]
    shut = (
        f" Left out since they share no industry and year with the others: {', '.join(apart)}."
        if apart
        else ""
    )
    unit = "firm" if sample.has_ids else "row (the file gives no ids)"
    notes = (
        f"Relative to `{sample.groups[reference]}`. OLS with an effect for each industry and year; standard "
        "errors clustered by "
        f"{unit}. {FORMULA}",
        f"{design.singletons} rows alone in their industry and year are left out: they say nothing about "
        "groups and would only count "
        f"in N; {design.effects} effects are absorbed. Rows of no known group are left out.{shut}",
        "R² within: share of the variance around cells that groups explain (Hsieh and Klenow 2009, Table "
        "III).",
        line,
    )
    return Table(
        "regressions", "Groups compared within industry and year", pl.DataFrame(rows), columns, notes
    )
