"""The turn of the period: ability moves, then edges, then growth shrinks wealth to the units of the next
period (docs/annual-clock.md, A3).

Edges meet owners in the state in which they would begin the next period, so reach by size is that of the
firm which they would run then. With the rates of the edges of a status adding up to Lambda, something
happens with probability 1 - exp(-Lambda dt), and it is edge e with probability rate_e/Lambda; at most one
edge a period. A choice edge brings an opportunity with that probability, and what it is worth is that of the
continuous clock. With kappa = (1 - exp(-Lambda dt))/Lambda

    value before edges = V + kappa sum_e worth_e,    probability of moving along e = kappa flow_e

with `worth` and `flow` of `generator.hazards`; the first with perceived rates, the second with actual ones.

Every mean over what happens has its transpose here, which moves masses: `expected` and `moved_ability`,
`carried` and `delivered`, `grown` and `shrunk`. They are each other's adjoint to rounding.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.compiled.programs import jit
from dirigiste.numerics.operators.generator import Hazards, hazards, land, newborn
from dirigiste.numerics.setup.arrays import NO_MIXING, REDRAWS, Arrays

Array = NDArray[np.float64]


class Turn(NamedTuple):
    """What edges do at the turn, for values next period. Hazards a year as the continuous clock has them,
    but `flow` counts who moves over a period, per year.
    """

    hazards: Hazards
    perceived: Array
    """kappa of perceived rates, years, (N, S, J)."""
    chance: Array
    """Probability of moving along every arc, (N, E, J)."""


@jit
def discount(m: Arrays) -> float:
    """Discount factor of a period, exp(-rho dt), (A2)."""
    return math.exp(-m.scalars[0].rho * m.scalars[0].period)


@jit
def weight(m: Arrays) -> float:
    """Weight omega of the utility of a period, (A2): constant consumption is then worth u(c)/rho, as in
    continuous time.
    """
    return -math.expm1(-m.scalars[0].rho * m.scalars[0].period) / m.scalars[0].rho


@jit
def kappa(rate: float, period: float) -> float:
    """(1 - exp(-rate dt))/rate, dt where the rate is 0, (A3)."""
    x = rate * period
    if x < 1e-9:
        return period * (1.0 - 0.5 * x)
    return -period * math.expm1(-x) / x


def turn(m: Arrays, v: Array, reach: Array) -> tuple[Array, Turn]:
    """Expected value (N, S, J) before the turn, from values v (N, S, J) and reach (N, E, J) of next period;
    and what edges do.
    """
    x = grown(m, v)
    h = hazards(m, x, reach)
    perceived, chance, flow = np.empty(x.shape), np.empty(reach.shape), np.empty(reach.shape)
    _meet_edges(m, reach, h.worth, h.flow, x, perceived, chance, flow)
    return expected(m, x), Turn(h._replace(flow=flow), perceived, chance)


@jit
def _meet_edges(
    m: Arrays, reach: Array, worth: Array, rate: Array, x: Array, perceived: Array, chance: Array, flow: Array
) -> None:
    """Add to values x (N, S, J) what edges are worth at the turn, (A3); and fill the fields of `Turn`."""
    N, E, J = reach.shape
    _kappas(m, reach, False, perceived)
    for n in range(N):
        for e in range(E):
            o = m.arcs[e].origin
            for j in range(J):
                chance[n, e, j] = perceived[n, o, j] * rate[n, e, j]
                flow[n, e, j] = chance[n, e, j] / m.scalars[0].period
    _kappas(m, reach, True, perceived)
    for n in range(N):
        for e in range(E):
            o = m.arcs[e].origin
            for j in range(J):
                x[n, o, j] += perceived[n, o, j] * worth[n, e, j]


@jit
def _kappas(m: Arrays, reach: Array, believed: bool, out: Array) -> None:
    """`kappa` of all edges of each state together into out (N, S, J), at perceived or actual rates."""
    N, E, J = reach.shape
    out[:] = 0.0
    for n in range(N):
        for e in range(E):
            rate = m.arcs[e].perceived if believed else m.arcs[e].actual
            for j in range(J):
                out[n, m.arcs[e].origin, j] += rate * reach[n, e, j]
    period, last, factor = m.scalars[0].period, 0.0, m.scalars[0].period
    total = out.reshape(-1)
    for k in range(total.size):
        if total[k] != last:  # mostly the same as in the state before
            last, factor = total[k], kappa(total[k], period)
        total[k] = factor


@jit
def tangent(m: Arrays, gain: Array, loss: Array, perceived: Array, x: Array) -> Array:
    """Derivative of the expected value in the direction x (N, S, J) of next period's values, from hazards
    `gain` and `loss` (N, E, J) and kappa `perceived` (N, S, J).
    """
    x = grown(m, x)
    out, there = x.copy(), np.zeros(x.shape[2])
    for n in range(x.shape[0]):
        for e in range(m.arcs.size):
            o = m.arcs[e].origin
            if m.arcs[e].leaves:
                there[:] = 0.0
            else:
                land(m, e, n, x, there)
            for j in range(x.shape[2]):
                moved = gain[n, e, j] * there[j] - loss[n, e, j] * x[n, o, j]
                out[n, o, j] += perceived[n, o, j] * moved
    return expected(m, out)


@jit
def carried(m: Arrays, chance: Array, x: Array) -> Array:
    """Mean of x (N, S, J) next period over what edges actually do, with the probability `chance` (N, E, J)
    of moving along every arc, newborns in place of emigrants.
    """
    x = grown(m, x)
    out, there, born = x.copy(), np.zeros(x.shape[2]), newborn(m, x)
    for n in range(x.shape[0]):
        for e in range(m.arcs.size):
            o = m.arcs[e].origin
            if m.arcs[e].leaves:
                there[:] = born
            else:
                land(m, e, n, x, there)
            for j in range(x.shape[2]):
                out[n, o, j] += chance[n, e, j] * (there[j] - x[n, o, j])
    return out


@jit
def delivered(m: Arrays, chance: Array, met: Array) -> Array:
    """Masses (N, S, J) at the beginning of the next period, from the masses `met` that edges meet: the
    transpose of `carried`.
    """
    N, S, J = met.shape
    out, left = met.copy(), 0.0
    moving = np.empty(J)
    for n in range(N):
        for e in range(m.arcs.size):
            o, d = m.arcs[e].origin, m.arcs[e].destination
            total = 0.0
            for j in range(J):
                moving[j] = chance[n, e, j] * met[n, o, j]
                out[n, o, j] -= moving[j]
                total += moving[j]
            if m.arcs[e].leaves:
                left += total
                continue
            if m.arcs[e].redraws:
                for j in range(J):
                    moving[j] = m.draws[e, j] * total
            if not m.arcs[e].jumps:
                for j in range(J):
                    out[n, d, j] += moving[j]
                continue
            k, above = m.below[e, n], m.above[e, n]
            for j in range(J):
                out[k, d, j] += (1.0 - above) * moving[j]
                out[k + 1, d, j] += above * moving[j]
    if left != 0.0:
        for n in range(N):
            for s in range(S):
                for j in range(J):
                    out[n, s, j] += left * m.entry[n, s] * m.stationary[j]
    return shrunk(m, out)


@jit
def expected(m: Arrays, x: Array) -> Array:
    """Mean of x (N, S, J) over the ability of the next period."""
    N, S, J = x.shape
    if m.scalars[0].mixing == NO_MIXING:
        return x.copy()
    out = np.zeros((N, S, J))
    if m.scalars[0].mixing == REDRAWS:
        kept = _kept(m)
        for n in range(N):
            for s in range(S):
                drawn = 0.0
                for j in range(J):
                    drawn += m.stationary[j] * x[n, s, j]
                for j in range(J):
                    out[n, s, j] = kept * x[n, s, j] + (1.0 - kept) * drawn
        return out
    into = m.transition.T.copy()
    for n in range(N):
        for s in range(S):
            for j in range(J):
                for i in range(J):
                    out[n, s, i] += into[j, i] * x[n, s, j]
    return out


@jit
def moved_ability(m: Arrays, g: Array) -> Array:
    """Masses (N, S, J) after ability has moved, the transpose of `expected`."""
    N, S, J = g.shape
    if m.scalars[0].mixing == NO_MIXING:
        return g.copy()
    out = np.zeros((N, S, J))
    if m.scalars[0].mixing == REDRAWS:
        kept = _kept(m)
        for n in range(N):
            for s in range(S):
                total = 0.0
                for j in range(J):
                    total += g[n, s, j]
                for j in range(J):
                    out[n, s, j] = kept * g[n, s, j] + (1.0 - kept) * total * m.stationary[j]
        return out
    for n in range(N):
        for s in range(S):
            for i in range(J):
                for j in range(J):
                    out[n, s, j] += g[n, s, i] * m.transition[i, j]
    return out


@jit
def _kept(m: Arrays) -> float:
    """Probability that ability is not drawn anew within a period."""
    return math.exp(-m.scalars[0].redraw * m.scalars[0].period)


@jit
def _growth(m: Arrays) -> tuple[NDArray[np.int64], Array]:
    """Where growth takes wealth nodes: node below (N,) and share of the node above (N,)."""
    N = m.wealth.size
    below, above = np.zeros(N, np.int64), np.zeros(N)
    k = 0
    for n in range(N):
        target = max(m.wealth[n] / (1.0 + m.scalars[0].growth * m.scalars[0].period), m.wealth[0])
        while k < N - 2 and m.wealth[k + 1] <= target:
            k += 1
        below[n] = k
        above[n] = min(max((target - m.wealth[k]) / (m.wealth[k + 1] - m.wealth[k]), 0.0), 1.0)
    return below, above


@jit
def grown(m: Arrays, x: Array) -> Array:
    """Values x (N, S, J) at the nodes divided by the growth of a period, linear between nodes."""
    if m.scalars[0].growth == 0.0:
        return x.copy()
    below, above = _growth(m)
    out = np.empty(x.shape)
    for n in range(x.shape[0]):
        for s in range(x.shape[1]):
            for j in range(x.shape[2]):
                low, high = x[below[n], s, j], x[below[n] + 1, s, j]
                out[n, s, j] = (1.0 - above[n]) * low + above[n] * high
    return out


@jit
def shrunk(m: Arrays, g: Array) -> Array:
    """Masses (N, S, J) after growth has shrunk wealth to the units of the next period, the transpose of
    `grown`.
    """
    if m.scalars[0].growth == 0.0:
        return g.copy()
    below, above = _growth(m)
    out = np.zeros(g.shape)
    for n in range(g.shape[0]):
        for s in range(g.shape[1]):
            for j in range(g.shape[2]):
                out[below[n], s, j] += (1.0 - above[n]) * g[n, s, j]
                out[below[n] + 1, s, j] += above[n] * g[n, s, j]
    return out
