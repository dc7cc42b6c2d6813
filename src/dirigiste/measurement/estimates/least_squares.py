"""Least squares on variables net of their effects, with standard errors clustered by firm: the one place for
it.

Not by BLAS on long vectors, whose threads would compete with those of the package (sums.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dirigiste.measurement.estimates.sums import dot

if TYPE_CHECKING:
    from collections.abc import Sequence

    Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Fit:
    """Coefficients (K) and their covariance (K, K), clustered."""

    coefficients: Array
    covariance: Array
    """nan where there are too few clusters or rows."""
    residual: Array
    """(N)."""

    @property
    def errors(self) -> Array:
        """Standard errors (K)."""
        return np.sqrt(np.diag(self.covariance))


def cross_products(columns: Sequence[Array], weight: Array) -> Array:
    """X'WX, (K, K)."""
    gram = np.empty((len(columns), len(columns)))
    for j in range(len(columns)):
        weighted = weight * columns[j]
        for k in range(j + 1):
            gram[j, k] = gram[k, j] = dot(weighted, columns[k])
    return gram


def least_squares(
    columns: Sequence[Array],
    outcome: Array,
    weight: Array,
    cluster: Array,
    *,
    rows: int,
    effects: int,
    gram: Array | None = None,
) -> Fit:
    """Regress an outcome on columns, both net of their effects.

    V = G/(G-1) (N-1)/(N-K-E) (X'WX)^-1 [Σ_g X_g'W_g e_g e_g'W_g X_g] (X'WX)^-1 with N rows, G clusters and E
    effects: the factor of Stata, and of statsmodels with all dummies written out.

    Args:
        columns: K regressors (N); each is asked for a few times, so it may be made when asked for.
        outcome: (N).
        weight: (N) 0 for rows that do not count.
        cluster: (N) whole numbers from 0.
        rows: N.
        effects: E, the effects taken out.
        gram: X'WX, where it is known.
    """
    count = len(columns)
    inverse = np.linalg.inv(cross_products(columns, weight) if gram is None else gram)
    weighted = weight * outcome
    beta = inverse @ np.array([dot(columns[j], weighted) for j in range(count)])
    residual = outcome.astype(float)
    for j in range(count):
        residual -= beta[j] * columns[j]
    scored = np.multiply(weight, residual, out=weighted)
    cluster = cluster.astype(np.intp, copy=False)  # once, not in each sum
    there = weight > 0
    clusters = np.count_nonzero(np.bincount(cluster if there.all() else cluster[there]))
    scores = np.stack([np.bincount(cluster, scored * columns[j]) for j in range(count)])
    factor = small_sample(int(clusters), rows, count + effects)
    meat = np.einsum("jg,kg->jk", scores, scores)
    return Fit(beta, factor * inverse @ meat @ inverse, residual)


def small_sample(clusters: int, rows: int, used: int) -> float:
    """G/(G-1) (N-1)/(N-K), K with the effects; nan where it cannot be had."""
    if clusters < 2 or rows <= used:
        return float("nan")
    return clusters / (clusters - 1) * (rows - 1) / (rows - used)
