"""Estimates parameters of an economy so that its moments are those of the data."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dirigiste import config
from dirigiste import economy as economies
from dirigiste.economy import Economy
from dirigiste.errors import InputError, NotConverged
from dirigiste.fit.estimation import search as searching
from dirigiste.fit.estimation.evaluation import Evaluator
from dirigiste.fit.estimation.kept import Kept
from dirigiste.fit.inference.errors import infer
from dirigiste.fit.inference.identification import directions
from dirigiste.fit.inference.posterior import sample
from dirigiste.fit.moments import loader
from dirigiste.fit.moments.plan import Plan
from dirigiste.fit.output.calibration import Calibration
from dirigiste.version import __version__

if TYPE_CHECKING:
    from dirigiste.progress import Progress

MOST = 100
"""Evaluations of one search."""


def calibrate(
    economy: Economy | str | Path,
    moments: Plan | str | Path,
    *,
    starts: int = 1,
    seed: int = 0,
    most: int = MOST,
    folder: str | Path | None = None,
    draws: int = 0,
    progress: Progress | None = None,
) -> Calibration:
    """Estimate parameters of an economy on moments, by minimum distance.

    Args:
        economy: An economy, the name of a shipped one, or a file.
        moments: A calibration file or the name of a shipped one (docs/calibrate.md); or a `Plan`, which
            `fit.moments.loader` makes of one.
        starts: Searches: the first from the starting values of the file, the others from points of a Sobol
            set within the bounds.
        seed: Shift of the Sobol set, and of draws.
        most: Largest count of evaluations of one search.
        folder: Where evaluations and finished searches are kept, so that a calibration that was stopped goes
            on where it was; nothing is kept without one.
        draws: Draws from the posterior, at each of which the model is solved (`fit.inference.posterior`).
        progress: Called at every evaluation.

    Returns:
        Estimates with standard errors, fit, tests, identification and the new economy.

    Raises:
        InputError: The economy or the file has faults, or the folder holds another calibration.
        NotConverged: No search has found anything; with the reason of each.
    """
    config.ensure()
    if not isinstance(economy, Economy):
        economy = economies.load(economy)
    plan = moments if isinstance(moments, Plan) else loader.load(moments, economy)
    if plan.economy.hash != economy.hash:
        raise InputError.of("is bound to another economy; bind it again", key=plan.name)
    kept = Kept(None if folder is None else Path(folder), f"{plan.hash} dirigiste {__version__}")
    evaluator = Evaluator(plan, kept)
    begin = time.perf_counter()
    found = searching.search(evaluator, searching.starts(plan, starts, seed), most, progress)
    ended = [one for one in found if one.x]
    if not ended:
        reasons = "\n".join(f"start {n}: {one.why}" for n, one in enumerate(found, start=1))
        raise NotConverged(
            f"no search of {plan.name} has found parameters\n{reasons}",
            advice="start elsewhere, narrow the bounds, or take more `starts`",
        )
    best = min(ended, key=lambda one: (one.distance, one.start))
    x = np.array(best.x)
    values = evaluator.moments(x)
    assert values is not None  # the search ends where it has solved the economy
    jacobian = evaluator.jacobian(x)
    inference = infer(plan, x, values, jacobian)
    posterior = sample(evaluator, x, inference, draws, seed, progress) if draws else None
    return Calibration(
        plan,
        x,
        values,
        jacobian,
        inference,
        tuple(directions(plan, x, jacobian)),
        tuple(found),
        found.index(best),
        time.perf_counter() - begin,
        seed,
        evaluator.jacobian_of_assumed(x),
        posterior,
    )
