"""The economy at given prices: values, stationary distribution, sums, and the residual of each condition."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.markets import aggregates, firm
from dirigiste.numerics.markets.aggregates import Conditions, Moves, Static
from dirigiste.numerics.markets.firm import Firms, Prices
from dirigiste.numerics.operators import hjb, kfe
from dirigiste.numerics.operators.hjb import Setting, Values
from dirigiste.numerics.operators.kfe import Distribution
from dirigiste.numerics.setup.arrays import Arrays
from dirigiste.numerics.setup.unknowns import (
    CORNER,
    INTEREST,
    QUOTA,
    TRANSFER,
    UNKNOWNS,
    WAGE,
    prices_of,
    residuals,
    unknowns,
    with_given,
    within,
)

__all__ = [
    "CORNER",
    "INTEREST",
    "QUOTA",
    "TRANSFER",
    "UNKNOWNS",
    "WAGE",
    "Point",
    "Start",
    "choices",
    "evaluate",
    "prices_of",
    "residuals",
    "unknowns",
    "with_given",
    "within",
]

Array = NDArray[np.float64]


class Point(NamedTuple):
    """Everything that follows from unknowns u (4,) which owners expect to last for ever."""

    u: Array
    prices: Prices
    firms: Firms
    reach: Array
    values: Values
    distribution: Distribution
    static: Static
    moves: Moves
    conditions: Conditions


class Responses(NamedTuple):
    """How an economy responds to its open unknowns: 1 + D^-1 N (n, n), and the derivatives of values and row
    masses (n, N, S, J).
    """

    matrix: Array
    v: Array
    f: Array


class Start(NamedTuple):
    """Where to start: unknowns (4,), values and row masses (N, S, J)."""

    u: Array
    v: Array
    f: Array


def choices(m: Arrays, u: Array, near: Array | None = None) -> tuple[Prices, Firms, Array]:
    """Prices, static choices and reach of enforcement at unknowns u (4,).

    Enforcement by size reaches those who run a firm at prices `near` (4,), by default u: where identical
    owners are indifferent, who runs a firm depends on the last digits of a price, and these are known only
    once markets clear. The size of a firm is that at u.
    """
    prices = prices_of(m, u)
    firms = firm.firms(m, prices)
    share = None
    if near is not None and np.any(m.arcs["size_of"]) and not np.array_equal(u, near):
        share = firm.firms(m, prices_of(m, near)).share
    return prices, firms, firm.reach(m, firms, share)


def evaluate(
    m: Arrays, u: Array, v: Array, f: Array, hjb_tol: float, kfe_tol: float, near: Array | None = None
) -> Point:
    """Solve values and distribution at unknowns u from starts v and f (N, S, J)."""
    prices, firms, reach = choices(m, u, near)
    given = hjb.setting(m, firms, prices, reach)
    values = hjb.solve(m, given, v, hjb_tol)
    if not values.residual <= max(hjb_tol, hjb.ROUNDING):
        again = hjb.solve(m, given, hjb.guess(m, firms, prices, reach), hjb_tol)
        values = again if not again.residual >= values.residual else values
    distribution = kfe.stationary(m, values.policy, values.hazards.flow, f, kfe_tol)
    static = aggregates.static(m, firms, prices, distribution.g)
    moved = aggregates.moves(m, distribution.g, values.hazards.flow)
    conditions = aggregates.conditions(m, prices, static, moved)
    return Point(u, prices, firms, reach, values, distribution, static, moved, conditions)


def setting_of(m: Arrays, near: Array, u: Array) -> Setting:
    """What owners take as given at unknowns u (4,); enforcement reaches those who run a firm at `near`."""
    prices, firms, reached = choices(m, u, near)
    return hjb.setting(m, firms, prices, reached)
