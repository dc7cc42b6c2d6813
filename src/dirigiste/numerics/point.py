"""A point: everything that follows from prices. Values, distribution, sums, and what is left of each
condition.

Prices follow from four unknowns: log wage, interest, transfer, and what meets a quota (an added spread, or
minus the log of a factor on credit limits). Each has its condition; see :func:`residuals`.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dirigiste.numerics import aggregates, firm, hjb, kfe
from dirigiste.numerics.aggregates import Conditions, Moves, Static
from dirigiste.numerics.arrays import Arrays, Compiled, Layout
from dirigiste.numerics.firm import Firms, Prices
from dirigiste.numerics.hjb import Values
from dirigiste.numerics.kfe import Distribution

WAGE, INTEREST, TRANSFER, QUOTA = range(4)
UNKNOWNS = ("wage", "interest", "transfer", "quota")


class Point(NamedTuple):
    """Everything at given unknowns u (4,)."""

    u: jax.Array
    prices: Prices
    firms: Firms
    reach: jax.Array
    values: Values
    distribution: Distribution
    static: Static
    moves: Moves
    conditions: Conditions


CORNER = 50.0
"""Weight of the distance to a bound in the complementarities: Newton looks at the bound only when within a
few per mille of it."""


NUDGE = 1e-6
"""Step of difference quotients, in logs of the wage, in interest, and in the transfer."""


def prices_of(layout: Layout, u: jax.Array) -> Prices:
    """Prices from the unknowns."""
    by_spread = layout.directed_by == "spread"
    zero, one = jnp.zeros_like(u[QUOTA]), jnp.ones_like(u[QUOTA])
    return Prices(
        wage=jnp.exp(u[WAGE]),
        interest=u[INTEREST],
        transfer=u[TRANSFER],
        added_spread=u[QUOTA] if by_spread else zero,
        limit_factor=jnp.exp(-u[QUOTA]) if layout.directed_by == "limit" else one,
    )


def unknowns(compiled: Compiled) -> tuple[int, ...]:
    """Indices of the unknowns that the closure leaves open."""
    given = compiled.given
    found = [
        np.isnan(given.wage),
        np.isnan(given.interest),
        np.isnan(given.transfer),
        compiled.layout.directed_of != "",
    ]
    return tuple(index for index, open_ in enumerate(found) if open_)


def residuals(m: Arrays, u: jax.Array, c: Conditions) -> jax.Array:
    """The four residuals at u, each 0 in equilibrium."""
    return jnp.stack(
        [
            c.labor,
            jnp.minimum(-c.capital, CORNER * (u[INTEREST] + m.delta)),
            c.budget,
            jnp.minimum(c.quota, CORNER * u[QUOTA]),
        ]
    )


class Response(NamedTuple):
    """Derivatives in the active unknowns (first axis of the last two): residuals (4, n), values and row
    masses (n, N, S, J).
    """

    residuals: jax.Array
    v: jax.Array
    f: jax.Array


class Start(NamedTuple):
    """Where to start: unknowns (4,), values and row masses (N, S, J), and responses of a neighbour if
    known.
    """

    u: jax.Array
    v: jax.Array
    f: jax.Array
    response: Response | None = None


@functools.partial(jax.jit, static_argnums=0)
def choices(layout: Layout, m: Arrays, u: jax.Array) -> tuple[Prices, Firms, jax.Array]:
    """Prices, static choices and the reach of enforcement at unknowns u."""
    prices = prices_of(layout, u)
    firms = firm.firms(layout, m, prices)
    return prices, firms, firm.with_size(layout, m, firms)


solve_values = functools.partial(jax.jit, static_argnums=0)(hjb.solve)
solve_distribution = functools.partial(jax.jit, static_argnums=0)(kfe.stationary)


@functools.partial(jax.jit, static_argnums=0)
def _sums(
    layout: Layout, m: Arrays, prices: Prices, firms: Firms, values: Values, distribution: Distribution
) -> tuple[Static, Moves, Conditions]:
    static = aggregates.static(m, firms, prices, distribution.g)
    moved = aggregates.moves(m, distribution.g, values.hazards.flow)
    return static, moved, aggregates.conditions(layout, m, prices, static, moved)


def evaluate(
    layout: Layout, m: Arrays, u: jax.Array, v: jax.Array, f: jax.Array, hjb_tol: float, kfe_tol: float
) -> Point:
    """Solve values and distribution at unknowns u from starts v and f (N, S, J)."""
    prices, firms, reach = choices(layout, m, u)
    values = solve_values(layout, m, firms, prices, reach, v, hjb_tol)
    distribution = solve_distribution(layout, m, values.rows, values.hazards.flow, f, kfe_tol)
    return Point(
        u, prices, firms, reach, values, distribution, *_sums(layout, m, prices, firms, values, distribution)
    )


def with_given(compiled: Compiled, u: jax.Array) -> jax.Array:
    """The unknowns u with the prices that the closure fixes."""
    given = compiled.given
    for index, value in ((WAGE, np.log(given.wage)), (INTEREST, given.interest), (TRANSFER, given.transfer)):
        if not np.isnan(value):
            u = u.at[index].set(value)
    return u if compiled.layout.directed_of else u.at[QUOTA].set(0.0)


def within(m: Arrays, u: jax.Array) -> jax.Array:
    """U with the interest rate at least -delta and the unknown of the quota at least 0."""
    return u.at[INTEREST].max(-m.delta).at[QUOTA].max(0.0)
