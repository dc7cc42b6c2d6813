"""The best saving of every owner: endogenous grid with upper envelope (docs/annual-clock.md, A2).

    V(q) = max over a' of  omega u(c) + beta W(a'),   c = (q - a')/dt,   q: cash on hand

W, the expected value before the turn, is not concave where occupation or choices switch, so the first-order
condition has several solutions. Between two nodes the slope of W belongs to the middle of the cell, and gives
consumption there and the cash on hand that leads to it (Carroll 2006). Points in the order of a' make
segments; those along which cash rises are candidates (Iskhakov, Jorgensen, Rust and Schjerning 2017), with
staying at either end of the grid. Each owner compares the values of all segments that its cash lies in.

W inside a cell is a cubic with slopes that are linear between middles, cut to the values at the ends of the
cell, so the error falls with the square of the gap.

Owners near a threshold of saving are on both sides of it: of the cell of cash around a node (midpoint to
midpoint) the part above the threshold saves by the better segment there. The threshold follows from values
and marginal utilities at the node, so shares move continuously with prices. The first node is an atom, not a
cell, and gets a ramp of `firm.RAMP` wages.

All of it happens column by column: the owners of one status and ability, in the order of their wealth.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.annual.turn import discount, weight
from dirigiste.numerics.compiled.programs import jit
from dirigiste.numerics.markets.firm import RAMP
from dirigiste.numerics.setup.arrays import Arrays
from dirigiste.numerics.setup.preferences import LEAST_CONSUMPTION, consumption_of, slope_of, utility

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

BRANCHES = 2
"""Segments that owners at one node may split between."""


class Saving(NamedTuple):
    """What owners do. With a leading axis of `BRANCHES`, best first: shares, wealth at the end of the period,
    node below it and share of the node above, (2, N, S, J).
    """

    share: Array
    wealth: Array
    below: Indices
    above: Array
    value: Array
    """Value now, (N, S, J)."""
    consumption: Array
    """Mean consumption a year, (N, S, J)."""


class _Column(NamedTuple):
    """Working memory of the upper envelope of one column of states.

    At nodes (N,): expected values w, cash on hand, slopes of W in units of marginal utility; in cells
    (N - 1,): `cell_slope`; at points of the endogenous grid (N + 1,): wealth at the end and the cash that
    leads there.
    """

    w: Array
    cash: Array
    slope: Array
    cell_slope: Array
    point: Array
    reached: Array


class _Branch(NamedTuple):
    """A candidate of every owner (N,): value, wealth at the end, cell that it lies in."""

    value: Array
    wealth: Array
    cell: Indices


class _Pairs(NamedTuple):
    """Owners and segments not yet compared: owner, wealth at the end and its cell, consumption a year,
    value.
    """

    owner: Indices
    wealth: Array
    cell: Indices
    consumed: Array
    value: Array


def save(m: Arrays, w: Array, cash: Array, wage: float) -> Saving:
    """The best saving of owners with cash on hand (N, S, J), given expected values w (N, S, J) at the end."""
    one, both = w.shape, (BRANCHES, *w.shape)
    saving = Saving(
        share=np.empty(both),
        wealth=np.empty(both),
        below=np.empty(both, np.int64),
        above=np.empty(both),
        value=np.empty(one),
        consumption=np.empty(one),
    )
    _save(m, w, cash, wage, *saving)
    return saving


@jit
def _save(
    m: Arrays,
    w: Array,
    cash: Array,
    wage: float,
    share: Array,
    wealth: Array,
    below: Indices,
    above: Array,
    value: Array,
    consumption: Array,
) -> None:
    """Fill the fields of `Saving`."""
    N, S, J = w.shape
    sigma, dt = m.scalars[0].sigma, m.scalars[0].period
    col = _Column(np.empty(N), np.empty(N), np.empty(N), np.empty(N - 1), np.empty(N + 1), np.empty(N + 1))
    best = _Branch(np.empty(N), np.empty(N), np.empty(N, np.int64))
    second = _Branch(np.empty(N), np.empty(N), np.empty(N, np.int64))
    P = 2 * N
    pairs = _Pairs(np.empty(P, np.int64), np.empty(P), np.empty(P, np.int64), np.empty(P), np.empty(P))
    most = 10.0 * (cash.max() + m.wealth[N - 1]) / dt
    for s in range(S):
        floor = slope_of(most, sigma, m.status[s].amenity)
        for j in range(J):
            for n in range(N):
                col.w[n], col.cash[n] = w[n, s, j], cash[n, s, j]
            _endogenous_grid(m, m.status[s].amenity, floor, col)
            _best_two(m, m.status[s].amenity, col, pairs, best, second)
            for n in range(N):
                k, end = int(best.cell[n]), best.wealth[n]
                value[n, s, j] = best.value[n]
                consumption[n, s, j] = (col.cash[n] - end) / dt
                for b in range(BRANCHES):
                    share[b, n, s, j] = 1.0 - b
                    wealth[b, n, s, j] = end
                    below[b, n, s, j] = k
                    above[b, n, s, j] = _within(m.wealth[k], m.wealth[k + 1], end)
                if not np.isfinite(second.value[n]):
                    continue
                k, other = int(second.cell[n]), second.wealth[n]
                lost = _lost(m, m.status[s].amenity, wage, col.cash, best, second, n)
                share[0, n, s, j], share[1, n, s, j] = 1.0 - lost, lost
                wealth[1, n, s, j], below[1, n, s, j] = other, k
                above[1, n, s, j] = _within(m.wealth[k], m.wealth[k + 1], other)
                consumption[n, s, j] = (col.cash[n] - (1.0 - lost) * end - lost * other) / dt


@jit
def _within(low: float, high: float, x: float) -> float:
    """How far x lies on the way from low to high, within 0 and 1."""
    return min(max((x - low) / (high - low), 0.0), 1.0)


@jit
def _endogenous_grid(m: Arrays, amenity: float, floor: float, x: _Column) -> None:
    """Slopes of W and the points of the endogenous grid, from expected values and the least slope `floor`.

    At the ends of the grid consumption goes on linearly, within limits.
    """
    N = x.w.size
    sigma, dt = m.scalars[0].sigma, m.scalars[0].period
    factor = discount(m) * dt / weight(m)
    a = m.wealth
    for n in range(N - 1):
        x.cell_slope[n] = max(factor * (x.w[n + 1] - x.w[n]) / (a[n + 1] - a[n]), floor)
    for n in range(N - 1):
        x.reached[n + 1] = consumption_of(x.cell_slope[n], sigma, amenity)  # consumption for now
    for n in range(N - 1):
        x.point[n + 1] = 0.5 * (a[n] + a[n + 1])
    x.point[0], x.point[N] = a[0], a[N - 1]
    first, next_ = x.reached[1], x.reached[2]
    start = first - (next_ - first) * (x.point[1] - a[0]) / (x.point[2] - x.point[1])
    last, before = x.reached[N - 1], x.reached[N - 2]
    end = last + (last - before) * (a[N - 1] - x.point[N - 1]) / (x.point[N - 1] - x.point[N - 2])
    x.reached[0] = min(max(start, 0.1 * first), first)
    x.reached[N] = min(max(end, last), 2.0 * last)
    steep, flat = slope_of(x.reached[0], sigma, amenity), slope_of(x.reached[N], sigma, amenity)
    _at_nodes(m, x.cell_slope, steep, flat, x.slope)
    for k in range(N + 1):
        x.reached[k] = x.point[k] + x.reached[k] * dt


@jit
def _at_nodes(m: Arrays, slope: Array, first: float, last: float, out: Array) -> None:
    """Slopes at nodes (N,), linear between the middles of cells, from slopes in cells (N - 1,) and at both
    ends of the grid.
    """
    N = out.size
    out[0], out[N - 1] = first, last
    for n in range(1, N - 1):
        share = (m.wealth[n] - m.wealth[n - 1]) / (m.wealth[n + 1] - m.wealth[n - 1])
        out[n] = (1.0 - share) * slope[n - 1] + share * slope[n]


@jit
def _best_two(m: Arrays, amenity: float, x: _Column, pairs: _Pairs, best: _Branch, second: _Branch) -> None:
    """The two best segments of every owner of a column.

    Segment k leads from point k - 1 to point k; below the first and above the last point owners stay at
    the end of the grid.
    """
    N, dt = x.w.size, m.scalars[0].period
    for n in range(N):
        best.value[n] = second.value[n] = -np.inf
        best.wealth[n] = second.wealth[n] = m.wealth[0]
        best.cell[n] = second.cell[n] = 0
    waiting = passed = 0
    for k in range(N + 2):
        start = passed
        passed = N if k == N + 1 else _owners_below(x.cash, x.reached[k], passed)
        low, high = max(k - 1, 0), min(k, N)
        node = min(max(high - 1, 0), N - 1)  # the node that the segment goes around
        for owner in range(start, passed):
            q = x.cash[owner]
            share = 0.0
            if x.reached[high] > x.reached[low]:
                share = _within(x.reached[low], x.reached[high], q)
            wealth = x.point[low] + share * (x.point[high] - x.point[low])
            consumed = (q - wealth) / dt
            if consumed <= 0.0 and k > 0:
                continue
            cell = node - 1 if wealth < m.wealth[node] else node
            pairs.owner[waiting], pairs.wealth[waiting] = owner, wealth
            pairs.cell[waiting] = min(max(cell, 0), N - 2)
            pairs.consumed[waiting] = max(consumed, LEAST_CONSUMPTION)
            waiting += 1
            if waiting == pairs.owner.size:
                _compare(m, amenity, x, pairs, waiting, best, second)
                waiting = 0
    _compare(m, amenity, x, pairs, waiting, best, second)


@jit
def _owners_below(cash: Array, level: float, near: int) -> int:
    """How many owners have less cash than `level`, searched from `near`; cash rises."""
    n = near
    while n < cash.size and cash[n] < level:
        n += 1
    while n > 0 and cash[n - 1] >= level:
        n -= 1
    return n


@jit
def _compare(
    m: Arrays, amenity: float, x: _Column, pairs: _Pairs, count: int, best: _Branch, second: _Branch
) -> None:
    """Compute the values of the pairs not yet compared, and keep the two best of each owner."""
    omega, beta, dt = weight(m), discount(m), m.scalars[0].period
    sigma, shift = m.scalars[0].sigma, m.scalars[0].shift
    for p in range(count):
        pairs.value[p] = omega * utility(pairs.consumed[p], sigma, amenity, shift)
    unit = omega / (beta * dt)
    for p in range(count):
        k, wealth, n = int(pairs.cell[p]), pairs.wealth[p], int(pairs.owner[p])
        gap = m.wealth[k + 1] - m.wealth[k]
        t = (wealth - m.wealth[k]) / gap
        low, high = x.w[k], x.w[k + 1]
        inside = _cubic(t, low, high, unit * x.slope[k] * gap, unit * x.slope[k + 1] * gap)
        value = pairs.value[p] + beta * min(max(inside, min(low, high)), max(low, high))
        if value >= best.value[n]:
            second.value[n], second.wealth[n], second.cell[n] = best.value[n], best.wealth[n], best.cell[n]
            best.value[n], best.wealth[n], best.cell[n] = value, wealth, k
        elif value >= second.value[n]:
            second.value[n], second.wealth[n], second.cell[n] = value, wealth, k


@jit
def _cubic(t: float, low: float, high: float, rise_low: float, rise_high: float) -> float:
    """The cubic on [0, 1] with values `low`, `high` and slopes `rise_low`, `rise_high` at the ends."""
    bend = (1.0 - t) * (rise_low - (high - low)) - t * (rise_high - (high - low))
    return low + t * (high - low) + t * (1.0 - t) * bend


@jit
def _lost(
    m: Arrays, amenity: float, wage: float, cash: Array, best: _Branch, second: _Branch, n: int
) -> float:
    """Share of the owners of node n who are beyond the threshold, where the second segment is the better."""
    sigma, dt = m.scalars[0].sigma, m.scalars[0].period
    N = cash.size
    below = above = 0.5 * RAMP * wage * dt
    if n > 0:
        below = 0.5 * (cash[n] - cash[n - 1])
        above = 0.5 * (cash[n + 1] - cash[n]) if n < N - 1 else below
    unit = weight(m) / dt
    one = unit * slope_of(max((cash[n] - best.wealth[n]) / dt, LEAST_CONSUMPTION), sigma, amenity)
    other = unit * slope_of(max((cash[n] - second.wealth[n]) / dt, LEAST_CONSUMPTION), sigma, amenity)
    lead = best.value[n] - second.value[n]
    distance = min(lead / max(abs(one - other), 1e-300), above + below)
    # the best segment is the one with more saving where its marginal utility is higher
    reach = below if one > other else above
    return min(max((reach - distance) / (above + below), 0.0), 1.0)


@jit
def interpolated(m: Arrays, share: Array, below: Indices, above: Array, x: Array) -> Array:
    """Mean of x (N, S, J) over where owners end the period, by cubics through the nodes as `save` reads W
    (with plain slopes at the ends of the grid); `share`, `below`, `above` as in `Saving`.
    """
    N, S, J = x.shape
    slope = np.empty((N, S, J))
    for n in range(N):
        k = min(max(n - 1, 0), N - 2)
        up = min(n, N - 2)
        left, right = m.wealth[k + 1] - m.wealth[k], m.wealth[up + 1] - m.wealth[up]
        part = left / (left + right) if k < up else 1.0
        for s in range(S):
            for j in range(J):
                before, after = (x[k + 1, s, j] - x[k, s, j]) / left, (x[up + 1, s, j] - x[up, s, j]) / right
                slope[n, s, j] = (1.0 - part) * before + part * after
    out = np.zeros((N, S, J))
    for b in range(BRANCHES):
        for n in range(N):
            for s in range(S):
                for j in range(J):
                    if share[b, n, s, j] == 0.0:
                        continue
                    k, t = below[b, n, s, j], above[b, n, s, j]
                    gap = m.wealth[k + 1] - m.wealth[k]
                    rises = gap * slope[k, s, j], gap * slope[k + 1, s, j]
                    out[n, s, j] += share[b, n, s, j] * _cubic(t, x[k, s, j], x[k + 1, s, j], *rises)
    return out


@jit
def at_the_end(share: Array, below: Indices, above: Array, x: Array) -> Array:
    """Mean of x (N, S, J) over where owners end the period, linear between nodes; `share`, `below`, `above`
    as in `Saving`.
    """
    N, S, J = x.shape
    out = np.zeros((N, S, J))
    for b in range(BRANCHES):
        for n in range(N):
            for s in range(S):
                for j in range(J):
                    part, k, t = share[b, n, s, j], below[b, n, s, j], above[b, n, s, j]
                    if part != 0.0:
                        out[n, s, j] += part * ((1.0 - t) * x[k, s, j] + t * x[k + 1, s, j])
    return out


@jit
def ended(share: Array, below: Indices, above: Array, g: Array) -> Array:
    """Masses (N, S, J) at the end of the period, from masses g at its beginning: the transpose of
    `at_the_end`.
    """
    N, S, J = g.shape
    out = np.zeros((N, S, J))
    for b in range(BRANCHES):
        for n in range(N):
            for s in range(S):
                for j in range(J):
                    part, k, t = share[b, n, s, j], below[b, n, s, j], above[b, n, s, j]
                    if part != 0.0:
                        mass = part * g[n, s, j]
                        out[k, s, j] += (1.0 - t) * mass
                        out[k + 1, s, j] += t * mass
    return out
