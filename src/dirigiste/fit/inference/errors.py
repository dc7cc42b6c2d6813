"""Standard errors, intervals, the test of over-identification, and the influence of moments on estimates.

With moments m of the data, their covariance S, the model's moments g(θ) and their derivatives G, the weight
W = S^-1 makes the sandwich (G'WG)^-1 G'W S W G (G'WG)^-1 collapse to (G'WG)^-1, the covariance of the
estimates. A normal prior adds its precision to G'WG; the inverse is then the covariance of the posterior in
its normal approximation. The influence Λ = (G'WG)^-1 G'W of Andrews, Gentzkow and Shapiro (2017, QJE 132(4))
says by how much estimates change if a moment of the data does: it is what a misspecified moment does to them.
The model is solved, not simulated, so there is no simulation error to add.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dirigiste.fit.estimation.search import whitening

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dirigiste.fit.moments.plan import Plan

    Array = NDArray[np.float64]

RANK = 1e-6
"""Singular value, relative to the largest one, below which a direction counts as not identified."""

AT_BOUND = 1e-5
"""Distance from a bound, relative to the width of the bounds, up to which a parameter counts as at it."""

Z95 = 1.959963984540054
"""97.5th percentile of the normal distribution."""


@dataclass(frozen=True)
class Inference:
    """What the estimates are worth; in units of parameters, not of their scales."""

    covariance: Array
    """Of estimates (K, K); infinite variance where one is not identified, 0 where one is at a bound."""
    se: Array
    """(K,)"""
    low: Array
    """Ends of 95 % intervals, symmetric on the scale of the parameter, cut at its bounds (K,)."""
    high: Array
    at_bound: tuple[bool, ...]
    """Whether an estimate is at its bound, where it has no standard error (K,)."""
    influence: Array
    """Λ: change of estimates for a change of a moment that counts by one unit (K, M)."""
    j: float
    """Weighted sum of squared misses, that of priors included."""
    degrees: int
    """Moments and priors less parameters that are identified and not at a bound."""
    p: float
    """Probability of a larger J if the model is right; nan without degrees of freedom."""

    def scaled_influence(self, se_of_moments: Array) -> Array:
        """Λ in standard errors of estimates for one standard error of a moment (K, M); nan where an estimate
        has none.
        """
        se = np.where((self.se > 0.0) & np.isfinite(self.se), self.se, np.nan)
        return self.influence * se_of_moments[None, :] / se[:, None]

    def moves(self, jacobian: Array) -> Array:
        """By how much estimates move with numbers that are not estimated, one unit each (K, A).

        Args:
            jacobian: Derivatives of the moments that count in those numbers (M, A).
        """
        return -self.influence @ jacobian


def infer(plan: Plan, x: Array, moments: Array, jacobian: Array) -> Inference:
    """Everything that follows from moments (all of them) and their derivatives (all, K) at the estimates."""
    targets = plan.targeted
    count, size = len(targets), len(x)
    weight = whitening(plan.covariance)
    z = plan.to_scale(x)
    slopes = plan.slopes(z)
    free = ~np.array([_at_bound(plan, n, float(value)) for n, value in enumerate(x)])
    own = weight @ jacobian[:count] * slopes
    rows, misses = [], []
    for n in plan.priors:
        prior = plan.parameters[n].prior
        assert prior is not None
        row = np.zeros(size)
        row[n] = 1.0 / prior.sd
        rows.append(row)
        misses.append((z[n] - plan.parameters[n].scale.of(prior.mean)) / prior.sd)
    every = np.vstack([own, *rows])[:, free]
    u, s, vt = np.linalg.svd(every, full_matrices=False)
    good = s > RANK * s.max(initial=0.0)
    inverse = (vt[good].T / s[good]) @ u[:, good].T  # of `every`, (free, rows)
    covariance, influence = np.zeros((size, size)), np.zeros((size, count))
    covariance[np.ix_(free, free)] = inverse @ inverse.T
    influence[free] = inverse[:, :count] @ weight
    unknown = np.zeros(size, dtype=bool)
    unknown[free] = (np.abs(vt[~good]) > math.sqrt(RANK)).any(axis=0)
    covariance *= np.outer(slopes, slopes)
    covariance[unknown, unknown] = np.inf
    influence *= slopes[:, None]
    se = np.sqrt(np.diag(covariance))
    wide = Z95 * np.where(free, se / np.where(slopes > 0.0, slopes, 1.0), 0.0)
    low, high = plan.from_scale(z - wide), plan.from_scale(z + wide)
    bounds = np.array([(p.scale.low, p.scale.high) for p in plan.parameters])
    low = np.where(unknown, bounds[:, 0], np.maximum(low, bounds[:, 0]))
    high = np.where(unknown, bounds[:, 1], np.minimum(high, bounds[:, 1]))
    miss = np.concatenate([weight @ (moments[:count] - [t.target for t in targets]), misses])
    j, degrees = float(miss @ miss), count + len(rows) - int(good.sum())
    return Inference(
        covariance, se, low, high, tuple((~free).tolist()), influence, j, degrees, _tail(j, degrees)
    )


def _at_bound(plan: Plan, n: int, value: float) -> bool:
    scale = plan.parameters[n].scale
    width = scale.high - scale.low
    near = AT_BOUND * (width if math.isfinite(width) else max(abs(value), 1.0))
    return value - scale.low < near or scale.high - value < near


def _tail(j: float, degrees: int) -> float:
    """Probability that a chi-squared variable exceeds j."""
    from scipy.stats import chi2

    return float(chi2.sf(j, degrees)) if degrees > 0 else math.nan
