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
from dirigiste.numerics.aggregates import Moves
from dirigiste.numerics.arrays import Arrays, Layout
from dirigiste.numerics.generator import off_place, off_state
from dirigiste.numerics.hjb import Rows
from dirigiste.numerics.point import prices_of

KRYLOV = 16
"""Krylov steps of one linear system; more are restarted from where they end."""


ROUNDS = 100
"""Newton rounds of a step of values."""

PATIENCE = 40
"""Rounds in a row that do not lower the residual by a tenth before a step counts as stuck. Where a step is
years long and values are convex, the region from which saving pays grows by one node a round.
"""

AGAIN = 20
"""Rounds in a row of that kind before a step starts again from the values at its end."""

FLIPS = 1e-2
"""Below this residual, rounds that do not lower it flip owners between two answers: shorter and shorter
Newton steps end that."""

SHORTEST = 6
"""Newton steps are halved at most this often."""

SHORT = 0.01
"""Years: the residual of values over steps shorter than this may be larger in proportion, since it acts for
so short a time."""


def allowance(dt: jax.Array) -> jax.Array:
    """Factor by which the residual of values may be larger in steps of dt years."""
    return 1.0 + SHORT / dt


class Setting(NamedTuple):
    """What owners take as given in a step: incomes (N, S, J), and reach of enforcement (N, E, J)."""

    income: jax.Array
    reach: jax.Array


class Decisions(NamedTuple):
    """What moves owners in a step: rows of the value equation, derivatives of what arcs are worth, and
    flows along arcs, (N, E, J) each.
    """

    rows: Rows
    gain: jax.Array
    loss: jax.Array
    flow: jax.Array


class Flows(NamedTuple):
    """What moves in a step, and sums over the masses at its end; per year and per owner in the economy."""

    moves: Moves
    mass: jax.Array
    """Owners by status (S,)."""
    consumption: jax.Array
    """By status (S,)."""
    least: jax.Array
    """Smallest mass of a state."""
    top: jax.Array
    """Mass at the last wealth node."""


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


def decide(
    layout: Layout, m: Arrays, given: Setting, dt: jax.Array, v: jax.Array, later: jax.Array
) -> tuple[Decisions, jax.Array]:
    """Decisions at values v at the beginning of a step and `later` at its end (N, S, J), and the largest
    residual in logs of consumption a year.
    """
    d, h = hjb.evaluate(layout, m, v, given.income, given.reach, (v - later) / dt)
    error = jnp.max(jnp.abs(d.residual) / d.scale + d.capped)
    none = jnp.zeros(())
    return Decisions(d._replace(stay=none, scale=none, capped=none), h.gain, h.loss, h.flow), error


def whole(d: Decisions) -> Rows:
    """The rows of decisions, with the weight of staying filled in."""
    return d.rows._replace(stay=1.0 - d.rows.right - d.rows.left)


def correct(
    layout: Layout, m: Arrays, decisions: Decisions, dt: jax.Array, rtol: jax.Array | float
) -> jax.Array:
    """Newton's change of values at the beginning of a step (N, S, J)."""
    d = whole(decisions)
    speeds = d.tangent_right, d.tangent_left
    return solve_backward(
        layout, m, d, decisions.gain, decisions.loss, m.rho + 1.0 / dt, speeds, -d.residual, rtol
    )


def setting(layout: Layout, m: Arrays, u: jax.Array, near: jax.Array) -> Setting:
    """What owners take as given at unknowns u (4,).

    Enforcement by size reaches those who run a firm at prices `near` (4,), at which markets clear nearly:
    where owners are indifferent, who runs one hangs on a hair of the price, and only clearing knows.
    """
    prices = prices_of(layout, u)
    firms = firm.firms(layout, m, prices)
    run = firm.firms(layout, m, prices_of(layout, near)) if layout.sized else firms
    return Setting(hjb.income(m, firms, prices), firm.with_size(layout, m, run))


def backward(
    layout: Layout,
    m: Arrays,
    given: Setting,
    dt: jax.Array,
    later: jax.Array,
    guess: jax.Array,
    tolerance: jax.Array | float,
) -> tuple[jax.Array, Decisions, jax.Array, jax.Array]:
    """Values at the beginning of a step from those at its end (N, S, J) and a guess; with decisions, residual
    in logs of consumption a year, and Newton rounds.
    """
    target = tolerance * allowance(dt)

    def going(state: tuple) -> jax.Array:
        _, _, residual, _, waited, k = state
        patience = jnp.where(residual < hjb.ROUNDING, 1, PATIENCE)
        return (residual > target) & (k < ROUNDS) & (waited < patience) & jnp.isfinite(residual)

    def step(state: tuple) -> tuple:
        v, decisions, residual, best, waited, k = state
        rtol = jnp.clip(0.1 * target / residual, 1e-8, 1e-3)
        change = correct(layout, m, decisions, dt, rtol)
        anew = waited == AGAIN
        halved = jnp.where(residual < FLIPS, jnp.clip(waited - 2, 0, SHORTEST), 0)
        v = jnp.where(anew, later, v + 0.5**halved * change)
        best = jnp.where(anew, jnp.inf, best)
        decisions, residual = decide(layout, m, given, dt, v, later)
        waited = jnp.where(residual < 0.9 * best, 0, waited + 1)
        return v, decisions, residual, jnp.minimum(best, residual), waited, k + 1

    decisions, residual = decide(layout, m, given, dt, guess, later)
    start = (guess, decisions, residual, residual, jnp.asarray(0), jnp.asarray(0))
    v, decisions, residual, _, _, rounds = lax.while_loop(going, step, start)
    none = jnp.zeros(())  # what only Newton needs
    rows = decisions.rows._replace(tangent_right=none, tangent_left=none, residual=none)
    return v, Decisions(rows, none, none, decisions.flow), residual, rounds


def forward(
    layout: Layout,
    m: Arrays,
    dt: jax.Array,
    decisions: Decisions,
    g: jax.Array,
    guess: jax.Array,
    rtol: jax.Array | float,
) -> tuple[jax.Array, jax.Array, Flows]:
    """Row masses of a step, node masses at its end (N, S, J) and its flows, from node masses g at its
    beginning.
    """
    d, flow = whole(decisions), decisions.flow
    miss = (g - kfe.node_masses(d, guess)) / dt + kfe.forward(layout, m, d, flow, guess)
    f = guess + _solve_forward(layout, m, d, flow, dt, miss, rtol)
    f = kfe.to_class_masses(m, f)
    later = kfe.node_masses(d, f)
    flows = Flows(
        moves=aggregates.moves(m, later, flow),
        mass=later.sum(axis=(0, 2)),
        consumption=jnp.einsum("nsj,nsj->s", f, d.consumption),
        least=later.min(),
        top=later[-1].sum(),
    )
    return f, later, flows


def _solve_forward(
    layout: Layout,
    m: Arrays,
    d: Rows,
    flow: jax.Array,
    dt: jax.Array,
    rhs: jax.Array,
    rtol: jax.Array | float,
) -> jax.Array:
    """Solve (M'/dt - D' - Q' M') f = rhs."""
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
    layout: Layout,
    m: Arrays,
    d: Rows,
    flow: jax.Array,
    dt: jax.Array,
    later: jax.Array,
    rtol: jax.Array | float,
) -> jax.Array:
    """What a unit of mass in each state is expected to be worth dt years later, if that is `later` (N, S,
    J) by state: the transpose of the step of masses.
    """
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
