"""Closed forms of Achdou et al. (2022) with two incomes, at and near the borrowing limit a_min.

Saving of the poor (their Proposition 1): s_1(a) ~ -sqrt(2 nu (a - a_min)),
nu = [(rho - r) u'(c_1) + lam_1 (u'(c_1) - u'(c_2))] / (-u''(c_1)) at a_min. The distribution follows from the
saving functions (their Proposition 3): with F = s_1 g_1 = -s_2 g_2,

    F(a) = F(a_min) exp(-int (lam_1/s_1 + lam_2/s_2) da),    F(a_min) = -lam_1 m_1

where m_1 is the mass point of the poor at a_min.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.integrate import cumulative_simpson
from scipy.interpolate import PchipInterpolator

if TYPE_CHECKING:
    from dirigiste.replications.achdou_et_al_2022.households import Array, Behaviour


class Near(NamedTuple):
    """Decisions of the poor near the limit."""

    distance: Array
    """a - a_min, (M,)."""
    saving: Array
    """s_1, (M,)."""
    nu: float
    """The closed form."""
    exponent: float
    """Slope of log -s_1 in log (a - a_min) at the limit."""
    coefficient: float
    """sqrt(2 nu) as s_1 has it at the limit."""


def near(behaviour: Behaviour, rho: float, sigma: float, leaves: float, within: float = 0.02) -> Near:
    """Fit saving near the limit: -s_1 = A x + B x^2 + C x^3 in x = sqrt(a - a_min).

    Args:
        behaviour: Households with two incomes, the poor first.
        rho: Discount rate.
        sigma: Relative risk aversion.
        leaves: Rate at which the poor become rich.
        within: Distance from the limit within which saving is fitted.
    """
    low = behaviour.wealth[0]
    distance, saving = behaviour.at_cell[1:, 0] - low, behaviour.saving[1:, 0]
    poor, rich = behaviour.income[0, 0], behaviour.consumption[0, 1]
    marginal, other = poor**-sigma, rich**-sigma
    nu = ((rho - behaviour.interest) * marginal + leaves * (marginal - other)) / (
        sigma * poor ** (-sigma - 1.0)
    )
    used = distance <= within
    x = np.sqrt(distance[used])
    terms = np.stack([x, x**2, x**3], axis=1)
    fitted = np.linalg.lstsq(terms, -saving[used], rcond=None)[0]
    # a free exponent, from -s_1 less the fitted higher orders
    rest = -saving[used] - terms[:, 1:] @ fitted[1:]
    exponent = float(np.polyfit(np.log(distance[used]), np.log(rest), 1)[0])
    return Near(distance, saving, float(nu), exponent, float(fitted[0]))


class Spread(NamedTuple):
    """The distribution by the closed form."""

    mass_point: float
    """m_1, the share of people who are poor and at the limit."""
    distance: Array
    """a - a_min, (M,)."""
    poor: Array
    """Share of people who are poor and no further from the limit than that, (M,)."""
    rich: Array
    """The same for the rich, (M,)."""


def distribution(behaviour: Behaviour, leaves: float, returns: float, points: int = 20001) -> Spread:
    """The distribution of wealth by the closed form, from the saving functions alone.

    Args:
        behaviour: Households with two incomes, the poor first.
        leaves: Rate at which the poor become rich, lam_1.
        returns: Rate at which the rich become poor, lam_2.
        points: Nodes of the quadrature in sqrt(a - a_min).
    """
    root = np.sqrt(np.maximum(behaviour.at_cell - behaviour.wealth[0], 0.0))
    saving = behaviour.saving
    # saving over the root is smooth for the poor; the rich reach a wealth at which they stop
    poor = PchipInterpolator(root[1:, 0], -saving[1:, 0] / root[1:, 0], extrapolate=True)
    upward = saving[:, 1] > 0
    last = int(np.argmin(upward)) if not upward.all() else upward.size
    rich = PchipInterpolator(root[:last, 1], saving[:last, 1], extrapolate=True)
    x = np.linspace(1e-9, root[last - 1, 1] * (1.0 - 1e-6), points)
    s1, s2 = -poor(x) * x, rich(x)
    exponent = cumulative_simpson((leaves / s1 + returns / s2) * 2.0 * x, x=x, initial=0.0)
    flux = np.exp(-exponent)  # F over F(a_min)
    of_poor, of_rich = (cumulative_simpson(flux / s * 2.0 * x, x=x, initial=0.0) for s in (s1, -s2))
    # everybody: m_1 + F(a_min) (of_poor + of_rich) = 1 with F(a_min) = -lam_1 m_1
    mass = float(1.0 / (1.0 - leaves * (of_poor[-1] + of_rich[-1])))
    return Spread(mass, x**2, mass * (1.0 - leaves * of_poor), -mass * leaves * of_rich)


def within(behaviour: Behaviour, distance: float) -> float:
    """Share of people who are poor and within a distance of the limit, from the engine's masses.

    The mass of a node lies evenly in its cell (midpoint to midpoint), that of the first node at the limit.
    """
    low = behaviour.wealth[0]
    edges = 0.5 * (behaviour.wealth[1:] + behaviour.wealth[:-1]) - low
    return float(np.interp(distance, edges, np.cumsum(behaviour.mass[:, 0])[:-1]))


def extrapolated(coarse: Behaviour, fine: Behaviour) -> float:
    """The mass point in the limit of many nodes, from two grids at one interest rate.

    The density of the poor goes like 1/sqrt(a - a_min), so the mass of the first node approaches the mass
    point with the square root of the first gap.
    """
    one, other = (float(np.sqrt(behaviour.wealth[1] - behaviour.wealth[0])) for behaviour in (coarse, fine))
    slope = (coarse.mass[0, 0] - fine.mass[0, 0]) / (one - other)
    return float(fine.mass[0, 0] - slope * other)
