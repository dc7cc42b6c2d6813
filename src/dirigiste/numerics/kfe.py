"""The distribution: the Kolmogorov forward equation as the exact transpose of the generator (model.md,
section 4).

In the notation of `hjb`, values move by `M^-1 D + Q` (rows read R through M, drift through D). With the node
masses `g = M' f`, the stationary distribution solves

    D' f + Q' M' f = 0,

`f` being the mass that acts by each row. Rows of D and Q sum to 0 and those of M to 1, so mass is kept to
rounding; D applied to wealth is the drift of the rows and the lotteries keep mean wealth, so wealth is kept
too, and with it Walras' law. ACTUAL rates move people; those who go abroad are replaced by newborns.

The system is singular (one null vector for each closed class). It is solved by defect correction with a
shifted operator, which leaves the mass of each class where the start has it, and then scaled to the class
masses. **Stopping rule:** the sum over states of |inflow - outflow|, per year, is at most the tolerance.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from dirigiste.numerics import linear
from dirigiste.numerics.arrays import Arrays, Layout
from dirigiste.numerics.generator import by_origin, landed, off_place
from dirigiste.numerics.hjb import Rows, drift, in_blocks, local_blocks, weigh

SHIFT = 1e-9
"""Added to the singular operator, per year: far below any rate at which an economy forgets where it
started."""


def jumps(layout: Layout, m: Arrays, flow: jax.Array, x: jax.Array) -> jax.Array:
    """Q x with actual rates `flow` (N, E, J): ability, arcs, and newborns for those who leave."""
    out = jnp.einsum("nsj,ij->nsi", x, m.switching)
    out = out + by_origin(m, flow * landed(layout, m, x)) - by_origin(m, flow) * x
    return out + newborns(layout, m, flow, x)


def newborns(layout: Layout, m: Arrays, flow: jax.Array, x: jax.Array) -> jax.Array:
    """The part of Q x that replaces those who go abroad by newborns, (N, S, J)."""
    if not layout.emigrates:
        return jnp.zeros_like(x)
    value = jnp.einsum("nsj,ns,j->", x, m.entry, m.stationary)
    return by_origin(m, flow * m.leaves[:, None]) * value


def forward(layout: Layout, m: Arrays, d: Rows, flow: jax.Array, f: jax.Array) -> jax.Array:
    """d(node masses)/dt of row masses f: D' f + Q' M' f, (N, S, J) per year."""

    def backward(x: jax.Array) -> jax.Array:
        return drift(d.speed_right, d.speed_left, x) + weigh(d, jumps(layout, m, flow, x))

    return jax.linear_transpose(backward, f)(f)[0]


def node_masses(d: Rows, f: jax.Array) -> jax.Array:
    """G = M' f, the distribution over nodes."""
    return jax.linear_transpose(lambda x: weigh(d, x), f)(f)[0]


class Forward(NamedTuple):
    """The shifted forward operator, factored: discount M' - D' - Q' M'."""

    rows: Rows
    flow: jax.Array
    discount: jax.Array
    factors: linear.Factors


def prepare(
    layout: Layout, m: Arrays, d: Rows, flow: jax.Array, discount: jax.Array | float = SHIFT
) -> Forward:
    """Factor the forward operator with `discount` a year: `SHIFT` for the stationary one, 1/dt for an
    implicit step of dt years.
    """
    factors = local_blocks(layout, m, d, flow, flow, discount, (d.speed_right, d.speed_left))
    return Forward(d, flow, jnp.asarray(discount), factors)


def forward_solve(
    layout: Layout, m: Arrays, op: Forward, rhs: jax.Array, rtol: float | jax.Array, steps: int = 60
) -> linear.Solution:
    """Solve (discount M' - D' - Q' M') f = rhs for row masses f."""

    def rest(f: jax.Array) -> jax.Array:
        def left_out(x: jax.Array) -> jax.Array:
            return -weigh(op.rows, off_place(layout, m, op.flow, x) + newborns(layout, m, op.flow, x))

        return jax.linear_transpose(left_out, f)(f)[0]

    def precondition(x: jax.Array) -> jax.Array:
        return linear.solve_transposed(op.factors, in_blocks(layout, x)).reshape(x.shape)

    return linear.gmres(rest, precondition, rhs, rtol=rtol, steps=steps)


def to_class_masses(m: Arrays, f: jax.Array) -> jax.Array:
    """Scale f so that every closed class has its mass."""
    mass = jnp.einsum("nsj,sjc->c", f, m.class_of)
    return f * jnp.einsum("sjc,c->sj", m.class_of, m.class_mass / mass)


class Distribution(NamedTuple):
    """Row masses f and node masses g (N, S, J), the stationarity residual per year, rounds of defect
    correction.
    """

    f: jax.Array
    g: jax.Array
    residual: jax.Array
    rounds: jax.Array


def stationary(
    layout: Layout,
    m: Arrays,
    d: Rows,
    flow: jax.Array,
    start: jax.Array,
    tolerance: float | jax.Array,
    rounds: int = 12,
) -> Distribution:
    """The stationary distribution, from row masses `start` with the right class masses."""
    op = prepare(layout, m, d, flow)

    def defect(f: jax.Array) -> jax.Array:
        return forward(layout, m, d, flow, f)

    def going(state: tuple) -> jax.Array:
        _, _, residual, k = state
        return (residual > tolerance) & (k < rounds) & jnp.isfinite(residual)

    def step(state: tuple) -> tuple:
        f, error, residual, k = state
        rtol = jnp.clip(0.1 * tolerance / residual, 1e-10, 1e-3)
        f = to_class_masses(m, f + forward_solve(layout, m, op, error, rtol).x)
        error = defect(f)
        return f, error, jnp.sum(jnp.abs(error)), k + 1

    start = to_class_masses(m, start)
    error = defect(start)
    f, _, residual, k = lax.while_loop(going, step, (start, error, jnp.sum(jnp.abs(error)), jnp.asarray(0)))
    return Distribution(f, node_masses(d, f), residual, k)
