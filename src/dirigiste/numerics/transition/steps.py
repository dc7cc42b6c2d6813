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

In calls of kernels `bool(1)` stands for True: numba compiles another version for a literal.

A stage is one Newton round from a guess, or more where exact values are asked for. Its linear systems are
solved by sweeps over statuses (`linear`).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.compiled.programs import jit
from dirigiste.numerics.markets.firm import cell_at, fill_firms, fill_reach
from dirigiste.numerics.operators import linear
from dirigiste.numerics.operators.generator import SHARP, evaluate_arcs, exits, mix, own_rates
from dirigiste.numerics.operators.policy import decide
from dirigiste.numerics.setup.arrays import Arrays
from dirigiste.numerics.setup.unknowns import prices_of

Array = NDArray[np.float64]

GAMMA = 1.0 - 1.0 / math.sqrt(2.0)
"""Length of a stage over that of its step."""

BETA = (1.0 - GAMMA) / GAMMA

STAGES = 2

SWEEPS = 200
"""Most sweeps of one linear system."""

ROUNDS = 40
"""Most Newton rounds of a stage where exact values are asked for."""

STUCK, AFRESH = 10, 5
"""Newton rounds after which states that do not get there are settled one by one, and every how many rounds
from then on."""

SETTLED = 0.1
"""Share of the tolerance to which one state is settled."""

FRONT = 0.3
"""Residual (logs of consumption a year) from which on the owners of a status and an ability are solved by
themselves: where they turn from spending to saving at a level of wealth that moves from step to step, a guess
is far off at a few nodes, and rounds that are taken for all states are many.
"""

FRONT_ROUNDS, FRONT_ENOUGH = 40, 1e-6
"""Most Newton rounds of such owners, and the residual that is enough for them."""

ROOM = 14
"""Arrays that `decide` reads and fills."""

OWN, PIVOT, UPPER, LOWER, FOUND = range(ROOM, ROOM + 5)
"""Further ones: rates at which owners leave their state, factors, and a solution."""

WIDENINGS, HALVINGS = 60, 60
"""Most steps in search of a bracket of a state's value, and in it."""

ENOUGH = 0.01
"""With log utility, linear systems of values are solved to this times the factor by which the residual has
yet to fall, and to `LEAST_ACCURACY` at least."""

LEAST_ACCURACY = 1e-3

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
    """What a stage works in: two of (N, E, J), two of (S, N, J), then (N, S, J) each, and in the end two of
    one row (1, S * J) that nobody reads.
    """

    gain: Array
    delta: Array
    worth: Array
    loss: Array
    rest: Array
    tangent_right: Array
    tangent_left: Array
    residual: Array
    exits: Array
    pivot: Array
    upper: Array
    lower: Array
    change: Array
    scale: Array
    guess: Array
    share_right: Array
    share_left: Array


@jit
def scratch(m: Arrays) -> Scratch:
    """Room for a stage."""
    N, S, J, E = m.wealth.size, m.status.size, m.ability.size, m.arcs.size
    a, b, c, d = (
        np.empty((2, N, E, J)),
        np.empty((2, S, N, J)),
        np.empty((11, N, S, J)),
        np.empty((2, 1, S * J)),
    )
    return Scratch(
        a[0],
        a[1],
        b[0],
        b[1],
        c[0],
        c[1],
        c[2],
        c[3],
        c[4],
        c[5],
        c[6],
        c[7],
        c[8],
        c[9],
        c[10],
        d[0],
        d[1],
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
        share = firms[0]
        if np.any(u != near):
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
    at_guess: bool,
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
    (logs of consumption a year). Owners far off are solved by themselves (`_fronts`); where that leads
    nowhere, rounds begin again from the guess without it. Decisions are those at the resulting values, or,
    if not `exact` but `at_guess`, those at the guess, so that one evaluation is enough.

    Returns:
        The residual at the values at which decisions were taken, Newton rounds, sweeps.
    """
    N, S, J = v.shape
    flat = (N, S * J)
    rounds = sweeps = waited = begun = 0
    alone = aside = False  # whether owners were solved by themselves, and whether that is given up
    worst = best = np.inf
    if exact:
        x.guess[:] = v
    while True:
        evaluate_arcs(m, abroad, v, reach, rounds == 0, bool(1), x.worth, x.gain, x.loss, flow, x.delta)
        sharp_flows(m, x.delta, reach, flow)
        _rest(m, 1.0 / length, v, later, x.worth, x.rest)
        worst = decide(
            m,
            fastest.reshape(S * J),
            v.reshape(flat),
            income.reshape(flat),
            x.rest.reshape(flat),
            ahead.reshape(flat),
            behind.reshape(flat),
            right.reshape(flat),
            left.reshape(flat),
            x.tangent_right.reshape(flat),
            x.tangent_left.reshape(flat),
            x.share_right,
            x.share_left,
            consumption.reshape(flat),
            x.residual.reshape(flat),
            x.scale.reshape(flat),
        )
        if worst <= tolerance or (rounds > 0 and not exact):
            break
        if alone and not aside and (rounds == STUCK or not np.isfinite(worst)):
            v[:] = x.guess
            rounds += 1
            aside, begun, best, waited = True, rounds, np.inf, 0
            continue
        if not np.isfinite(worst):
            break
        if rounds % AFRESH == 0:
            best = np.inf
        waited = 0 if worst < 0.9 * best else waited + 1
        best = min(best, worst)
        if rounds - begun >= ROUNDS or (worst < 1e-9 and waited > 0):
            break
        _leave(m, m.scalars[0].rho + 1.0 / length, x.loss, x.exits)
        stuck = rounds - begun - STUCK
        if stuck >= 0 and stuck % AFRESH == 0:
            _settle(m, fastest, tolerance, v, income, x)
            rounds += 1
            continue
        if worst > FRONT and not aside and rounds < STUCK:
            alone = True
            _fronts(m, fastest, tolerance, v, income, ahead, behind, right, left, consumption, x)
        linear.factor(ahead, behind, x.tangent_right, x.tangent_left, x.exits, x.pivot, x.upper, x.lower)
        op = linear.Operator(
            ahead, behind, x.tangent_right, x.tangent_left, x.exits, x.gain, x.pivot, x.upper, x.lower
        )
        enough = linear_tolerance
        if exact and m.scalars[0].sigma == 1.0:
            enough = max(enough, min(ENOUGH * tolerance / worst, LEAST_ACCURACY))
        x.change[:] = 0.0
        first = last = 0.0
        for k in range(SWEEPS):
            moved = linear.sweep(m, op, bool(0), x.residual, x.change)
            sweeps += 1
            first = moved if k == 0 else first
            if not (_to_come(moved, last) > enough * first):
                break
            last = moved
        _move(m, _share(waited), x.change, v)
        rounds += 1
        if at_guess and not exact:
            break
    return worst, rounds, sweeps


@jit
def _rest(m: Arrays, per_year: float, v: Array, later: Array, worth: Array, r: Array) -> None:
    """R = rho V - Q V - jumps + (V - V_later) `per_year` into r (N, S, J), for what jumps are worth
    (S, N, J).
    """
    N, S, J = v.shape
    z, own = np.empty((N, J)), own_rates(m, m.scalars[0].rho)
    for s in range(S):
        mix(m, v, s, z)
        for n in range(N):
            for j in range(J):
                jumps = worth[s, n, j] + z[n, j]
                r[n, s, j] = own[j] * v[n, s, j] - jumps + (v[n, s, j] - later[n, s, j]) * per_year


@jit
def _leave(m: Arrays, discount: float, loss: Array, out: Array) -> None:
    """Discount and rates at which owners leave their state (N, S, J), for those of all arcs together
    (S, N, J).
    """
    N, S, J = out.shape
    own = own_rates(m, discount)
    for n in range(N):
        for s in range(S):
            for j in range(J):
                out[n, s, j] = own[j] + loss[s, n, j]


@jit
def _to_come(moved: float, before: float) -> float:
    """How much sweeps would still change after one that changed `moved`, and one `before` it (0: none), if
    changes went on to fall at half the pace at which they just fell.
    """
    ratio = 2.0 * moved / before if before > 0.0 else 1.0
    return moved * ratio / (1.0 - ratio) if ratio < 0.5 else moved


@jit
def _less(logs: bool, shift: float, value: float, change: float) -> float:
    """A value less a change; where values have a sign to keep, far steps are taken in logs."""
    if logs:
        return value - change
    level = value + shift
    if change / level > 0.5:
        return level * math.exp(max(-change / level, -20.0)) - shift
    return level - change - shift


@jit
def _share(waited: int) -> float:
    """The share of Newton's change that is taken after so many rounds without progress."""
    return 1.0 if waited < 3 else 0.5 ** min(waited - 2, 6)


@jit
def _move(m: Arrays, share: float, change: Array, v: Array) -> None:
    """Take a share of the change from values."""
    N, S, J = v.shape
    logs, shift = m.scalars[0].sigma == 1.0, m.scalars[0].shift
    for n in range(N):
        for s in range(S):
            for j in range(J):
                v[n, s, j] = _less(logs, shift, v[n, s, j], share * change[n, s, j])


@jit
def _around(m: Arrays, first: int, last: int, s: int) -> Arrays:
    """The economy of one status on the nodes from `first` to before `last`."""
    return Arrays(
        m.scalars,
        m.status[s : s + 1],
        m.arcs,
        m.wealth[first:last],
        m.ability,
        m.switching,
        m.stationary,
        m.transition,
        m.draws,
        m.landing,
        m.below,
        m.above,
        m.entry,
        m.start,
        m.class_of,
        m.class_mass,
    )


@jit
def _residual(near: Arrays, fastest: Array, k: int, v: float, own: float, room: Array) -> float:
    """Residual of node k of a few nodes, in units of its scale, if its value is v; values, incomes and R
    are in `room` (ROOM, nodes, 1), R of node k at the value that is there; it rises by `own` with it.
    """
    before, rest = room[0, k, 0], room[2, k, 0]
    room[0, k, 0], room[2, k, 0] = v, rest + own * (v - before)
    _decide_few(near, fastest, room)
    value = room[12, k, 0] / room[13, k, 0]
    room[0, k, 0], room[2, k, 0] = before, rest
    return value


@jit
def _decide_few(near: Arrays, fastest: Array, room: Array) -> float:
    """Decisions of a few owners, whose values, incomes and R are in `room` (ROOM or more, nodes, 1)."""
    return decide(
        near,
        fastest,
        room[0],
        room[1],
        room[2],
        room[3],
        room[4],
        room[5],
        room[6],
        room[7],
        room[8],
        room[9],
        room[10],
        room[11],
        room[12],
        room[13],
    )


@jit
def _far(room: Array, left: Array) -> None:
    """The largest residual of each of a few owners (K,), whose decisions are in `room`; nan is kept."""
    left[:] = 0.0
    for n in range(room.shape[1]):
        for k in range(left.size):
            off = abs(room[12, n, k]) / room[13, n, k]
            left[k] = left[k] if (off <= left[k]) | (left[k] != left[k]) else off


@jit
def _solve_few(near: Arrays, fastest: Array, enough: float, room: Array, left: Array) -> None:
    """Newton's method on the values of owners of one status and K abilities in `room` (ROOM + 5, N, K), of
    each ability by itself, at given values of all others. Decisions at the first values are there already;
    `left` (K,) receives the residuals that are left.
    """
    N, K = room.shape[1:]
    logs, shift = near.scalars[0].sigma == 1.0, near.scalars[0].shift
    best, share = np.full(K, np.inf), np.empty(K)
    before, after = np.empty(K), np.empty(K)
    waited = np.zeros(K, np.int64)
    x = room.reshape((room.shape[0], N, 1, K))
    for _ in range(FRONT_ROUNDS):
        _far(room, left)
        moving = 0
        for k in range(K):
            waited[k] = 0 if left[k] < 0.9 * best[k] else waited[k] + 1
            best[k] = min(best[k], left[k])
            moves = left[k] > enough and np.isfinite(left[k])
            share[k] = _share(waited[k]) if moves else 0.0
            moving += moves
        if moving == 0:
            return
        linear.factor(x[3], x[4], x[7], x[8], x[OWN], x[PIVOT], x[UPPER], x[LOWER])
        before[:] = 0.0
        for n in range(N):
            for k in range(K):
                before[k] = (room[12, n, k] - room[LOWER, n, k] * before[k]) * room[PIVOT, n, k]
                room[FOUND, n, k] = before[k]
        after[:] = 0.0
        for n in range(N - 1, -1, -1):
            for k in range(K):
                after[k] = room[FOUND, n, k] - room[UPPER, n, k] * after[k]
            for k in range(K):
                if share[k] > 0.0:
                    value = _less(logs, shift, room[0, n, k], share[k] * after[k])
                    room[2, n, k] += room[OWN, n, k] * (value - room[0, n, k])
                    room[0, n, k] = value
        _decide_few(near, fastest, room)
    _far(room, left)


@jit
def _fronts(
    m: Arrays,
    fastest: Array,
    tolerance: float,
    v: Array,
    income: Array,
    ahead: Array,
    behind: Array,
    right: Array,
    left: Array,
    consumption: Array,
    x: Scratch,
) -> None:
    """Solve the equations of owners of a status and an ability by themselves where a residual of theirs is
    above `FRONT`; values, and all that `decide` makes of them, are replaced where that leads to a solution.
    """
    N, S, J = v.shape
    worst, off = np.empty(J), np.empty(J)
    enough = max(tolerance, FRONT_ENOUGH)
    for s in range(S):
        worst[:] = 0.0
        for n in range(N):
            for j in range(J):
                worst[j] = max(worst[j], abs(x.residual[n, s, j] / x.scale[n, s, j]))
        far = np.flatnonzero(worst > FRONT)
        K = far.size
        if K == 0:
            continue
        room, few = np.empty((ROOM + 5, N, K)), np.empty(K)
        for k in range(K):
            few[k] = fastest[s, far[k]]
        for n in range(N):
            for k in range(K):
                j = far[k]
                room[0, n, k] = v[n, s, j]
                room[1, n, k] = income[n, s, j]
                room[2, n, k] = x.rest[n, s, j]
                room[3, n, k] = ahead[n, s, j]
                room[4, n, k] = behind[n, s, j]
                room[5, n, k] = right[n, s, j]
                room[6, n, k] = left[n, s, j]
                room[7, n, k] = x.tangent_right[n, s, j]
                room[8, n, k] = x.tangent_left[n, s, j]
                room[11, n, k] = consumption[n, s, j]
                room[12, n, k] = x.residual[n, s, j]
                room[13, n, k] = x.scale[n, s, j]
                room[OWN, n, k] = x.exits[n, s, j]
        _solve_few(_around(m, 0, N, s), few, enough, room, off[:K])
        for n in range(N):
            for k in range(K):
                if not off[k] <= enough:
                    continue
                j = far[k]
                v[n, s, j] = room[0, n, k]
                x.rest[n, s, j] = room[2, n, k]
                ahead[n, s, j] = room[3, n, k]
                behind[n, s, j] = room[4, n, k]
                right[n, s, j] = room[5, n, k]
                left[n, s, j] = room[6, n, k]
                x.tangent_right[n, s, j] = room[7, n, k]
                x.tangent_left[n, s, j] = room[8, n, k]
                consumption[n, s, j] = room[11, n, k]
                x.residual[n, s, j] = room[12, n, k]


@jit
def _root(near: Arrays, fastest: Array, k: int, own: float, enough: float, room: Array) -> float:
    """The value of node k at which its residual is 0: a bracket that widens, and then narrows."""
    v = room[0, k, 0]
    off = _residual(near, fastest, k, v, own, room)
    if not abs(off) > enough:
        return v
    other, off_other, step = v, off, -off * room[13, k, 0] / own
    for _ in range(WIDENINGS):
        other = v + 2.0 * step
        off_other = _residual(near, fastest, k, other, own, room)
        if not off * off_other > 0.0:
            break
        v, off, step = other, off_other, 2.0 * step
    if not off * off_other < 0.0:
        return other if off_other == 0.0 else v
    for number in range(HALVINGS):
        middle = 0.5 * (v + other) if number % 2 else v - off * (other - v) / (off_other - off)
        here = _residual(near, fastest, k, middle, own, room)
        if off * here > 0.0:
            v, off = middle, here
        else:
            other, off_other = middle, here
        if abs(here) <= enough:
            return middle
    return v if abs(off) < abs(off_other) else other


@jit
def _settle(m: Arrays, fastest: Array, tolerance: float, v: Array, income: Array, x: Scratch) -> None:
    """Solve the equation of every state whose residual is above the tolerance for its own value, at given
    values of all others, node by node down and up again.

    Where two directions serve, a residual rises steeply from one row to the other within a narrow range of
    the value, and where the drift is slow it falls in a part of the range: Newton's method may go to and fro
    there for ever.
    """
    N, S, J = v.shape
    whole = np.empty((ROOM, 3, 1))
    for number in range(2 * N):
        n = N - 1 - number if number < N else number - N
        first, last = max(n - 1, 0), min(n + 2, N)
        room = whole if last - first == 3 else np.empty((ROOM, 2, 1))
        k = n - first
        for s in range(S):
            for j in range(J):
                if abs(x.residual[n, s, j]) <= tolerance * x.scale[n, s, j]:
                    continue
                for i in range(first, last):
                    room[0, i - first, 0] = v[i, s, j]
                    room[1, i - first, 0] = income[i, s, j]
                    room[2, i - first, 0] = x.rest[i, s, j]
                own = x.exits[n, s, j]
                near = _around(m, first, last, s)
                result = _root(near, fastest[s, j : j + 1], k, own, SETTLED * tolerance, room)
                x.rest[n, s, j] += own * (result - v[n, s, j])
                v[n, s, j] = result


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
    before = 0.0
    for k in range(SWEEPS):
        moved = linear.sweep_transposed(m, op, bool(1), x.residual, f, y)
        if not (_to_come(moved, before) > tolerance):
            return k + 1
        before = moved
    return SWEEPS
