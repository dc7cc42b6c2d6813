"""Prices over time after a surprise: values backwards from the stationary state to come, masses forwards from
those of the day.

As in `numerics.transition`: owners foresee prices u, decisions under u move masses, and P(u) are the prices
at which the markets of every period clear at those masses (`numerics.clearing`). A path is a fixed point of
P. Rounds move u to P(u) with damping and the acceleration of Anderson (1965). **Stopping rule:** the gap
|P(u) - u| over periods and unknowns is within the tolerance; what is told are the prices P(u), at which every
market clears far within it.
"""

from __future__ import annotations

import functools
from collections import deque
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import NDArray

from dirigiste.errors import NotConverged
from dirigiste.numerics import aggregates, firm
from dirigiste.numerics.aggregates import Moves, Static
from dirigiste.numerics.annual import step
from dirigiste.numerics.annual.step import Period
from dirigiste.numerics.arrays import Arrays, Compiled, Layout
from dirigiste.numerics.clearing import Clearing
from dirigiste.numerics.point import UNKNOWNS, Point, prices_of, unknowns
from dirigiste.numerics.start import Progress, static_prices

Array = NDArray[np.float64]

DAMPING = 0.4
"""Share of a step that is taken."""

MEMORY = 8
"""Rounds that are combined."""

LONGEST = (0.2, 0.02, 0.2, 0.1)
"""Longest change of each unknown in a round."""


class Lived(NamedTuple):
    """Masses (T, N, S, J) at the beginning of every period, edges (T, E) and consumption (T,) in it, masses
    (N, S, J) after the last.
    """

    g: jax.Array
    moves: Moves
    consumption: jax.Array
    last: jax.Array


@functools.partial(jax.jit, static_argnums=0)
def live(layout: Layout, m: Arrays, u: jax.Array, v: jax.Array, g: jax.Array) -> Lived:
    """Live through periods at foreseen unknowns u (T, 4), from masses g, up to values v after the last."""

    def at(u: jax.Array) -> tuple[firm.Prices, firm.Firms, jax.Array]:
        prices = prices_of(layout, u)
        firms = firm.firms(layout, m, prices)
        return prices, firms, firm.with_size(layout, m, firms)

    def back(later: tuple[jax.Array, jax.Array], u: jax.Array) -> tuple:
        v, reach = later
        prices, firms, here = at(u)
        period = step.backward(layout, m, prices, firms, reach, v)
        kept = period.saving._replace(value=jnp.zeros(()), wealth=jnp.zeros(()))  # memory
        return (period.saving.value, here), period._replace(saving=kept)

    def ahead(g: jax.Array, period: Period) -> tuple:
        moved = aggregates.moves(m, step.at_turn(m, period.saving, g), period.turn.hazards.flow)
        return step.forward(layout, m, period, g), (g, moved, jnp.sum(g * period.saving.consumption))

    _, periods = lax.scan(back, (v, at(u[-1])[2]), u, reverse=True)
    last, (masses, moved, consumption) = lax.scan(ahead, g, periods)
    return Lived(masses, moved, consumption, last)


@functools.partial(jax.jit, static_argnums=0)
def sums(layout: Layout, m: Arrays, u: jax.Array, g: jax.Array) -> Static:
    """Sums by status (T, S) at unknowns u (T, 4) and masses g (T, N, S, J)."""

    def one(now: tuple[jax.Array, jax.Array]) -> Static:
        prices = prices_of(layout, now[0])
        return aggregates.static(m, firm.firms(layout, m, prices), prices, now[1])

    return lax.map(one, (u, g))


class Path(NamedTuple):
    """A solved path and how it was reached."""

    u: Array
    """Clearing unknowns (T, 4)."""
    static: Static
    lived: Lived
    gap: float
    """Largest difference between prices that owners foresaw and those that clear."""
    markets: float
    """Largest residual of a market that is left."""
    distance: float
    """Sum over states of |masses after the last period - those of the stationary state to come|."""
    history: tuple[float, ...]


def solve(
    compiled: Compiled,
    end: Point,
    g: jax.Array,
    periods: int,
    *,
    tolerance: float = 1e-5,
    rounds: int = 80,
    progress: Progress | None = None,
) -> Path:
    """The path from masses g (N, S, J) to the stationary state `end` of the economy.

    Args:
        compiled: The economy after the surprise.
        end: Its stationary state.
        g: Masses on the day of the surprise.
        periods: Length of the path.
        tolerance: Largest gap between foreseen and clearing prices, in logs of the wage and in interest.
        rounds: After how many rounds to give up.
        progress: Called with stage, round and gap.

    Raises:
        NotConverged: The gap stays above the tolerance, or markets do not clear; with the worst period.
    """
    layout, m = compiled.layout, compiled.arrays
    index = list(unknowns(compiled))
    limit = np.array(LONGEST)[index]
    clearing = Clearing.of(layout, m, {"delta": jnp.full(periods, m.delta)}, index)
    final = np.asarray(end.u)
    today = np.asarray(static_prices(layout, m, end.u, g, jnp.zeros(()), tuple(index), 40))
    u = final + np.exp(-np.arange(periods) / 10.0)[:, None] * (today - final)
    cleared, mixer = u.copy(), _Anderson()
    history: list[float] = []
    gaps = left = np.zeros((periods, len(index)))
    for k in range(rounds):
        lived = live(layout, m, jnp.asarray(u), end.values.v, g)
        target = max(1e-3 * tolerance, 1e-3 * min(history[-1] if history else 1.0, 1e-2))
        cleared, left = clearing.clear(lived.g, lived.moves, cleared, target)
        gaps = (cleared - u)[:, index]
        history.append(float(np.abs(gaps).max()))
        if progress:
            progress("path", k, history[-1])
        if not np.isfinite(history[-1]):
            break
        if history[-1] <= tolerance:
            cleared, left = clearing.clear(lived.g, lived.moves, cleared, 1e-3 * tolerance)
            markets = float(np.abs(left).max())
            if not markets <= tolerance:
                break
            distance = float(jnp.sum(jnp.abs(lived.last - end.distribution.g)))
            static = sums(layout, m, jnp.asarray(cleared), lived.g)
            return Path(cleared, static, lived, history[-1], markets, distance, tuple(history))
        u[:, index] += np.clip(mixer.step(u[:, index], gaps), -limit, limit)
        u = clearing.within(u, np.arange(periods))
    worst, which = np.unravel_index(int(np.argmax(np.abs(gaps))), gaps.shape)
    raise NotConverged(
        f"{compiled.economy.name}: no path found in {len(history)} rounds",
        history=tuple(history),
        residuals={
            f"foreseen {UNKNOWNS[index[which]]} in period {worst}": float(gaps[worst, which]),
            "markets": float(np.abs(left).max()),
        },
        advice="More wealth points, or more periods, may help.",
    )


class _Anderson:
    """Anderson acceleration of x + f(x) = x with damping and a memory of some rounds."""

    def __init__(self) -> None:
        self._past: deque[tuple[Array, Array]] = deque(maxlen=MEMORY)
        self._last: tuple[Array, Array] | None = None
        self._best = np.inf

    def step(self, x: Array, f: Array) -> Array:
        """The change of x, given f(x)."""
        size = float(np.abs(f).max())
        if size > 5.0 * self._best:
            self._past.clear()
            self._last = None
        self._best = min(self._best, size)
        flat = f.ravel()
        if self._last is not None:
            self._past.append((x.ravel() - self._last[0], flat - self._last[1]))
        self._last = x.ravel().copy(), flat.copy()
        change = DAMPING * flat
        if self._past:
            dx, df = (np.stack(part, axis=1) for part in zip(*self._past, strict=True))
            weights = np.linalg.lstsq(df, flat, rcond=1e-10)[0]
            change = change - (dx + DAMPING * df) @ weights
        return change.reshape(f.shape)
