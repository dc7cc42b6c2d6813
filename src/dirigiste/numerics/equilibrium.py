"""The stationary equilibrium (model.md, section 5): prices at which values, distribution, markets and budget agree.

**Unknowns** (those that the closure leaves open): log wage, interest, transfer, and what meets a quota (an added spread, or minus
the log of a factor on credit limits). **Conditions**, one for each: labour, capital with r >= -delta, budget, quota with its
unknown >= 0; the two complementarities as min(slack, distance to the bound) = 0.

**Algorithm.** (1) Cold start: prices clear the static markets given the distribution, owners take them to last for ever, and the
distribution moves by an implicit step of some years; a dozen such steps come near the stationary state from anywhere. (2) Newton
on the conditions with their exact Jacobian: the responses of values and distribution to prices are linear solves with the operators
that `hjb` and `kfe` use already (implicit function theorem). Steps are halved until the largest residual falls.
**Stopping rule:** every condition is met to the relative tolerance `markets`.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from scipy.interpolate import PchipInterpolator

from dirigiste.numerics import aggregates, firm, generator, hjb, kfe
from dirigiste.numerics.aggregates import Conditions, Moves, Static
from dirigiste.numerics.arrays import Arrays, Compiled, Layout, compile_economy
from dirigiste.numerics.firm import Firms, Prices
from dirigiste.numerics.hjb import Values
from dirigiste.numerics.kfe import Distribution

WAGE, INTEREST, TRANSFER, QUOTA = range(4)
UNKNOWNS = ("wage", "interest", "transfer", "quota")


class Point(NamedTuple):
    """Everything at given unknowns u (4,)."""

    u: jax.Array
    prices: Prices
    firms: Firms
    reach: jax.Array
    values: Values
    distribution: Distribution
    static: Static
    moves: Moves
    conditions: Conditions


CORNER = 50.0
"""Weight of the distance to a bound in the complementarities: Newton looks at the bound only when within a few per mille of it."""


def prices_of(layout: Layout, u: jax.Array) -> Prices:
    """Prices from the unknowns."""
    by_spread = layout.directed_by == "spread"
    zero, one = jnp.zeros_like(u[QUOTA]), jnp.ones_like(u[QUOTA])
    return Prices(
        wage=jnp.exp(u[WAGE]), interest=u[INTEREST], transfer=u[TRANSFER],
        added_spread=u[QUOTA] if by_spread else zero,
        limit_factor=jnp.exp(-u[QUOTA]) if layout.directed_by == "limit" else one,
    )


def unknowns(compiled: Compiled) -> tuple[int, ...]:
    """Indices of the unknowns that the closure leaves open."""
    given = compiled.given
    found = [np.isnan(given.wage), np.isnan(given.interest), np.isnan(given.transfer), compiled.layout.directed_of != ""]
    return tuple(index for index, open_ in enumerate(found) if open_)


def residuals(m: Arrays, u: jax.Array, c: Conditions) -> jax.Array:
    """The four residuals at u, each 0 in equilibrium."""
    return jnp.stack([
        c.labor,
        jnp.minimum(-c.capital, CORNER * (u[INTEREST] + m.delta)),
        c.budget,
        jnp.minimum(c.quota, CORNER * u[QUOTA]),
    ])


@functools.partial(jax.jit, static_argnums=0)
def choices(layout: Layout, m: Arrays, u: jax.Array) -> tuple[Prices, Firms, jax.Array]:
    """Prices, static choices and the reach of enforcement at unknowns u."""
    prices = prices_of(layout, u)
    firms = firm.firms(layout, m, prices)
    return prices, firms, firm.with_size(layout, m, firms)


solve_values = functools.partial(jax.jit, static_argnums=0)(hjb.solve)
solve_distribution = functools.partial(jax.jit, static_argnums=0)(kfe.stationary)


@functools.partial(jax.jit, static_argnums=0)
def _sums(
    layout: Layout, m: Arrays, prices: Prices, firms: Firms, values: Values, distribution: Distribution
) -> tuple[Static, Moves, Conditions]:
    static = aggregates.static(m, firms, prices, distribution.g)
    moved = aggregates.moves(m, distribution.g, values.hazards.flow)
    return static, moved, aggregates.conditions(layout, m, prices, static, moved)


def evaluate(
    layout: Layout, m: Arrays, u: jax.Array, v: jax.Array, f: jax.Array, hjb_tol: float, kfe_tol: float
) -> Point:
    """Solve values and distribution at unknowns u from starts v and f (N, S, J)."""
    prices, firms, reach = choices(layout, m, u)
    values = solve_values(layout, m, firms, prices, reach, v, hjb_tol)
    distribution = solve_distribution(layout, m, values.rows, values.hazards.flow, f, kfe_tol)
    return Point(u, prices, firms, reach, values, distribution, *_sums(layout, m, prices, firms, values, distribution))


RESPONSE = 1e-4
"""Relative accuracy of responses: enough for Newton to gain four digits a round."""

STALE = 0.05
"""A round that leaves more than this share of the residual calls for new responses; else the old ones are updated (Broyden 1965)."""


class Response(NamedTuple):
    """Derivatives in the active unknowns (first axis of the last two): residuals (4, n), values and row masses (n, N, S, J)."""

    residuals: jax.Array
    v: jax.Array
    f: jax.Array


@functools.partial(jax.jit, static_argnums=(0, 3))
def respond(layout: Layout, m: Arrays, point: Point, active: tuple[int, ...]) -> Response:
    """How residuals, values and distribution respond to the active unknowns (implicit function theorem)."""
    v, f = point.values.v, point.distribution.f

    def everything(u: jax.Array, v: jax.Array, f: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        prices = prices_of(layout, u)
        firms = firm.firms(layout, m, prices)
        reach = firm.with_size(layout, m, firms)
        rows, hazards = hjb.evaluate(layout, m, v, hjb.income(m, firms, prices), reach)
        g = kfe.node_masses(rows, f)
        static = aggregates.static(m, firms, prices, g)
        moved = aggregates.moves(m, g, hazards.flow)
        left = residuals(m, u, aggregates.conditions(layout, m, prices, static, moved))
        return rows.residual, kfe.forward(layout, m, rows, hazards.flow, f), left

    _, linear = jax.linearize(everything, point.u, v, f)
    tangent = hjb.tangent(layout, m, point.values.rows, point.values.hazards)
    forward = kfe.prepare(layout, m, point.values.rows, point.values.hazards.flow)
    zero = jnp.zeros_like(v)

    def along(du: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        dv = hjb.tangent_solve(layout, m, tangent, -linear(du, zero, zero)[0], RESPONSE).x
        df = kfe.forward_solve(layout, m, forward, linear(du, dv, zero)[1], RESPONSE).x
        mass = jnp.einsum("nsj,sjc->c", df, m.class_of) / m.class_mass
        df = df - f * jnp.einsum("sjc,c->sj", m.class_of, mass)
        return linear(du, dv, df)[2], dv, df

    by_unknown, dv, df = jax.vmap(along)(jnp.eye(4)[jnp.array(active)])
    return Response(by_unknown.T, dv, df)


@functools.partial(jax.jit, static_argnums=(0, 5))
def static_prices(
    layout: Layout, m: Arrays, u: jax.Array, g: jax.Array, other: jax.Array, active: tuple[int, ...], rounds: int = 20
) -> jax.Array:
    """Unknowns that clear the static markets given node masses g and receipts other than wedges and spreads."""

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
        value, linear = jax.linearize(gap, u)
        value, jac = value[index], jax.vmap(linear)(jnp.eye(4)[index])[:, index].T
        change = jnp.linalg.solve(jac - 1e-10 * jnp.eye(len(active)), -value)
        change = jnp.where(jnp.isfinite(change), change, 0.1 * limit * jnp.sign(value))
        change = change / jnp.maximum(1.0, jnp.max(jnp.abs(change) / limit))
        u = _within(m, u.at[index].add(change))
        return u, jnp.max(jnp.abs(value)), k + 1

    u, _, _ = lax.while_loop(lambda s: (s[1] > 1e-3) & (s[2] < rounds), step, (u, jnp.inf, 0))
    return u


def _within(m: Arrays, u: jax.Array) -> jax.Array:
    return u.at[INTEREST].max(-m.delta).at[QUOTA].max(0.0)


@functools.partial(jax.jit, static_argnums=0)
def later(layout: Layout, m: Arrays, values: Values, f: jax.Array, years: float) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Row masses and node masses `years` later (one implicit step), and receipts other than wedges and spreads."""
    d, flow = values.rows, values.hazards.flow
    op = kfe.prepare(layout, m, d, flow, 1.0 / years)
    f = kfe.to_class_masses(m, kfe.forward_solve(layout, m, op, kfe.node_masses(d, f) / years, 1e-4).x)
    g = kfe.node_masses(d, f)
    moved = aggregates.moves(m, g, flow)
    other = jnp.sum((1.0 - m.burnt) * moved.taken) - m.entry_wealth * jnp.sum(m.leaves * moved.people)
    return f, g, other


first_guess = functools.partial(jax.jit, static_argnums=0)(hjb.guess)


Progress = Callable[[str, int, float], None]
"""Called with the stage, the round and the largest residual."""


class Start(NamedTuple):
    """Where to start: unknowns (4,), values and row masses (N, S, J)."""

    u: jax.Array
    v: jax.Array
    f: jax.Array


class Solved(NamedTuple):
    """A solved equilibrium and how it was reached."""

    point: Point
    history: tuple[float, ...]
    seconds: float


COLD_STEPS = 8
"""Implicit steps of the distribution in a cold start, of 2 years growing to 10."""

COARSE = 4
"""A cold start happens on a grid with this many times fewer wealth nodes, but at least `LEAST_NODES`."""

LEAST_NODES = 40


def cold_start(compiled: Compiled, *, wage: float | None = None, interest: float | None = None, progress: Progress | None = None) -> Start:
    """Come near the stationary state from nothing: static clearing, myopic values, implicit steps of the distribution.

    `wage` and `interest` are where the search for static prices begins. Happens on a coarse grid, whose result is interpolated.
    """
    nodes = compiled.layout.nodes
    if nodes < COARSE * LEAST_NODES:
        return _from_nothing(compiled, wage, interest, progress)
    coarse = compile_economy(compiled.economy.with_({"numerics.wealth.points": nodes // COARSE}))
    return _to_grid(compiled, _from_nothing(coarse, wage, interest, progress))


def _from_nothing(compiled: Compiled, wage: float | None, interest: float | None, progress: Progress | None) -> Start:
    layout, m = compiled.layout, compiled.arrays
    active = unknowns(compiled)
    first_wage = wage if wage is not None else 0.3 * float(m.productivity.max() * (m.ability @ m.stationary))
    first_interest = interest if interest is not None else 0.25 * float(m.rho)
    u = np.array([np.log(first_wage), first_interest, 0.0, 0.0])
    given = compiled.given
    for index, value in ((WAGE, np.log(given.wage)), (INTEREST, given.interest), (TRANSFER, given.transfer)):
        if not np.isnan(value):
            u[index] = value
    other = jnp.asarray(0.0)
    state, f = _first_distribution(compiled, jnp.asarray(u), active)
    g, v = f, None
    for k in range(COLD_STEPS):
        if active:
            state = static_prices(layout, m, state, g, other, active)
        prices, firms, reach = choices(layout, m, state)
        if v is None:
            v = first_guess(layout, m, firms, prices)
        v_solved = solve_values(layout, m, firms, prices, reach, v, 1e-3)
        v = v_solved.v
        f, g, other = later(layout, m, v_solved, f, min(2.0 * 1.4**k, 10.0))
        if progress:
            progress("cold start", k + 1, float("nan"))
    return Start(state, v, f)


def _first_distribution(compiled: Compiled, u: jax.Array, active: tuple[int, ...]) -> tuple[jax.Array, jax.Array]:
    """Exponential wealth, the same in all states, of the mean at which static markets clear nearest to the first interest rate."""
    layout, m = compiled.layout, compiled.arrays
    nodes = np.asarray(m.wealth)
    cell = np.gradient(nodes)
    best = None
    for mean in np.geomspace(nodes[2], nodes[-1] / 20.0, 8):
        weights = cell * np.exp(-(nodes - nodes[0]) / mean)
        f = jnp.asarray((weights / weights.sum())[:, None, None] * np.asarray(m.start.sum(axis=0)))
        state = static_prices(layout, m, u, f, jnp.asarray(0.0), active, 8) if active else u
        prices, firms, _ = choices(layout, m, state)
        static = aggregates.static(m, firms, prices, f)
        none = jnp.zeros(layout.arcs)
        gap = aggregates.conditions(layout, m, prices, static, Moves(none, none, none))
        miss = abs(float(state[INTEREST] - u[INTEREST])) / 0.05 + abs(float(gap.capital)) + abs(float(gap.labor))
        if np.isfinite(miss) and (best is None or miss < best[0]):
            best = miss, state, f
    return (u, m.start) if best is None else best[1:]


def _to_grid(compiled: Compiled, start: Start) -> Start:
    """A start on another wealth grid of the same economy, interpolated in the grid's own coordinate."""
    nodes = compiled.layout.nodes
    x, y = np.linspace(0.0, 1.0, start.v.shape[0]), np.linspace(0.0, 1.0, nodes)
    v = PchipInterpolator(x, np.asarray(start.v), axis=0)(y)
    f = np.maximum(PchipInterpolator(x, np.asarray(start.f), axis=0)(y), 0.0)
    return Start(start.u, jnp.asarray(v), kfe.to_class_masses(compiled.arrays, jnp.asarray(f)))


def solve(compiled: Compiled, start: Start | None = None, *, progress: Progress | None = None, rounds: int = 40) -> Solved:
    """Newton on the equilibrium conditions, from `start` or from cold.

    What comes back may miss the tolerances: `numerics.certificate` checks it.
    """
    begun = time.perf_counter()
    layout, m = compiled.layout, compiled.arrays
    tolerances = compiled.economy.numerics.tolerances
    hjb_tol, kfe_tol = 0.1 * tolerances.hjb, 0.3 * tolerances.distribution
    active = unknowns(compiled)
    index = np.array(active, dtype=int)
    if start is None:
        start = cold_start(compiled, progress=progress)
    point = evaluate(layout, m, start.u, start.v, start.f, hjb_tol, kfe_tol)
    history: list[float] = []
    value = np.asarray(residuals(m, point.u, point.conditions))[index]
    response, jac = None, np.empty(0)
    for k in range(rounds):
        size = float(np.abs(value).max()) if index.size else 0.0
        history.append(size)
        if progress:
            progress("equilibrium", k, size)
        if size <= tolerances.markets:
            break
        fresh = response is None or (len(history) > 1 and size > STALE * history[-2])
        if fresh:
            response = respond(layout, m, point, active)
            jac = np.asarray(response.residuals)[index]
        change = np.linalg.lstsq(jac, -value, rcond=1e-14)[0]
        limit = np.array([0.3, 0.02, 0.2, 0.1])[index]
        change /= max(1.0, float(np.max(np.abs(change) / limit)))
        trial = _line_search(layout, m, point, response, index, change, size, hjb_tol, kfe_tol)
        if trial is None:
            if fresh:
                break
            response = None
            continue
        new = np.asarray(residuals(m, trial.u, trial.conditions))[index]
        moved = np.asarray(trial.u - point.u)[index]
        jac = jac + np.outer(new - value - jac @ moved, moved) / max(float(moved @ moved), 1e-300)
        point, value = trial, new
    return Solved(point, tuple(history), time.perf_counter() - begun)


def _line_search(
    layout: Layout, m: Arrays, point: Point, response: Response, index: np.ndarray, change: np.ndarray, size: float,
    hjb_tol: float, kfe_tol: float,
) -> Point | None:
    """The first of the steps 1, 1/2, 1/4, ... that lowers the largest residual; values and distribution start from where they tend."""
    step = 1.0
    for _ in range(8):
        u = _within(m, point.u.at[index].add(step * change))
        moved = jnp.asarray(u - point.u)[index]
        v = point.values.v + jnp.tensordot(moved, response.v, axes=1)
        f = point.distribution.f + jnp.tensordot(moved, response.f, axes=1)
        trial = evaluate(layout, m, u, v, f, hjb_tol, kfe_tol)
        new = float(np.abs(np.asarray(residuals(m, u, trial.conditions))[index]).max())
        if np.isfinite(new) and new < size:
            return trial
        step *= 0.5
    return None
