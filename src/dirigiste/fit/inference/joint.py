"""Joint confidence sets of estimates, and how much two of them hang together.

With estimates z on their scales and their covariance V, the values z0 of k parameters lie in the joint
confidence set of a level where (z - z0)' V_k^-1 (z - z0), the statistic of Wald, is at most that quantile
of a chi-squared variable with k degrees of freedom. Sets of two parameters are ellipses on their scales.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dirigiste.errors import InputError
from dirigiste.fit.chronicles.plan import correlation_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dirigiste.fit.inference.errors import Inference
    from dirigiste.fit.moments.plan import Plan

    Array = NDArray[np.float64]

POINTS = 181
"""Points on the edge of a set of two parameters, the first one twice."""


class Pair(NamedTuple):
    """Two estimates that hang together."""

    first: int
    second: int
    """Their positions in `plan.parameters`."""
    correlation: float
    """On their scales."""


def known(inference: Inference) -> list[int]:
    """Positions of the estimates that have a standard error."""
    return [
        n
        for n, se in enumerate(inference.se)
        if math.isfinite(se) and se > 0.0 and not inference.at_bound[n]
    ]


def correlation(inference: Inference) -> Array:
    """Between estimates on their scales (K, K); nan where one has no standard error."""
    result = np.full_like(inference.covariance, np.nan)
    which = known(inference)
    if which:
        result[np.ix_(which, which)] = correlation_of(inference.covariance[np.ix_(which, which)])
    return result


def pairs(inference: Inference) -> list[Pair]:
    """All pairs of estimates that have standard errors, the most correlated ones first."""
    between = correlation(inference)
    every = [Pair(a, b, float(between[a, b])) for a, b in combinations(known(inference), 2)]
    return sorted(every, key=lambda pair: -abs(pair.correlation))


def on_scale(plan: Plan, x: Array, inference: Inference, which: Sequence[int]) -> Array:
    """Covariance of some estimates on their scales (k, k).

    Raises:
        InputError: One of them has no standard error.
    """
    with_error = known(inference)
    without = [plan.parameters[n].name for n in which if n not in with_error]
    if without:
        raise InputError.of(
            "has no standard error: it is at its bound or not identified", key=", ".join(without)
        )
    slopes = plan.slopes(plan.to_scale(x))[list(which)]
    return inference.covariance[np.ix_(which, which)] / np.outer(slopes, slopes)


def wald(plan: Plan, x: Array, inference: Inference, values: dict[int, float]) -> tuple[float, float]:
    """The statistic of Wald of values of some parameters, by position, and the probability of a larger one if
    these are the true values. Values that their scale cannot reach have an infinite one.

    Raises:
        InputError: An estimate has no standard error.
    """
    from scipy.stats import chi2

    which = list(values)
    covariance = on_scale(plan, x, inference, which)
    z = plan.to_scale(x)[which]
    off = np.array([plan.parameters[n].scale.of(values[n]) for n in which]) - z
    statistic = float(off @ np.linalg.solve(covariance, off)) if np.isfinite(off).all() else math.inf
    return statistic, float(chi2.sf(statistic, len(which)))


def edge(plan: Plan, x: Array, inference: Inference, first: int, second: int, level: float) -> Array:
    """The edge of the joint confidence set of two parameters (`POINTS`, 2), in their units, cut at their
    bounds.

    Raises:
        InputError: An estimate has no standard error, or the level is not between 0 and 1.
    """
    from scipy.stats import chi2

    if not 0.0 < level < 1.0:
        raise InputError.of(f"must be between 0 and 1, got {level:g}", key="level")
    which = [first, second]
    root = np.linalg.cholesky(on_scale(plan, x, inference, which))
    angles = np.linspace(0.0, 2.0 * math.pi, POINTS)
    circle = math.sqrt(float(chi2.ppf(level, 2))) * np.stack([np.cos(angles), np.sin(angles)])
    z = plan.to_scale(x)[which] + (root @ circle).T
    result = np.empty_like(z)
    for column, n in enumerate(which):
        scale = plan.parameters[n].scale
        there = [scale.back(float(value)) for value in z[:, column]]
        result[:, column] = np.clip(there, scale.low, scale.high)
    return result
