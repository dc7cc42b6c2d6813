"""The model of Restuccia and Rogerson (2008): free entry, exit at a constant rate, idiosyncratic wedges.

    y = s k^a n^g,  x = 1 - a - g;    pi = (1-ty) y - (1+tn) w n - (1+tk) r k;    W = pi/(1-rho)
    free entry  sum over (s, tau) of W g = c_e;      labour supply 1;      r = 1/b - 1 + d

Everything is solved numerically: the wage from free entry, the mass from the labour market, the subsidy from
the capital stock that it must leave as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from dirigiste.replications.roots import root

Array = NDArray[np.float64]
Wedge = Literal["output", "capital", "labor"]


@dataclass(frozen=True, slots=True)
class Parameters:
    """Calibration, Table 1 of the paper."""

    a: float = 0.85 / 3.0
    """Exponent of capital."""
    g: float = 0.85 * 2.0 / 3.0
    """Exponent of labour."""
    b: float = 0.96
    """Discount factor, a year."""
    d: float = 0.08
    """Depreciation, per year."""
    entry_cost: float = 1.0
    exit: float = 0.1
    """Probability of exit in a year."""
    points: int = 100
    largest: float = 10000.0
    """Employment of the largest establishment over that of the smallest."""

    @property
    def x(self) -> float:
        """Share of profits, 1 - a - g."""
        return 1.0 - self.a - self.g

    @property
    def rental(self) -> float:
        """Rental rate of capital, per year."""
        return 1.0 / self.b - 1.0 + self.d

    @property
    def worth(self) -> float:
        """Value of an establishment over its profit, 1/(1-rho)."""
        return 1.0 / (1.0 - (1.0 - self.exit) * self.b)


PAPER: Final = Parameters()


@dataclass(frozen=True, slots=True)
class Sizes:
    """Productivities (S,) and the shares (S,) in which entrants draw them."""

    s: Array
    share: Array

    def employment(self, p: Parameters) -> Array:
        """Undistorted employment relative to s = 1, (S,)."""
        return self.s ** (1.0 / p.x)


def size_data() -> tuple[Array, Array]:
    """Upper bounds of employment and shares of establishments, US 2000, (B,) each."""
    text = resources.files(__package__ or "").joinpath("sizes.csv").read_text(encoding="utf-8")
    data = np.loadtxt(text.splitlines(), delimiter=",")
    return data[:, 0], data[:, 1]


def sizes(p: Parameters = PAPER) -> Sizes:
    """The law of productivity: points even in logs; a bin's share is split equally over the points whose
    undistorted employment lies in it.
    """
    bounds, shares = size_data()
    s = np.exp(np.linspace(0.0, p.x * np.log(p.largest), p.points))
    employment = s ** (1.0 / p.x)
    employment[-1] = min(employment[-1], bounds[-1])  # the last bound up to rounding
    bins = np.searchsorted(bounds, employment, side="left")
    count = np.bincount(bins, minlength=bounds.size)
    share = shares[bins] / count[bins]
    return Sizes(s, share / share.sum())


@dataclass(frozen=True, slots=True)
class Rates:
    """Wedges of the groups that policy makes, (G, 1) each, and the groups' shares (G, S) at each s."""

    weight: Array
    output: Array
    capital: Array
    labor: Array


NONE: Final = np.zeros((1, 1))


def undistorted(law: Sizes) -> Rates:
    """No policy: one group, no wedge."""
    return Rates(law.share[None, :], NONE, NONE, NONE)


def factors(p: Parameters, law: Sizes, rates: Rates, w: float) -> tuple[Array, Array, Array]:
    """Output, capital and labour of an establishment, (G, S) each."""
    net = (1.0 - rates.output) * law.s[None, :]
    by_capital = p.a / (p.rental * (1.0 + rates.capital))
    by_labor = p.g / (w * (1.0 + rates.labor))
    k = (net * by_capital ** (1.0 - p.g) * by_labor**p.g) ** (1.0 / p.x)
    n = (net * by_capital**p.a * by_labor ** (1.0 - p.a)) ** (1.0 / p.x)
    return law.s[None, :] * k**p.a * n**p.g, k, n


def value_of_entry(p: Parameters, law: Sizes, rates: Rates, w: float) -> float:
    """Expected value of an entrant before it draws, less the cost of entry."""
    y, k, n = factors(p, law, rates, w)
    profit = (1.0 - rates.output) * y - (1.0 + rates.labor) * w * n - (1.0 + rates.capital) * p.rental * k
    return float(p.worth * (profit * rates.weight).sum() - p.entry_cost)


@dataclass(frozen=True, slots=True)
class Economy:
    """A stationary equilibrium."""

    wage: float
    mass: float
    """Establishments."""
    entry: float
    """Entrants a year."""
    output: float
    capital: float
    labor: float
    by_group: Array
    """Output of the groups, (G,)."""
    revenue: Array
    """What the groups pay, (G,); subsidies are negative."""
    free_entry: float
    """Residual of free entry over its cost."""

    def tfp(self, p: Parameters) -> float:
        """The tables' TFP: output over capital^a (labour is 1)."""
        return self.output / self.capital**p.a


def solve(p: Parameters, law: Sizes, rates: Rates) -> Economy:
    """Wage by free entry, mass by the labour market.

    Raises:
        NotConverged: No wage between e^-20 and e^20 makes entry worth its cost.
    """
    log_wage = root(
        lambda log_w: value_of_entry(p, law, rates, float(np.exp(log_w))), -20.0, 20.0, "wage (in logs)"
    )
    w = float(np.exp(log_wage))
    y, k, n = factors(p, law, rates, w)
    mass = 1.0 / float((n * rates.weight).sum())
    pays = rates.output * y + rates.labor * w * n + rates.capital * p.rental * k
    return Economy(
        wage=w,
        mass=mass,
        entry=mass * p.exit,
        output=mass * float((y * rates.weight).sum()),
        capital=mass * float((k * rates.weight).sum()),
        labor=mass * float((n * rates.weight).sum()),
        by_group=mass * (y * rates.weight).sum(axis=1),
        revenue=mass * (pays * rates.weight).sum(axis=1),
        free_entry=value_of_entry(p, law, rates, w) / p.entry_cost,
    )
