"""Prices over time after a surprise: values backwards from the stationary state to come, masses forwards from
those of the day (docs/annual-clock.md).

As in `numerics.transition`: owners foresee prices u, decisions under u move masses, and P(u) are the prices
at which the markets of every period clear at those masses (`numerics.clearing`). A path is a fixed point of
P. Rounds move u to P(u) with damping and the acceleration of Anderson (1965). **Stopping rule:** the gap
|P(u) - u| over periods and unknowns is within the tolerance; the prices that are reported are P(u), at which
every market clears far within it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dirigiste.errors import NotConverged
from dirigiste.numerics.annual import step
from dirigiste.numerics.annual.anderson import Anderson
from dirigiste.numerics.markets import aggregates, clearing
from dirigiste.numerics.markets.aggregates import Moves, Static
from dirigiste.numerics.markets.clearing import Clearing
from dirigiste.numerics.setup.arrays import Arrays, Compiled
from dirigiste.numerics.setup.timed import always
from dirigiste.numerics.stationary.point import UNKNOWNS, Point, choices, prices_of, unknowns
from dirigiste.progress import Progress

Array = NDArray[np.float64]

DAMPING = 0.4
"""Share of a step that is taken."""

MEMORY = 8
"""Rounds that are combined."""

LONGEST = (0.2, 0.02, 0.2, 0.1)
"""Longest change of each unknown in a round."""

FIRST_TARGET = 1e-6
"""Residual that markets are left with at the prices of the day of the surprise, where the search begins."""


class Simulation(NamedTuple):
    """Masses (T, N, S, J) at the beginning of every period, edges (T, E) and consumption (T,) in it, masses
    (N, S, J) after the last.
    """

    g: Array
    moves: Moves
    consumption: Array
    last: Array


class _Kept(NamedTuple):
    """What is kept of a period until masses come to it; see `envelope.Saving` and `turn.Turn`."""

    share: Array
    below: NDArray[np.int64]
    above: Array
    consumption: Array
    chance: Array


def simulate(m: Arrays, u: Array, v: Array, g: Array) -> Simulation:
    """Decisions and masses of all periods at foreseen unknowns u (T, 4), from masses g. The values v are
    those after the last period.
    """
    periods: list[_Kept] = []
    reach = choices(m, u[-1])[2]
    for foreseen in u[::-1]:
        prices, firms, here = choices(m, foreseen)
        expected = step.backward(m, prices, firms, reach, v)
        s = expected.saving
        periods.append(_Kept(s.share, s.below, s.above, s.consumption, expected.turn.chance))
        v, reach = s.value, here
    g = np.ascontiguousarray(g, dtype=float)
    T = len(u)
    masses, moved, consumption = np.empty((T, *g.shape)), np.empty((3, T, m.arcs.size)), np.empty(T)
    for t, period in enumerate(reversed(periods)):
        masses[t], consumption[t] = g, np.vdot(g, period.consumption)
        met = step.met(m, period.share, period.below, period.above, g)
        moved[:, t] = aggregates.moves(m, met, period.chance / m.period)
        g = step.delivered(m, period.chance, met)
    return Simulation(masses, Moves(*moved), consumption, g)


def sums(m: Arrays, u: Array, g: Array) -> Static:
    """Sums by status (T, S) at unknowns u (T, 4) and masses g (T, N, S, J)."""
    by_period = [clearing.static_at(m, prices_of(m, now), masses) for now, masses in zip(u, g, strict=True)]
    return Static(*(np.stack(part) for part in zip(*by_period, strict=True)))


class Path(NamedTuple):
    """A solved path and how it was reached."""

    u: Array
    """Clearing unknowns (T, 4)."""
    static: Static
    simulation: Simulation
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
    g: Array,
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
    m = compiled.arrays
    index = list(unknowns(compiled))
    limit = np.array(LONGEST)[index]
    search = Clearing.of(always(m, periods), index)
    today = clearing.clear_one(m, g, 0.0, end.u, index, FIRST_TARGET).u
    u = end.u + np.exp(-np.arange(periods) / 10.0)[:, None] * (today - end.u)
    cleared, mixer = u.copy(), Anderson(MEMORY, DAMPING)
    history: list[float] = []
    gaps = left = np.zeros((periods, len(index)))
    for k in range(rounds):
        simulation = simulate(m, u, end.values.v, g)
        other = _receipts(m, simulation.moves)
        target = max(1e-3 * tolerance, 1e-3 * min(history[-1] if history else 1.0, 1e-2))
        cleared, left = search.clear(simulation.g, other, cleared, target)
        gaps = (cleared - u)[:, index]
        history.append(float(np.abs(gaps).max()))
        if progress:
            progress("path", k, history[-1])
        if not np.isfinite(history[-1]):
            break
        if history[-1] <= tolerance:
            cleared, left = search.clear(simulation.g, other, cleared, 1e-3 * tolerance)
            markets = float(np.abs(left).max())
            if not markets <= tolerance:
                break
            distance = float(np.abs(simulation.last - end.distribution.g).sum())
            static = sums(m, cleared, simulation.g)
            return Path(cleared, static, simulation, history[-1], markets, distance, tuple(history))
        u[:, index] += np.clip(mixer.step(u[:, index], gaps), -limit, limit)
        u = search.within(u)
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


def _receipts(m: Arrays, moved: Moves) -> Array:
    """Receipts of every period (T,) other than wedges, spreads and taxes on size, goods a year."""
    return np.array([aggregates.moved_receipts(m, Moves(*now)) for now in zip(*moved, strict=True)])
