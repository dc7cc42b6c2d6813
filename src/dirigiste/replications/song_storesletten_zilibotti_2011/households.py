"""Life cycles in closed form: consumption grows with the return, wealth ends at 0, cohorts side by side.

Amounts are detrended by 1+g. With returns R_1..R_n over the rest of life (R_1 on the wealth one starts with)
and CRRA utility,

    a' = (R a + e - c)/(1+g),    c_{k+1} = [b R_{k+1}/(1+g)]^(1/sigma) c_k,    b = beta (1+g)^(1-sigma)

so c_1 is lifetime wealth over the sum of discounted growth factors.
"""

from __future__ import annotations

import numpy as np

from dirigiste.replications.song_storesletten_zilibotti_2011.parameters import Array, Parameters


def life(p: Parameters, wealth: Array, earnings: Array, gross: Array) -> tuple[Array, Array]:
    """Optimal lives of M households with n periods left.

    Args:
        p: Parameters.
        wealth: Wealth (M,) at the start.
        earnings: What each earns (M, n).
        gross: Gross returns (M, n) in each period, on the wealth at its start.

    Returns:
        Wealth at the start of each period, and consumption, (M, n) each.
    """
    count, periods = earnings.shape
    trend = 1.0 + p.growth
    discount = np.ones((count, periods))  # of what comes in period k, in goods of the first
    discount[:, 1:] = np.cumprod(trend / gross[:, 1:], axis=1)
    beta = p.beta * trend ** (1.0 - p.sigma)
    path = np.ones((count, periods))
    path[:, 1:] = np.cumprod((beta * gross[:, 1:] / trend) ** (1.0 / p.sigma), axis=1)
    resources = gross[:, 0] * wealth + (discount * earnings).sum(axis=1)
    consumption = (resources / (discount * path).sum(axis=1))[:, None] * path
    assets = np.empty((count, periods))
    assets[:, 0] = wealth
    for k in range(periods - 1):
        assets[:, k + 1] = (gross[:, k] * assets[:, k] + earnings[:, k] - consumption[:, k]) / trend
    return assets, consumption


def stationary_life(p: Parameters, wage: float) -> Array:
    """Wealth by age (lifetime,) of a worker who always faces a wage and the world's rate."""
    earnings = np.where(np.arange(1, p.lifetime + 1) < p.retirement, wage, 0.0)[None, :]
    assets, _ = life(p, np.zeros(1), earnings, np.full((1, p.lifetime), 1.0 + p.world_rate))
    return assets[0]


def cohorts(
    p: Parameters, initial: Array, earnings: Array, gross: Array, periods: int
) -> tuple[Array, Array]:
    """Wealth and consumption of all who live, by period and age.

    Args:
        p: Parameters.
        initial: Wealth by age (lifetime,) in the first period; newborns have none.
        earnings: By period and age (periods + lifetime - 1, lifetime).
        gross: Gross returns, in the same shape.
        periods: How many periods are asked for.

    Returns:
        Wealth at the start of the period and consumption in it, (periods, lifetime) each.
    """
    lifetime = p.lifetime
    wealth, consumption = np.zeros((2, periods + lifetime - 1, lifetime))
    ages = np.arange(lifetime)
    born = np.arange(periods)
    when, age = born[:, None] + ages[None, :], np.broadcast_to(ages, (periods, lifetime))
    wealth[when, age], consumption[when, age] = life(
        p, np.zeros(periods), earnings[when, age], gross[when, age]
    )
    for first in range(1, lifetime):  # those alive at the start, by age
        left = np.arange(lifetime - first)
        assets, spent = life(
            p,
            initial[first : first + 1],
            earnings[left, first + left][None, :],
            gross[left, first + left][None, :],
        )
        wealth[left, first + left], consumption[left, first + left] = assets[0], spent[0]
    return wealth[:periods], consumption[:periods]
