"""The efficient edge: at levels of one goal the most of the other, from one end to the other and back.

The first end has most of the price goal, the last most of the other one. Every level is searched from the
point before it and from the best point that was seen anywhere so far, so that an edge that is not convex, or
whose instruments jump, is found as well; from the corners of the bounds, each at the level that is next to
it, since the best settings of few instruments lie at or near one; then once more from both sides where a
neighbour has other instruments.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

import numpy as np

from dirigiste.errors import InputError, NotConverged
from dirigiste.frontiers.problems.goals import PRICE
from dirigiste.frontiers.problems.problem import present
from dirigiste.frontiers.search import evaluation
from dirigiste.frontiers.search.climb import FEASIBLE, Found, climb

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from dirigiste.frontiers.search.evaluation import Evaluator

    Array = NDArray[np.float64]

JUMP: Final = 0.2
"""Distance of instruments between neighbours, over the width of bounds, that counts as a jump."""

BETTER: Final = 1e-4
"""Gain of a goal, over its range, for which a search is made again."""

ROUNDS: Final = 3
"""Most rounds that improve an edge."""

CORNERS: Final = 4
"""Most instruments with which all corners of their bounds are starts."""

HELD: Final = 0
"""Position of the goal that is held at levels along an edge."""


@dataclass(frozen=True)
class Traced:
    """An edge between two goals, or a surface between three."""

    here: Array
    """Present goals (M,)."""
    points: tuple[Found, ...]
    """Efficient points; along an edge by the goal that is held."""
    scales: Array
    """Ranges of goals on it (M,)."""
    unreached: int = 0
    """Levels of a surface that cannot be reached together."""


@dataclass(frozen=True)
class Inside:
    """How far inside of the edge the economy lies."""

    most: tuple[Found | None, ...]
    """For each goal the point that has most of it with all others as at present; None where none is found."""


def origin(evaluator: Evaluator) -> tuple[Array, Array]:
    """Present scaled instruments and goals.

    Raises:
        NotConverged: The economy itself cannot be solved.
    """
    z = evaluator.z(present(evaluator.problem))
    here = evaluator.goals(z)
    if here is None:
        raise NotConverged(f"{evaluator.problem.name} cannot be solved as it is: {evaluator.reasons[-1]}")
    return z, here


def draws(size: int, count: int, seed: int) -> Array:
    """Other starts (count, K): points of a randomly shifted Sobol set."""
    from scipy.stats import qmc

    if count < 1:
        return np.empty((0, size))
    points = qmc.Sobol(size, scramble=False).random_base2(math.ceil(math.log2(max(count, 2))))
    return ((points[:count] + np.random.default_rng(seed).random(size)) % 1.0).astype(np.float64)


def scales_at(evaluator: Evaluator, z: Array, values: Array) -> Array:
    """How much goals change over the bounds of instruments, by their derivatives (M,)."""
    change = np.linalg.norm(evaluator.jacobian(z), axis=1)
    return np.maximum(change, 1e-4 * np.maximum(np.abs(values), 1e-4))


def ends(evaluator: Evaluator, starts: Array, parts: int) -> tuple[list[Found], Array]:
    """Most of each goal alone, the price goal's first, and ranges of goals between these points.

    Args:
        evaluator: Evaluates goals.
        starts: Other starts (N, K).
        parts: Into how many parts all the work falls.
    """
    z, here = origin(evaluator)
    scales = scales_at(evaluator, z, here)
    order = [PRICE, *(m for m in range(len(here)) if m != PRICE)]
    for start in starts:
        evaluator.watch.begin("other starts", 1, parts)
        evaluator.goals(start)
    found: list[Found] = []
    for n, goal in enumerate(order):
        evaluator.watch.begin(f"most of {evaluator.problem.goals[goal].name}", n + 1, parts)
        tried = [climb(evaluator, goal, {}, z, scales)]
        tried += [climb(evaluator, goal, {}, start, scales) for start in starts]
        seen = evaluation.best(evaluator.seen(), goal, {}, scales.tolist())
        assert seen is not None  # the present economy was
        best = max((one for one in tried if one), key=lambda one: float(one.values[goal]))
        if seen[1][goal] > best.values[goal] + BETTER * scales[goal]:
            best = climb(evaluator, goal, {}, seen[0], scales) or best
        found.append(best)
    values = np.array([one.values for one in found])
    spread = np.ptp(values, axis=0)
    return found, np.where(spread > 1e-3 * scales, spread, scales)


def trace(
    evaluator: Evaluator,
    count: int,
    starts: int,
    seed: int,
    wanted: Iterable[float] | None = None,
    *,
    corners: bool = True,
) -> Traced:
    """The edge between two goals.

    Args:
        evaluator: Evaluates goals.
        count: Levels, both ends included.
        starts: Searches from other places: each end from all of them, and some levels from one.
        seed: Shift of these starts.
        wanted: Levels between both ends, in place of even ones.
        corners: Whether corners of the bounds are starts too, with up to `CORNERS` instruments.

    Raises:
        InputError: A level is not between both ends.
    """
    inner_levels = None if wanted is None else sorted(float(level) for level in wanted)
    count = count if inner_levels is None else len(inner_levels) + 2
    parts = count + 2
    others = draws(len(evaluator.problem.instruments), starts, seed)
    tried = _corners(evaluator) if corners else []
    for corner in tried:
        evaluator.watch.begin("corners", 1, parts)
        evaluator.goals(corner)
    (first, last), scales = ends(evaluator, others, parts)
    last = _improved(evaluator, last, float(last.values[HELD]), scales)
    _, here = origin(evaluator)
    levels = np.linspace(first.values[HELD], last.values[HELD], count)
    if inner_levels is not None:
        _check(inner_levels, levels[0], levels[-1])
        levels[1:-1] = inner_levels
    if levels[-1] - levels[0] <= 10.0 * FEASIBLE * scales[HELD]:
        return Traced(here, (first,), scales)
    edge: list[Found] = [first]
    for n, level in enumerate(levels[1:-1], start=1):
        evaluator.watch.begin("edge", n + 2, parts)
        edge.append(_at(evaluator, float(level), edge[-1], scales))
    edge.append(last)
    inner = range(count - 2, 0, -1)
    for k, start in enumerate(others):
        n = 1 + int((count - 2) * (k + 0.5) / len(others)) if count > 2 else 0
        if n:
            edge[n] = _better(edge[n], climb(evaluator, PRICE, {HELD: float(levels[n])}, start, scales))
    evaluator.watch.begin("edge, from corners and neighbours", parts, parts)
    for corner in tried:
        values = evaluator.goals(corner)
        if values is not None and count > 2:
            n = 1 + int(np.argmin(np.abs(levels[1:-1] - values[HELD])))
            _again(evaluator, edge, n, float(levels[n]), corner, scales)
    for n in inner:
        _again(evaluator, edge, n, float(levels[n]), edge[n + 1].z, scales)
    for n in reversed(inner):
        _again(evaluator, edge, n, float(levels[n]), edge[n - 1].z, scales)
    for _ in range(ROUNDS):
        changed = False
        for n in inner:
            before = edge[n]
            edge[n] = _improved(evaluator, before, float(levels[n]), scales)
            changed = changed or edge[n] is not before
        if not changed:
            break
    return Traced(here, efficient(edge, scales), scales)


def _check(levels: list[float], low: float, high: float) -> None:
    for level in levels:
        if not low < level < high:
            raise InputError.of(
                f"{level:g} is not between {low:.5g}, where the other goal is largest, and {high:.5g}, the "
                "most that is possible",
                key="levels",
            )


def _at(evaluator: Evaluator, level: float, before: Found, scales: Array) -> Found:
    """Most of the price goal at a level of the other."""
    point = climb(evaluator, PRICE, {HELD: level}, before.z, scales)
    assert point is not None  # the point before was solved
    return _improved(evaluator, point, level, scales)


def _improved(evaluator: Evaluator, point: Found, level: float, scales: Array) -> Found:
    """A point searched again from the best setting that was seen anywhere, if that is better."""
    required = {HELD: level}  # the other goal reaches at least this
    seen = evaluation.best(evaluator.seen(), PRICE, required, (FEASIBLE * scales).tolist())
    if seen is None:
        return point
    setting, values = seen
    if not point.feasible or values[PRICE] > point.values[PRICE] + BETTER * scales[PRICE]:
        return _better(point, climb(evaluator, PRICE, required, setting, scales))
    return point


def _corners(evaluator: Evaluator) -> list[Array]:
    """Corners of the bounds in scaled instruments; none where they are too many."""
    size = len(evaluator.problem.instruments)
    return [np.array(corner) for corner in product((0.0, 1.0), repeat=size)] if size <= CORNERS else []


def _again(
    evaluator: Evaluator, edge: list[Found], n: int, level: float, start: Array, scales: Array
) -> None:
    """Search point n of an edge once more from a start with other instruments, and keep the better one."""
    if np.abs(start - edge[n].z).max() > JUMP:
        edge[n] = _better(edge[n], climb(evaluator, PRICE, {HELD: level}, start, scales))


def _better(one: Found, other: Found | None) -> Found:
    """The one that reaches its levels, and has more of the price goal."""
    if other is None or not other.feasible:
        return one
    return other if not one.feasible or other.values[PRICE] > one.values[PRICE] else one


def efficient(points: list[Found], scales: Array) -> tuple[Found, ...]:
    """Points that reach their levels and than which no other has as much of all goals; by the first goal."""
    reached = [one for one in points if one.feasible]
    slack = 2.0 * FEASIBLE * scales
    kept: list[Found] = []
    for one in sorted(reached, key=lambda found: tuple(-found.values)):
        if not any(np.all(other.values >= one.values - slack) for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda found: tuple(found.values)))


def inside(evaluator: Evaluator, traced: Traced) -> Inside:
    """The most of each goal that is possible with the others as at present."""
    z, here = origin(evaluator)
    slack = (FEASIBLE * traced.scales).tolist()
    most: list[Found | None] = []
    for goal in range(len(here)):
        required = {m: float(here[m]) for m in range(len(here)) if m != goal}
        point = climb(evaluator, goal, required, z, traced.scales)
        seen = evaluation.best(evaluator.seen(), goal, required, slack)
        if point is not None and seen is not None:
            other = climb(evaluator, goal, required, seen[0], traced.scales)
            if other is not None and other.feasible and other.values[goal] > point.values[goal]:
                point = other
        most.append(point)
    return Inside(tuple(most))
