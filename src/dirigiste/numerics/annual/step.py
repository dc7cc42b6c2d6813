"""One period: values a step backwards, masses a step forwards. All else in the annual clock is built on these
two.

    cash = (1 + r dt) a + (y + T) dt,   a' = cash - c dt
    V = max omega u(c) + beta W(a'),    W: expected value before the turn (`turn`)
    masses: to a' by lotteries that keep mean wealth, then ability, edges and growth

`forward` is the transpose of taking means (`at_the_end`, `turn`), by `jax.linear_transpose`, so mass and
wealth are kept to rounding and goods clear by Walras' law.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from dirigiste.numerics.annual import envelope, turn
from dirigiste.numerics.annual.envelope import Saving, at_the_end, interpolated
from dirigiste.numerics.annual.turn import Turn
from dirigiste.numerics.arrays import Arrays, Layout
from dirigiste.numerics.firm import Firms, Prices


class Period(NamedTuple):
    """What happens in a period: savings during it, the turn at its end."""

    saving: Saving
    turn: Turn


def cash_on_hand(m: Arrays, f: Firms, prices: Prices) -> jax.Array:
    """(1 + r dt) a + (y + T) dt, (N, S, J), goods."""
    wealth = (1.0 + prices.interest * m.period) * m.wealth[:, None, None]
    return wealth + (f.income + prices.transfer) * m.period


def backward(
    layout: Layout, m: Arrays, prices: Prices, firms: Firms, reach: jax.Array, later: jax.Array
) -> Period:
    """Decisions of a period and values at its beginning (`saving.value`).

    Args:
        layout: Counts and flags.
        m: Numbers.
        prices: Prices of the period.
        firms: Static choices at these prices.
        reach: Reach of enforcement next period, (N, E, J).
        later: Values at the beginning of the next period, (N, S, J).
    """
    expected, at_turn = turn.turn(layout, m, later, reach)
    return Period(envelope.save(layout, m, expected, cash_on_hand(m, firms, prices), prices.wage), at_turn)


def forward(layout: Layout, m: Arrays, period: Period, g: jax.Array) -> jax.Array:
    """Masses (N, S, J) at the beginning of the next period, from masses g at the beginning of this one."""

    def mean(x: jax.Array) -> jax.Array:
        x = turn.carried(layout, m, period.turn.chance, x)
        return at_the_end(period.saving, jnp.einsum("nsj,ij->nsi", x, m.transition))

    return jax.linear_transpose(mean, g)(g)[0]


def at_turn(m: Arrays, saving: Saving, g: jax.Array) -> jax.Array:
    """Masses (N, S, J) that edges meet at the end of the period, from masses g at its beginning."""
    return turn.before_edges(m, jax.linear_transpose(lambda x: at_the_end(saving, x), g)(g)[0])


def tangent(layout: Layout, m: Arrays, period: Period, x: jax.Array) -> jax.Array:
    """Derivative of the values of a period in the direction x of those of the next (envelope theorem).

    Up to cells at whose ends `backward` cuts values off, and to owners at a threshold of saving.
    """
    return turn.discount(m) * interpolated(m, period.saving, turn.tangent(layout, m, period.turn, x))
