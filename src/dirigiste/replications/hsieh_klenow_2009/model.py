"""Industries of Hsieh and Klenow (2009): what firms do under wedges, and the output that comes of it.

Y_s = (sum Y_i^((S-1)/S))^(S/(S-1)), Y_i = A_i K_i^a L_i^(1-a), profit (1-tY) P Y - w L - (1+tK) R K. Wedges
and gains are inferred from firms by `dirigiste.measurement`, not here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Industry(NamedTuple):
    """Technology and prices of an industry."""

    alpha: float
    sigma: float
    """Elasticity of substitution, S."""
    wage: float = 1.0
    rental: float = 0.10


class Firms(NamedTuple):
    """What is seen of firms, (N,) each: revenue P Y, wage bill w L, capital K."""

    revenue: Array
    wages: Array
    capital: Array


def behave(industry: Industry, ability: Array, output: Array, capital: Array, scale: float = 1.0) -> Firms:
    """What firms with abilities A and wedges 1 - tY, 1 + tK do; `scale` is the labour of the industry."""
    a, s = industry.alpha, industry.sigma
    labor = ability ** (s - 1.0) * output**s / capital ** (a * (s - 1.0))
    labor = scale * labor / labor.sum()
    stock = labor * a / (1.0 - a) * industry.wage / (industry.rental * capital)
    made = ability * stock**a * labor ** (1.0 - a)
    # the price level is such that (1 - tY) P Y (S-1)/S (1-a) = w L for the first firm, hence for all
    power = (s - 1.0) / s
    unit = industry.wage * labor[0] / (power * (1.0 - a) * output[0] * made[0] ** power)
    return Firms(unit * made**power, industry.wage * labor, stock)


def tfp(industry: Industry, firms: Firms, ability: Array) -> float:
    """TFP of an industry as its output over its bundle of capital and labour, knowing abilities."""
    a, s = industry.alpha, industry.sigma
    labor = firms.wages / industry.wage
    made = ability * firms.capital**a * labor ** (1.0 - a)
    total = float((made ** ((s - 1.0) / s)).sum() ** (s / (s - 1.0)))
    return total / (float(firms.capital.sum()) ** a * float(labor.sum()) ** (1.0 - a))
