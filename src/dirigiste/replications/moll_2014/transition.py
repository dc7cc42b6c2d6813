"""Transitions in the model of Moll (2014): wealth shares and capital move together.

d omega/dt = A* omega + s omega,  s as in the stationary state with R = a Y/K
dK/dt = a Z K^a - (rho + delta) K,  L = 1
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dirigiste.replications.moll_2014.model import Array, Law, Parameters, advance, cut, saving, tfp


class Course(NamedTuple):
    """A transition by time (T,)."""

    time: Array
    tfp: Array
    capital: Array
    output: Array


def stationary_capital(p: Parameters, productivity: float) -> float:
    """K with a Z K^(a-1) = rho + delta."""
    return (p.alpha * productivity / p.gross) ** (1.0 / (1.0 - p.alpha))


def course(p: Parameters, law: Law, omega: Array, capital: float, years: float, step: float) -> Course:
    """Follow wealth shares (J,) and capital for some years, in implicit steps of first order.

    Args:
        p: Parameters.
        law: Ability.
        omega: Wealth shares at the start.
        capital: Capital at the start.
        years: How long.
        step: Length of a step in years.
    """
    count = round(years / step)
    productivity, stock, output = np.empty((3, count + 1))
    for n in range(count + 1):
        at = cut(law, omega, p.credit)
        productivity[n], stock[n] = tfp(p, at), capital
        output[n] = productivity[n] * capital**p.alpha
        gross = p.alpha * output[n] / capital
        omega = advance(law, omega, saving(at, p.credit, gross), step)
        # exact for constant Z: K^(1-a) moves linearly towards a Z/(rho + delta)
        power, decay = 1.0 - p.alpha, np.exp(-(1.0 - p.alpha) * p.gross * step)
        goal = p.alpha * productivity[n] / p.gross
        capital = float((goal + (capital**power - goal) * decay) ** (1.0 / power))
    return Course(np.linspace(0.0, count * step, count + 1), productivity, stock, output)


def half_life(c: Course, end: float) -> float:
    """Years until half of the gap of TFP to its end is closed, interpolated; nan if it never is."""
    left = np.abs(c.tfp - end) / abs(c.tfp[0] - end)
    below = np.flatnonzero(left <= 0.5)
    if not below.size or below[0] == 0:
        return float("nan")
    n = int(below[0])
    share = (left[n - 1] - 0.5) / (left[n - 1] - left[n])
    return float(c.time[n - 1] + share * (c.time[n] - c.time[n - 1]))
