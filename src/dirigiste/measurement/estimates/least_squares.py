"""Least squares on variables net of their effects, with standard errors clustered by firm: the one place for
it.

Not by BLAS on long vectors, whose threads would compete with those of the package (sums.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dirigiste.measurement.estimates.sums import dot, stretches

if TYPE_CHECKING:
    from collections.abc import Sequence

    Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class Fit:
    """Coefficients (K) and their covariance (K, K), clustered."""

    coefficients: Array
    covariance: Array
    """nan where there are too few clusters or rows."""

    @property
    def errors(self) -> Array:
        """Standard errors (K)."""
        return np.sqrt(np.diag(self.covariance))


def cross_products(columns: Sequence[Array], weight: Array) -> Array:
    """X'WX, (K, K)."""
    gram = np.zeros((len(columns), len(columns)))
    for rows in stretches(weight.size):
        for j in range(len(columns)):
            weighted = weight[rows] * columns[j][rows]
            for k in range(j + 1):
                gram[j, k] += dot(weighted, columns[k][rows])
    return np.tril(gram) + np.tril(gram, -1).T


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

    Args:
        columns: K regressors (N).
        outcome: (N).
        weight: (N) 0 for rows that do not count.
        cluster: (N) whole numbers from 0.
        rows: N.
        effects: E, the effects taken out.
        gram: X'WX, where it is known.
    """
    inverse = np.linalg.inv(cross_products(columns, weight) if gram is None else gram)
    product = np.zeros(len(columns))
    for part in stretches(outcome.size):
        weighted = weight[part] * outcome[part]
        product += [dot(column[part], weighted) for column in columns]
    beta = inverse @ product
    scored = np.empty(outcome.size)
    for part in stretches(outcome.size):
        residual = outcome[part].astype(float)
        for slope, column in zip(beta, columns, strict=True):
            residual -= slope * column[part]
        np.multiply(weight[part], residual, out=scored[part])
    cluster = cluster.astype(np.intp, copy=False)  # once, not in each sum
    there = weight > 0
    clusters = int(np.count_nonzero(np.bincount(cluster if there.all() else cluster[there])))
    scores = np.stack([np.bincount(cluster, scored * column) for column in columns])
    return Fit(beta, sandwich(inverse, scores, clusters, rows, effects))


def sandwich(inverse: Array, scores: Array, clusters: int, rows: int, effects: int) -> Array:
    """Covariance of coefficients, clustered: that of Stata, and of statsmodels with all dummies written out.

    V = G/(G-1) (N-1)/(N-K-E) (X'WX)^-1 [Σ_g X_g'W_g e_g e_g'W_g X_g] (X'WX)^-1 with N rows, G clusters and E
    effects.

    Args:
        inverse: (K, K) (X'WX)^-1.
        scores: (K, clusters or more) X_g'W_g e_g.
        clusters: G.
        rows: N.
        effects: E.
    """
    factor = small_sample(clusters, rows, inverse.shape[0] + effects)
    return factor * inverse @ np.einsum("jg,kg->jk", scores, scores) @ inverse


def small_sample(clusters: int, rows: int, used: int) -> float:
    """G/(G-1) (N-1)/(N-K), K with the effects; nan where it cannot be had."""
    if clusters < 2 or rows <= used:
        return float("nan")
    return clusters / (clusters - 1) * (rows - 1) / (rows - used)
