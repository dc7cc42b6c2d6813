"""Values and decisions: the Hamilton-Jacobi-Bellman equation on the wealth grid (model.md, section 4).

    R := rho V - Q V - jumps(V);    R = max_c u(c e^m) + V_a (income - c)

**Scheme.** Between two nodes the slope p = (V[n+1] - V[n])/gap gives consumption c(p) from u_c = p. An owner
at node n who saves uses the cell to the right, one who runs down the cell to the left, else consumption is
income. Plain upwinding (Achdou, Han, Lasry, Lions and Moll 2022) reads R and income at the node alone, which
is first order in the gap. Here both are weighted over the two ends of the cell, theta at the node and 1 -
theta at the other end:

    theta R[n] + (1-theta) R[n+1] = u(c) + (theta inc[n] + (1-theta) inc[n+1] - c) p,    theta = 1/(1 - e^-x)
    - 1/x,   x = L gap/drift

with L the fastest rate at which anything happens to the owner and the drift the slower of the two ends. theta
goes to 1/2 where an owner crosses the cell fast (second order) and to 1 where it hardly moves; this is the
weight that is exact for a constant source, known as exponential fitting (Il'in 1969; Scharfetter and Gummel
1969) and as step characteristics in transport. It is the least upwinding for which the off-diagonals of the
operator keep their sign, so the distribution that belongs to it (`kfe`) stays non-negative. `upwind` in the
economy file sets theta = 1.

An owner whom both directions serve (V is convex where occupation switches) takes the better; within `TIE` of
each other they split. The second one comes in gradually, as its drift rises to `BRINK` of consumption: at 0
its row reads its own node alone, the other row a cell, and without this the residual would jump from one to
the other where neither of them is zero.

**Solution.** Newton on the nodal values. By the envelope theorem its operator is the row-weighted generator;
linear systems are solved by GMRES on top of block elimination along wealth. **Stopping rule:** the residual
of each row over u_c c, that is in logs of consumption a year, is below the tolerance everywhere.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from dirigiste.numerics import linear
from dirigiste.numerics.arrays import Arrays, Layout
from dirigiste.numerics.firm import Firms, Prices
from dirigiste.numerics.generator import Hazards, by_origin, fastest, hazards, off_place, utility

TIE = 1e-5
"""Owners at a threshold of saving split where the two directions are within about this, in logs of
consumption a year."""

BRINK = 1e-2
"""Drift over consumption below which the second of two directions that serve is held back."""

SWEEP_ABOVE = 1.0
SWEEPS = 5
"""The first rounds of Newton are followed by a sweep where the residual is above `SWEEP_ABOVE`, which happens
from cold only: a sweep solves the upwind rows, whose solution is not quite that of the fitted ones."""

ROUNDING = 1e-9
"""Below this a round that does not halve the residual has met rounding (values over the smallest gap), and
Newton stops."""

LEAST_CONSUMPTION = 1e-12


class Rows(NamedTuple):
    """The decisions at every node, (N, S, J) each: where owners go, how fast, and what they consume.

    A row reads `theta` of R at its node and 1 - theta at the neighbour it moves to. `right`, `left`, `stay`
    are weights that sum to 1. Speeds are drift over gap, per year, non-negative, weights included.
    `tangent_*` are the speeds that Newton's operator uses (the drift and what it does to theta).
    """

    right: jax.Array
    left: jax.Array
    stay: jax.Array
    theta_right: jax.Array
    theta_left: jax.Array
    speed_right: jax.Array
    speed_left: jax.Array
    tangent_right: jax.Array
    tangent_left: jax.Array
    consumption: jax.Array
    residual: jax.Array
    scale: jax.Array
    """u_c c, the unit of `residual`."""
    capped: jax.Array
    """1 where consumption sits at a ceiling far above income and wealth, which only happens before
    convergence."""


def fitting(x: jax.Array) -> jax.Array:
    """theta(x) = 1/(1 - e^-x) - 1/x for x >= 0: 1/2 + x/12 near 0, 1 - 1/x far out."""
    small = x < 1e-2
    y = jnp.where(small, 1.0, jnp.minimum(x, 1e12))
    return jnp.where(small, 0.5 + x / 12.0, -1.0 / jnp.expm1(-y) - 1.0 / y)


def consumption_of(m: Arrays, layout: Layout, slope: jax.Array) -> jax.Array:
    """Consumption with u_c(c e^m) = slope, statuses on axis 1."""
    if layout.log_utility:
        return 1.0 / slope
    return (jnp.exp((1.0 - m.sigma) * m.amenity)[:, None] / slope) ** (1.0 / m.sigma)


def slope_of(m: Arrays, layout: Layout, c: jax.Array) -> jax.Array:
    """u_c(c e^m), statuses on axis 1."""
    if layout.log_utility:
        return 1.0 / c
    return jnp.exp((1.0 - m.sigma) * m.amenity)[:, None] * c ** (-m.sigma)


def rest(m: Arrays, v: jax.Array, h: Hazards) -> jax.Array:
    """R = rho V - Q V - jumps, (N, S, J)."""
    return m.rho * v - jnp.einsum("nsj,ij->nsi", v, m.switching) - by_origin(m, h.worth)


def income(m: Arrays, f: Firms, prices: Prices) -> jax.Array:
    """Income net of what growth takes: (r - g) a + y + T, (N, S, J), goods a year."""
    return (prices.interest - m.growth) * m.wealth[:, None, None] + f.income + prices.transfer


def rows(layout: Layout, m: Arrays, v: jax.Array, inc: jax.Array, r: jax.Array) -> Rows:
    """Decisions and residual of every node, given values v, incomes and R, each (N, S, J)."""
    gap = jnp.diff(m.wealth)[:, None, None]
    amenity = m.amenity[:, None]
    slope = (v[1:] - v[:-1]) / gap
    ceiling = 3.0 * (m.wealth[1:] + m.wealth[:-1])[:, None, None] + 10.0 * jnp.max(
        jnp.abs(inc[1:]), axis=(1, 2), keepdims=True
    )
    floor = slope_of(m, layout, ceiling)
    bound = fastest(m) * gap

    def cell(p: jax.Array) -> tuple[jax.Array, ...]:
        """Consumption, weights and drifts of the two rows that may use a cell, for its slope."""
        c = consumption_of(m, layout, jnp.maximum(p, floor))
        if layout.upwind:
            theta_r = theta_l = jnp.ones_like(c)
        else:
            slowest = 1e-13 * bound
            forth = jnp.minimum(inc[:-1], inc[1:]) - c
            back = c - jnp.maximum(inc[:-1], inc[1:])
            theta_r = fitting(bound / jnp.maximum(forth, slowest))
            theta_l = fitting(bound / jnp.maximum(back, slowest))
        drift_r = theta_r * inc[:-1] + (1 - theta_r) * inc[1:] - c
        drift_l = theta_l * inc[1:] + (1 - theta_l) * inc[:-1] - c
        h = utility(layout, m, c, amenity)
        residual_r = theta_r * r[:-1] + (1 - theta_r) * r[1:] - h - drift_r * p
        residual_l = theta_l * r[1:] + (1 - theta_l) * r[:-1] - h - drift_l * p
        near_r, near_l = (jnp.clip(x / (BRINK * c), 1e-9, 1.0) for x in (drift_r, -drift_l))
        return c, theta_r, theta_l, drift_r, drift_l, residual_r, residual_l, near_r, near_l

    cells, tangents = jax.jvp(cell, (slope,), (jnp.ones_like(slope),))
    c, theta_r, theta_l, drift_r, drift_l, residual_r, residual_l, near_r, near_l = cells
    by_slope_r, by_slope_l, near_by_slope_r, near_by_slope_l = tangents[5:]

    def to_right(x: jax.Array, fill: float = 0.0) -> jax.Array:
        """Cells seen from their left node."""
        return jnp.concatenate([x, jnp.full_like(x[:1], fill)])

    def to_left(x: jax.Array, fill: float = 0.0) -> jax.Array:
        """Cells seen from their right node."""
        return jnp.concatenate([jnp.full_like(x[:1], fill), x])

    can_right = to_right(drift_r) > 0
    can_left = to_left(drift_l) < 0
    stays = jnp.maximum(inc, LEAST_CONSUMPTION)
    c_right, c_left = to_right(c, 1.0), to_left(c, 1.0)
    chosen = jnp.where(can_right, c_right, jnp.where(can_left, c_left, stays))
    if layout.log_utility:
        scale = jnp.ones_like(v)
    else:
        scale = jnp.exp((1.0 - m.sigma) * amenity) * chosen ** (1.0 - m.sigma)
    tie = TIE * lax.stop_gradient(scale)
    res_r, res_l = to_right(residual_r), to_left(residual_l)
    near_r, near_l = to_right(near_r), to_left(near_l)
    both = can_right & can_left
    second = near_r < near_l  # whether the right is the second direction
    part = jnp.where(both, jnp.where(second, near_r / near_l, near_l / near_r), 0.0)
    split = part * jax.nn.sigmoid((res_l - res_r) / tie)
    split = jnp.where(second, split, 1.0 - part + split)
    right = jnp.where(both, split, can_right.astype(v.dtype))
    left = jnp.where(both, 1.0 - split, can_left.astype(v.dtype))
    stay = 1.0 - right - left
    res_stay = r - utility(layout, m, stays, amenity)
    either = -tie * jnp.logaddexp(-res_r / tie, -res_l / tie)
    first = jnp.where(second, res_l, res_r)
    residual = jnp.where(can_right, res_r, jnp.where(can_left, res_l, res_stay))
    residual = jnp.where(both, first + part * (either - first), residual)
    more_r = jnp.where(both & second, (first - either) * to_right(near_by_slope_r / gap) / near_l, 0.0)
    more_l = jnp.where(both & ~second, (either - first) * to_left(near_by_slope_l / gap) / near_r, 0.0)
    # a slope below the floor is met only on the way to the solution, never accepted as one
    one = jnp.ones_like(v)
    capped = (slope < floor).astype(v.dtype)
    return Rows(
        right=right,
        left=left,
        stay=stay,
        theta_right=jnp.where(can_right, to_right(theta_r), one),
        theta_left=jnp.where(can_left, to_left(theta_l), one),
        speed_right=right * to_right(drift_r / gap),
        speed_left=left * to_left(-drift_l / gap),
        tangent_right=right * to_right(-by_slope_r / gap) + more_r,
        tangent_left=left * to_left(by_slope_l / gap) + more_l,
        consumption=right * c_right + left * c_left + stay * stays,
        residual=residual,
        scale=scale,
        capped=jnp.maximum(right * to_right(capped), left * to_left(capped)),
    )


def weigh(d: Rows, x: jax.Array) -> jax.Array:
    """M x: nodal values read by rows, theta at the node and 1 - theta at the neighbour that the row moves
    to.
    """
    ahead = jnp.concatenate([x[1:], x[-1:]])
    behind = jnp.concatenate([x[:1], x[:-1]])
    own = d.right * d.theta_right + d.left * d.theta_left + d.stay
    return own * x + d.right * (1 - d.theta_right) * ahead + d.left * (1 - d.theta_left) * behind


def drift(right: jax.Array, left: jax.Array, x: jax.Array) -> jax.Array:
    """D x: speeds times differences of x to the right and to the left."""
    ahead = jnp.concatenate([x[1:], x[-1:]])
    behind = jnp.concatenate([x[:1], x[:-1]])
    return right * (ahead - x) + left * (behind - x)


def local_blocks(
    layout: Layout,
    m: Arrays,
    d: Rows,
    gain: jax.Array,
    loss: jax.Array,
    discount: jax.Array | float,
    speeds: tuple[jax.Array, jax.Array],
) -> linear.Factors:
    """Factors of the operator M (discount - Q - jumps) - D with every jump landing at the wealth where it
    starts.

    Blocks over statuses, ability by ability, or over (status, ability) where the layout is `dense`.
    """
    N, J, S = layout.nodes, layout.abilities, layout.statuses
    own_ability = jnp.where(m.redraws[:, None] > 0, m.stationary[None, :], 1.0)
    pairs = jnp.einsum("se,te->est", m.origin, m.destination)
    local = -jnp.einsum("nej,est->nstj", gain * own_ability, pairs)
    exits = by_origin(m, loss) + discount
    if layout.dense:
        full = jnp.einsum("nstj,ij->nsitj", local, jnp.eye(J))
        full = (
            full
            + jnp.einsum("nsj,st,ij->nsitj", exits, jnp.eye(S), jnp.eye(J))
            - jnp.einsum("st,ij->sitj", jnp.eye(S), m.switching)
        )
        local = full.reshape(N, S * J, S * J, 1)

        def flat(x: jax.Array) -> jax.Array:
            return x.reshape(N, S * J, 1)

        identity = jnp.eye(S * J)[:, :, None]
    else:
        local = local + jnp.eye(S)[:, :, None] * (exits - jnp.diagonal(m.switching))[:, :, None, :]

        def flat(x: jax.Array) -> jax.Array:
            return x

        identity = jnp.eye(S)[:, :, None]
    right, left = speeds
    own = flat(d.right * d.theta_right + d.left * d.theta_left + d.stay)[:, :, None]
    diag = own * local + identity * flat(right + left)[:, :, None]
    ahead = jnp.concatenate([local[1:], local[-1:]])
    behind = jnp.concatenate([local[:1], local[:-1]])
    upper = flat(d.right * (1 - d.theta_right))[:, :, None] * ahead - identity * flat(right)[:, :, None]
    lower = flat(d.left * (1 - d.theta_left))[:, :, None] * behind - identity * flat(left)[:, :, None]
    return linear.factor(diag, lower, upper)


def own_rows(
    layout: Layout,
    m: Arrays,
    d: Rows,
    loss: jax.Array,
    discount: jax.Array | float,
    speeds: tuple[jax.Array, jax.Array],
) -> linear.Factors:
    """Factors of the operator M (discount + exits) - D, state by state along wealth: no jump lands anywhere.

    Enough to precondition a step that is short against the time between jumps.
    """
    exits = by_origin(m, loss) + discount - jnp.diagonal(m.switching)
    right, left = speeds
    ahead = jnp.concatenate([exits[1:], exits[-1:]])
    behind = jnp.concatenate([exits[:1], exits[:-1]])
    diag = (d.right * d.theta_right + d.left * d.theta_left + d.stay) * exits + right + left
    upper = d.right * (1 - d.theta_right) * ahead - right
    lower = d.left * (1 - d.theta_left) * behind - left
    return linear.factor(*(x.reshape(layout.nodes, 1, 1, -1) for x in (diag, lower, upper)))


def in_blocks(layout: Layout, x: jax.Array) -> jax.Array:
    """(N, S, J) as the vectors that the blocks act on."""
    return x.reshape(layout.nodes, -1, 1) if layout.dense else x


class Tangent(NamedTuple):
    """The derivative of the HJB rows with respect to values, ready to be solved with."""

    rows: Rows
    gain: jax.Array
    factors: linear.Factors


def tangent(layout: Layout, m: Arrays, d: Rows, h: Hazards) -> Tangent:
    """Linearise the HJB at decisions d and hazards h."""
    factors = local_blocks(layout, m, d, h.gain, h.loss, m.rho, (d.tangent_right, d.tangent_left))
    return Tangent(d, h.gain, factors)


def tangent_solve(
    layout: Layout, m: Arrays, t: Tangent, rhs: jax.Array, rtol: float | jax.Array, steps: int = 40
) -> linear.Solution:
    """Solve the linearised rows for a change of values, (N, S, J)."""
    return linear.gmres(
        lambda x: -weigh(t.rows, off_place(layout, m, t.gain, x)),
        lambda x: linear.solve(t.factors, in_blocks(layout, x)).reshape(x.shape),
        rhs,
        rtol=rtol,
        steps=steps,
    )


class Values(NamedTuple):
    """A solved HJB: values, decisions, hazards, relative residual, Newton rounds."""

    v: jax.Array
    rows: Rows
    hazards: Hazards
    residual: jax.Array
    rounds: jax.Array


def evaluate(
    layout: Layout,
    m: Arrays,
    v: jax.Array,
    inc: jax.Array,
    reach: jax.Array,
    slower: jax.Array | float = 0.0,
) -> tuple[Rows, Hazards]:
    """Decisions, hazards and residual at values v that fall by `slower` a year (0 where nothing changes)."""
    h = hazards(layout, m, v, reach)
    return rows(layout, m, v, inc, rest(m, v, h) + slower), h


def guess(layout: Layout, m: Arrays, f: Firms, prices: Prices) -> jax.Array:
    """A cold start: consuming labour or business income and a return of rho on wealth for ever."""
    earned = lax.cummax(jnp.maximum(f.income + prices.transfer, 0.05 * prices.wage), axis=0)
    return utility(layout, m, earned + m.rho * m.wealth[:, None, None], m.amenity[:, None]) / m.rho


def _step(layout: Layout, v: jax.Array, change: jax.Array) -> jax.Array:
    """V + change; where values have a sign to keep, far steps are taken in logs."""
    if layout.log_utility:
        return v + change
    return v * jnp.where(change / v < -0.5, jnp.exp(jnp.clip(change / v, -20.0, 0.0)), 1.0 + change / v)


def sweep(layout: Layout, m: Arrays, v: jax.Array, inc: jax.Array, reach: jax.Array) -> jax.Array:
    """Raise v to what saving towards better values at the right, then running down to the left, is worth,
    node after node.

    Where V is convex the region from which saving pays grows by one node a Newton round, since a node sees
    only its neighbour; one pass over the nodes in the direction from which values come finds all of it (fast
    sweeping, Zhao 2005). The upwind rows are solved for their own node, all other states held; the result
    only starts Newton off.
    """
    h = hazards(layout, m, v, reach)
    own = m.rho + by_origin(m, h.loss) - jnp.diagonal(m.switching)
    fixed = own * v - rest(m, v, h)
    amenity = m.amenity[:, None]
    gap = jnp.diff(m.wealth)

    def better(
        v: jax.Array, other: jax.Array, own: jax.Array, fixed: jax.Array, inc: jax.Array, step: jax.Array
    ) -> jax.Array:
        """Value of moving by `step` towards value `other`, at least v: Newton on a concave function from
        below.
        """

        def drift_and_gap(x: jax.Array) -> tuple[jax.Array, jax.Array]:
            slope = jnp.maximum((other - x) / step, slope_of(m, layout, 1e3 * (jnp.abs(inc) + jnp.abs(step))))
            c = consumption_of(m, layout, slope)
            speed = (inc - c) / step
            return speed, own * x - fixed - utility(layout, m, c, amenity) - speed * (other - x)

        x = v
        for _ in range(4):
            speed, miss = drift_and_gap(x)
            x = x + jnp.where((speed > 0) & (miss < 0), -miss / (own + jnp.maximum(speed, 0.0)), 0.0)
        return x

    def pass_over(v: jax.Array, step: jax.Array, reverse: bool) -> jax.Array:
        def move(other: jax.Array, node: tuple[jax.Array, ...]) -> tuple[jax.Array, jax.Array]:
            x = better(node[0], other, *node[1:])
            return x, x

        here = slice(0, -1) if reverse else slice(1, None)
        edge = v[-1] if reverse else v[0]
        _, found = lax.scan(move, edge, (v[here], own[here], fixed[here], inc[here], step), reverse=reverse)
        return jnp.concatenate([found, edge[None]]) if reverse else jnp.concatenate([edge[None], found])

    return pass_over(pass_over(v, gap, reverse=True), -gap, reverse=False)


def solve(
    layout: Layout,
    m: Arrays,
    f: Firms,
    prices: Prices,
    reach: jax.Array,
    start: jax.Array,
    tolerance: float | jax.Array,
    rounds: int = 60,
) -> Values:
    """Newton from values `start` (N, S, J) until the relative residual is at most `tolerance`, or for
    `rounds`.
    """
    inc = income(m, f, prices)

    def error(d: Rows) -> jax.Array:
        return jnp.max(jnp.abs(d.residual) / d.scale + d.capped)

    def going(state: tuple) -> jax.Array:
        _, _, _, residual, k, _, waited = state
        patience = jnp.where(residual < ROUNDING, 1, jnp.where(residual < 1.0, 12, 40))
        return (residual > tolerance) & (k < rounds) & (waited < patience) & jnp.isfinite(residual)

    def step(state: tuple) -> tuple:
        v, d, h, residual, k, best, waited = state
        t = tangent(layout, m, d, h)
        change = tangent_solve(layout, m, t, -d.residual, jnp.where(residual > 1e-3, 1e-3, 1e-5)).x
        v = _step(layout, v, change)
        v = lax.cond(
            (residual > SWEEP_ABOVE) & (k < SWEEPS), lambda v: sweep(layout, m, v, inc, reach), lambda v: v, v
        )
        d, h = evaluate(layout, m, v, inc, reach)
        residual = error(d)
        better = residual < 0.5 * best
        return v, d, h, residual, k + 1, jnp.minimum(best, residual), jnp.where(better, 0, waited + 1)

    d, h = evaluate(layout, m, start, inc, reach)
    first = error(d)
    state = (start, d, h, first, jnp.asarray(0), first, jnp.asarray(0))
    v, d, h, residual, k, _, _ = lax.while_loop(going, step, state)
    return Values(v, d, h, residual, k)
