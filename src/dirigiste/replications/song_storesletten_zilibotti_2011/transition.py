"""The transition from 1992: the path of private capital that its owners' savings bring about.

The unknown is log private capital by period. It gives all prices in closed form (`firms`), these the life
cycles of all entrepreneurs (`households`), and owners' wealth with loans is private capital again. Anderson's
acceleration (Anderson 1965; Walker and Ni 2011) of that map needs a few dozen rounds from a flat guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.errors import NotConverged
from dirigiste.replications.song_storesletten_zilibotti_2011 import firms, households
from dirigiste.replications.song_storesletten_zilibotti_2011.parameters import Array, Parameters

if TYPE_CHECKING:
    from collections.abc import Callable

    from dirigiste.progress import Progress

TOLERANCE: Final = 1e-11
"""Largest change of log capital in a round."""
ROUNDS: Final = 400
MEMORY: Final = 8
DAMPING: Final = 0.35
"""How far a round goes without acceleration."""


@dataclass(frozen=True)
class Path:
    """A transition, (T,) or (T, ages) each."""

    capital: Array
    """Private capital."""
    owned: Array
    """What of it is owners' wealth."""
    prices: firms.Prices
    bank_rate: Array
    entrepreneurs: Array
    """Their wealth by age, per head."""
    entrepreneurs_consumption: Array
    residual: float
    """Largest difference of log capital from what savings bring about."""
    rounds: int


def extended(x: Array, p: Parameters) -> Array:
    """A path with its last value repeated over one more lifetime."""
    return np.concatenate([x, np.full(p.lifetime - 1, x[-1])])


def initial_wealth(p: Parameters) -> tuple[Array, Array]:
    """Wealth by age of workers and of entrepreneurs in 1992, (lifetime,) each."""
    wage = float(firms.state_wage(p, np.array(p.bank_rate)))
    profile = households.stationary_life(p, wage)
    return p.workers_wealth * profile, p.entrepreneurs_wealth * profile


def entrepreneurs(p: Parameters, at: firms.Prices, initial: Array) -> tuple[Array, Array]:
    """Wealth and consumption of entrepreneurs by period and age: managers lend, owners invest."""
    manages = np.arange(1, p.lifetime + 1) < p.ownership
    income, returns = extended(at.managers, p), extended(at.owners_return, p)
    earnings = np.where(manages, income[:, None], 0.0)
    gross = 1.0 + np.where(manages, p.world_rate, returns[:, None])
    return households.cohorts(p, initial, earnings, gross, at.wage.size)


def owners_wealth(p: Parameters, wealth: Array) -> Array:
    """Wealth of all who own firms, by period, from wealth by age (..., lifetime)."""
    return p.entrepreneurs * (wealth[..., p.ownership - 1 :] @ p.age_shares[p.ownership - 1 :])


def solve(p: Parameters, *, progress: Progress | None = None, bank_rate: Array | None = None) -> Path:
    """Find the transition from a flat guess.

    Args:
        p: Parameters.
        progress: Called with stage, round and residual.
        bank_rate: Bank rate by period (horizon,); default: that of the reform.

    Raises:
        NotConverged: The residual is above `TOLERANCE` after `ROUNDS` rounds.
    """
    rate = p.bank_rates(p.horizon) if bank_rate is None else bank_rate
    _, initial = initial_wealth(p)
    first = float(owners_wealth(p, initial)) * (1.0 + p.loan_to_wealth)

    def implied(log_capital: Array) -> Array:
        at = firms.prices(p, np.exp(log_capital), rate)
        wealth, _ = entrepreneurs(p, at, initial)
        owned = np.maximum(owners_wealth(p, wealth), 1e-12)
        return np.log(firms.capital(p, owned, at.private_return, rate))

    log_capital, residual, rounds = accelerated(implied, np.full(p.horizon, np.log(first)), progress=progress)
    capital = np.exp(log_capital)
    at = firms.prices(p, capital, rate)
    wealth, consumption = entrepreneurs(p, at, initial)
    return Path(capital, owners_wealth(p, wealth), at, rate, wealth, consumption, residual, rounds)


def accelerated(
    implied: Callable[[Array], Array], start: Array, *, progress: Progress | None = None
) -> tuple[Array, float, int]:
    """A fixed point of `implied` by damped iteration with Anderson's acceleration.

    Returns:
        The fixed point, the largest residual, the rounds.

    Raises:
        NotConverged: The residual is above the tolerance after all rounds.
    """
    x, history = start, []
    points: list[Array] = []
    residuals: list[Array] = []
    for n in range(1, ROUNDS + 1):
        residual = implied(x) - x
        size = float(np.abs(residual).max())
        history.append(size)
        if progress is not None:
            progress("transition", n, size)
        if size <= TOLERANCE:
            return x, size, n
        points, residuals = [*points[-MEMORY:], x], [*residuals[-MEMORY:], residual]
        x = x + DAMPING * residual
        if len(points) > 1 and size < 1.0:
            by_residual = np.diff(residuals, axis=0).T
            by_point = np.diff(points, axis=0).T
            weights = np.linalg.lstsq(by_residual, residual, rcond=1e-12)[0]
            x = x - (by_point + DAMPING * by_residual) @ weights
    raise NotConverged(
        f"the transition does not converge: log capital changes by {history[-1]:.1e} after {ROUNDS} rounds",
        history=history,
        advice="the parameters may leave no stationary state; try them nearer to the paper's",
    )
