"""A cold start: near the stationary state from nothing.

Prices clear the static markets given the distribution, owners take them to last for ever, and the
distribution moves by an implicit step of some years; a few such steps come near the stationary state from
anywhere. All of it on a coarse wealth grid, whose result is interpolated.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from dirigiste.numerics import aggregates, firm, hjb, kfe
from dirigiste.numerics.aggregates import Moves
from dirigiste.numerics.arrays import Arrays, Compiled, Layout, compile_economy
from dirigiste.numerics.hjb import Values
from dirigiste.numerics.point import (
    INTEREST,
    NUDGE,
    Start,
    choices,
    prices_of,
    residuals,
    solve_values,
    unknowns,
    with_given,
    within,
)

Progress = Callable[[str, int, float], None]
"""Called with the stage, the round and the largest residual."""


COLD_STEPS = 8
"""Implicit steps of the distribution in a cold start, of 2 years growing to 10."""

COARSE = 4
"""A cold start happens on a grid with this many times fewer wealth nodes, but at least `LEAST_NODES`."""

LEAST_NODES = 40


def cold_start(
    compiled: Compiled,
    *,
    wage: float | None = None,
    interest: float | None = None,
    progress: Progress | None = None,
) -> Start:
    """Come near the stationary state from nothing: static clearing, myopic values, implicit steps of the
    distribution.

    `wage` and `interest` are where the search for static prices begins. Happens on a coarse grid, whose
    result is interpolated.
    """
    nodes = compiled.layout.nodes
    if nodes < COARSE * LEAST_NODES:
        return _from_nothing(compiled, wage, interest, progress)
    coarse = compile_economy(compiled.economy.with_({"numerics.wealth.points": nodes // COARSE}))
    return _to_grid(compiled, _from_nothing(coarse, wage, interest, progress))


def _from_nothing(
    compiled: Compiled, wage: float | None, interest: float | None, progress: Progress | None
) -> Start:
    layout, m = compiled.layout, compiled.arrays
    active = unknowns(compiled)
    first_wage = wage if wage is not None else 0.3 * float(m.productivity.max() * (m.ability @ m.stationary))
    first_interest = interest if interest is not None else 0.25 * float(m.rho)
    u = with_given(compiled, jnp.array([np.log(first_wage), first_interest, 0.0, 0.0]))
    other = jnp.zeros(())
    state, f = first_distribution(compiled, u, active)
    g = f
    v = first_guess(layout, m, *reversed(choices(layout, m, state)[:2]))
    for k in range(COLD_STEPS):
        if active:
            state = static_prices(layout, m, state, g, other, active, 20)
        prices, firms, reach = choices(layout, m, state)
        v_solved = solve_values(layout, m, firms, prices, reach, v, 1e-3)
        v = v_solved.v
        f, g, other = later(layout, m, v_solved, f, min(2.0 * 1.4**k, 10.0))
        if progress:
            progress("cold start", k + 1, float("nan"))
    return Start(state, v, f)


def first_distribution(
    compiled: Compiled, u: jax.Array, active: tuple[int, ...]
) -> tuple[jax.Array, jax.Array]:
    """Exponential wealth, the same in all states, of the mean at which static markets clear nearest to the
    first interest rate.
    """
    layout, m = compiled.layout, compiled.arrays
    nodes = np.asarray(m.wealth)
    cell = np.gradient(nodes)
    best = None
    for mean in np.geomspace(nodes[2], nodes[-1] / 20.0, 8):
        weights = cell * np.exp(-(nodes - nodes[0]) / mean)
        f = jnp.asarray((weights / weights.sum())[:, None, None] * np.asarray(m.start.sum(axis=0)))
        state = static_prices(layout, m, u, f, jnp.zeros(()), active, 8) if active else u
        capital, labor = np.abs(_gaps(layout, m, state, f))
        miss = abs(float(state[INTEREST] - u[INTEREST])) / 0.05 + float(capital) + float(labor)
        if np.isfinite(miss) and (best is None or miss < best[0]):
            best = miss, state, f
    return (u, m.start) if best is None else best[1:]


def _to_grid(compiled: Compiled, start: Start) -> Start:
    """A start on another wealth grid of the same economy, interpolated in the grid's own coordinate."""
    from scipy.interpolate import PchipInterpolator  # here, since it is slow to import

    nodes = compiled.layout.nodes
    x, y = np.linspace(0.0, 1.0, start.v.shape[0]), np.linspace(0.0, 1.0, nodes)
    v = PchipInterpolator(x, np.asarray(start.v), axis=0)(y)
    f = np.maximum(PchipInterpolator(x, np.asarray(start.f), axis=0)(y), 0.0)
    return Start(start.u, jnp.asarray(v), kfe.to_class_masses(compiled.arrays, jnp.asarray(f)))


@functools.partial(jax.jit, static_argnums=0)
def _gaps(layout: Layout, m: Arrays, u: jax.Array, g: jax.Array) -> jax.Array:
    """Excess demand for capital and labour at unknowns u and node masses g, relative."""
    prices = prices_of(layout, u)
    static = aggregates.static(m, firm.firms(layout, m, prices), prices, g)
    none = jnp.zeros(layout.arcs)
    gap = aggregates.conditions(layout, m, prices, static, Moves(none, none, none))
    return jnp.stack([gap.capital, gap.labor])


@functools.partial(jax.jit, static_argnums=(0, 5))
def static_prices(
    layout: Layout,
    m: Arrays,
    u: jax.Array,
    g: jax.Array,
    other: jax.Array,
    active: tuple[int, ...],
    rounds: int,
) -> jax.Array:
    """Unknowns that clear the static markets given node masses g and receipts other than wedges and
    spreads.
    """

    def gap(u: jax.Array) -> jax.Array:
        prices = prices_of(layout, u)
        static = aggregates.static(m, firm.firms(layout, m, prices), prices, g)
        none = jnp.zeros(layout.arcs)
        c = aggregates.conditions(layout, m, prices, static, Moves(none, none, none))
        budget = c.budget + other / jnp.maximum(static.output.sum(), 1e-12)
        return residuals(m, u, c._replace(budget=budget))

    index = jnp.array(active)
    limit = jnp.array([0.5, 0.03, 0.1, 0.1])[index]

    def step(state: tuple) -> tuple:
        u, _, k = state
        near = jnp.concatenate([u[None], u + NUDGE * jnp.eye(4)[index]])
        values = jax.vmap(gap)(near)[:, index]
        value, jac = values[0], (values[1:] - values[0]).T / NUDGE
        change = jnp.linalg.solve(jac - 1e-10 * jnp.eye(len(active)), -value)
        change = jnp.where(jnp.isfinite(change), change, 0.1 * limit * jnp.sign(value))
        change = change / jnp.maximum(1.0, jnp.max(jnp.abs(change) / limit))
        u = within(m, u.at[index].add(change))
        return u, jnp.max(jnp.abs(value)), k + 1

    u, _, _ = lax.while_loop(lambda s: (s[1] > 1e-3) & (s[2] < rounds), step, (u, jnp.inf, 0))
    return u


@functools.partial(jax.jit, static_argnums=0)
def later(
    layout: Layout, m: Arrays, values: Values, f: jax.Array, years: float
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Row masses and node masses `years` later (one implicit step), and receipts other than wedges and
    spreads.
    """
    d, flow = values.rows, values.hazards.flow
    op = kfe.prepare(layout, m, d, flow, 1.0 / years)
    f = kfe.to_class_masses(m, kfe.forward_solve(layout, m, op, kfe.node_masses(d, f) / years, 1e-4).x)
    g = kfe.node_masses(d, f)
    moved = aggregates.moves(m, g, flow)
    other = jnp.sum((1.0 - m.burnt) * moved.taken) - m.entry_wealth * jnp.sum(m.leaves * moved.people)
    return f, g, other


first_guess = functools.partial(jax.jit, static_argnums=0)(hjb.guess)
