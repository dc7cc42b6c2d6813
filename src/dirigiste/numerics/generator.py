"""Jumps between states: where they land, how often they happen, and what the chance is worth
(docs/method.md, section 3).

Every arc e takes the owner from its origin at wealth a to a' and a destination status, keeping ability or
drawing it anew. In the value and in the distribution alike a landing between two nodes is the lottery between
them. `arrivals` reads values where owners land; `inflow` puts masses there: the same loops with reading and
writing exchanged, so that one is the transpose of the other.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.abroad import abroad_value
from dirigiste.numerics.arrays import NO_MIXING, REDRAWS, Arrays
from dirigiste.numerics.elementary import exp, log
from dirigiste.numerics.firm import cell_share
from dirigiste.numerics.programs import jit

Array = NDArray[np.float64]

SHARP = 1e-9
"""Width, in logs of consumption, over which choices without taste shocks go from never to always."""


class Hazards(NamedTuple):
    """What arcs do at a value function. Rates a year, (N, E, J).

    `worth`: what the arc adds to the right-hand side of the HJB. `gain`, `loss`: its derivatives with respect
    to the value at the destination and (minus) at the origin; for rate and enforcement arcs both are the
    perceived rate. `flow`: the rate at which people move (actual rate, or arrival of the opportunity times
    the probability of taking it).
    """

    worth: Array
    gain: Array
    loss: Array
    flow: Array


@jit
def land(m: Arrays, e: int, n: int, x: Array, out: Array) -> None:
    """Value `out` (J,) of x (N, S, J) where arc e lands from node n, for an arc that stays in the country."""
    J = x.shape[2]
    d = m.arcs[e].destination
    if m.arcs[e].jumps:
        b, share = m.below[e, n], m.above[e, n]
        for j in range(J):
            out[j] = (1.0 - share) * x[b, d, j] + share * x[b + 1, d, j]
    else:
        for j in range(J):
            out[j] = x[n, d, j]
    if m.arcs[e].redraws:
        mean = 0.0
        for j in range(J):
            mean += m.draws[e, j] * out[j]
        for j in range(J):
            out[j] = mean


@jit
def newborn(m: Arrays, x: Array) -> float:
    """Mean of x (N, S, J) over newborns."""
    N, S, J = x.shape
    value = 0.0
    for n in range(N):
        for s in range(S):
            if m.entry[n, s] != 0.0:
                for j in range(J):
                    value += m.entry[n, s] * m.stationary[j] * x[n, s, j]
    return value


@jit
def mix(m: Arrays, x: Array, z: Array) -> None:
    """Add to z (J,) what other abilities bring: Q x less its diagonal, for x (J,)."""
    J = x.size
    mixing = m.scalars[0].mixing
    if mixing == NO_MIXING:
        return
    if mixing == REDRAWS:
        rate = m.scalars[0].redraw
        mean = 0.0
        for j in range(J):
            mean += m.stationary[j] * x[j]
        for j in range(J):
            z[j] += rate * (mean - m.stationary[j] * x[j])
        return
    for i in range(J):
        for j in range(J):
            if j != i:
                z[i] += m.switching[i, j] * x[j]


@jit
def mix_transposed(m: Arrays, y: Array, z: Array) -> None:
    """Add to z (J,) the masses that come from other abilities: Q' y less its diagonal, for y (J,)."""
    J = y.size
    mixing = m.scalars[0].mixing
    if mixing == NO_MIXING:
        return
    if mixing == REDRAWS:
        rate = m.scalars[0].redraw
        total = 0.0
        for j in range(J):
            total += y[j]
        for j in range(J):
            z[j] += rate * m.stationary[j] * (total - y[j])
        return
    for j in range(J):
        for i in range(J):
            if j != i:
                z[i] += m.switching[j, i] * y[j]


@jit
def arrivals(m: Arrays, rate: Array, births: float, x: Array, s: int, z: Array, row: Array) -> None:
    """What owners of status s reach by jumps: Q x less its diagonal, z (N, J), for arc rates (N, E, J).

    Those who leave the country reach `births`: the mean of x over newborns for masses, 0 for values.
    """
    N, _, J = x.shape
    for n in range(N):
        for j in range(J):
            z[n, j] = 0.0
        mix(m, x[n, s], z[n])
    for e in range(m.arcs.size):
        if m.arcs[e].origin != s:
            continue
        if m.arcs[e].leaves:
            if births != 0.0:
                for n in range(N):
                    for j in range(J):
                        z[n, j] += rate[n, e, j] * births
        elif m.arcs[e].jumps or m.arcs[e].redraws:
            for n in range(N):
                land(m, e, n, x, row)
                for j in range(J):
                    z[n, j] += rate[n, e, j] * row[j]
        else:
            d = m.arcs[e].destination
            for n in range(N):
                for j in range(J):
                    z[n, j] += rate[n, e, j] * x[n, d, j]


@jit
def inflow(m: Arrays, rate: Array, births: float, y: Array, s: int, z: Array, row: Array) -> None:
    """Masses that come to status s by jumps a year: Q' y less its diagonal, z (N, J), for arc rates (N, E,
    J).

    `births` is the mass that leaves the country a year, in whose place newborns come.
    """
    N, _, J = y.shape
    for n in range(N):
        for j in range(J):
            z[n, j] = m.entry[n, s] * m.stationary[j] * births
        mix_transposed(m, y[n, s], z[n])
    for e in range(m.arcs.size):
        if m.arcs[e].destination != s:
            continue
        o = m.arcs[e].origin
        for n in range(N):
            if m.arcs[e].redraws:
                total = 0.0
                for j in range(J):
                    total += rate[n, e, j] * y[n, o, j]
                for j in range(J):
                    row[j] = total * m.draws[e, j]
            else:
                for j in range(J):
                    row[j] = rate[n, e, j] * y[n, o, j]
            if m.arcs[e].jumps:
                b, share = m.below[e, n], m.above[e, n]
                for j in range(J):
                    z[b, j] += (1.0 - share) * row[j]
                    z[b + 1, j] += share * row[j]
            else:
                for j in range(J):
                    z[n, j] += row[j]


@jit
def leavers(m: Arrays, rate: Array, y: Array) -> float:
    """Mass that leaves the country a year, of node masses y (N, S, J)."""
    N, _, J = y.shape
    total = 0.0
    for e in range(m.arcs.size):
        if m.arcs[e].leaves:
            o = m.arcs[e].origin
            for n in range(N):
                for j in range(J):
                    total += rate[n, e, j] * y[n, o, j]
    return total


@jit
def _choose(
    sigma: float,
    rho: float,
    shift: float,
    cost: float,
    taste: float,
    sharp: bool,
    size: int,
    here: Array,
    there: Array,
    delta: Array,
    taken: Array,
    certain: Array,
) -> None:
    """Delta, the probability P of taking a chance, and G, equation (8), for the first `size` states of a
    block.
    """
    if sigma == 1.0:
        for b in range(size):
            delta[b] = rho * (there[b] - here[b]) - cost
    elif shift == 0.0:
        for b in range(size):
            delta[b] = log(there[b] / here[b]) / (1.0 - sigma) - cost
    else:  # a difference of values, so that no digits are lost
        for b in range(size):
            delta[b] = math.log1p((there[b] - here[b]) / (here[b] + shift)) / (1.0 - sigma) - cost
    if sharp:
        for b in range(size):
            taken[b] = 1.0 if delta[b] > 0.0 else 0.0
            certain[b] = max(delta[b], 0.0)
        return
    for b in range(size):
        x = delta[b] / taste
        tail = exp(-abs(x))
        share = 1.0 / (1.0 + tail)
        taken[b] = share if x >= 0.0 else tail * share
        certain[b] = taste * (max(x, 0.0) + log(1.0 + tail))


BLOCK = 16
"""Nodes whose chances are evaluated together, so that loops are long enough to vectorise."""


@jit
def evaluate_arcs(
    m: Arrays,
    abroad: Array,
    v: Array,
    reach: Array,
    worth: Array,
    gain: Array,
    loss: Array,
    flow: Array,
    delta: Array,
) -> None:
    """Hazards of all arcs (N, E, J) at values v (N, S, J); see `hazards`.

    `delta` (N, E, J) keeps by how much taking a chance without taste shocks beats leaving it.
    """
    N, _, J = v.shape
    sigma, rho, shift = m.scalars[0].sigma, m.scalars[0].rho, m.scalars[0].shift
    row = np.empty(J)
    size = BLOCK * J
    here, there, edge = np.empty(size), np.empty(size), np.empty(size)
    taken, certain, growth = np.empty(size), np.empty(size), np.empty(size)
    for e in range(m.arcs.size):
        o = m.arcs[e].origin
        perceived, actual = m.arcs[e].perceived, m.arcs[e].actual
        plain = m.arcs[e].leaves == 0 and m.arcs[e].jumps == 0 and m.arcs[e].redraws == 0
        d = m.arcs[e].destination
        if not m.arcs[e].choice:
            for n in range(N):
                if m.arcs[e].leaves:
                    for j in range(J):
                        row[j] = abroad[e, n]
                elif plain:
                    for j in range(J):
                        row[j] = v[n, d, j]
                else:
                    land(m, e, n, v, row)
                for j in range(J):
                    rate = perceived * reach[n, e, j]
                    worth[n, e, j] = rate * (row[j] - v[n, o, j])
                    gain[n, e, j] = rate
                    loss[n, e, j] = rate
                    flow[n, e, j] = actual * reach[n, e, j]
            continue
        for begin in range(0, N, BLOCK):
            nodes = min(BLOCK, N - begin)
            for k in range(nodes):
                n, at = begin + k, k * J
                for j in range(J):
                    here[at + j] = v[n, o, j]
                if m.arcs[e].leaves:
                    for j in range(J):
                        there[at + j] = abroad[e, n]
                elif plain:
                    for j in range(J):
                        there[at + j] = v[n, d, j]
                else:
                    land(m, e, n, v, row)
                    for j in range(J):
                        there[at + j] = row[j]
            cost, taste, sharp = m.arcs[e].cost, m.arcs[e].taste, m.arcs[e].sharp == 1
            _choose(sigma, rho, shift, cost, taste, sharp, nodes * J, here, there, edge, taken, certain)
            if sigma != 1.0:  # less 1
                for b in range(nodes * J):
                    growth[b] = exp((1.0 - sigma) * certain[b]) - 1.0
                if shift != 0.0:
                    for b in range(nodes * J):
                        growth[b] = math.expm1((1.0 - sigma) * certain[b])
            for k in range(nodes):
                n, at = begin + k, k * J
                for j in range(J):
                    rate, b = perceived * reach[n, e, j], at + j
                    delta[n, e, j] = edge[b]
                    flow[n, e, j] = actual * reach[n, e, j] * taken[b]
                    if sigma == 1.0:
                        worth[n, e, j] = rate * certain[b] / rho
                        gain[n, e, j] = rate * taken[b]
                        loss[n, e, j] = rate * taken[b]
                    else:
                        level = here[b] + shift
                        worth[n, e, j] = rate * level * growth[b]
                        gain[n, e, j] = rate * (1.0 + growth[b]) * taken[b] * level / (there[b] + shift)
                        loss[n, e, j] = rate * (1.0 - (1.0 + growth[b]) * (1.0 - taken[b]))


@jit
def rest(m: Arrays, v: Array, worth: Array, r: Array) -> None:
    """R = rho V - Q V - jumps into r (N, S, J)."""
    N, S, J = v.shape
    rho = m.scalars[0].rho
    row = np.empty(J)
    for n in range(N):
        for s in range(S):
            for j in range(J):
                row[j] = 0.0
            mix(m, v[n, s], row)
            for j in range(J):
                r[n, s, j] = (rho - m.switching[j, j]) * v[n, s, j] - row[j]
        for e in range(m.arcs.size):
            o = m.arcs[e].origin
            for j in range(J):
                r[n, o, j] -= worth[n, e, j]


@jit
def exits(m: Arrays, loss: Array, discount: float, out: Array) -> None:
    """Discount and rates at which owners leave their state, (N, S, J), from arc rates (N, E, J)."""
    N, S, J = out.shape
    for n in range(N):
        for s in range(S):
            for j in range(J):
                out[n, s, j] = discount - m.switching[j, j]
        for e in range(m.arcs.size):
            o = m.arcs[e].origin
            for j in range(J):
                out[n, o, j] += loss[n, e, j]


def hazards(m: Arrays, v: Array, reach: Array, abroad: Array | None = None) -> Hazards:
    """Hazards of all arcs at values v (N, S, J) and reach chi (N, E, J)."""
    shape = (v.shape[0], m.arcs.size, v.shape[2])
    found = Hazards(*(np.empty(shape) for _ in range(4)))
    delta = np.empty(shape)
    evaluate_arcs(m, abroad_value(m) if abroad is None else abroad, v, reach, *found, delta)
    for e in np.flatnonzero(m.arcs["sharp"]):
        shares = cell_share(np.ascontiguousarray(delta[:, e]), m.wealth, SHARP)[0]
        found.flow[:, e] = m.arcs["actual"][e] * reach[:, e] * shares
    return found


def landed(m: Arrays, v: Array) -> Array:
    """Value at the destination of every arc, (N, E, J), for v (N, S, J); 0 for arcs abroad."""
    out = np.zeros((v.shape[0], m.arcs.size, v.shape[2]))
    for e in np.flatnonzero(m.arcs["leaves"] == 0):
        for n in range(v.shape[0]):
            land(m, int(e), n, v, out[n, e])
    return out


@jit
def fill_fastest(m: Arrays, out: Array) -> None:
    """Fill `out` (S, J) with an upper bound of the rate at which anything happens to an owner, discounting
    included, per year.
    """
    S, J = out.shape
    for s in range(S):
        for j in range(J):
            out[s, j] = m.scalars[0].rho - m.switching[j, j]
    for e in range(m.arcs.size):
        o = m.arcs[e].origin
        rate = max(m.arcs[e].perceived, m.arcs[e].actual)
        for j in range(J):
            out[o, j] += rate


def fastest(m: Arrays) -> Array:
    """The bound of `fill_fastest`, (S, J)."""
    found = np.empty((m.status.size, m.ability.size))
    fill_fastest(m, found)
    return found
