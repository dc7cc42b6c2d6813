"""A start from nothing: static clearing, values for prices taken to last, periods of the distribution."""

from __future__ import annotations

from dirigiste.numerics import aggregates, clearing, hjb
from dirigiste.numerics.annual import stationary, step
from dirigiste.numerics.arrays import Compiled
from dirigiste.numerics.point import Start, choices, unknowns
from dirigiste.numerics.start import ROUGH, Progress, first_distribution, first_unknowns

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
    """Come near the stationary state from nothing; `wage` and `interest` are where static prices begin."""
    m = compiled.arrays
    active = unknowns(compiled)
    u, g = first_distribution(compiled, first_unknowns(compiled, wage, interest))
    other = 0.0
    prices, firms, _ = choices(m, u)
    v = hjb.guess(m, firms, prices)
    for k in range(ROUNDS):
        if active:
            u = clearing.clear_one(m, g, other, u, active, ROUGH).u
        prices, firms, reach = choices(m, u)
        v, period, _, _ = stationary.solve_values(m, prices, firms, reach, v, ROUGH)
        g = step.forward(m, period, g, round(YEARS / m.period))
        moved = aggregates.moves(m, step.at_turn(m, period.saving, g), period.turn.hazards.flow)
        other = aggregates.moved_receipts(m, moved)
        if progress:
            progress("cold start", k + 1, float("nan"))
    return Start(u, v, g)
