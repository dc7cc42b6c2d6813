"""One step in time: values a step earlier, the distribution a step later (docs/method.md, section 8).

A step of dt years has two stages of GAMMA dt years each, every one of them an implicit step at the prices and
parameters of the step (SDIRK2, L-stable and of second order: Alexander 1977). Backwards, with V_later the
values at the end of the step,

    V1 = stage(V_later),   V = stage(V_later + BETA (V1 - V_later))                                       (13)
    stage(W): [M (rho + 1/(GAMMA dt) - Q - perceived jumps) - D] V = M W/(GAMMA dt) + utility

Forwards the transposes of the two stages act in the reverse order at the actual rates, on node masses g,

    h = stage2'(g),   k = stage1'(h),   g_later = h + BETA (k - h)                                        (14)

so mass and wealth are kept to rounding, and a stationary state stays where it is. Prices clear at the masses
GAMMA h + (1 - GAMMA) k, whose incomes, jumps and consumption make up the change of wealth over the step: with
them the goods of the step add up exactly.

A stage is one Newton round from a guess, or more where exact values are asked for. Its linear systems are
solved by sweeps over statuses (`linear`).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics import linear
from dirigiste.numerics.arrays import Arrays
from dirigiste.numerics.firm import cell_at, fill_firms, fill_reach
from dirigiste.numerics.generator import SHARP, evaluate_arcs, exits, rest
from dirigiste.numerics.policy import decide
from dirigiste.numerics.programs import jit
from dirigiste.numerics.unknowns import prices_of

Array = NDArray[np.float64]

GAMMA = 1.0 - 1.0 / math.sqrt(2.0)
"""Length of a stage over that of its step."""

BETA = (1.0 - GAMMA) / GAMMA

STAGES = 2

SWEEPS = 200
"""Most sweeps of one linear system."""

ROUNDS = 30
"""Most Newton rounds of a stage where exact values are asked for."""

SHORT = 0.01
"""Years: the residual of values over steps shorter than this may be larger in proportion, since it acts for
so short a time."""


class Decisions(NamedTuple):
    """What moves owners in the stages of every step, (T, STAGES, N, S, J); flows (T, STAGES, N, E, J).

    Stage 0 is at the end of the step, stage 1 at its beginning.
    """

    ahead: Array
    behind: Array
    right: Array
    left: Array
    consumption: Array
    flow: Array

    @classmethod
    def room(cls, steps: int, m: Arrays) -> Decisions:
        """Room for so many steps."""
        N, S, J, E = m.wealth.size, m.status.size, m.ability.size, m.arcs.size
        a, b, c, d, e = (np.empty((steps, STAGES, N, S, J)) for _ in range(5))
        return cls(a, b, c, d, e, np.empty((steps, STAGES, N, E, J)))


class Scratch(NamedTuple):
    """What a stage works in: (N, E, J), then (N, S, J) each."""

    worth: Array
    gain: Array
    loss: Array
    delta: Array
    rest: Array
    tangent_right: Array
    tangent_left: Array
    share_right: Array
    share_left: Array
    residual: Array
    scale: Array
    exits: Array
    pivot: Array
    upper: Array
    lower: Array
    change: Array


@jit
def scratch(m: Arrays) -> Scratch:
    """Room for a stage."""
    N, S, J, E = m.wealth.size, m.status.size, m.ability.size, m.arcs.size
    a = np.empty((4, N, E, J))
    b = np.empty((12, N, S, J))
    return Scratch(
        a[0], a[1], a[2], a[3], b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11]
    )


@jit
def sharp_flows(m: Arrays, delta: Array, reach: Array, flow: Array) -> None:
    """Flows (N, E, J) of choices without taste shocks, from what taking them is worth more than leaving
    them.
    """
    N, E, J = delta.shape
    column = np.empty(N)
    for e in range(E):
        if m.arcs[e].choice and m.arcs[e].sharp:
            for j in range(J):
                for n in range(N):
                    column[n] = delta[n, e, j]
                for n in range(N):
                    share, _ = cell_at(column, n, m.wealth, SHARP)
                    flow[n, e, j] = m.arcs[e].actual * reach[n, e, j] * share


@jit
def setting(m: Arrays, u: Array, near: Array, sized: bool, firms: Array, income: Array, reach: Array) -> None:
    """What owners take as given in a step at unknowns u (4,): income (N, S, J) net of what growth takes,
    reach of enforcement (N, E, J).

    Enforcement by size reaches those who run a firm at prices `near` (4,), at which markets clear nearly:
    where owners are indifferent, who runs one hangs on the last digits of the price. The size of a firm is
    that at u. `firms` (9, N, S, J) is
    room.
    """
    N, S, J = income.shape
    prices = prices_of(m, u)
    if sized:
        fill_firms(m, prices_of(m, near), firms)
        share = firms[0].copy()
        fill_firms(m, prices, firms)
        fill_reach(m, share, firms[1], firms[5], reach)
    else:
        fill_firms(m, prices, firms)
        reach[:] = 1.0
    rate = prices.interest - m.scalars[0].growth
    for n in range(N):
        more = rate * m.wealth[n] + prices.transfer
        for s in range(S):
            for j in range(J):
                income[n, s, j] = firms[7, n, s, j] + more


@jit
def stage(
    m: Arrays,
    fastest: Array,
    income: Array,
    reach: Array,
    abroad: Array,
    length: float,
    later: Array,
    v: Array,
    exact: bool,
    tolerance: float,
    linear_tolerance: float,
    ahead: Array,
    behind: Array,
    right: Array,
    left: Array,
    consumption: Array,
    flow: Array,
    x: Scratch,
) -> tuple[float, int, int]:
    """An implicit step of `length` years of values, from `later` at its end and the guess v, which receives
    the result (N, S, J); equation (13).

    One Newton round, or, if `exact`, as many as it takes until the largest residual is at most `tolerance`
    (logs of consumption a year). Decisions are those at the resulting values.

    Returns:
        The residual at the values at which decisions were taken, Newton rounds, sweeps.
    """
    N, S, J = v.shape
    discount = m.scalars[0].rho + 1.0 / length
    logs, shift = m.scalars[0].sigma == 1.0, m.scalars[0].shift
    rounds = sweeps = 0
    worst = best = np.inf
    waited = 0
    while True:
        evaluate_arcs(m, abroad, v, reach, x.worth, x.gain, x.loss, flow, x.delta)
        sharp_flows(m, x.delta, reach, flow)
        rest(m, v, x.worth, x.rest)
        for n in range(N):
            for s in range(S):
                for j in range(J):
                    x.rest[n, s, j] += (v[n, s, j] - later[n, s, j]) / length
        B = S * J
        worst = decide(
            m,
            fastest.reshape(B),
            v.reshape((N, B)),
            income.reshape((N, B)),
            x.rest.reshape((N, B)),
            ahead.reshape((N, B)),
            behind.reshape((N, B)),
            right.reshape((N, B)),
            left.reshape((N, B)),
            x.tangent_right.reshape((N, B)),
            x.tangent_left.reshape((N, B)),
            x.share_right.reshape((N, B)),
            x.share_left.reshape((N, B)),
            consumption.reshape((N, B)),
            x.residual.reshape((N, B)),
            x.scale.reshape((N, B)),
        )
        if not np.isfinite(worst):
            break
        if worst <= tolerance or (rounds > 0 and not exact):
            break
        if worst < 0.9 * best:
            waited = 0
        else:
            waited += 1
        best = min(best, worst)
        if rounds >= ROUNDS or (worst < 1e-9 and waited > 0):
            break
        exits(m, x.loss, discount, x.exits)
        linear.factor(ahead, behind, x.tangent_right, x.tangent_left, x.exits, x.pivot, x.upper, x.lower)
        op = linear.Operator(
            ahead, behind, x.tangent_right, x.tangent_left, x.exits, x.gain, x.pivot, x.upper, x.lower
        )
        for n in range(N):
            for s in range(S):
                for j in range(J):
                    x.residual[n, s, j] = -x.residual[n, s, j]
                    x.change[n, s, j] = 0.0
        first = 0.0
        for k in range(SWEEPS):
            moved = linear.sweep(m, op, False, x.residual, x.change)
            sweeps += 1
            if k == 0:
                first = moved
            if not (moved > linear_tolerance * first):
                break
        share = 1.0 if waited < 3 else 0.5 ** min(waited - 2, 6)
        for n in range(N):
            for s in range(S):
                for j in range(J):
                    change = share * x.change[n, s, j]
                    if logs:
                        v[n, s, j] += change
                    else:
                        level = v[n, s, j] + shift
                        relative = change / level
                        if relative < -0.5:
                            v[n, s, j] = level * math.exp(max(relative, -20.0)) - shift
                        else:
                            v[n, s, j] = level + change - shift
        rounds += 1
    return worst, rounds, sweeps


@jit
def masses(
    m: Arrays,
    length: float,
    ahead: Array,
    behind: Array,
    right: Array,
    left: Array,
    flow: Array,
    g: Array,
    f: Array,
    y: Array,
    tolerance: float,
    x: Scratch,
) -> int:
    """An implicit step of `length` years of masses, equation (14): row masses f (N, S, J) from the guess in
    f, and node masses y at its end, from node masses g. Returns the count of sweeps.
    """
    N, S, J = g.shape
    exits(m, flow, 1.0 / length, x.exits)
    linear.factor(ahead, behind, right, left, x.exits, x.pivot, x.upper, x.lower)
    op = linear.Operator(ahead, behind, right, left, x.exits, flow, x.pivot, x.upper, x.lower)
    for n in range(N):
        for s in range(S):
            for j in range(J):
                x.residual[n, s, j] = g[n, s, j] / length
    linear.node_masses(ahead, behind, f, y)
    for k in range(SWEEPS):
        change = linear.sweep_transposed(m, op, True, x.residual, f, y)
        if not (change > tolerance):
            return k + 1
    return SWEEPS
