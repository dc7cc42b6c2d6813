"""The best saving of every owner: endogenous grid with upper envelope.

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
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from dirigiste.numerics.annual.turn import discount, weight
from dirigiste.numerics.arrays import Arrays, Layout
from dirigiste.numerics.firm import RAMP
from dirigiste.numerics.generator import utility
from dirigiste.numerics.hjb import consumption_of, slope_of

ROOM = 2
"""Pairs of owners and segments that are compared, over the number of owners."""

BRANCHES = 2
"""Segments that owners at one node may split between."""

LEAST_CONSUMPTION = 1e-12


class Saving(NamedTuple):
    """What owners do. With a leading axis of `BRANCHES`, best first: shares, wealth at the end of the period,
    node below it and share of the node above, (2, N, S, J).
    """

    share: jax.Array
    wealth: jax.Array
    below: jax.Array
    above: jax.Array
    value: jax.Array
    """Value now, (N, S, J)."""
    consumption: jax.Array
    """Mean consumption a year, (N, S, J)."""
    full: jax.Array
    """Whether there were more pairs than room for them, so that some were not compared."""


def save(layout: Layout, m: Arrays, w: jax.Array, cash: jax.Array, wage: jax.Array) -> Saving:
    """The best saving of owners with cash on hand (N, S, J), given expected values w (N, S, J) at the end."""
    shape = cash.shape
    slopes, ends = _slopes(layout, m, w, cash)
    at_nodes = _at_nodes(m, slopes, ends)
    points, consumed = _points(layout, m, slopes, ends)
    columns = _Columns(
        points,
        _columns(points[:, None, None] + consumed * m.period),
        _columns(cash),
        _columns(w),
        _columns(at_nodes),
        jnp.repeat(jnp.broadcast_to(m.amenity[:, None], shape[1:]).reshape(-1), shape[0]),
    )
    best, second, full = _best_two(layout, m, columns)
    best, second = jax.tree.map(lambda x: x.reshape(*shape[1:], shape[0]).transpose(2, 0, 1), (best, second))
    return _split(layout, m, best, second, cash, wage, full)


def _columns(x: jax.Array) -> jax.Array:
    """(N, S, J) as (S J, N)."""
    return x.reshape(x.shape[0], -1).T


def _slopes(layout: Layout, m: Arrays, w: jax.Array, cash: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Slopes of W in every cell (N - 1, S, J), kept positive, and at both ends of the grid (2, S, J).

    At the ends consumption goes on linearly, within limits.
    """
    most = 10.0 * (jnp.max(cash) + m.wealth[-1]) / m.period
    factor = discount(m) * m.period / weight(m)
    floor = slope_of(m, layout, jnp.broadcast_to(most, (1, *w.shape[1:])))
    slope = jnp.maximum(factor * jnp.diff(w, axis=0) / jnp.diff(m.wealth)[:, None, None], floor)
    c = consumption_of(m, layout, slope)
    middle = 0.5 * (m.wealth[1:] + m.wealth[:-1])
    first = c[0] - (c[1] - c[0]) * (middle[0] - m.wealth[0]) / (middle[1] - middle[0])
    last = c[-1] + (c[-1] - c[-2]) * (m.wealth[-1] - middle[-1]) / (middle[-1] - middle[-2])
    ends = jnp.stack([jnp.clip(first, 0.1 * c[0], c[0]), jnp.clip(last, c[-1], 2.0 * c[-1])])
    return slope, slope_of(m, layout, ends)


def _at_nodes(m: Arrays, slope: jax.Array, ends: jax.Array) -> jax.Array:
    """Slopes of W at the nodes (N, S, J), linear between middles of cells; in units of `slope`."""
    gap = jnp.diff(m.wealth)
    share = (gap[:-1] / (gap[:-1] + gap[1:]))[:, None, None]
    inner = (1.0 - share) * slope[:-1] + share * slope[1:]
    return jnp.concatenate([ends[:1], inner, ends[1:]])


def _points(layout: Layout, m: Arrays, slope: jax.Array, ends: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Wealth at the end (N + 1,) of the points of the endogenous grid, and consumption (N + 1, S, J)."""
    middle = 0.5 * (m.wealth[1:] + m.wealth[:-1])
    points = jnp.concatenate([m.wealth[:1], middle, m.wealth[-1:]])
    slopes = jnp.concatenate([ends[:1], slope, ends[1:]])
    return points, consumption_of(m, layout, slopes)


class _Columns(NamedTuple):
    """One row a column of states: cash that leads to each point (B, N + 1), cash of owners (B, N), values and
    slopes at nodes (B, N), and the amenity of every owner (B N,).
    """

    points: jax.Array
    reached: jax.Array
    cash: jax.Array
    w: jax.Array
    slope: jax.Array
    amenity: jax.Array


class _Branch(NamedTuple):
    """A candidate of every owner: value, wealth at the end, cell that it lies in."""

    value: jax.Array
    wealth: jax.Array
    cell: jax.Array


def _best_two(layout: Layout, m: Arrays, x: _Columns) -> tuple[_Branch, _Branch, jax.Array]:
    """The two best segments of every owner, (B N,) each."""
    B, N = x.cash.shape
    passed = jax.vmap(jnp.searchsorted)(x.cash, x.reached)  # owners below each point
    start = jnp.concatenate([jnp.zeros((B, 1), passed.dtype), passed], axis=1)
    stop = jnp.concatenate([passed, jnp.full((B, 1), N, passed.dtype)], axis=1)
    count = jnp.maximum(stop - start, 0).reshape(-1)
    total = jnp.cumsum(count)
    room = ROOM * B * N
    segment = jnp.repeat(jnp.arange(B * (N + 2)), count, total_repeat_length=room)
    order = jnp.arange(room)
    real = order < total[-1]
    column, k = segment // (N + 2), segment % (N + 2)
    owner = jnp.minimum(start.reshape(-1)[segment] + order - (total - count)[segment], N - 1)
    who = column * N + owner
    q = x.cash.reshape(-1)[who]
    low, high = jnp.maximum(k - 1, 0), jnp.minimum(k, N)
    reached = x.reached.reshape(-1)
    from_, to = reached[column * (N + 1) + low], reached[column * (N + 1) + high]
    share = jnp.clip((q - from_) / jnp.where(to > from_, to - from_, 1.0), 0.0, 1.0)
    wealth = x.points[low] + share * (x.points[high] - x.points[low])
    node = jnp.clip(high - 1, 0, N - 1)  # the node that the segment goes around
    cell = jnp.clip(jnp.where(wealth < m.wealth[node], node - 1, node), 0, N - 2)
    consumed = (q - wealth) / m.period
    value = weight(m) * utility(
        layout, m, jnp.maximum(consumed, LEAST_CONSUMPTION), x.amenity[who]
    ) + discount(m) * _inside(m, x, column * N + cell, cell, wealth)
    value = jnp.where(real & ((consumed > 0) | (k == 0)), value, -jnp.inf)
    best, first = _largest(value, who, B * N)
    second, other = _largest(jnp.where(order == first[who], -jnp.inf, value), who, B * N)
    return (
        _Branch(best, wealth[first], cell[first]),
        _Branch(second, wealth[other], cell[other]),
        total[-1] > room,
    )


def _inside(m: Arrays, x: _Columns, at: jax.Array, cell: jax.Array, wealth: jax.Array) -> jax.Array:
    """W inside cells, whose lower nodes are `at` among all nodes of all columns."""
    w, slope = x.w.reshape(-1), x.slope.reshape(-1)
    unit = weight(m) / (discount(m) * m.period)
    gap = m.wealth[cell + 1] - m.wealth[cell]
    t = (wealth - m.wealth[cell]) / gap
    below, above = w[at], w[at + 1]
    bend = (1.0 - t) * (unit * slope[at] * gap - (above - below))
    bend = bend - t * (unit * slope[at + 1] * gap - (above - below))
    cubic = below + t * (above - below) + t * (1.0 - t) * bend
    return jnp.clip(cubic, jnp.minimum(below, above), jnp.maximum(below, above))


def _largest(value: jax.Array, who: jax.Array, owners: int) -> tuple[jax.Array, jax.Array]:
    """Largest value of each owner and the pair that has it (the first one where none is finite)."""
    largest = jax.ops.segment_max(value, who, owners)
    pair = jnp.where(value >= largest[who], jnp.arange(value.size), -1)
    return largest, jnp.maximum(jax.ops.segment_max(pair, who, owners), 0)


def _split(
    layout: Layout,
    m: Arrays,
    best: _Branch,
    second: _Branch,
    cash: jax.Array,
    wage: jax.Array,
    full: jax.Array,
) -> Saving:
    """Shares of the two best segments of every owner."""
    half = 0.5 * jnp.diff(cash, axis=0)
    atom = jnp.broadcast_to(0.5 * RAMP * wage * m.period, (1, *cash.shape[1:]))
    above, below = jnp.concatenate([half, half[-1:]]), jnp.concatenate([atom, half])
    above = above.at[0].set(atom[0])
    there = jnp.isfinite(second.value)
    wealth = jnp.stack([best.wealth, jnp.where(there, second.wealth, best.wealth)])
    consumed = jnp.maximum((cash - wealth) / m.period, LEAST_CONSUMPTION)
    marginal = jax.vmap(lambda c: slope_of(m, layout, c))(consumed) * weight(m) / m.period
    steeper = jnp.abs(marginal[0] - marginal[1])
    lead = jnp.where(there, best.value - second.value, jnp.inf)
    distance = jnp.minimum(lead / jnp.maximum(steeper, 1e-300), above + below)
    # the best segment is the one with more saving where its marginal utility is higher
    reach = jnp.where(marginal[0] > marginal[1], below, above)
    lost = jnp.clip((reach - distance) / (above + below), 0.0, 1.0)
    share = jnp.stack([1.0 - lost, lost])
    cell = jnp.stack([best.cell, jnp.where(there, second.cell, best.cell)])
    gap = m.wealth[cell + 1] - m.wealth[cell]
    return Saving(
        share=share,
        wealth=wealth,
        below=cell,
        above=jnp.clip((wealth - m.wealth[cell]) / gap, 0.0, 1.0),
        value=best.value,
        consumption=(cash - (share * wealth).sum(axis=0)) / m.period,
        full=full,
    )


def interpolated(m: Arrays, saving: Saving, x: jax.Array) -> jax.Array:
    """The same by cubics through the nodes, as `save` reads W (with plain slopes at the ends of the grid)."""
    slope = jnp.diff(x, axis=0) / jnp.diff(m.wealth)[:, None, None]
    slopes = _at_nodes(m, slope, jnp.stack([slope[0], slope[-1]]))

    def branch(share: jax.Array, cell: jax.Array, t: jax.Array) -> jax.Array:
        gap = m.wealth[cell + 1] - m.wealth[cell]
        low, high = (jnp.take_along_axis(x, n, axis=0) for n in (cell, cell + 1))
        rise_low, rise_high = (jnp.take_along_axis(slopes, n, axis=0) * gap for n in (cell, cell + 1))
        bend = (1.0 - t) * (rise_low - (high - low)) - t * (rise_high - (high - low))
        return share * (low + t * (high - low) + t * (1.0 - t) * bend)

    return jax.vmap(branch)(saving.share, saving.below, saving.above).sum(axis=0)


def at_the_end(saving: Saving, x: jax.Array) -> jax.Array:
    """Mean of x (N, S, J) over where owners end the period, linear between nodes."""

    def branch(share: jax.Array, below: jax.Array, above: jax.Array) -> jax.Array:
        low = jnp.take_along_axis(x, below, axis=0)
        high = jnp.take_along_axis(x, below + 1, axis=0)
        return share * ((1.0 - above) * low + above * high)

    return jax.vmap(branch)(saving.share, saving.below, saving.above).sum(axis=0)
