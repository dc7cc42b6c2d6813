"""A cold start: static clearing, values for prices expected to last, periods of the distribution."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.annual import stationary, step
from dirigiste.numerics.markets import aggregates, clearing
from dirigiste.numerics.operators import hjb
from dirigiste.numerics.setup.arrays import Arrays, Compiled
from dirigiste.numerics.stationary.point import Start, choices, unknowns
from dirigiste.numerics.stationary.start import ROUGH, first_distribution, first_unknowns
from dirigiste.progress import Progress

Array = NDArray[np.float64]

ROUNDS = 16
YEARS = 3.0
"""Years of the distribution in each round; with longer ones wealth and interest swing to and fro."""


def cold_start(
    compiled: Compiled,
    *,
    wage: float | None = None,
    interest: float | None = None,
    progress: Progress | None = None,
) -> Start:
    """A point near the stationary state; the search for static prices begins at `wage` and `interest`."""
    m = compiled.arrays
    active = unknowns(compiled)
    u, g = first_distribution(compiled, first_unknowns(compiled, wage, interest))
    other = 0.0
    prices, firms, reach = choices(m, u)
    v = hjb.guess(m, firms, prices, reach)
    for k in range(ROUNDS):
        if active:
            u = clearing.clear_one(m, g, other, u, active, ROUGH).u
        v, _, g, other = moved_on(m, u, v, g, YEARS, ROUGH)
        if progress:
            progress("cold start", k + 1, float("nan"))
    return Start(u, v, g)


def moved_on(
    m: Arrays, u: Array, v: Array, g: Array, years: float, accuracy: float
) -> tuple[Array, Array, Array, float]:
    """Values at unknowns u, masses `years` later, twice (as rows and as nodes), and receipts other than
    wedges and spreads.
    """
    prices, firms, reach = choices(m, u)
    v, period, _, _ = stationary.solve_values(m, prices, firms, reach, v, accuracy)
    g = step.forward(m, period, g, max(1, round(years / m.period)))
    moved = aggregates.moves(m, step.at_turn(m, period.saving, g), period.turn.hazards.flow)
    return v, g, g, aggregates.moved_receipts(m, moved)
