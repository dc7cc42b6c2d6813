"""`dirigiste.frontier`: the efficient edge between goals over policy instruments."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dirigiste import config, loading
from dirigiste.chronicle import Chronicle
from dirigiste.economy import Economy
from dirigiste.errors import InputError
from dirigiste.frontiers import edge, goals, surface, weights
from dirigiste.frontiers.evaluation import Evaluator
from dirigiste.frontiers.problem import Stationary
from dirigiste.frontiers.result import Frontier

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dirigiste.progress import Progress

POINTS, GRID = 11, 5
"""Levels along an edge, and of each of two goals of a surface."""

FEWEST: Final = 2


def frontier(
    economy: Economy | str | Path,
    instruments: Iterable[str],
    of: Iterable[str] = goals.STANDARD,
    *,
    points: int | None = None,
    starts: int = 0,
    seed: int = 0,
    covariance: str | Path | None = None,
    folder: str | Path | None = None,
    progress: Progress | None = None,
) -> Frontier:
    """The efficient edge between two goals, or the surface of three, over policy instruments.

    Args:
        economy: An economy, the name of a shipped one, or a file.
        instruments: Parameters that policy sets, `PATH:low:high`; `PATH` alone moves between half and twice
            its value, `PATH+PATH:low:high` are parameters of one value that move together.
        of: Goals of which more is wanted, outcomes or arithmetic of them. The second is what the others cost.
        points: Levels of the goals that are held: along an edge, or of each goal of a surface.
        starts: Searches from other places besides, which find what the present economy does not lead to.
        seed: Shift of these starts.
        covariance: `calibration.json` or the folder of a calibration: implied weights then have standard
            errors.
        folder: Where evaluations are kept, so that a frontier that was stopped goes on where it was.
        progress: Called at every evaluation.

    Returns:
        Efficient points with instruments and slopes, where the economy lies, and implied weights.

    Raises:
        InputError: An instrument, a goal or a file has faults.
        NotConverged: The economy cannot be solved as it is.
    """
    if not isinstance(economy, Economy):
        loaded = loading.load(economy)
        if isinstance(loaded, Chronicle):
            message = "is a chronicle; a frontier is of an economy"
            raise InputError.of(message, file=str(economy))
        economy = loaded
    problem = Stationary(economy, instruments, of)
    estimated = None if covariance is None else weights.read(Path(covariance), problem)
    least = FEWEST
    if points is not None and points < least:
        raise InputError.of(f"must be at least {least}; got {points}", key="points")
    config.ensure()
    begin = time.perf_counter()
    evaluator = Evaluator(problem, None if folder is None else Path(folder), progress)
    if len(problem.goals) == len(goals.STANDARD):
        traced = edge.trace(evaluator, points or POINTS, starts, seed)
    else:
        traced = surface.trace(evaluator, points or GRID, starts, seed)
    return Frontier(
        economy.name,
        problem.instruments,
        problem.goals,
        traced,
        edge.inside(evaluator, traced),
        weights.implied(evaluator, estimated),
        evaluator.evaluations,
        tuple(evaluator.reasons),
        time.perf_counter() - begin,
    )
