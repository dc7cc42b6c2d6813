"""Fixed points of the two steps at given prices, and how they respond to prices.

Values solve T(V) = V, T one period backwards. A round adds the solution of (1 - beta P) x = T(V) - V to V,
Howard's policy evaluation by GMRES; where that gains nothing for some rounds, it takes T(V). Masses solve
F(g) = g, by defect correction with GMRES on 1 - F^k.

**Stopping rules**, in the units of the continuous clock: T(V) - V over a period's utility weight, over u_c c,
is at most the tolerance of values (logs of consumption); the sum of |F(g) - g| per year is at most that of
masses.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from dirigiste.numerics import aggregates, firm, linear
from dirigiste.numerics.aggregates import Conditions, Moves, Static
from dirigiste.numerics.annual import step, turn
from dirigiste.numerics.annual.step import Period
from dirigiste.numerics.arrays import Arrays, Layout
from dirigiste.numerics.firm import Firms, Prices
from dirigiste.numerics.hjb import Rows, Values, slope_of
from dirigiste.numerics.kfe import Distribution, to_class_masses
from dirigiste.numerics.point import NUDGE, Point, Response, choices, prices_of, residuals

SPAN = 6.0
"""Years that one Krylov step of the distribution covers."""

PATIENCE = 150
"""Rounds without halving the residual of values after which they are given up."""

RESPONSE = 1e-3
"""Relative accuracy of responses, as in `equilibrium`."""


class Annual(NamedTuple):
    """Values at the beginning of a period, what happens in it, the relative residual, rounds."""

    v: jax.Array
    period: Period
    residual: jax.Array
    rounds: jax.Array


def error(layout: Layout, m: Arrays, period: Period, v: jax.Array) -> jax.Array:
    """T(V) - V in logs of consumption, (N, S, J)."""
    c = jnp.maximum(period.saving.consumption, 1e-300)
    scale = 1.0 if layout.log_utility else slope_of(m, layout, c) * c
    return (period.saving.value - v) / (turn.weight(m) * scale)


def _evaluated(
    layout: Layout, m: Arrays, period: Period, miss: jax.Array, rtol: float | jax.Array, steps: int
) -> jax.Array:
    """X with (1 - beta P) x = miss."""
    return linear.gmres(
        lambda x: -step.tangent(layout, m, period, x), lambda x: x, miss, rtol=rtol, steps=steps
    ).x


@functools.partial(jax.jit, static_argnums=0)
def solve_values(
    layout: Layout,
    m: Arrays,
    prices: Prices,
    firms: Firms,
    reach: jax.Array,
    start: jax.Array,
    tolerance: float | jax.Array,
    rounds: int = 600,
) -> Annual:
    """Values at which T(V) = V, from values `start`."""

    def at(v: jax.Array) -> tuple[Period, jax.Array]:
        period = step.backward(layout, m, prices, firms, reach, v)
        return period, jnp.max(jnp.abs(error(layout, m, period, v)))

    def going(state: tuple) -> jax.Array:
        _, _, residual, k, _, waited = state
        return (residual > tolerance) & (k < rounds) & (waited < PATIENCE) & jnp.isfinite(residual)

    def round_(state: tuple) -> tuple:
        v, period, _, k, best, waited = state
        plain = period.saving.value
        howard = v + _evaluated(layout, m, period, plain - v, 3e-2, 24)
        if not layout.log_utility:
            howard = jnp.where(howard * v > 0, howard, plain)
        next_, size = at(howard)
        worse = ~(size < 2.0 * best) | (waited >= 4)
        v = jnp.where(worse, plain, howard)
        next_, size = lax.cond(worse, at, lambda _: (next_, size), plain)
        better = size < 0.5 * best
        return v, next_, size, k + 1, jnp.minimum(best, size), jnp.where(better, 0, waited + 1)

    period, first = at(start)
    state = start, period, first, jnp.asarray(0), first, jnp.asarray(0)
    v, period, residual, k, _, _ = lax.while_loop(going, round_, state)
    return Annual(v, period, jnp.where(period.saving.full, jnp.inf, residual), k)


def _later(layout: Layout, m: Arrays, period: Period, g: jax.Array, periods: jax.Array | int) -> jax.Array:
    return lax.fori_loop(0, periods, lambda _, g: step.forward(layout, m, period, g), g)


def _settled(
    layout: Layout, m: Arrays, period: Period, defect: jax.Array, rtol: float | jax.Array, steps: int
) -> jax.Array:
    """X with (1 - F) x = defect, whose classes sum to 0."""
    power = jnp.maximum(jnp.round(SPAN / m.period).astype(int), 1)
    found = linear.gmres(
        lambda y: -_later(layout, m, period, y, power), lambda y: y, defect, rtol=rtol, steps=steps
    ).x

    def add(_: jax.Array, state: tuple) -> tuple:
        total, last = state
        last = step.forward(layout, m, period, last)
        return total + last, last

    return lax.fori_loop(0, power - 1, add, (found, found))[0]


@functools.partial(jax.jit, static_argnums=0)
def solve_masses(
    layout: Layout,
    m: Arrays,
    period: Period,
    start: jax.Array,
    tolerance: float | jax.Array,
    rounds: int = 25,
) -> Distribution:
    """Masses at which F(g) = g, from masses `start` with the right class masses."""

    def defect(g: jax.Array) -> tuple[jax.Array, jax.Array]:
        change = step.forward(layout, m, period, g) - g
        return change, jnp.sum(jnp.abs(change)) / m.period

    def going(state: tuple) -> jax.Array:
        _, _, residual, k = state
        return (residual > tolerance) & (k < rounds) & jnp.isfinite(residual)

    def round_(state: tuple) -> tuple:
        g, change, residual, k = state
        rtol = jnp.clip(0.1 * tolerance / residual, 1e-10, 1e-3)
        g = to_class_masses(m, g + _settled(layout, m, period, change, rtol, 40))
        return g, *defect(g), k + 1

    start = to_class_masses(m, start)
    g, _, residual, k = lax.while_loop(going, round_, (start, *defect(start), jnp.asarray(0)))
    return Distribution(g, g, residual, k)


def _sums(
    layout: Layout, m: Arrays, prices: Prices, firms: Firms, period: Period, g: jax.Array
) -> tuple[Static, Moves, Conditions]:
    static = aggregates.static(m, firms, prices, g)
    moved = aggregates.moves(m, step.at_turn(m, period.saving, g), period.turn.hazards.flow)
    return static, moved, aggregates.conditions(layout, m, prices, static, moved)


sums = functools.partial(jax.jit, static_argnums=0)(_sums)


def rows_of(layout: Layout, m: Arrays, period: Period, v: jax.Array) -> Rows:
    """A period in the form that readers of the continuous clock know: saving a year as speeds over gaps."""
    saving = period.saving
    drift = ((saving.share * saving.wealth).sum(axis=0) - m.wealth[:, None, None]) / m.period
    gap = jnp.diff(m.wealth)[:, None, None]
    none, one = jnp.zeros_like(v), jnp.ones_like(v)
    right, left = (drift > 0).astype(v.dtype), (drift < 0).astype(v.dtype)
    scale = one if layout.log_utility else slope_of(m, layout, saving.consumption) * saving.consumption
    return Rows(
        right=right,
        left=left,
        stay=1.0 - right - left,
        theta_right=one,
        theta_left=one,
        speed_right=jnp.maximum(drift, 0.0) / jnp.concatenate([gap, gap[-1:]]),
        speed_left=jnp.maximum(-drift, 0.0) / jnp.concatenate([gap[:1], gap]),
        tangent_right=none,
        tangent_left=none,
        consumption=saving.consumption,
        residual=error(layout, m, period, v) * scale,
        scale=scale,
        capped=none,
    )


def evaluate(
    layout: Layout, m: Arrays, u: jax.Array, v: jax.Array, g: jax.Array, value_tol: float, mass_tol: float
) -> Point:
    """Solve values and masses at unknowns u from starts v and g (N, S, J)."""
    prices, firms, reach = choices(layout, m, u)
    solved = solve_values(layout, m, prices, firms, reach, v, value_tol)
    masses = solve_masses(layout, m, solved.period, g, mass_tol)
    rows = rows_of(layout, m, solved.period, solved.v)
    values = Values(solved.v, rows, solved.period.turn.hazards, solved.residual, solved.rounds)
    found = sums(layout, m, prices, firms, solved.period, masses.g)
    return Point(u, prices, firms, reach, values, masses, *found)


def _everything(
    layout: Layout, m: Arrays, u: jax.Array, v: jax.Array, g: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """What must be zero, of unknowns, values and masses."""
    prices = prices_of(layout, u)
    firms = firm.firms(layout, m, prices)
    period = step.backward(layout, m, prices, firms, firm.with_size(layout, m, firms), v)
    left = residuals(m, u, _sums(layout, m, prices, firms, period, g)[2])
    return period.saving.value - v, step.forward(layout, m, period, g) - g, left


@functools.partial(jax.jit, static_argnums=0)
def _along(
    layout: Layout, m: Arrays, point: Point, du: jax.Array, dv: jax.Array, dg: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Derivatives of `_everything` along directions (n, 4), (n, N, S, J), (n, N, S, J), as difference
    quotients.
    """
    v, g = point.values.v, point.distribution.g

    def at(way: tuple[jax.Array, ...]) -> tuple[jax.Array, jax.Array, jax.Array]:
        size, du, dv, dg = way
        return _everything(layout, m, point.u + size * du, v + size * dv, g + size * dg)

    sizes = jnp.concatenate([jnp.zeros(1), jnp.full(du.shape[0], NUDGE)])
    stacked = (jnp.concatenate([x[:1], x]) for x in (du, dv, dg))
    values = lax.map(at, (sizes, *stacked))
    first, second, third = ((x[1:] - x[:1]) / NUDGE for x in values)
    return first, second, third


@functools.partial(jax.jit, static_argnums=0)
def _value_responses(layout: Layout, m: Arrays, point: Point, rhs: jax.Array) -> jax.Array:
    period = step.backward(layout, m, point.prices, point.firms, point.reach, point.values.v)
    return lax.map(lambda b: _evaluated(layout, m, period, b, RESPONSE, 60), rhs)


@functools.partial(jax.jit, static_argnums=0)
def _mass_responses(layout: Layout, m: Arrays, point: Point, rhs: jax.Array) -> jax.Array:
    period = step.backward(layout, m, point.prices, point.firms, point.reach, point.values.v)

    def one(b: jax.Array) -> jax.Array:
        dg = _settled(layout, m, period, b, RESPONSE, 40)
        mass = jnp.einsum("nsj,sjc->c", dg, m.class_of) / m.class_mass
        return dg - point.distribution.g * jnp.einsum("sjc,c->sj", m.class_of, mass)

    return lax.map(one, rhs)


def respond(layout: Layout, m: Arrays, point: Point, active: tuple[int, ...]) -> Response:
    """How residuals, values and masses respond to the active unknowns (implicit function theorem)."""
    du = jnp.eye(4)[jnp.array(active)]
    none = jnp.zeros((len(active), *point.values.v.shape))
    dv = _value_responses(layout, m, point, _along(layout, m, point, du, none, none)[0])
    dg = _mass_responses(layout, m, point, _along(layout, m, point, du, dv, none)[1])
    return Response(_along(layout, m, point, du, dv, dg)[2].T, dv, dg)
