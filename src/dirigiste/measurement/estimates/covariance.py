"""Covariances of wedges and productivity, and the gain that the lognormal formula implies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dirigiste.measurement.data.firms import NO_GROUP
from dirigiste.measurement.output.table import Column, Table

if TYPE_CHECKING:
    from dirigiste.measurement.estimates.gains import Estimate

    Array = np.ndarray[Any, np.dtype[Any]]


PAIRS = (
    ("tfpr", "tfpr"),
    ("tfpq", "tfpq"),
    ("tfpr", "tfpq"),
    ("capital", "capital"),
    ("output", "output"),
    ("capital", "output"),
)


LEAST = 3
"""Rows below which a group has no covariances."""


def lognormal_loss(sigma: Any, alpha: Any, var_tfpr: Any, var_capital: Any) -> Any:  # noqa: ANN401  (numbers or arrays)
    """ln(A̅/TFP) where ln A, ln(1-τY), ln(1+τK) are jointly normal: σ/2 Var(ln TFPR) + α(1-α)/2 Var(ln(1+τK)).

    Exact whatever their correlations; with no capital wedge it is equation (16) of Hsieh and Klenow (2009).
    """
    return sigma / 2 * var_tfpr + alpha * (1 - alpha) / 2 * var_capital


def _moments(estimate: Estimate) -> tuple[dict[str, Array], dict[tuple[str, str], Array]]:
    """Weighted sums by part (P) of variables net of their mean in the cell, and of their products."""
    sample, logs = estimate.sample, estimate.logs
    first = {name: np.empty(sample.part_start.size) for name in ("tfpr", "tfpq", "capital", "output")}
    second = {pair: np.empty(sample.part_start.size) for pair in PAIRS}
    safe = np.where(estimate.cells.weight > 0, estimate.cells.weight, 1.0)
    for block in sample.blocks:
        rows, weight = block.rows, estimate.weight[block.rows]
        net = {
            "tfpr": logs.tfpr[rows].copy(),
            "tfpq": logs.tfpq[rows].copy(),
            "capital": sample.ln_l[rows] - sample.ln_k[rows],
            "output": sample.ln_y[rows] - sample.ln_l[rows],
        }
        weighted = {}
        for name, x in net.items():
            mean = sample.cells_of_block(block, weight * x) / safe[block.cells]
            x -= np.repeat(mean, sample.cell_rows[block.cells])
            weighted[name] = weight * x
            first[name][block.parts] = sample.parts_of_block(block, weighted[name])
        for (one, two), sums in second.items():
            sums[block.parts] = sample.parts_of_block(block, weighted[one] * net[two])
    return first, second


def table(estimate: Estimate, line: str) -> Table | str:
    """Covariances within cells of ln TFPR with ln TFPQ and of the two wedges, for all firms and by group; why
    there are none where rows are too few.
    """
    sample = estimate.sample
    mass = estimate.parts.weight
    rows_of = sample.by_part(estimate.weight > 0)
    first, second = _moments(estimate)
    sigma_of, alpha_of = sample.sigma[sample.part_cell], estimate.cell_alpha[sample.part_cell]
    every = np.ones(mass.size, dtype=bool)
    cuts = [("all firms", every)]
    if sample.has_groups:
        cuts += [(name, sample.part_group == n) for n, name in enumerate(sample.groups) if name != NO_GROUP]
    rows: list[dict[str, Any]] = []
    for name, here in cuts:
        total, count = float(mass[here].sum()), int(rows_of[here].sum())
        if count < LEAST:
            continue
        mean = {key: float(x[here].sum()) / total for key, x in first.items()}
        moment = {
            pair: float(x[here].sum()) / total - mean[pair[0]] * mean[pair[1]] for pair, x in second.items()
        }
        var_q, var_r = moment["tfpq", "tfpq"], moment["tfpr", "tfpr"]
        joint, var_k = moment["tfpr", "tfpq"], moment["capital", "capital"]
        alpha, sigma = float(mass[here] @ alpha_of[here]) / total, float(mass[here] @ sigma_of[here]) / total
        rows.append(
            {
                "firms": name,
                "rows": count,
                "var_tfpr": var_r,
                "var_tfpq": var_q,
                "covariance": joint,
                "correlation": joint / np.sqrt(var_r * var_q) if var_r * var_q > 0 else np.nan,
                "slope": joint / var_q if var_q > 0 else np.nan,
                "var_capital": var_k,
                "var_output": moment["output", "output"],
                "cov_wedges": moment["capital", "output"],
                "lognormal": lognormal_loss(sigma, alpha, var_r, var_k),
            }
        )
    if not rows:
        return f"covariances take at least {LEAST} rows"
    columns = {
        "firms": Column("firms"),
        "rows": Column("rows", "count", 0),
        "var_tfpr": Column("Var ln TFPR", "log", 4),
        "var_tfpq": Column("Var ln TFPQ", "log", 4),
        "covariance": Column("Cov(TFPR, TFPQ)", "log", 4),
        "correlation": Column("Corr(TFPR, TFPQ)", "", 3),
        "slope": Column("slope of TFPR on TFPQ", "", 3),
        "var_capital": Column("Var ln(1+τ_K)", "log", 4),
        "var_output": Column("Var ln(1-τ_Y)", "log", 4),
        "cov_wedges": Column("Cov(ln(1+τ_K), -ln(1-τ_Y))", "log", 4),
        "lognormal": Column("lognormal ln(A̅/TFP)", "log", 4),
    }
    exact = float(np.nanmean(estimate.year_gain))
    notes = (
        "Logs net of their mean in the industry and year (by group: covariances within the group around the "
        "group's own mean of these).",
        "Lognormal: σ/2 Var(ln TFPR) + α(1-α)/2 Var(ln(1+τ_K)) at mean α and σ; exact if ln A and the wedges "
        "are jointly normal. "
        f"The data's own mean of ln(1 + gain) is {exact:.4f}.",
        "A common error in measured value added raises TFPR and TFPQ together, so a positive covariance is "
        "no proof of policy.",
        line,
    )
    return Table("covariance", "Wedges and productivity", pl.DataFrame(rows), columns, notes)
