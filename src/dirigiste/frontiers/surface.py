"""The efficient surface of three goals: the most of the price goal at levels of the two others together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dirigiste.frontiers import edge
from dirigiste.frontiers.edge import Traced
from dirigiste.frontiers.problems.goals import PRICE
from dirigiste.frontiers.search import evaluation
from dirigiste.frontiers.search.climb import FEASIBLE, Found, climb

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dirigiste.frontiers.search.evaluation import Evaluator

    Array = NDArray[np.float64]


def trace(evaluator: Evaluator, count: int, starts: int, seed: int) -> Traced:
    """The surface, on a grid of `count` by `count` levels of the goals that are held.

    Args:
        evaluator: Evaluates goals.
        count: Levels of each goal that is held, from its least to its most among the three ends.
        starts: Searches of each end from other places.
        seed: Shift of these starts.
    """
    parts = count * count + 3
    others = edge.draws(len(evaluator.problem.instruments), starts, seed)
    tops, scales = edge.ends(evaluator, others, parts)
    _, here = edge.origin(evaluator)
    held = [m for m in range(len(here)) if m != PRICE]
    values = np.array([one.values for one in tops])
    first, second = (np.linspace(values[:, m].min(), values[:, m].max(), count) for m in held)
    found: list[Found] = list(tops)
    before, unreached, n = tops[0], 0, 0
    for i, level in enumerate(first):
        row = second if i % 2 == 0 else second[::-1]
        for other in row:
            n += 1
            evaluator.watch.begin("surface", n + 3, parts)
            levels = {held[0]: float(level), held[1]: float(other)}
            point = _at(evaluator, levels, before, scales)
            if point is None:
                unreached += 1
            else:
                found.append(point)
                before = point
    return Traced(here, edge.efficient(found, scales), scales, unreached)


def _at(evaluator: Evaluator, levels: dict[int, float], before: Found, scales: Array) -> Found | None:
    slack = (FEASIBLE * scales).tolist()
    found = climb(evaluator, PRICE, levels, before.z, scales)
    seen = evaluation.best(evaluator.seen(), PRICE, levels, slack)
    if seen is not None:
        better = found is None or not found.feasible
        if better or seen[1][PRICE] > found.values[PRICE] + edge.BETTER * scales[PRICE]:  # type: ignore[union-attr]
            found = climb(evaluator, PRICE, levels, seen[0], scales)
    return found if found is not None and found.feasible else None


def hypervolume(values: Array, low: Array, high: Array) -> float:
    """Share of the box between the least and the most of each goal that some point has as much of.

    Args:
        values: Goals of points (N, M), M of 2 or 3.
        low: The corner of the box with least of all (M,).
        high: The one with most (M,).
    """
    width = np.where(high > low, high - low, 1.0)
    return _volume(np.clip((values - low) / width, 0.0, 1.0))


def _volume(points: Array) -> float:
    """Volume below points of the unit box (N, M), by slices along the last goal."""
    if points.shape[1] == 1:
        return float(points.max(initial=0.0))
    order = points[np.argsort(-points[:, -1])]
    depths = np.append(order[:, -1], 0.0)
    return sum(
        float(depths[n] - depths[n + 1]) * _volume(order[: n + 1, :-1])
        for n in range(len(order))
        if depths[n] > depths[n + 1]
    )
