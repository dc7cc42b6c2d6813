"""The posterior of the parameters by importance sampling: draws from a wider version of its normal
approximation, the model solved in full at every draw.

The likelihood is that of moments with a normal distribution of known covariance, priors are those of the
file, and parameters without one have a flat prior on their scale within their bounds. The effective number of
draws says how far the normal approximation is from the posterior: if it were exact, nearly all would count.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dirigiste.errors import InputError
from dirigiste.fit.estimation.search import distance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dirigiste.fit.estimation.evaluation import Evaluator
    from dirigiste.fit.inference.errors import Inference
    from dirigiste.progress import Progress

    Array = NDArray[np.float64]

TAILS = 8.0
"""Degrees of freedom of the Student distribution that draws come from: wider tails than the normal."""


@dataclass(frozen=True)
class Posterior:
    """Weighted draws of parameters, and what the model gives there."""

    x: Array
    """Parameters (N, K)."""
    moments: Array
    """Moments of the model (N, M); nan where the economy cannot be solved."""
    weights: Array
    """They sum to 1; 0 outside of the bounds and where the economy cannot be solved (N,)."""
    outside: int
    """Draws outside of the bounds, not solved."""
    failed: int
    """Draws at which the economy cannot be solved."""

    @property
    def effective(self) -> float:
        """Number of independent draws from the posterior that are worth as much."""
        return float(1.0 / np.sum(self.weights**2))

    def mean(self) -> Array:
        """Posterior means (K,)."""
        return self.weights @ self.x

    def sd(self) -> Array:
        """Posterior standard deviations (K,)."""
        return np.sqrt(self.weights @ (self.x - self.mean()) ** 2)

    def quantiles(self, share: float) -> Array:
        """Quantiles of parameters (K,)."""
        order = np.argsort(self.x, axis=0)
        below = np.cumsum(self.weights[order], axis=0)
        first = (below < share).sum(axis=0).clip(max=len(self.x) - 1)
        return np.take_along_axis(self.x, order, axis=0)[first, np.arange(self.x.shape[1])]


def sample(
    evaluator: Evaluator,
    x: Array,
    inference: Inference,
    draws: int,
    seed: int,
    progress: Progress | None = None,
) -> Posterior:
    """Draw from the posterior.

    Args:
        evaluator: Evaluates moments, and keeps them.
        x: Estimates (K,); those at their bounds stay there.
        inference: What they are worth.
        draws: Number of draws; more draws begin with the same ones.
        seed: Of the draws.
        progress: Called at every draw.

    Raises:
        InputError: A parameter is not identified, so that there is no normal approximation; or no draw can be
            solved.
    """
    plan = evaluator.plan
    unknown = [p.name for p, se in zip(plan.parameters, inference.se, strict=True) if not math.isfinite(se)]
    if unknown:
        raise InputError.of(f"not identified, so there is no posterior without a prior: {', '.join(unknown)}")
    free = ~np.array(inference.at_bound)
    center, slopes = plan.to_scale(x), plan.slopes(plan.to_scale(x))
    covariance = inference.covariance / np.outer(slopes, slopes)
    root = np.linalg.cholesky(covariance[np.ix_(free, free)])
    size, (normal, scale) = int(free.sum()), np.random.default_rng(seed).spawn(2)
    standard = normal.standard_normal((draws, size))
    standard /= np.sqrt(scale.chisquare(TAILS, draws) / TAILS)[:, None]
    proposal = -0.5 * (TAILS + size) * np.log1p((standard**2).sum(axis=1) / TAILS)
    at = np.tile(center, (draws, 1))
    at[:, free] += standard @ root.T
    low, high = np.array([parameter.scale.bounds for parameter in plan.parameters]).T
    inside = ((at >= low) & (at <= high))[:, free].all(axis=1)
    points = np.array([plan.from_scale(z) for z in at])
    moments = np.full((draws, len(plan.moments)), np.nan)
    log_weights = np.full(draws, -np.inf)
    begin, failed = time.perf_counter(), 0
    for n in range(draws):
        if progress is not None and n:
            left = (time.perf_counter() - begin) / n * (draws - n)
            progress(f"posterior, about {left:.0f} s left · draw {n + 1} of {draws}", 0, math.nan)
        found = evaluator.moments(points[n]) if inside[n] else None
        if found is None:
            failed += bool(inside[n])
            continue
        moments[n] = found
        log_weights[n] = -0.5 * distance(plan, at[n], found) - proposal[n]
    if not np.isfinite(log_weights).any():
        raise InputError.of(f"none of {draws} draws lies within the bounds and can be solved")
    weights = np.exp(log_weights - log_weights.max())
    return Posterior(points, moments, weights / weights.sum(), int(draws - inside.sum()), failed)
