"""The four unknowns of a date: log wage, interest, transfer, and what meets a quota (an added spread, or
minus the log of a factor on credit limits). Each has its condition; see :func:`residuals`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.compiled.programs import jit
from dirigiste.numerics.markets.firm import Prices
from dirigiste.numerics.setup.arrays import BY_LIMIT, BY_SPREAD, Arrays, Compiled

Array = NDArray[np.float64]

WAGE, INTEREST, TRANSFER, QUOTA = range(4)
UNKNOWNS = ("wage", "interest", "transfer", "quota")

NUDGE = 1e-8
"""Step of difference quotients, in logs of the wage, in interest, and in the transfer: small against the
range of a price over which indifferent owners change what they do."""

CORNER = 50.0
"""Weight of the distance to a bound in the complementarities: the bound matters to Newton only within a few
per mille of it."""


@jit
def prices_of(m: Arrays, u: Array) -> Prices:
    """Prices from the unknowns u (4,)."""
    by = m.scalars[0].directed_by
    return Prices(
        math.exp(u[WAGE]),
        u[INTEREST],
        u[TRANSFER],
        u[QUOTA] if by == BY_SPREAD else 0.0,
        math.exp(-u[QUOTA]) if by == BY_LIMIT else 1.0,
    )


@jit
def fill_residuals(m: Arrays, u: Array, raw: Array, left: Array) -> None:
    """Fill `left` (4,) with the conditions, each 0 in equilibrium, from those without bounds (4,)."""
    left[WAGE], left[TRANSFER] = raw[WAGE], raw[TRANSFER]
    left[INTEREST] = min(raw[INTEREST], CORNER * (u[INTEREST] + m.scalars[0].delta))
    left[QUOTA] = min(raw[QUOTA], CORNER * u[QUOTA])


def residuals(m: Arrays, u: Array, raw: Array) -> Array:
    """The four residuals at u (4,), each 0 in equilibrium, from conditions without bounds (4,): capital with
    r >= -delta and the quota with its unknown >= 0 as the smaller of slack and distance to the bound.
    """
    left = np.empty(4)
    fill_residuals(m, np.asarray(u, dtype=float), np.asarray(raw, dtype=float), left)
    return left


def unknowns(compiled: Compiled) -> tuple[int, ...]:
    """Indices of the unknowns that the closure leaves open."""
    given = compiled.given
    free = [
        np.isnan(given.wage),
        np.isnan(given.interest),
        np.isnan(given.transfer),
        compiled.layout.directed_of != "",
    ]
    return tuple(index for index, open_ in enumerate(free) if open_)


def with_given(compiled: Compiled, u: Array) -> Array:
    """The unknowns u (4,) with the prices that the closure fixes."""
    given, u = compiled.given, np.array(u, dtype=float)
    for index, value in ((WAGE, np.log(given.wage)), (INTEREST, given.interest), (TRANSFER, given.transfer)):
        if not np.isnan(value):
            u[index] = value
    if not compiled.layout.directed_of:
        u[QUOTA] = 0.0
    return u


def within(m: Arrays, u: Array) -> Array:
    """The unknowns u (4,) with the interest rate at least -delta and the unknown of the quota at least 0."""
    u = np.array(u, dtype=float)
    u[INTEREST], u[QUOTA] = max(u[INTEREST], -m.delta), max(u[QUOTA], 0.0)
    return u
