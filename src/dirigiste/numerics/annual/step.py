"""One period: values a step backwards, masses a step forwards. All other modules of the annual clock are
built on these two (docs/annual-clock.md).

    cash = (1 + r dt) a + (y + T) dt,   a' = cash - c dt                                                  (A1)
    V = max omega u(c) + beta W(a'),    W: expected value before the turn (`turn`)                        (A2)
    masses: to a' by lotteries that keep mean wealth, then ability, edges and growth

`forward` is the transpose of `mean`, loop by loop with reading and writing exchanged, so mass and wealth are
kept to rounding and goods clear by Walras' law.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics import effort
from dirigiste.numerics.annual import envelope, turn
from dirigiste.numerics.annual.envelope import Saving, at_the_end, ended, interpolated
from dirigiste.numerics.annual.turn import Turn, carried, delivered, expected, moved_ability
from dirigiste.numerics.compiled.programs import jit
from dirigiste.numerics.markets.firm import Firms, Prices
from dirigiste.numerics.setup.arrays import Arrays

Array = NDArray[np.float64]
Indices = NDArray[np.int64]


SAVING = 20.0
"""Visits of a state (`effort`) that a decision of a period is worth."""


class Period(NamedTuple):
    """What happens in a period: savings during it, the turn at its end."""

    saving: Saving
    turn: Turn


def cash_on_hand(m: Arrays, f: Firms, prices: Prices) -> Array:
    """(1 + r dt) a + (y + T) dt, (A1), (N, S, J), goods."""
    wealth = (1.0 + prices.interest * m.period) * m.wealth[:, None, None]
    return np.ascontiguousarray(wealth + (f.income + prices.transfer) * m.period)


def backward(m: Arrays, prices: Prices, firms: Firms, reach: Array, later: Array) -> Period:
    """Decisions of a period and values at its beginning (`saving.value`).

    Args:
        m: Numbers.
        prices: Prices of the period.
        firms: Static choices at these prices.
        reach: Reach of enforcement next period, (N, E, J).
        later: Values at the beginning of the next period, (N, S, J).
    """
    effort.spend(later.size, SAVING)
    w, at_turn = turn.turn(m, later, reach)
    return Period(envelope.save(m, w, cash_on_hand(m, firms, prices), float(prices.wage)), at_turn)


def forward(m: Arrays, period: Period, g: Array, periods: int = 1) -> Array:
    """Masses (N, S, J) at the beginning of the next period, from masses g at the beginning of this one; or
    after several `periods` with the same decisions.
    """
    effort.spend(g.size, periods)
    s = period.saving
    return _forward(m, s.share, s.below, s.above, period.turn.chance, g, periods)


@jit
def _forward(
    m: Arrays, share: Array, below: Indices, above: Array, chance: Array, g: Array, periods: int
) -> Array:
    for _ in range(periods):
        g = delivered(m, chance, met(m, share, below, above, g))
    return g


@jit
def met(m: Arrays, share: Array, below: Indices, above: Array, g: Array) -> Array:
    """Masses (N, S, J) that edges meet at the end of the period, from masses g at its beginning; `share`,
    `below`, `above` as in `Saving`.
    """
    return moved_ability(m, ended(share, below, above, g))


def mean(m: Arrays, period: Period, x: Array) -> Array:
    """Mean (N, S, J) of x (N, S, J) at the beginning of the next period, over what owners do and what happens
    to them in this one: the operator whose transpose is `forward`.
    """
    s = period.saving
    return at_the_end(s.share, s.below, s.above, expected(m, carried(m, period.turn.chance, x)))


def at_turn(m: Arrays, saving: Saving, g: Array) -> Array:
    """Masses (N, S, J) that edges meet at the end of the period, from masses g at its beginning."""
    return met(m, saving.share, saving.below, saving.above, g)


def tangent(m: Arrays, period: Period, x: Array, periods: int = 1) -> Array:
    """Derivative of the values of a period in the direction x of those of the next (envelope theorem); or of
    those after several `periods` with the same decisions.

    Exact but for cells where `envelope` limits the cubic to the values at the ends, and for owners at a
    threshold of saving.
    """
    effort.spend(x.size, periods)
    s, t = period.saving, period.turn
    return _tangent(m, s.share, s.below, s.above, t.hazards.gain, t.hazards.loss, t.perceived, x, periods)


@jit
def _tangent(
    m: Arrays,
    share: Array,
    below: Indices,
    above: Array,
    gain: Array,
    loss: Array,
    perceived: Array,
    x: Array,
    periods: int,
) -> Array:
    beta = turn.discount(m)
    for _ in range(periods):
        x = beta * interpolated(m, share, below, above, turn.tangent(m, gain, loss, perceived, x))
    return x
