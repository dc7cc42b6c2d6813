"""A path at given prices: all values backwards, then all distributions forwards."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import NDArray

from dirigiste.numerics import aggregates, firm, steps
from dirigiste.numerics.aggregates import Moves, Static
from dirigiste.numerics.arrays import Arrays, Layout
from dirigiste.numerics.point import prices_of
from dirigiste.numerics.programs import by_chunks, stepwise
from dirigiste.numerics.steps import Decisions, Flows, Setting
from dirigiste.numerics.timed import on_date

Array = NDArray[np.float64]


class Begin(NamedTuple):
    """Where a path begins: row masses and node masses (N, S, J)."""

    f: jax.Array
    g: jax.Array


class Backwards(NamedTuple):
    """Values at the beginning of every step (T, N, S, J), decisions, residuals and Newton rounds (T,)."""

    v: jax.Array
    decisions: Decisions
    residual: jax.Array
    rounds: jax.Array


class Forwards(NamedTuple):
    """Row masses and node masses at the end of every step (T, N, S, J), and flows of every step."""

    f: jax.Array
    g: jax.Array
    flows: Flows


class Sums(NamedTuple):
    """Sums over owners in every step, the axis of steps first; per year and per owner in the economy."""

    static: Static
    moves: Moves
    mass: jax.Array
    """Owners by status (T, S)."""
    consumption: jax.Array
    """By status (T, S)."""
    running: jax.Array
    """Owners who run a firm, by status and ability (T, S, J)."""
    least: jax.Array
    """Smallest mass of a state (T,)."""
    top: jax.Array
    """Mass at the last wealth node (T,)."""


@stepwise
def _settings(
    layout: Layout,
    m: Arrays,
    stacked: dict[str, jax.Array],
    dates: jax.Array,
    u: jax.Array,
    near: jax.Array,
) -> Setting:
    """What owners take as given in the steps `dates` (B,), at unknowns u and near (B, 4)."""

    def one(inputs: tuple[jax.Array, ...]) -> Setting:
        date, u, near = inputs
        return steps.setting(layout, on_date(m, stacked, date), u, near)

    return lax.map(one, (dates, u, near))


def backwards(
    layout: Layout,
    m: Arrays,
    stacked: dict[str, jax.Array],
    u: Array,
    near: Array,
    dt: jax.Array,
    end: jax.Array,
    guess: jax.Array,
    tolerance: float,
) -> Backwards:
    """Values of all steps from those at the end (N, S, J), with guesses (T, N, S, J), at unknowns u (T, 4)
    and with firms run as at prices `near` (T, 4).
    """

    def of(dates: NDArray[np.int64]) -> Setting:
        return _settings(layout, m, stacked, dates, u[dates], near[dates])

    chunks = by_chunks(of, dt.shape[0])
    given = jax.tree.map(lambda *x: jnp.concatenate(x), *chunks)
    return _values(layout, m, stacked, given, dt, end, guess, tolerance)


@stepwise
def _values(
    layout: Layout,
    m: Arrays,
    stacked: dict[str, jax.Array],
    given: Setting,
    dt: jax.Array,
    end: jax.Array,
    guess: jax.Array,
    tolerance: float,
) -> Backwards:
    """The guess of a step moves with what the step after it turned out to be."""

    def step(carry: tuple, inputs: tuple) -> tuple:
        later, guessed_later = carry
        fields, given, dt, guess = inputs
        start = guess + (later - guessed_later)
        found = Backwards(*steps.backward(layout, m._replace(**fields), given, dt, later, start, tolerance))
        return (found.v, guess), found

    return lax.scan(step, (end, end), (stacked, given, dt, guess), reverse=True)[1]


@stepwise
def forwards(
    layout: Layout,
    m: Arrays,
    stacked: dict[str, jax.Array],
    dt: jax.Array,
    decisions: Decisions,
    begin: Begin,
    rtol: float,
) -> Forwards:
    """Distributions of all steps from `begin`."""

    def step(carry: Begin, inputs: tuple) -> tuple:
        fields, dt, decisions = inputs
        f, g, flows = steps.forward(layout, m._replace(**fields), dt, decisions, carry.g, carry.f, rtol)
        return Begin(f, g), Forwards(f, g, flows)

    return lax.scan(step, begin, (stacked, dt, decisions))[1]


@stepwise
def sums(layout: Layout, m: Arrays, stacked: dict[str, jax.Array], u: jax.Array, forwards: Forwards) -> Sums:
    """Sums of all steps at unknowns u (T, 4)."""

    def step(inputs: tuple) -> tuple[Static, jax.Array]:
        fields, u, g = inputs
        here = m._replace(**fields)
        prices = prices_of(layout, u)
        firms = firm.firms(layout, here, prices)
        return aggregates.static(here, firms, prices, g), jnp.einsum("nsj,nsj->sj", g, firms.share)

    static, running = lax.map(step, (stacked, u, forwards.g))
    flows = forwards.flows
    return Sums(static, flows.moves, flows.mass, flows.consumption, running, flows.least, flows.top)
