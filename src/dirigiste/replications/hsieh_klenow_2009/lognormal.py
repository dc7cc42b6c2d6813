"""Jointly log-normal ability and wedges: the gain in closed form, and firms at the nodes of a quadrature."""

from __future__ import annotations

import numpy as np
from numpy.polynomial.hermite_e import hermegauss

from dirigiste.replications.hsieh_klenow_2009 import model
from dirigiste.replications.hsieh_klenow_2009.model import Array, Firms, Industry

NEGLIGIBLE = 1e-60
"""Weight below which a node is left out."""


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


def firms(industry: Industry, covariance: Array, points: int = 32) -> tuple[Firms, Array]:
    """Firms at the `points`^3 nodes of a Gauss-Hermite rule for (log A, -log(1-tY), log(1+tK)), and how many
    of all firms each of them stands for.
    """
    x, weight = hermegauss(points)
    weight = weight / weight.sum()
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    nodes = root @ np.stack(np.meshgrid(x, x, x, indexing="ij")).reshape(3, -1)
    mass = (weight[:, None, None] * weight[None, :, None] * weight[None, None, :]).reshape(-1)
    used = mass > NEGLIGIBLE
    ability, minus_output, capital = np.exp(nodes[:, used])
    return model.behave(industry, ability, 1.0 / minus_output, capital), mass[used]
