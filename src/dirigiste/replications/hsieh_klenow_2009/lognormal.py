"""The gain where ability and wedges are jointly log-normal: closed form, and quadrature of the definition."""

from __future__ import annotations

import numpy as np
from numpy.polynomial.hermite_e import hermegauss

from dirigiste.replications.hsieh_klenow_2009.model import Array


def closed_form(covariance: Array, alpha: float, sigma: float) -> float:
    """log(A_bar/TFP) = S/2 Var(log TFPR) + a(1-a)/2 Var(log(1+tK)).

    Args:
        covariance: Of (log A, -log(1-tY), log(1+tK)), (3, 3).
        alpha: Exponent of capital.
        sigma: Elasticity of substitution S.
    """
    weights = np.array([0.0, 1.0, alpha])
    dispersion = float(weights @ covariance @ weights)
    return 0.5 * sigma * dispersion + 0.5 * alpha * (1.0 - alpha) * float(covariance[2, 2])


def quadrature(covariance: Array, alpha: float, sigma: float, points: int = 60) -> float:
    """The same from the definition of TFP, with means as Gauss-Hermite sums of `points`^3 nodes."""
    x, weight = hermegauss(points)
    weight = weight / weight.sum()
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    grid = np.stack(np.meshgrid(x, x, x, indexing="ij")).reshape(3, -1)
    mass = (weight[:, None, None] * weight[None, :, None] * weight[None, None, :]).reshape(-1)
    ability, minus_output, capital = root @ grid
    log_tfpr = minus_output + alpha * capital

    def mean(log_value: Array) -> float:
        return float(mass @ np.exp(log_value))

    power = sigma - 1.0
    revenue = power * (ability - log_tfpr)  # up to a constant
    total = mean(revenue)
    of_capital = total / mean(revenue - minus_output - capital)
    of_labor = total / mean(revenue - minus_output)
    log_mean_tfpr = alpha * np.log(of_capital) + (1.0 - alpha) * np.log(of_labor)
    log_tfp = np.log(total) / power + log_mean_tfpr
    return float(np.log(mean(power * ability)) / power - log_tfp)
