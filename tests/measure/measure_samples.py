"""Firms for the tests of the measurement: random panels, the real files, and one place that knows where
these are.
"""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dirigiste.measurement.data.firms import COLUMNS, Firms


def shared(path):
    """A file of the shared data, or skip."""
    root = Path(os.environ.get("DIRIGISTE_DATA", Path(__file__).parents[3] / "shared" / "data"))
    if not (root / path).exists():
        pytest.skip(f"needs the shared data file {path} (set DIRIGISTE_DATA)")
    return root / path


def firms_of(frame, paid=True):
    """Firms from a frame with some of the canonical columns (`labor` is the wage bill where `paid`)."""
    given = set(frame.columns)
    defaults = {
        "row": pl.int_range(1, pl.len() + 1),
        "year": pl.lit(0),
        "industry": pl.lit("all"),
        "weight": pl.lit(1.0),
    }
    columns = {}
    for name, kind in COLUMNS.items():
        source = pl.col(name) if name in given else defaults.get(name, pl.lit(None))
        columns[name] = source.cast(kind)
    roles = {name: name for name in ("id", "year", "industry", "group", "output", "capital") if name in given}
    roles |= {"wage_bill": "labor"} if paid else {"employment": "labor"}
    if "employment" in given:
        roles["employment"] = "employment"
    return Firms(frame.select(**columns), roles, "test.csv")


def random_firms(
    seed=0, firms=300, years=4, industries=5, groups=("state", "private", "foreign"), missing=0.0
):
    """An unbalanced panel of lognormal firms; groups differ in wedges; some groups missing on request."""
    random = np.random.default_rng(seed)
    kind = random.integers(0, len(groups), firms)
    place = random.integers(0, industries, firms)
    parts = []
    for year in range(years):
        here = np.flatnonzero(random.random(firms) < 0.8)
        size = random.normal(0, 1.2, firms)[here] + 5
        names = np.array(groups)[kind[here]]
        unknown = random.random(here.size) < missing
        labor = np.exp(size + random.normal(0, 0.5, here.size))
        parts.append(
            pl.DataFrame(
                {
                    "id": [f"f{n:04d}" for n in here],
                    "year": [2000 + year] * here.size,
                    "industry": [f"i{n}" for n in place[here]],
                    "group": [None if lost else str(name) for name, lost in zip(names, unknown, strict=True)],
                    "output": np.exp(size + 1 + 0.2 * kind[here] + random.normal(0, 0.4, here.size)),
                    "labor": labor,
                    "employment": labor / np.exp(random.normal(1, 0.2, here.size)),
                    "capital": np.exp(size + 1 - 0.3 * kind[here] + random.normal(0, 0.8, here.size)),
                    "weight": random.uniform(0.5, 3.0, here.size),
                }
            )
        )
    return pl.concat(parts)


def lognormal_nodes(covariance, alpha, sigma, nodes=40):
    """Firms at Gauss-Hermite nodes of (ln A, -ln(1-τY), ln(1+τK)), one cell, weighted by their
    probabilities.
    """
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    w = w / w.sum()
    grid = np.stack(np.meshgrid(x, x, x, indexing="ij")).reshape(3, -1)
    weight = np.einsum("i,j,k->ijk", w, w, w).ravel()
    kept = weight > 1e-60
    draws = np.linalg.cholesky(np.array(covariance)) @ grid[:, kept]
    return firms_from_wedges(*draws, alpha, sigma, 0.1).with_columns(weight=weight[kept])


def firms_from_wedges(ln_a, tau_y, ln_k, alpha, sigma, rental):
    """Value added, wage bill and capital of firms of one cell that face wedges (-ln(1-τY), ln(1+τK)); w =
    1.
    """
    size = (sigma - 1) * (ln_a - tau_y - alpha * ln_k)
    output = np.exp(size)
    kept = np.exp(-tau_y) * (sigma - 1) / sigma * output
    return pl.DataFrame(
        {"output": output, "labor": (1 - alpha) * kept, "capital": alpha * kept / (rental * np.exp(ln_k))}
    )
