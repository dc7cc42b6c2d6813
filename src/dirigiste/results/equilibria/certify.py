"""How far a result depends on its grid, and whether other starts lead elsewhere.

The grid error is this result less that on a second grid with twice the wealth points. Several equilibria are
not excluded: the same economy is solved from other prices, and where that ends is reported.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dirigiste.errors import NotConverged
from dirigiste.numerics.setup import arrays
from dirigiste.numerics.stationary import equilibrium as solver
from dirigiste.results.equilibria import solve as solving
from dirigiste.results.equilibria.certificate import GridError, OtherStart
from dirigiste.results.equilibria.stationary import finish

if TYPE_CHECKING:
    from dirigiste.progress import Progress
    from dirigiste.results.equilibria.equilibrium import Equilibrium

SAME: Final = 1e-6
"""Equilibria within this relative difference of output, capital and wage count as the same."""

STARTS: Final = ((0.7, 0.01), (1.4, -0.01), (1.0, 0.03))
"""Other starts: factor on the wage, and what is added to the interest rate, per year."""


def certify(equilibrium: Equilibrium, *, progress: Progress | None = None) -> Equilibrium:
    """The same equilibrium with the error of its grid, and where other starts lead, in its certificate.

    Args:
        equilibrium: An equilibrium on its own grid.
        progress: Called with stage, round and largest residual.

    Raises:
        NotConverged: The finer grid was not solved.
    """
    grid = grid_error(equilibrium, progress)
    starts = tuple(other_starts(equilibrium, progress))
    return equilibrium.certified(replace(equilibrium.certificate, grid=grid, starts=starts))


def grid_error(equilibrium: Equilibrium, progress: Progress | None = None) -> GridError:
    """Differences from the solution on twice the wealth points: relative; interest rates per year."""
    points = equilibrium.economy.numerics.wealth.points
    finer = solving.solve(
        equilibrium.economy.with_({"numerics.wealth.points": 2 * points}),
        progress=_named(progress, "finer grid"),
    )
    rates = {"interest", "added_spread"}
    prices: dict[str, float | None] = {
        name: value - finer.prices[name] if name in rates else _relative(value, finer.prices[name])
        for name, value in equilibrium.prices.items()
    }
    aggregates: dict[str, float | None] = {
        name: _relative(value, finer.aggregates[name]) for name, value in equilibrium.aggregates.items()
    }
    finite = [abs(error) for error in aggregates.values() if error is not None]
    return GridError(points, 2 * points, prices, aggregates, max(finite, default=None))


def _relative(value: float, other: float) -> float | None:
    """Value over other, less 1; None where that has no meaning, as other is 0 or only rounding."""
    relative = value / other - 1.0 if abs(other) > 1e-12 else math.nan
    return relative if math.isfinite(relative) else None


def other_starts(equilibrium: Equilibrium, progress: Progress | None = None) -> list[OtherStart]:
    """Where the solution from other prices ends."""
    compiled = arrays.compile_economy(equilibrium.economy)
    rows = []
    for n, (factor, added) in enumerate(STARTS):
        wage, interest = factor * equilibrium.prices["wage"], equilibrium.prices["interest"] + added
        report = _named(progress, f"start {n + 1} of {len(STARTS)}")
        try:
            start = solver.cold_start(compiled, wage=wage, interest=interest, progress=report)
            other = finish(compiled, solver.solve(compiled, start, progress=report))
        except NotConverged as error:
            rows.append(OtherStart(wage, interest, None, None, error.message))
        else:
            difference = max(
                abs(other.aggregates["output"] / equilibrium.aggregates["output"] - 1.0),
                abs(other.aggregates["capital"] / equilibrium.aggregates["capital"] - 1.0),
                abs(other.prices["wage"] / equilibrium.prices["wage"] - 1.0),
            )
            rows.append(OtherStart(wage, interest, difference <= SAME, difference, ""))
    return rows


def _named(progress: Progress | None, what: str) -> Progress | None:
    if progress is None:
        return None
    return lambda stage, round_, residual: progress(f"{what}: {stage}", round_, residual)
