"""One search: most of a goal with others at least at levels, within the bounds of instruments.

Sequential quadratic programming (Kraft 1988, `scipy.optimize`) with exact derivatives. The search goes in
boxes around where it stands, so that a first long step does not leave the neighbourhood in which the economy
can be solved; where it cannot, the step is shortened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.errors import InputError, NotConverged
from dirigiste.frontiers.search import evaluation
from dirigiste.frontiers.search.optimality import Conditions, conditions, sides

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dirigiste.frontiers.search.evaluation import Evaluator

    Array = NDArray[np.float64]

BOX: Final = 0.3
"""Half the side of a box, over the width of bounds."""

BOXES: Final = 8
"""Most boxes of a search."""

STEPS: Final = 60
"""Most steps in a box."""

TOLERANCE: Final = 1e-7
"""Change of the goal, over its scale, at which a search ends."""

PASSING: Final = 3e-2
"""Residual of first-order conditions at which a box ends that the search leaves."""

FEASIBLE: Final = 1e-5
"""By how much a level may be missed, over the scale of the goal."""

OPTIMAL: Final = 1e-2
"""Residual of first-order conditions up to which a point counts as optimal."""

STALE: Final = 15
"""Evaluations without gain after which a box is left: outcomes bend a little where thresholds of wealth pass
from cell to cell, and are exact to tolerances only."""

REFUSED: Final = 10.0
"""What stands for goals that cannot be computed, in scales below the start."""


@dataclass(frozen=True)
class Found:
    """Where a search ended."""

    z: Array
    """Scaled instruments (K,)."""
    values: Array
    """Goals (M,)."""
    conditions: Conditions | None
    """Of first order, with the weights on the other goals; None where derivatives fail."""
    feasible: bool
    """Whether levels are reached."""

    @property
    def optimal(self) -> bool:
        """Whether levels are reached and first-order conditions hold."""
        return self.feasible and self.conditions is not None and self.conditions.residual <= OPTIMAL


class _StopError(Exception):
    """Nothing is left to be done, or derivatives cannot be computed."""


def climb(
    evaluator: Evaluator, goal: int, levels: dict[int, float], start: Array, scales: Array
) -> Found | None:
    """Search from one start.

    Args:
        evaluator: Evaluates goals.
        goal: Position of the goal to have most of.
        levels: Least values of others, by position.
        start: Scaled instruments (K,).
        scales: Of goals (M,): their ranges, about.

    Returns:
        The best point found, reaching the levels if any did; None if the start cannot be solved.
    """
    z = np.clip(start, 0.0, 1.0)
    if evaluator.goals(z) is None:
        return None
    slack = FEASIBLE * scales
    tried: list[tuple[Array, Array]] = []
    if not levels:
        z = _corner(evaluator, goal, z, scales)
    for _ in range(BOXES):
        low, high = np.maximum(z - BOX, 0.0), np.minimum(z + BOX, 1.0)
        _in_box(evaluator, goal, levels, z, low, high, scales, tried)
        before, z = z, _best(tried, goal, levels, slack)[0]
        if np.array_equal(sides(z, low, high), sides(z)) or np.array_equal(z, before):
            break
    z, values = _best(tried, goal, levels, slack)
    feasible = all(values[m] >= level - slack[m] for m, level in levels.items())
    try:
        found = _conditions(evaluator.jacobian(z), sides(z), goal, levels, scales)
    except (InputError, NotConverged):
        found = None
    return Found(z, values, found, feasible)


def _corner(evaluator: Evaluator, goal: int, z: Array, scales: Array) -> Array:
    """The corner of the bounds to which derivatives point, if it has more of the goal: where one instrument
    moves it much less than another, a search takes many steps to get there.
    """
    here = evaluator.goals(z)
    try:
        slopes = evaluator.jacobian(z)[goal]
    except (InputError, NotConverged):
        return z
    corner = np.where(slopes > 0.0, 1.0, np.where(slopes < 0.0, 0.0, z))
    there = evaluator.goals(corner)
    assert here is not None  # it was solved before
    return corner if there is not None and there[goal] > here[goal] + FEASIBLE * scales[goal] else z


def _conditions(
    jacobian: Array, side: Array, goal: int, levels: dict[int, float], scales: Array
) -> Conditions:
    """First-order conditions with weights on the goals that are held, 0 on all others."""
    rows = sorted({goal, *levels})
    found = conditions(jacobian[rows], side, rows.index(goal), scale=float(scales[goal]))
    weights = np.zeros(len(jacobian))
    weights[[row for row in rows if row != goal]] = found.weights
    return found._replace(weights=np.delete(weights, goal))


def _in_box(
    evaluator: Evaluator,
    goal: int,
    levels: dict[int, float],
    z: Array,
    low: Array,
    high: Array,
    scales: Array,
    tried: list[tuple[Array, Array]],
) -> None:
    """Search in a box; all points that were solved are added to `tried`."""
    from scipy.optimize import minimize

    reference = evaluator.goals(z)
    assert reference is not None  # it was solved before
    best, stale = -np.inf, 0

    def goals(at: Array) -> Array:
        nonlocal best, stale
        inside = np.clip(at, low, high)
        stale += evaluator.fresh(inside)
        found = evaluator.goals(inside)
        if found is None:
            return reference - REFUSED * scales
        tried.append((inside, found))
        missed = sum(max(level - found[m], 0.0) / scales[m] for m, level in levels.items())
        merit = found[goal] / scales[goal] - REFUSED * missed
        if merit > best + FEASIBLE:
            best, stale = merit, 0
        elif stale > STALE:
            raise _StopError
        return found

    def slopes(at: Array) -> Array:
        try:
            return evaluator.jacobian(np.clip(at, low, high)) / scales[:, None]
        except (InputError, NotConverged) as error:
            raise _StopError from error

    def objective_slopes(at: Array) -> Array:
        matrix, inside = slopes(at) * scales[:, None], np.clip(at, low, high)
        here = goals(at)
        if all(here[m] >= level - FEASIBLE * scales[m] for m, level in levels.items()):
            tight = all(here[m] <= level + FEASIBLE * scales[m] for m, level in levels.items())
            side = sides(inside, low, high)
            found = _conditions(matrix, side, goal, levels, scales)
            leaving = np.any((side != sides(inside)) & ~found.free)
            close = PASSING if leaving else evaluator.problem.close
            if found.residual <= close and (tight or not np.any(found.weights)):
                raise _StopError
        return -matrix[goal] / scales[goal]

    held = list(levels)
    bar = np.array([levels[m] for m in held])
    constraints = (
        [
            {
                "type": "ineq",
                "fun": lambda at: (goals(at)[held] - bar) / scales[held],
                "jac": lambda at: slopes(at)[held],
            }
        ]
        if held
        else []
    )
    try:
        minimize(
            lambda at: float((reference - goals(at))[goal] / scales[goal]),
            z,
            jac=objective_slopes,
            bounds=list(zip(low, high, strict=True)),
            constraints=constraints,
            method="SLSQP",
            options={"ftol": TOLERANCE, "maxiter": STEPS},
        )
    except _StopError:
        if not tried:
            tried.append((z, reference))


def _best(
    tried: list[tuple[Array, Array]], goal: int, levels: dict[int, float], slack: Array
) -> tuple[Array, Array]:
    """The best point that reaches the levels, else the one that misses them least."""
    points = np.array([z for z, _ in tried]), np.array([values for _, values in tried])
    found = evaluation.best(points, goal, levels, slack.tolist())
    if found is not None:
        return found
    missed = sum(np.maximum(level - points[1][:, m], 0.0) / slack[m] for m, level in levels.items())
    row = int(np.argmin(missed))
    return points[0][row], points[1][row]
