"""`dirigiste.frontier`: the efficient edge between goals over policy instruments."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from dirigiste import config, loading
from dirigiste.chronicle import Chronicle
from dirigiste.economy import Economy
from dirigiste.errors import InputError
from dirigiste.frontiers import edge, surface, weights
from dirigiste.frontiers.problems import goals
from dirigiste.frontiers.problems.campaign import WITHIN, Campaign
from dirigiste.frontiers.problems.problem import Stationary
from dirigiste.frontiers.result import Frontier
from dirigiste.frontiers.search.evaluation import Evaluator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dirigiste.progress import Progress

POINTS, GRID = 11, 5
"""Levels along an edge, and of each of two goals of a surface."""

FEWEST: Final = 2
"""Least count of levels."""


def frontier(
    economy: Economy | Chronicle | str | Path,
    instruments: Iterable[str],
    of: Iterable[str] = goals.STANDARD,
    *,
    points: int | None = None,
    starts: int = 0,
    seed: int = 0,
    levels: Iterable[float] | None = None,
    within: float = WITHIN,
    rate: float | None = None,
    covariance: str | Path | None = None,
    folder: str | Path | None = None,
    progress: Progress | None = None,
) -> Frontier:
    """The efficient edge between two goals, or the surface of three, over policy instruments.

    Args:
        economy: An economy or a chronicle, the name of a shipped one, or a file.
        instruments: Parameters that policy sets, `PATH:low:high`; `PATH` alone moves between half and twice
            its value, `PATH+PATH:low:high` are parameters of one value that move together. Of a chronicle its
            numbers by name (`chronicle.sizes`), such as `scale fear:0.1:2`.
        of: Goals of which more is wanted, outcomes or arithmetic of them. The second is what the others cost.
        points: Levels of the goals that are held: along an edge, or of each goal of a surface.
        starts: Searches from other places besides, which find what the present economy does not lead to.
        seed: Shift of these starts.
        levels: Levels of the first of two goals, in place of even ones.
        within: Of a chronicle: years after the first event at which goals are taken, all but the second, of
            which the present value is taken.
        rate: Of a chronicle: the rate at which it is discounted; the owners' own if left out.
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
    if not isinstance(economy, Economy | Chronicle):
        economy = loading.load(economy)
    if isinstance(economy, Chronicle):
        problem = Campaign(economy, instruments, of, within=within, rate=rate)
    else:
        problem = Stationary(economy, instruments, of)
    estimated = None if covariance is None else weights.read(Path(covariance), problem)
    if points is not None and points < FEWEST:
        raise InputError.of(f"must be at least {FEWEST}; got {points}", key="points")
    if levels is not None and len(problem.goals) != len(goals.STANDARD):
        raise InputError.of("go with two goals", key="levels")
    config.ensure()
    begin = time.perf_counter()
    evaluator = Evaluator(problem, None if folder is None else Path(folder), progress)
    if len(problem.goals) == len(goals.STANDARD):
        stationary = isinstance(problem, Stationary)
        traced = edge.trace(evaluator, points or POINTS, starts, seed, levels, corners=stationary)
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
        problem.about,
    )
