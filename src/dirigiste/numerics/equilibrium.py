"""The stationary equilibrium (model.md, section 5): prices at which values, distribution, markets and budget
agree.

**Unknowns** (those that the closure leaves open): log wage, interest, transfer, and what meets a quota (an
added spread, or minus the log of a factor on credit limits). **Conditions**, one for each: labour, capital
with r >= -delta, budget, quota with its unknown >= 0; the two complementarities as min(slack, distance to the
bound) = 0.

**Algorithm.** From cold, `start` comes near. Then Newton on the conditions: the responses of values and
distribution to prices are linear solves with the operators that `hjb` and `kfe` use already (implicit
function theorem), updated by Broyden's rule while a round still gains enough. Steps are halved until the
largest residual falls; where none does, the wage is bracketed in each round.
**Stopping rule:** every condition is met to the relative tolerance `markets`.
"""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dirigiste.numerics import aggregates, firm, hjb, kfe
from dirigiste.numerics import point as points
from dirigiste.numerics import start as starts
from dirigiste.numerics.annual import cold
from dirigiste.numerics.annual import stationary as annual
from dirigiste.numerics.arrays import Arrays, Compiled, Layout
from dirigiste.numerics.point import (
    NUDGE,
    WAGE,
    Point,
    Response,
    Start,
    prices_of,
    residuals,
    unknowns,
    with_given,
    within,
)
from dirigiste.numerics.start import Progress

if TYPE_CHECKING:
    from dirigiste.numerics.clock import ColdStart, Evaluate, Respond

__all__ = ["Point", "Progress", "Solved", "Start", "cold_start", "evaluate", "respond", "solve", "unknowns"]

RESPONSE = 1e-3
"""Relative accuracy of responses: enough for Newton to gain three digits a round."""

LOOSE = 1e-5
"""Values and distribution of a round are solved to this times its residual; to their tolerances at the
end."""

STALE = 0.05
"""A round that leaves more than this share of the residual calls for new responses; else the old ones are
updated (Broyden 1965)."""


def _everything(
    layout: Layout, m: Arrays, u: jax.Array, v: jax.Array, f: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """What must be zero, of unknowns, values and row masses: HJB rows, forward equation, conditions."""
    prices = prices_of(layout, u)
    firms = firm.firms(layout, m, prices)
    reach = firm.with_size(layout, m, firms)
    rows, hazards = hjb.evaluate(layout, m, v, hjb.income(m, firms, prices), reach)
    g = kfe.node_masses(rows, f)
    static = aggregates.static(m, firms, prices, g)
    moved = aggregates.moves(m, g, hazards.flow)
    left = residuals(m, u, aggregates.conditions(layout, m, prices, static, moved))
    return rows.residual, kfe.forward(layout, m, rows, hazards.flow, f), left


@functools.partial(jax.jit, static_argnums=0)
def _value_responses(layout: Layout, m: Arrays, point: Point, rhs: jax.Array) -> jax.Array:
    tangent = hjb.tangent(layout, m, point.values.rows, point.values.hazards)
    return jax.vmap(lambda b: hjb.tangent_solve(layout, m, tangent, -b, RESPONSE).x)(rhs)


@functools.partial(jax.jit, static_argnums=0)
def _mass_responses(layout: Layout, m: Arrays, point: Point, rhs: jax.Array) -> jax.Array:
    op = kfe.prepare(layout, m, point.values.rows, point.values.hazards.flow)

    def one(b: jax.Array) -> jax.Array:
        df = kfe.forward_solve(layout, m, op, b, RESPONSE).x
        mass = jnp.einsum("nsj,sjc->c", df, m.class_of) / m.class_mass
        return df - point.distribution.f * jnp.einsum("sjc,c->sj", m.class_of, mass)

    return jax.vmap(one)(rhs)


@functools.partial(jax.jit, static_argnums=0)
def _along(
    layout: Layout, m: Arrays, point: Point, du: jax.Array, dv: jax.Array, df: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Derivatives of `_everything` along directions (n, 4), (n, N, S, J), (n, N, S, J), as difference
    quotients.

    With steps this small no threshold passes a node, and compiling them takes a tenth of the time that
    forward-mode differentiation takes. Their error, about 1e-5, is far below `RESPONSE`.
    """
    v, f = point.values.v, point.distribution.f

    def at(
        step: jax.Array, du: jax.Array, dv: jax.Array, df: jax.Array
    ) -> tuple[jax.Array, jax.Array, jax.Array]:
        return _everything(layout, m, point.u + step * du, v + step * dv, f + step * df)

    steps = jnp.concatenate([jnp.zeros(1), jnp.full(du.shape[0], NUDGE)])
    stacked = [jnp.concatenate([x[:1], x]) for x in (du, dv, df)]
    values = jax.vmap(at)(steps, *stacked)
    first, second, third = ((x[1:] - x[:1]) / NUDGE for x in values)
    return first, second, third


def evaluate(
    layout: Layout, m: Arrays, u: jax.Array, v: jax.Array, f: jax.Array, hjb_tol: float, kfe_tol: float
) -> Point:
    """Solve values and distribution at unknowns u from starts v and f (N, S, J), by the clock of the
    economy.
    """
    solve: Evaluate = annual.evaluate if layout.annual else points.evaluate
    return solve(layout, m, u, v, f, hjb_tol, kfe_tol)


def cold_start(
    compiled: Compiled,
    *,
    wage: float | None = None,
    interest: float | None = None,
    progress: Progress | None = None,
) -> Start:
    """Come near the stationary state from nothing, by the clock of the economy; see `start.cold_start`."""
    begin: ColdStart = cold.cold_start if compiled.layout.annual else starts.cold_start
    return begin(compiled, wage=wage, interest=interest, progress=progress)


def respond(layout: Layout, m: Arrays, point: Point, active: tuple[int, ...]) -> Response:
    """How residuals, values and distribution respond to the active unknowns, by the clock of the economy."""
    derive: Respond = annual.respond if layout.annual else _respond
    return derive(layout, m, point, active)


def _respond(layout: Layout, m: Arrays, point: Point, active: tuple[int, ...]) -> Response:
    """The same in continuous time (implicit function theorem)."""
    du = jnp.eye(4)[jnp.array(active)]
    none = jnp.zeros((len(active), *point.values.v.shape))
    dv = _value_responses(layout, m, point, _along(layout, m, point, du, none, none)[0])
    df = _mass_responses(layout, m, point, _along(layout, m, point, du, dv, none)[1])
    return Response(_along(layout, m, point, du, dv, df)[2].T, dv, df)


class Solved(NamedTuple):
    """A solved equilibrium and how it was reached."""

    point: Point
    history: tuple[float, ...]
    seconds: float
    response: Response | None

    def as_start(self) -> Start:
        """A start for a neighbouring economy of the same layout."""
        return Start(self.point.u, self.point.values.v, self.point.distribution.f, self.response)


@dataclass
class _Search:
    """The state of Newton's method on the conditions of one economy."""

    compiled: Compiled
    active: tuple[int, ...]
    point: Point
    exact: bool
    """Whether values and distribution of the point meet their tolerances, or are only as good as needed so
    far."""

    @property
    def value(self) -> np.ndarray:
        left = residuals(self.compiled.arrays, self.point.u, self.point.conditions)
        return np.asarray(left)[list(self.active)]

    @property
    def size(self) -> float:
        return float(np.abs(self.value).max(initial=0.0))

    def refine(self) -> None:
        """Solve values and distribution of the point to their tolerances."""
        p = self.point
        self.point, self.exact = _evaluate(self.compiled, p.u, p.values.v, p.distribution.f, 0.0)


def _evaluate(
    compiled: Compiled, u: jax.Array, v: jax.Array, f: jax.Array, size: float
) -> tuple[Point, bool]:
    """A point as exact as a residual of `size` needs (0: to the tolerances), and whether that is exact."""
    tolerances = compiled.economy.numerics.tolerances
    exact = 0.1 * tolerances.hjb, 0.3 * tolerances.distribution
    hjb_tol, kfe_tol = max(exact[0], LOOSE * size), max(exact[1], LOOSE * size)
    point = evaluate(compiled.layout, compiled.arrays, u, v, f, hjb_tol, kfe_tol)
    return point, (hjb_tol, kfe_tol) == exact


def solve(
    compiled: Compiled, start: Start | None = None, *, progress: Progress | None = None, rounds: int = 40
) -> Solved:
    """Newton on the equilibrium conditions, from `start` or from cold.

    What comes back may miss the tolerances: `numerics.certificate` checks it.
    """
    begun = time.perf_counter()
    target = compiled.economy.numerics.tolerances.markets
    active = unknowns(compiled)
    index = list(active)
    if start is None:
        start = cold_start(compiled, progress=progress)
    start = start._replace(u=with_given(compiled, start.u))
    response = start.response
    if response is not None and response.v.shape[0] != len(active):
        response = None
    jac = np.asarray(response.residuals)[index] if response is not None else np.empty(0)
    search = _Search(
        compiled, active, *_evaluate(compiled, start.u, start.v, start.f, 1e-3 if index else 0.0)
    )
    history: list[float] = []
    inherited = response is not None
    nested = False
    for k in range(rounds):
        value, size = search.value, search.size
        history.append(size)
        if progress:
            progress("equilibrium", k, size)
        if not np.isfinite(value).all():
            break
        if size <= target:
            if search.exact:
                break
            search.refine()
            continue
        fresh = response is None or (len(history) > 1 and size > STALE * history[-2])
        if response is None or fresh:
            response = respond(compiled.layout, compiled.arrays, search.point, active)
            jac = np.asarray(response.residuals)[index]
            inherited = False
        change = np.linalg.lstsq(jac, -value, rcond=1e-14)[0]
        limit = np.array([0.3, 0.02, 0.2, 0.1])[index]
        change /= max(1.0, float(np.max(np.abs(change) / limit)))
        trial = _line_search(search, response, change, halvings=1 if inherited else 8, nested=nested)
        if trial is None:
            if fresh and (nested or WAGE not in active):
                if search.exact:
                    break
                search.refine()
            elif fresh:
                nested = True
                search = _clear_labor(search)
            response = None
            continue
        moved = np.asarray(trial.point.u - search.point.u)[index]
        jac = jac + np.outer(trial.value - value - jac @ moved, moved) / max(float(moved @ moved), 1e-300)
        search = trial
    return Solved(search.point, tuple(history), time.perf_counter() - begun, response)


def _line_search(
    search: _Search, response: Response, change: np.ndarray, *, halvings: int, nested: bool
) -> _Search | None:
    """The first of the steps 1, 1/2, 1/4, ... that lowers the largest residual.

    Values and distribution start from where they tend. `nested`: the wage clears the labour market before the
    residuals are compared.
    """
    compiled, active, point, size = search.compiled, search.active, search.point, search.size
    step = 1.0
    for _ in range(halvings):
        u = within(compiled.arrays, point.u.at[jnp.array(active)].add(step * change))
        moved = jnp.asarray(u - point.u)[jnp.array(active)]
        v = point.values.v + jnp.tensordot(moved, response.v, axes=1)
        f = point.distribution.f + jnp.tensordot(moved, response.f, axes=1)
        trial = _Search(compiled, active, *_evaluate(compiled, u, v, f, size))
        if nested and np.isfinite(trial.value).all() and trial.size >= 0.5 * size:
            trial = _clear_labor(trial)
        if np.isfinite(trial.value).all() and trial.size < size:
            return trial
        step *= 0.5
    return None


def _clear_labor(search: _Search, rounds: int = 40) -> _Search:
    """The same point with the wage at which the labour market clears, by bracketing and the Illinois rule.

    Where many like owners are on the brink between running a firm and working, labour demand all but jumps
    at one wage; Newton cannot see that from either side, and a bracket can.
    """
    compiled, active, target = search.compiled, search.active, 1e-3 * search.size
    if abs(float(search.point.conditions.labor)) <= target:
        return search

    def at(log_wage: float) -> _Search:
        p = search.point
        u = p.u.at[WAGE].set(log_wage)
        return _Search(compiled, active, *_evaluate(compiled, u, p.values.v, p.distribution.f, search.size))

    def excess(at: _Search) -> float:
        return float(at.point.conditions.labor)

    low = high = search
    step = 1e-4
    while excess(low) * excess(high) > 0:
        if step > 0.5:
            return search
        if excess(search) > 0:
            low, high = high, at(float(high.point.u[WAGE]) + step)
        else:
            low, high = at(float(low.point.u[WAGE]) - step), low
        step *= 4.0
    below, above = excess(low), excess(high)
    best = min(low, high, key=lambda s: abs(excess(s)))
    side = 0
    for _ in range(rounds):
        if abs(excess(best)) <= target or below == above:
            break
        left, right = float(low.point.u[WAGE]), float(high.point.u[WAGE])
        middle = at((left * above - right * below) / (above - below))
        left_over = excess(middle)
        best = min(best, middle, key=lambda s: abs(excess(s)))
        if left_over > 0:
            low, below = middle, left_over
            above = 0.5 * above if side == 1 else above
            side = 1
        else:
            high, above = middle, left_over
            below = 0.5 * below if side == -1 else below
            side = -1
    return best
