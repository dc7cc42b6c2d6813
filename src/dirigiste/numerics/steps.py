"""One step in time: values a step earlier, the distribution a step later (model.md, section 7).

Implicit in time. Over a step of dt years from t to t + dt, with the prices and parameters of the step,

    (rho + 1/dt) V = V_later/dt + max_c ...          values at t (hjb, with a discount that is 1/dt higher)
    (1/dt M' - D' - Q' M') f = g/dt,  g_later = M' f   node masses at t + dt (kfe)

The forward operator is the transpose of the backward one at the actual rates, so mass and wealth are kept to
rounding. Sums of a step are taken at its end, g_later, for these are the masses that act in it: with them the
goods of the step add up exactly (Walras), dA/dt being the change of wealth over the step.

Between monthly steps few owners change status, so linear systems are preconditioned by elimination along
wealth alone, state by state; laws that couple abilities strongly keep the blocks of the stationary solver.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from dirigiste.numerics import aggregates, firm, hjb, kfe, linear
from dirigiste.numerics.aggregates import Conditions, Moves, Static
from dirigiste.numerics.arrays import Arrays, Layout
from dirigiste.numerics.generator import Hazards, off_place, off_state
from dirigiste.numerics.hjb import Rows
from dirigiste.numerics.point import prices_of

KRYLOV = 24
"""Krylov steps of one linear system; more are restarted from where they end."""

ROUNDS = 10
"""Newton rounds of a step of values."""

SHORT = 0.01
"""Years: the residual of values over steps shorter than this may be larger in proportion, since it acts for so
short a time."""


class Decisions(NamedTuple):
    """What moves owners in a step: rows of the value equation and flows along arcs (N, E, J)."""

    rows: Rows
    flow: jax.Array


class Sums(NamedTuple):
    """Sums over the distribution at the end of a step; per year and per owner in the economy."""

    static: Static
    moves: Moves
    mass: jax.Array
    """Owners by status (S,)."""
    consumption: jax.Array
    """By status (S,)."""
    running: jax.Array
    """Owners who run a firm, by status and ability (S, J)."""
    conditions: Conditions
    least: jax.Array
    """Smallest mass of a state."""
    top: jax.Array
    """Mass at the last wealth node."""


class Backward(NamedTuple):
    """A step of values: values at its beginning, decisions, residual in logs of consumption a year, Newton
    rounds.
    """

    v: jax.Array
    decisions: Decisions
    residual: jax.Array
    rounds: jax.Array


def solve_backward(
    layout: Layout,
    m: Arrays,
    d: Rows,
    gain: jax.Array,
    loss: jax.Array,
    discount: jax.Array,
    speeds: tuple[jax.Array, jax.Array],
    rhs: jax.Array,
    rtol: jax.Array | float,
) -> jax.Array:
    """Solve [M (discount - Q - jumps) - D] x = rhs for values x (N, S, J)."""
    if layout.dense:
        factors = hjb.local_blocks(layout, m, d, gain, loss, discount, speeds)

        def rest(x: jax.Array) -> jax.Array:
            return -hjb.weigh(d, off_place(layout, m, gain, x))
    else:
        factors = hjb.own_rows(layout, m, d, loss, discount, speeds)

        def rest(x: jax.Array) -> jax.Array:
            return -hjb.weigh(d, off_state(layout, m, gain, x))

    return linear.gmres(
        rest,
        lambda x: linear.solve(factors, _flat(layout, x)).reshape(x.shape),
        rhs,
        rtol=rtol,
        steps=KRYLOV,
    ).x


def _flat(layout: Layout, x: jax.Array) -> jax.Array:
    return hjb.in_blocks(layout, x) if layout.dense else x.reshape(layout.nodes, 1, -1)


def backward(
    layout: Layout,
    m: Arrays,
    u: jax.Array,
    dt: jax.Array,
    later: jax.Array,
    guess: jax.Array,
    tolerance: jax.Array | float,
) -> Backward:
    """Values at the beginning of a step, from those at its end (N, S, J) and a guess, at unknowns u (4,)."""
    prices = prices_of(layout, u)
    firms = firm.firms(layout, m, prices)
    reach = firm.with_size(layout, m, firms)
    inc = hjb.income(m, firms, prices)
    target = tolerance * (1.0 + SHORT / dt)

    def at(v: jax.Array) -> tuple[Rows, Hazards, jax.Array]:
        d, h = hjb.evaluate(layout, m, v, inc, reach, (v - later) / dt)
        return d, h, jnp.max(jnp.abs(d.residual) / d.scale + d.capped)

    def going(state: tuple) -> jax.Array:
        _, _, _, residual, last, k = state
        return (residual > target) & (k < ROUNDS) & jnp.isfinite(residual) & ~((residual > 0.5 * last) & (k > 5))

    def step(state: tuple) -> tuple:
        v, d, h, residual, _, k = state
        rtol = jnp.clip(0.1 * target / residual, 1e-8, 1e-3)
        speeds = d.tangent_right, d.tangent_left
        change = solve_backward(layout, m, d, h.gain, h.loss, m.rho + 1.0 / dt, speeds, -d.residual, rtol)
        v = v + change
        return v, *at(v), residual, k + 1

    state = (guess, *at(guess), jnp.inf, jnp.asarray(0))
    v, d, h, residual, _, k = lax.while_loop(going, step, state)
    none = jnp.zeros(())
    kept = d._replace(tangent_right=none, tangent_left=none, residual=none, scale=none, capped=none)
    return Backward(v, Decisions(kept, h.flow), residual, k)


def forward(
    layout: Layout,
    m: Arrays,
    u: jax.Array,
    dt: jax.Array,
    decisions: Decisions,
    g: jax.Array,
    guess: jax.Array,
    rtol: jax.Array | float,
) -> tuple[jax.Array, jax.Array, Sums]:
    """Row masses of a step, node masses at its end (N, S, J) and its sums, from node masses g at its
    beginning.
    """
    d, flow = decisions
    miss = (g - kfe.node_masses(d, guess)) / dt + kfe.forward(layout, m, d, flow, guess)
    f = guess + _solve_forward(layout, m, decisions, dt, miss, rtol)
    f = kfe.to_class_masses(m, f)
    later = kfe.node_masses(d, f)
    return f, later, sums(layout, m, u, decisions, f, later)


def _solve_forward(
    layout: Layout, m: Arrays, decisions: Decisions, dt: jax.Array, rhs: jax.Array, rtol: jax.Array | float
) -> jax.Array:
    """Solve (M'/dt - D' - Q' M') f = rhs."""
    d, flow = decisions
    speeds = d.speed_right, d.speed_left
    if layout.dense:
        factors = hjb.local_blocks(layout, m, d, flow, flow, 1.0 / dt, speeds)
    else:
        factors = hjb.own_rows(layout, m, d, flow, 1.0 / dt, speeds)
    arrivals = off_place if layout.dense else off_state

    def rest(f: jax.Array) -> jax.Array:
        def left_out(x: jax.Array) -> jax.Array:
            return -hjb.weigh(d, arrivals(layout, m, flow, x) + kfe.newborns(layout, m, flow, x))

        return jax.linear_transpose(left_out, f)(f)[0]

    return linear.gmres(
        rest,
        lambda x: linear.solve_transposed(factors, _flat(layout, x)).reshape(x.shape),
        rhs,
        rtol=rtol,
        steps=KRYLOV,
    ).x


def expect(
    layout: Layout, m: Arrays, decisions: Decisions, dt: jax.Array, later: jax.Array, rtol: jax.Array | float
) -> jax.Array:
    """What a unit of mass in each state is expected to be worth dt years later, if that is `later` (N, S, J) by
    state: the transpose of the step of masses.
    """
    d, flow = decisions
    speeds = d.speed_right, d.speed_left
    if layout.dense:
        factors = hjb.local_blocks(layout, m, d, flow, flow, 1.0 / dt, speeds)
    else:
        factors = hjb.own_rows(layout, m, d, flow, 1.0 / dt, speeds)
    arrivals = off_place if layout.dense else off_state

    def rest(x: jax.Array) -> jax.Array:
        return -hjb.weigh(d, arrivals(layout, m, flow, x) + kfe.newborns(layout, m, flow, x))

    return linear.gmres(
        rest,
        lambda x: linear.solve(factors, _flat(layout, x)).reshape(x.shape),
        hjb.weigh(d, later) / dt,
        rtol=rtol,
        steps=KRYLOV,
    ).x


def sums(
    layout: Layout, m: Arrays, u: jax.Array, decisions: Decisions, f: jax.Array, g: jax.Array
) -> Sums:
    """All sums at row masses f and node masses g."""
    prices = prices_of(layout, u)
    firms = firm.firms(layout, m, prices)
    static = aggregates.static(m, firms, prices, g)
    moves = aggregates.moves(m, g, decisions.flow)
    return Sums(
        static=static,
        moves=moves,
        mass=g.sum(axis=(0, 2)),
        consumption=jnp.einsum("nsj,nsj->s", f, decisions.rows.consumption),
        running=jnp.einsum("nsj,nsj->sj", g, firms.share),
        conditions=aggregates.conditions(layout, m, prices, static, moves),
        least=g.min(),
        top=g[-1].sum(),
    )
