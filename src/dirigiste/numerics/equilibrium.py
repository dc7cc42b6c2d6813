"""The stationary equilibrium (model.md, section 5): prices at which values, distribution, markets and budget
agree.

**Unknowns** (those that the closure leaves open): log wage, interest, transfer, and what meets a quota (an
added spread, or minus the log of a factor on credit limits). **Conditions**, one for each: labour, capital
with r >= -delta, budget, quota with its unknown >= 0; the two complementarities as min(slack, distance to the
bound) = 0.

**Algorithm.** (1) Cold start: prices clear the static markets given the distribution, owners take them to
last for ever, and the distribution moves by an implicit step of some years; a dozen such steps come near the
stationary state from anywhere. (2) Newton on the conditions with their exact Jacobian: the responses of
values and distribution to prices are linear solves with the operators that `hjb` and `kfe` use already
(implicit function theorem). Steps are halved until the largest residual falls.
**Stopping rule:** every condition is met to the relative tolerance `markets`.
"""

from __future__ import annotations

import functools
import time
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from dirigiste.numerics import aggregates, firm, hjb, kfe
from dirigiste.numerics.arrays import Arrays, Compiled, Layout
from dirigiste.numerics.point import Point, Start, evaluate, prices_of, residuals, unknowns, within
from dirigiste.numerics.start import Progress, cold_start

__all__ = ["Point", "Progress", "Solved", "Start", "cold_start", "evaluate", "respond", "solve", "unknowns"]

RESPONSE = 1e-4
"""Relative accuracy of responses: enough for Newton to gain four digits a round."""

STALE = 0.05
"""A round that leaves more than this share of the residual calls for new responses; else the old ones are
updated (Broyden 1965)."""


class Response(NamedTuple):
    """Derivatives in the active unknowns (first axis of the last two): residuals (4, n), values and row
    masses (n, N, S, J).
    """

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


class Solved(NamedTuple):
    """A solved equilibrium and how it was reached."""

    point: Point
    history: tuple[float, ...]
    seconds: float


def solve(
    compiled: Compiled, start: Start | None = None, *, progress: Progress | None = None, rounds: int = 40
) -> Solved:
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
        fresh = len(history) > 1 and size > STALE * history[-2]
        if response is None or fresh:
            fresh = True
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
    layout: Layout,
    m: Arrays,
    point: Point,
    response: Response,
    index: np.ndarray,
    change: np.ndarray,
    size: float,
    hjb_tol: float,
    kfe_tol: float,
) -> Point | None:
    """The first of the steps 1, 1/2, 1/4, ... that lowers the largest residual; values and distribution start
    from where they tend.
    """
    step = 1.0
    for _ in range(8):
        u = within(m, point.u.at[index].add(step * change))
        moved = jnp.asarray(u - point.u)[index]
        v = point.values.v + jnp.tensordot(moved, response.v, axes=1)
        f = point.distribution.f + jnp.tensordot(moved, response.f, axes=1)
        trial = evaluate(layout, m, u, v, f, hjb_tol, kfe_tol)
        new = float(np.abs(np.asarray(residuals(m, u, trial.conditions))[index]).max())
        if np.isfinite(new) and new < size:
            return trial
        step *= 0.5
    return None
