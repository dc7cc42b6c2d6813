"""Industries of Hsieh and Klenow (2009): what firms do under wedges, and wedges and gains from what they do.

Y_s = (sum Y_i^((S-1)/S))^(S/(S-1)), Y_i = A_i K_i^a L_i^(1-a), profit (1-tY) P Y - w L - (1+tK) R K.
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


class Wedges(NamedTuple):
    """What is not seen, (N,) each."""

    output: Array
    """1 - tY."""
    capital: Array
    """1 + tK."""
    tfpq: Array
    """A, up to a common factor where inferred."""
    tfpr: Array
    """P Y/(K^a (w L)^(1-a))."""


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


def infer(industry: Industry, firms: Firms) -> Wedges:
    """Wedges and productivities from what is seen."""
    a, s = industry.alpha, industry.sigma
    capital = a / (1.0 - a) * firms.wages / (industry.rental * firms.capital)
    output = s / (s - 1.0) * firms.wages / ((1.0 - a) * firms.revenue)
    bundle = firms.capital**a * firms.wages ** (1.0 - a)
    return Wedges(output, capital, firms.revenue ** (s / (s - 1.0)) / bundle, firms.revenue / bundle)


def mean_tfpr(industry: Industry, firms: Firms, wedges: Wedges) -> float:
    """TFPR of the industry: from revenue-weighted harmonic means of the marginal products."""
    a, s = industry.alpha, industry.sigma
    share = firms.revenue / firms.revenue.sum()
    of_capital = industry.rental / float((share * wedges.output / wedges.capital).sum())
    of_labor = 1.0 / float((share * wedges.output).sum())  # per unit of the wage bill
    return s / (s - 1.0) * (of_capital / a) ** a * (of_labor / (1.0 - a)) ** (1.0 - a)


def tfp(industry: Industry, firms: Firms) -> tuple[float, float]:
    """TFP of the industry as it is, and with equal marginal products (up to the same factor)."""
    wedges = infer(industry, firms)
    power = industry.sigma - 1.0
    actual = (wedges.tfpq * mean_tfpr(industry, firms, wedges) / wedges.tfpr) ** power
    return float(actual.sum() ** (1.0 / power)), float((wedges.tfpq**power).sum() ** (1.0 / power))


def gain(industries: list[tuple[Industry, Firms]]) -> float:
    """Gain of output from equal marginal products within industries: prod (A_bar/TFP)^theta - 1."""
    revenue = np.array([firms.revenue.sum() for _, firms in industries])
    logs = [np.subtract(*np.log(tfp(industry, firms))[::-1]) for industry, firms in industries]
    return float(np.expm1((revenue / revenue.sum()) @ np.array(logs)))
