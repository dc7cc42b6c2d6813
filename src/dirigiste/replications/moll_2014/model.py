"""The model of Moll (2014): y = (z k)^a l^(1-a), k <= lam wealth, log utility, hand-to-mouth workers.

Aggregates are those of Y = Z K^a L^(1-a) with Z = X_bar^a, X_bar the mean ability of those who produce,
weighted by their wealth. Who produces has ability above a threshold z_ with lam (1 - Omega(z_)) = 1. Single
wealth has no stationary law, but the wealth shares omega(z) of the abilities have:

    0 = A* omega + s(z) omega,    s(z) = R [max(z - z_, 0)/X + z_/(lam X) - 1],   X = sum_{z >= z_} z omega

with R = a Y/K the return that wealth earns on average, rho + delta in the stationary state, and A the
generator of ability: one of the engine's operators (`dirigiste.numerics.setup.ability`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_banded

from dirigiste.errors import NotConverged
from dirigiste.numerics.setup import ability

Array = NDArray[np.float64]

TOLERANCE = 1e-12
"""Largest residual of the wealth shares, per year, beyond what rounding leaves of the fastest rates."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """Preferences and technology; the paper's calibration where it has one."""

    alpha: float = 1.0 / 3.0
    rho: float = 0.05
    delta: float = 0.06
    credit: float = 2.0
    """lam: capital over wealth at the limit; 1 is self-finance, infinity perfect credit."""

    @property
    def gross(self) -> float:
        """Rho + delta."""
        return self.rho + self.delta


class Law(NamedTuple):
    """Ability: values (J,), tridiagonal generator (J, J) in bands (3, J), stationary shares (J,), the edges
    (J + 1,) of the points' cells in log z, and the rate at which ability is redrawn from the shares.
    """

    z: Array
    bands: Array
    shares: Array
    edges: Array
    redraw: float = 0.0


def ornstein_uhlenbeck(reversion: float, sd: float, points: int, width: float) -> Law:
    """Log z an Ornstein-Uhlenbeck process, reflecting at +-width sd; reversion = -log autocorrelation."""
    values, generator = ability.diffusion(reversion, sd, points, width)
    bands = np.zeros((3, points))
    bands[0, 1:] = np.diag(generator, 1)
    bands[1] = np.diag(generator)
    bands[2, :-1] = np.diag(generator, -1)
    # births and deaths balance in detail, which gives the stationary shares in one pass
    logs = np.concatenate([[0.0], np.cumsum(np.log(np.diag(generator, 1) / np.diag(generator, -1)))])
    shares = np.exp(logs - logs.max())
    x = np.log(values)
    edges = np.concatenate([x[:1], 0.5 * (x[1:] + x[:-1]), x[-1:]])
    return Law(values, bands, shares / shares.sum(), edges)


def redrawn_pareto(rate: float, tail: float, points: int, top: float) -> Law:
    """Ability redrawn at a rate from a Pareto law on z >= 1, cut at probability `top`."""
    values, weights = ability.pareto(tail, points, top)
    edges = -np.log1p(-(1.0 - (1.0 - top) ** (np.arange(points + 1) / points))) / tail
    return Law(values, np.zeros((3, points)), weights, edges, rate)


def adjoint(law: Law, omega: Array) -> Array:
    """A* omega, per year."""
    out = law.bands[1] * omega + law.redraw * (law.shares * omega.sum() - omega)
    out[1:] += law.bands[0, 1:] * omega[:-1]
    out[:-1] += law.bands[2, :-1] * omega[1:]
    return out


class Cut(NamedTuple):
    """Who produces."""

    threshold: float
    """z_."""
    producing: Array
    """Share of each point's wealth that produces, (J,)."""
    gain: Array
    """max(z - z_, 0), averaged over the wealth of each point, (J,)."""
    x: float
    """X = sum of gain omega + z_/lam."""


class State(NamedTuple):
    """Wealth shares (J,) and what follows."""

    omega: Array
    at: Cut
    tfp: float
    """Z."""
    residual: float
    rounds: int


def cut(law: Law, omega: Array, credit: float) -> Cut:
    """The ablest use lam times their wealth until all capital is used.

    The wealth of a point is spread evenly in log z over its cell (midpoint to midpoint), so that the
    threshold moves continuously through the marginal cell.
    """
    above = np.cumsum(omega[::-1])[::-1]  # from each point on
    needed = above[0] / credit
    last = int(np.searchsorted(-above, -needed, side="right")) - 1  # the marginal point
    rest = needed - (above[last + 1] if last + 1 < omega.size else 0.0)
    share = min(rest / omega[last], 1.0)
    low, high = law.edges[last], law.edges[last + 1]
    threshold = float(np.exp(high - share * (high - low)))
    producing, gain = np.zeros_like(omega), np.zeros_like(omega)
    producing[last + 1 :] = 1.0
    gain[last + 1 :] = law.z[last + 1 :] - threshold
    producing[last] = share
    if share > 0.0:  # the mean of z over the part of the cell above the threshold
        width = share * (high - low)
        gain[last] = share * threshold * (np.expm1(width) / width - 1.0)
    return Cut(threshold, producing, gain, float(gain @ omega + threshold * needed))


def saving(at: Cut, credit: float, gross: float) -> Array:
    """s(z): growth of the wealth of an ability relative to all wealth, per year."""
    return gross * (at.gain / at.x + at.threshold / (credit * at.x) - 1.0)


def stationary(p: Parameters, law: Law, start: Array | None = None) -> State:
    """Stationary wealth shares by implicit steps that lengthen, as the threshold settles.

    Raises:
        NotConverged: The residual is above `TOLERANCE`.
    """
    omega = law.shares if start is None else start
    step, history = 1.0, []
    fastest = np.abs(law.bands[1] * law.shares).max() + law.redraw * law.shares.max()
    rounding = 8.0 * float(np.finfo(float).eps * fastest)
    for n in range(1, 2000):
        at = cut(law, omega, p.credit)
        s = saving(at, p.credit, p.gross)
        residual = float(np.abs(adjoint(law, omega) + s * omega).max())
        history.append(residual)
        if residual <= TOLERANCE + rounding:
            return State(omega, at, tfp(p, at), residual, n)
        if len(history) > 1 and residual > history[-2]:
            step *= 0.5  # the threshold moves too far in a step
        else:
            step = min(1.3 * step, 1e3)
        omega = advance(law, omega, s, step)
    raise NotConverged(
        f"wealth shares: residual {history[-1]:.1e} a year, above {TOLERANCE:g}",
        history=history[-20:],
        advice="ability may last so long that wealth piles up at its highest point",
    )


def advance(law: Law, omega: Array, s: Array, step: float) -> Array:
    """One implicit step of d omega/dt = A* omega + s omega, shares made to sum to 1."""
    system = np.zeros_like(law.bands)
    system[0, 1:] = -step * law.bands[2, :-1]  # transposed
    system[2, :-1] = -step * law.bands[0, 1:]
    system[1] = 1.0 - step * (law.bands[1] - law.redraw + np.minimum(s, 0.0))
    new = solve_banded(
        (1, 1), system, omega * (1.0 + step * np.maximum(s, 0.0)) + step * law.redraw * law.shares
    )
    return new / new.sum()


def interest(p: Parameters, state: State) -> float:
    """r: what the marginal producer can pay, per year."""
    return p.gross * state.at.threshold / (p.credit * state.at.x) - p.delta


def tfp(p: Parameters, at: Cut) -> float:
    """Z = (lam X)^a: the mean ability of capital in use, to the power a."""
    return (p.credit * at.x) ** p.alpha
