"""Jumps between states: where they land, their hazards, and what they are worth (docs/method.md, section 3).

Every arc e takes the owner from its origin at wealth a to a' and a destination status, keeping ability or
drawing it anew. In the value and in the distribution alike a landing between two nodes is the lottery between
them. `arrivals` reads values where owners land; `inflow` puts masses there: the same loops with reading and
writing exchanged, so that one is the transpose of the other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.compiled.elementary import exp, expm1, log, log1p, log1p_unit
from dirigiste.numerics.compiled.programs import jit
from dirigiste.numerics.markets.firm import cell_share
from dirigiste.numerics.setup.abroad import abroad_value
from dirigiste.numerics.setup.arrays import NO_MIXING, REDRAWS, Arrays

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
def weighted(weights: Array, x: Array, n: int, s: int) -> float:
    """Sum of weights (J,) times x[n, s], for x (N, S, J), in four partial sums: within one sum each addition
    would wait for the one before.
    """
    J = weights.size
    whole = J - J % 4
    a = b = c = d = 0.0
    for j in range(0, whole, 4):
        a += weights[j] * x[n, s, j]
        b += weights[j + 1] * x[n, s, j + 1]
        c += weights[j + 2] * x[n, s, j + 2]
        d += weights[j + 3] * x[n, s, j + 3]
    for j in range(whole, J):
        a += weights[j] * x[n, s, j]
    return (a + b) + (c + d)


@jit
def product(x: Array, y: Array, n: int, k: int, s: int) -> float:
    """Sum of x[n, k] times y[n, s] over abilities, for x (N, K, J) and y (N, S, J)."""
    J = x.shape[2]
    whole = J - J % 4
    a = b = c = d = 0.0
    for j in range(0, whole, 4):
        a += x[n, k, j] * y[n, s, j]
        b += x[n, k, j + 1] * y[n, s, j + 1]
        c += x[n, k, j + 2] * y[n, s, j + 2]
        d += x[n, k, j + 3] * y[n, s, j + 3]
    for j in range(whole, J):
        a += x[n, k, j] * y[n, s, j]
    return (a + b) + (c + d)


@jit
def drawn(m: Arrays, e: int, n: int, x: Array) -> float:
    """Mean of x (N, S, J) over the abilities that arc e draws, where it lands from node n."""
    d, draws = m.arcs[e].destination, m.draws[e]
    if not m.arcs[e].jumps:
        return weighted(draws, x, n, d)
    b, share = m.below[e, n], m.above[e, n]
    return (1.0 - share) * weighted(draws, x, b, d) + share * weighted(draws, x, b + 1, d)


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
def mix(m: Arrays, x: Array, s: int, z: Array) -> None:
    """Changes of ability in status s: Q x without its diagonal into z (N, J), for x (N, S, J)."""
    N, _, J = x.shape
    mixing, rate, stationary = m.scalars[0].mixing, m.scalars[0].redraw, m.stationary
    if mixing == REDRAWS:
        for n in range(N):
            mean = weighted(stationary, x, n, s)
            for j in range(J):
                z[n, j] = rate * (mean - stationary[j] * x[n, s, j])
        return
    z[:] = 0.0
    if mixing == NO_MIXING:
        return
    for n in range(N):
        for i in range(J):
            for j in range(J):
                if j != i:
                    z[n, i] += m.switching[i, j] * x[n, s, j]


@jit
def mix_transposed(m: Arrays, y: Array, s: int, z: Array) -> None:
    """Add to z (N, J) the masses that come from other abilities in status s: Q' y without its diagonal, for
    y (N, S, J).
    """
    N, _, J = y.shape
    mixing, rate, stationary = m.scalars[0].mixing, m.scalars[0].redraw, m.stationary
    if mixing == NO_MIXING:
        return
    if mixing == REDRAWS:
        ones = np.ones(J)
        for n in range(N):
            total = weighted(ones, y, n, s)
            for j in range(J):
                z[n, j] += rate * stationary[j] * (total - y[n, s, j])
        return
    for n in range(N):
        for j in range(J):
            for i in range(J):
                if j != i:
                    z[n, i] += m.switching[j, i] * y[n, s, j]


@jit
def arrivals(m: Arrays, rate: Array, births: float, x: Array, s: int, z: Array, row: Array) -> None:
    """Rates of all jumps of owners of status s times x where they land: z (N, J), for arc rates (N, E, J).

    Those who leave the country land at `births`: the mean of x over newborns for masses, 0 for values. `row`
    (J,) is working memory.
    """
    N, _, J = x.shape
    mix(m, x, s, z)
    for e in range(m.arcs.size):
        if m.arcs[e].origin != s:
            continue
        d = m.arcs[e].destination
        if m.arcs[e].leaves:
            if births != 0.0:
                for n in range(N):
                    for j in range(J):
                        z[n, j] += rate[n, e, j] * births
        elif m.arcs[e].redraws:
            for n in range(N):
                mean = drawn(m, e, n, x)
                for j in range(J):
                    z[n, j] += rate[n, e, j] * mean
        elif m.arcs[e].jumps:
            for n in range(N):
                b, share = m.below[e, n], m.above[e, n]
                for j in range(J):
                    row[j] = (1.0 - share) * x[b, d, j] + share * x[b + 1, d, j]
                for j in range(J):
                    z[n, j] += rate[n, e, j] * row[j]
        else:
            for n in range(N):
                for j in range(J):
                    z[n, j] += rate[n, e, j] * x[n, d, j]


@jit
def inflow(m: Arrays, rate: Array, births: float, y: Array, s: int, z: Array, row: Array) -> None:
    """Masses that come to status s by jumps a year: z (N, J), for arc rates (N, E, J) and node masses y.

    `births` is the mass that leaves the country a year, which newborns replace. `row` (J,) is working memory.
    """
    N, _, J = y.shape
    stationary = m.stationary
    for n in range(N):
        born = m.entry[n, s] * births
        for j in range(J):
            z[n, j] = born * stationary[j]
    mix_transposed(m, y, s, z)
    for e in range(m.arcs.size):
        if m.arcs[e].destination != s:
            continue
        o, jumps, redraws, draws = m.arcs[e].origin, m.arcs[e].jumps, m.arcs[e].redraws, m.draws[e]
        if not (jumps or redraws):
            for n in range(N):
                for j in range(J):
                    z[n, j] += rate[n, e, j] * y[n, o, j]
            continue
        for n in range(N):
            if redraws:
                total = product(rate, y, n, e, o)
                for j in range(J):
                    row[j] = total * draws[j]
            else:
                for j in range(J):
                    row[j] = rate[n, e, j] * y[n, o, j]
            if jumps:
                b, share = m.below[e, n], m.above[e, n]
                for j in range(J):
                    z[b, j] += (1.0 - share) * row[j]
                for j in range(J):
                    z[b + 1, j] += share * row[j]
            else:
                for j in range(J):
                    z[n, j] += row[j]


@jit
def leavers(m: Arrays, rate: Array, y: Array) -> float:
    """Mass that leaves the country a year, of node masses y (N, S, J)."""
    total = 0.0
    for s in range(y.shape[1]):
        total += leavers_of(m, rate, y, s)
    return total


@jit
def leavers_of(m: Arrays, rate: Array, y: Array, s: int) -> float:
    """Mass of status s that leaves the country a year, of node masses y (N, S, J)."""
    total = 0.0
    for e in range(m.arcs.size):
        if m.arcs[e].leaves and m.arcs[e].origin == s:
            for n in range(y.shape[0]):
                total += product(rate, y, n, e, s)
    return total


@jit
def order_of(m: Arrays) -> NDArray[np.int64]:
    """Statuses (S,) in an order in which arcs lead to earlier ones as far as possible, by their rates.

    The next one is a status without arcs to those left, or else the one that loses the least to those left,
    less what it gains from them (Eades, Lin and Smyth 1993).
    """
    S = m.status.size
    order, excess, lost = np.empty(S, np.int64), np.zeros(S), np.zeros(S)
    placed = np.zeros(S, np.bool_)
    for k in range(S):
        excess[:] = 0.0
        lost[:] = 0.0
        for e in range(m.arcs.size):
            o, d = m.arcs[e].origin, m.arcs[e].destination
            if m.arcs[e].leaves or placed[o] or placed[d]:
                continue
            rate = max(m.arcs[e].perceived, m.arcs[e].actual)
            excess[o] += rate
            excess[d] -= rate
            lost[o] += rate
        best = -1
        for s in range(S):
            if placed[s]:
                continue
            last = lost[s] == 0.0
            if best < 0 or (last, -excess[s]) > (lost[best] == 0.0, -excess[best]):
                best = s
        order[k] = best
        placed[best] = True
    return order


class Column(NamedTuple):
    """One arc at every node and ability, (N * J,) each: values at its origin and where it lands, the
    advantage of taking it (Delta of equation (8)), and the fields of `Hazards`, some of them per unit of a
    rate.
    """

    here: Array
    there: Array
    delta: Array
    worth: Array
    gain: Array
    loss: Array
    flow: Array


@jit
def evaluate_arcs(
    m: Arrays,
    abroad: Array,
    v: Array,
    reach: Array,
    fresh: bool,
    together: bool,
    worth: Array,
    gain: Array,
    loss: Array,
    flow: Array,
    delta: Array,
) -> None:
    """Hazards of all arcs at values v (N, S, J); `gain` and `flow` (N, E, J), see `hazards`.

    `worth` and `loss` are by arc, (E, N, J), or, if `together`, sums over the arcs of an origin, (S, N, J).
    `delta` (N, E, J) receives Delta of equation (8), for choices without taste shocks. If not `fresh`, `gain`
    and `flow` have been filled at other values before, so that only those of choices need to be written.
    """
    N, _, J = v.shape
    worth[:] = 0.0
    loss[:] = 0.0
    room = np.empty((7, N * J))
    c = Column(room[0], room[1], room[2], room[3], room[4], room[5], room[6])
    sigma, rho = m.scalars[0].sigma, m.scalars[0].rho
    for e in range(m.arcs.size):
        k = m.arcs[e].origin if together else e
        perceived, actual, choice = m.arcs[e].perceived, m.arcs[e].actual, m.arcs[e].choice
        limited = m.arcs[e].size_of != 0
        _land(m, abroad, v, e, c.there)
        if choice:
            if sigma == 1.0:
                _gap(v, m.arcs[e].origin, c.there, rho, m.arcs[e].cost, c.delta)
            else:
                _stay(v, m.arcs[e].origin, c.here)
                _advantage(sigma, m.scalars[0].shift, m.arcs[e].cost, c)
            _take(m.arcs[e].sharp, m.arcs[e].taste, c)
            if m.arcs[e].sharp:
                _put(c.delta, 1.0, e, delta)
        else:
            _gap(v, m.arcs[e].origin, c.there, 1.0, 0.0, c.worth)
            if limited:
                c.flow[:] = 1.0
        if choice and sigma != 1.0:
            _in_values(sigma, m.scalars[0].shift, c)
            if limited:
                for column in (c.worth, c.gain, c.loss, c.flow):
                    _limit(e, reach, column)
            _add(c.worth, perceived, k, worth)
            _add(c.loss, perceived, k, loss)
            _put(c.gain, perceived, e, gain)
            _put(c.flow, actual, e, flow)
            continue
        if limited:
            _limit(e, reach, c.worth)
            _limit(e, reach, c.flow)
        _add(c.worth, perceived / rho if choice else perceived, k, worth)
        if choice or limited:
            _add(c.flow, perceived, k, loss)
        else:
            _add_rate(perceived, k, loss)
        if choice or (fresh and limited):
            _put(c.flow, perceived, e, gain)
            _put(c.flow, actual, e, flow)
        elif fresh:
            _put_rate(perceived, e, gain)
            _put_rate(actual, e, flow)


@jit
def _land(m: Arrays, abroad: Array, v: Array, e: int, there: Array) -> None:
    """Values (N * J,) where arc e lands."""
    N, _, J = v.shape
    d = m.arcs[e].destination
    leaves, redraws, jumps = m.arcs[e].leaves, m.arcs[e].redraws, m.arcs[e].jumps
    if leaves or redraws:
        for n in range(N):
            value = abroad[e, n] if leaves else drawn(m, e, n, v)
            for j in range(J):
                there[np.uint64(n * J + j)] = value
    elif jumps:
        for n in range(N):
            b, share = m.below[e, n], m.above[e, n]
            for j in range(J):
                there[np.uint64(n * J + j)] = (1.0 - share) * v[b, d, j] + share * v[b + 1, d, j]
    else:
        _stay(v, d, there)


@jit
def _stay(v: Array, s: int, here: Array) -> None:
    """Values (N * J,) in status s."""
    N, _, J = v.shape
    for n in range(N):
        for j in range(J):
            here[np.uint64(n * J + j)] = v[n, s, j]


@jit
def _gap(v: Array, s: int, there: Array, factor: float, cost: float, out: Array) -> None:
    """By how much values `there` (N * J,) exceed those in status s, times a factor and less a cost."""
    N, _, J = v.shape
    for n in range(N):
        for j in range(J):
            b = np.uint64(n * J + j)
            out[b] = factor * (there[b] - v[n, s, j]) - cost


@jit
def _take(sharp: bool, taste: float, c: Column) -> None:
    """A choice arc: the share of those with an opportunity who take it into `flow`, and what the opportunity
    is worth in certain consumption (logs) into `worth`, equation (8).
    """
    delta, certain, taken = c.delta, c.worth, c.flow
    if sharp:
        for b in range(delta.size):
            taken[b] = 1.0 if delta[b] > 0.0 else 0.0
            certain[b] = max(delta[b], 0.0)
        return
    per_taste = 1.0 / taste
    for b in range(delta.size):
        x = delta[b] * per_taste
        tail = exp(-abs(x))
        share = 1.0 / (1.0 + tail)
        taken[b] = share if x >= 0.0 else tail * share
        certain[b] = taste * (max(x, 0.0) + log1p_unit(tail))


@jit
def _in_values(sigma: float, shift: float, c: Column) -> None:
    """From what `_take` has found the worth of a choice in units of the value, with its derivatives, per unit
    of the rate of opportunities; for sigma other than 1.
    """
    here, there, worth, gain, loss, taken = c.here, c.there, c.worth, c.gain, c.loss, c.flow
    for b in range(here.size):
        share, level = taken[b], here[b] + shift
        growth = expm1((1.0 - sigma) * worth[b])
        worth[b] = level * growth
        gain[b] = (1.0 + growth) * share * level / (there[b] + shift)
        loss[b] = 1.0 - (1.0 + growth) * (1.0 - share)


@jit
def _advantage(sigma: float, shift: float, cost: float, c: Column) -> None:
    """Delta of equation (8) for sigma other than 1."""
    here, there, delta = c.here, c.there, c.delta
    if shift == 0.0:
        for b in range(here.size):
            delta[b] = log(there[b] / here[b]) / (1.0 - sigma) - cost
    else:  # a difference of values, so that no digits are lost
        for b in range(here.size):
            delta[b] = log1p((there[b] - here[b]) / (here[b] + shift)) / (1.0 - sigma) - cost


@jit
def _limit(e: int, reach: Array, column: Array) -> None:
    """Multiply a column (N * J,) by the reach (N, E, J) of arc e."""
    N, _, J = reach.shape
    for n in range(N):
        for j in range(J):
            column[np.uint64(n * J + j)] *= reach[n, e, j]


@jit
def _add(column: Array, rate: float, k: int, out: Array) -> None:
    """Add a column (N * J,) times a rate to place k of `out` (., N, J)."""
    to = out[k].reshape(-1)
    for b in range(column.size):
        to[b] += rate * column[b]


@jit
def _add_rate(rate: float, k: int, out: Array) -> None:
    """Add a rate to place k of `out` (., N, J)."""
    to = out[k].reshape(-1)
    for b in range(to.size):
        to[b] += rate


@jit
def _put(column: Array, rate: float, e: int, out: Array) -> None:
    """Put a column (N * J,) times a rate into place e of `out` (N, E, J)."""
    N, _, J = out.shape
    for n in range(N):
        for j in range(J):
            out[n, e, j] = rate * column[np.uint64(n * J + j)]


@jit
def _put_rate(rate: float, e: int, out: Array) -> None:
    """Put a rate into place e of `out` (N, E, J)."""
    N, _, J = out.shape
    for n in range(N):
        for j in range(J):
            out[n, e, j] = rate


@jit
def own_rates(m: Arrays, discount: float) -> Array:
    """Discount and rate at which an owner's ability changes, by ability (J,)."""
    own = np.empty(m.ability.size)
    for j in range(own.size):
        own[j] = discount - m.switching[j, j]
    return own


@jit
def rest(m: Arrays, v: Array, worth: Array, r: Array) -> None:
    """R = rho V - Q V - jumps into r (N, S, J), for `worth` of arcs (N, E, J)."""
    N, S, J = v.shape
    z, own = np.empty((N, J)), own_rates(m, m.scalars[0].rho)
    for s in range(S):
        mix(m, v, s, z)
        for n in range(N):
            for j in range(J):
                r[n, s, j] = own[j] * v[n, s, j] - z[n, j]
    for e in range(m.arcs.size):
        o = m.arcs[e].origin
        for n in range(N):
            for j in range(J):
                r[n, o, j] -= worth[n, e, j]


@jit
def exits(m: Arrays, loss: Array, discount: float, out: Array) -> None:
    """Discount and rates at which owners leave their state, (N, S, J), from arc rates (N, E, J)."""
    N, S, J = out.shape
    own = own_rates(m, discount)
    for n in range(N):
        for s in range(S):
            for j in range(J):
                out[n, s, j] = own[j]
    for e in range(m.arcs.size):
        o = m.arcs[e].origin
        for n in range(N):
            for j in range(J):
                out[n, o, j] += loss[n, e, j]


def hazards(m: Arrays, v: Array, reach: Array, abroad: Array | None = None) -> Hazards:
    """Hazards of all arcs at values v (N, S, J) and reach chi (N, E, J)."""
    N, _, J = v.shape
    by_arc, shape = (m.arcs.size, N, J), (N, m.arcs.size, J)
    worth, loss, gain, flow, delta = (np.empty(x) for x in (by_arc, by_arc, shape, shape, shape))
    abroad = abroad_value(m) if abroad is None else abroad
    evaluate_arcs(m, abroad, v, reach, True, False, worth, gain, loss, flow, delta)
    for e in np.flatnonzero(m.arcs["sharp"]):
        shares = cell_share(np.ascontiguousarray(delta[:, e]), m.wealth, SHARP)[0]
        flow[:, e] = m.arcs["actual"][e] * reach[:, e] * shares
    worth, loss = (np.ascontiguousarray(np.moveaxis(x, 0, 1)) for x in (worth, loss))
    return Hazards(worth, gain, loss, flow)


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
    rates = np.empty((m.status.size, m.ability.size))
    fill_fastest(m, rates)
    return rates
