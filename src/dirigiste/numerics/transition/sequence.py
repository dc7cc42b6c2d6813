"""How conditions along a path respond to prices along it: the sequence-space Jacobian of a stationary state
(docs/method.md, section 9).

Auclert, Bardoczy, Rognlie and Straub (2021, Econometrica), in continuous time as in Glawion (2023). It
follows from two families of vectors:

    W_i(s)  change of values today when price i is one unit higher for the next s years
    E_c(a)  what a unit of mass put into a state today adds to condition c in a years

With L W the rate at which a change W of values moves mass,

    K_ci(a, s) = E_c(a)' L W_i(s)                                                                         (17)

is the response of condition c, a years after the day on which owners act on the news that price i is one unit
higher for s years from that day on. Both families are computed on a grid of times that grows from days to the
horizon, and the response in the middle of step k to a price in step l on any grid of steps is a sum of K over
the steps j up to k, t the middles and e the edges of steps,

    J[k, l] = sum over j <= k of weight_j [K(t_k - t_j, e_l+1 - t_j) - K(t_k - t_j, e_l - t_j)]           (18)

with K interpolated between its times, weight the length of the step, and half of it where j = k. It serves
as the matrix of Newton's method on paths (`transition`), where it need not be exact.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.compiled.programs import jit, side_by_side
from dirigiste.numerics.markets import aggregates, clearing
from dirigiste.numerics.operators import hjb, kfe, linear
from dirigiste.numerics.operators.generator import exits
from dirigiste.numerics.operators.linear import Operator
from dirigiste.numerics.setup.arrays import Arrays, Compiled
from dirigiste.numerics.setup.unknowns import NUDGE
from dirigiste.numerics.stationary.point import Point, setting_of, unknowns
from dirigiste.numerics.transition.steps import BETA, GAMMA, STAGES

Array = NDArray[np.float64]

ACCURACY = 1e-4
"""Relative accuracy of the linear systems."""

FIRST, GROWTH, LAST = 1.0 / 24.0, 1.5, 400.0
"""Times of the kernel: the first step in years, its growth, and at least how far it reaches."""

SWEEPS = 400


class Kernel(NamedTuple):
    """Responses of the active conditions to the active unknowns at a stationary state, as far as they work
    through values and masses; the effect of prices at given masses and flows is left to `clearing`.
    """

    times: Array
    """(A,) years, from 0 on."""
    news: Array
    """K (A, A, n, n) of (17): response a years after the news that a price is higher for s years."""
    source: Array
    """(A, n, n): response a years later to a price that is higher for one year, through saving at given
    decisions."""
    today: Array
    """(A, n, n): response on the day of the news, through flows along arcs, to a price that is higher for s
    years."""
    now: Array
    """(n, n): response on the day itself, through flows of those whom enforcement by size reaches at another
    price."""
    active: tuple[int, ...]


def kernel_times() -> Array:
    """Times of the kernel: 0, then times at growing distances."""
    lengths = FIRST * GROWTH ** np.arange(200)
    times = np.concatenate([[0.0], np.cumsum(lengths)])
    return times[: int(np.searchsorted(times, LAST)) + 1]


@jit
def _steps(
    m: Arrays,
    op: Operator,
    loss: Array,
    births: bool,
    discount: float,
    lengths: Array,
    source: Array,
    x: Array,
    accuracy: float,
) -> None:
    """Steps of two stages (`steps`), x (K, N, S, J) from x[0] on; `op` has room for exits and factors.

    A stage solves the linear system of (13), with `source` in place of utility:

        [M (discount + 1/(GAMMA dt) + exits - arrivals) - D] x = source + M begin/(GAMMA dt)
    """
    _, N, S, J = x.shape
    rhs, row, begin = np.empty((N, S, J)), np.empty(J), np.empty((N, S, J))
    for k in range(lengths.size):
        rate = 1.0 / (GAMMA * lengths[k])
        exits(m, loss, discount + rate, op.exits)
        linear.factor(op.ahead, op.behind, op.right, op.left, op.exits, op.pivot, op.upper, op.lower)
        begin[:] = x[k]
        x[k + 1] = x[k]
        for stage in range(STAGES):
            for s in range(S):
                for n in range(N):
                    linear.apply_weights(op.ahead, op.behind, begin[:, s], n, s, row)
                    for j in range(J):
                        rhs[n, s, j] = rate * row[j] + source[n, s, j]
            first = 0.0
            for number in range(SWEEPS):
                moved = linear.sweep(m, op, births, rhs, x[k + 1])
                if number == 0:
                    first = moved
                if not (moved > accuracy * first):
                    break
            if stage == 0:
                for n in range(N):
                    for s in range(S):
                        for j in range(J):
                            begin[n, s, j] = x[k, n, s, j] + BETA * (x[k + 1, n, s, j] - x[k, n, s, j])


def _family(
    m: Arrays,
    op: Operator,
    loss: Array,
    births: bool,
    discount: float,
    times: Array,
    source: Array,
    begin: Array,
) -> Array:
    """A family of vectors (A, N, S, J) over the times of the kernel."""
    x = np.empty((times.size, *begin.shape))
    x[0] = begin
    own = op._replace(**{name: np.empty_like(begin) for name in ("exits", "pivot", "upper", "lower")})
    _steps(m, own, loss, births, discount, np.diff(times), source, x, ACCURACY)
    return x


def kernel(compiled: Compiled, point: Point) -> Kernel:
    """The kernel at a stationary equilibrium of `compiled`."""
    times = kernel_times()
    active = unknowns(compiled)
    m, values, f = compiled.arrays, point.values, point.distribution.f
    policy, hazards, v = values.policy, values.hazards, values.v
    g = point.distribution.g
    back = hjb.operator(m, policy, hazards.gain, hazards.loss, m.rho, tangent=True)
    forth = kfe.prepare(m, policy, hazards.flow)
    static = clearing.static_at(m, point.prices, g)

    def drift(speeds: hjb.Policy, flow: Array) -> Array:
        """Mass flow with other speeds and flows along arcs, at given weights of rows."""
        rows = policy._replace(speed_right=speeds.speed_right, speed_left=speeds.speed_left)
        return kfe.forward(m, rows, flow, f)

    def conditions(static: aggregates.Static, moved: aggregates.Moves) -> Array:
        return aggregates.raw(aggregates.conditions(m, point.prices, static, moved))[list(active)]

    still, base = drift(policy, hazards.flow), conditions(static, point.moves)

    def values_after(index: int) -> tuple[Array, Array, Array, Array]:
        """For an unknown: mass flow after news of it (A, N, S, J), conditions on the day (A, n), mass flow by
        the price itself (N, S, J), and conditions through those whom enforcement reaches at it (n,).
        """
        moved = point.u.copy()
        moved[index] += NUDGE
        given = setting_of(m, moved, moved)
        first, there, _ = hjb.evaluate(m, given, v)
        by_price = (policy.residual - first.residual) / NUDGE
        w = _family(m, back, hazards.loss, False, m.rho, times, by_price, np.zeros_like(v))
        flows, today = np.zeros_like(w), np.zeros((times.size, len(active)))
        here = setting_of(m, point.u, point.u)
        for k in range(1, times.size):
            after, h, _ = hjb.evaluate(m, here, v + NUDGE * w[k])
            flows[k] = (drift(after, h.flow) - still) / NUDGE
            today[k] = (conditions(static, aggregates.moves(m, g, h.flow)) - base) / NUDGE
        at_once = (conditions(static, aggregates.moves(m, g, there.flow)) - base) / NUDGE
        return flows, today, (drift(first, there.flow) - still) / NUDGE, at_once

    def expected(number: int) -> Array:
        """What a unit of mass adds to an active condition (A, N, S, J)."""
        gradient = _gradient(compiled, point)[number]
        return _family(m, forth, hazards.flow, True, 0.0, times, np.zeros_like(g), gradient)

    tasks = [(values_after, index) for index in active] + [(expected, n) for n in range(len(active))]
    done = side_by_side(lambda task: task[0](task[1]), tasks)
    n = len(active)
    if n == 0:
        empty = np.zeros((times.size, 0, 0))
        return Kernel(times, np.zeros((times.size, times.size, 0, 0)), empty, empty, empty[0], active)
    flows, today, sources, now = (np.stack(part) for part in zip(*done[:n], strict=True))
    e = np.stack(done[n:]).reshape(n * times.size, -1)
    news = (e @ flows.reshape(n * times.size, -1).T).reshape(n, times.size, n, times.size)
    source = (e @ sources.reshape(n, -1).T).reshape(n, times.size, n)
    return Kernel(
        times,
        np.moveaxis(news, (1, 3, 0, 2), (0, 1, 2, 3)),
        np.moveaxis(source, (1, 0, 2), (0, 1, 2)),
        np.moveaxis(today, (1, 2, 0), (0, 1, 2)),
        now.T,
        active,
    )


def _gradient(compiled: Compiled, point: Point) -> Array:
    """Derivatives of the active conditions in node masses at given prices and rates of moving (n, N, S, J).

    Conditions are smooth functions of a few sums, and sums are linear in masses.
    """
    m, firms, prices, flow = compiled.arrays, point.firms, point.prices, point.values.hazards.flow
    share = firms.share
    spread = m.spread + (1.0 - m.directed_to) * prices.added_spread
    shape = share.shape
    labor, capital, credit = share * firms.labor, share * firms.capital, share * firms.credit
    output = share * firms.output
    supply = m.labor_efficiency[:, None] * (1.0 - share)
    wealth = np.broadcast_to(m.wealth[:, None, None], shape)
    received = np.zeros(shape)
    for e in range(m.arcs.size):
        kept = (1.0 - m.burnt[e]) * (m.wealth - m.landing[e]) - m.entry_wealth * m.leaves[e]
        received[:, m.origin[e]] += kept[:, None] * flow[:, e]
    received += m.wedge[:, None] * output + spread[:, None] * credit + share * firms.size_tax
    counted = capital if compiled.layout.directed_of == "capital" else credit
    parts = [labor, supply, capital, wealth, output, received, counted, m.directed_to[:, None] * counted]
    g = point.distribution.g
    levels = np.array([float((g * part).sum()) for part in parts])

    def conditions(x: Array) -> Array:
        budget = x[5] - prices.transfer - m.spending
        values = aggregates.relative(
            x[0],
            m.outside_labor + x[1],
            x[2],
            x[3] + m.foreign_capital,
            x[4],
            budget,
            x[6],
            x[7],
            m.directed_share,
        )
        return np.array([values[0], -values[1], values[2], values[3]])

    gradient = np.zeros((4, *shape))
    for k, part in enumerate(parts):
        step = 1e-6 * max(abs(levels[k]), 1e-3)
        up, down = levels.copy(), levels.copy()
        up[k] += step
        down[k] -= step
        slope = (conditions(up) - conditions(down)) / (2.0 * step)
        gradient += slope[:, None, None, None] * part
    return gradient[list(unknowns(compiled))]


def jacobian(kernel: Kernel, lengths: Array) -> Array:
    """Responses of the active conditions in the middles of steps of `lengths` years (T,) to the active
    unknowns in every step, through masses and values: (T, n, T, n).
    """
    edges = np.concatenate([[0.0], np.cumsum(lengths)])
    middles = 0.5 * (edges[1:] + edges[:-1])
    T, n = lengths.size, len(kernel.active)
    response = np.zeros((T, T + 1, n, n))  # to a price that is higher from now until edge l
    for j in range(T):
        until, weight = _between(kernel.times, np.maximum(edges - middles[j], 0.0))
        after = middles[j:] - middles[j]
        after[0] = 0.25 * lengths[j]
        acts = np.full(T - j, lengths[j])
        acts[0] *= 0.5
        later, share = _between(kernel.times, after)
        columns = _mix(kernel.news, until, weight, axis=1)
        response[j:] += acts[:, None, None, None] * _mix(columns, later, share, axis=0)
        # the drift of the price itself, in the step in which it holds
        response[j:, j + 1 :] += (acts[:, None, None] * _mix(kernel.source, later, share, axis=0))[:, None]
        response[j] += _mix(kernel.today, until, weight, axis=0)
        response[j, j + 1 :] += kernel.now
    return np.moveaxis(np.diff(response, axis=1), 1, 2)


def _between(times: Array, at: Array) -> tuple[NDArray[np.int64], Array]:
    """Index of the time below each of `at`, and the weight of the next."""
    index = np.clip(np.searchsorted(times, at, side="right") - 1, 0, times.size - 2)
    weight = np.clip((at - times[index]) / (times[index + 1] - times[index]), 0.0, 1.0)
    return index, weight


def _mix(table: Array, index: NDArray[np.int64], weight: Array, axis: int) -> Array:
    weight = weight.reshape((-1,) + (1,) * (table.ndim - axis - 1))
    return (1.0 - weight) * np.take(table, index, axis=axis) + weight * np.take(table, index + 1, axis=axis)
