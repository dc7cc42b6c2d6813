"""Least squares within bounds by Gauss-Newton steps, for residuals that are dear and sometimes undefined.

A step minimises the linearised sum of squares within the bounds and within reach. It is halved along its own
direction as long as residuals are undefined there or the sum of squares does not fall enough; where that does
not help, steps are damped as by Levenberg and Marquardt. Trust regions of other shapes lead into corners from
which the next step points at what is undefined.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

DONE = 1e-8
"""Fall of the sum of squares that derivatives promise, over that sum or 1, below which the search is done."""

STILL = 1e-4
"""Fall of the sum of squares in a step, over that sum or 1, below which it counts as standing still."""

LEFT = 1e-2
"""Fall that derivatives may still promise where the search stands still, over the sum or 1, for it to be
done."""

ENOUGH = 1e-4
"""Share of the promised fall that a step must bring."""

SHARES = (1.0, 0.5, 0.2)
"""Shares of a step that are tried."""

DAMPINGS = (0.0, 1e-3, 1e-1, 10.0)
"""Dampings that are tried, relative to the squared length of each column of derivatives."""


@dataclass(frozen=True)
class Minimum:
    """Where a search ended."""

    z: Array
    residuals: Array
    evaluations: int
    failed: int
    """Evaluations at which residuals were undefined."""
    why: str
    converged: bool


class _OutOfEvaluations(Exception):  # noqa: N818  (no error)
    pass


def minimise(
    residuals: Callable[[Array], Array | None],
    jacobian: Callable[[Array], Array],
    z: Array,
    low: Array,
    high: Array,
    reach: Array,
    most: int,
) -> Minimum | None:
    """Minimise a sum of squares.

    Args:
        residuals: Residuals (M,) at z (K,); None where they are undefined.
        jacobian: Their derivatives (M, K).
        z: Start, within the bounds.
        low: Lower bounds (K,).
        high: Upper bounds (K,).
        reach: Largest step (K,).
        most: Largest count of evaluations.

    Returns:
        The minimum; None where residuals are undefined at the start.
    """
    tried, failed = 0, 0

    def evaluate(at: Array) -> Array | None:
        nonlocal tried, failed
        if tried >= most:
            raise _OutOfEvaluations
        tried += 1
        found = residuals(at)
        failed += found is None
        return found

    here, least = evaluate(z), 0
    if here is None:
        return None
    while True:
        size = float(here @ here)
        a = jacobian(z)
        reached = (np.maximum(low - z, -reach), np.minimum(high - z, reach))
        promised = size - _squares(here + a @ _step(a, here, reached, 0.0))
        if promised <= DONE * max(size, 1.0):
            return Minimum(z, here, tried, failed, "derivatives promise no smaller distance", converged=True)
        try:
            better = _better(evaluate, a, z, here, reached, least)
        except _OutOfEvaluations:
            return Minimum(z, here, tried, failed, f"stopped after {most} evaluations", converged=False)
        if better is None or size - _squares(better[1]) < STILL * max(size, 1.0):
            z, here = better[:2] if better else (z, here)
            if promised <= LEFT * max(size, 1.0):
                return Minimum(z, here, tried, failed, "the distance changes no more", converged=True)
            beyond = "beyond which the economy cannot be solved" if failed else "where moments have kinks"
            why = f"stuck at parameters {beyond}; derivatives promise a distance {promised:.2g} less"
            return Minimum(z, here, tried, failed, why, converged=False)
        z, here, least = better


def _better(
    evaluate: Callable[[Array], Array | None],
    a: Array,
    z: Array,
    here: Array,
    reached: tuple[Array, Array],
    least: int,
) -> tuple[Array, Array, int] | None:
    """A point with a smaller sum of squares, its residuals, and the damping to begin with next time; None if
    there is none.
    """
    size = _squares(here)
    for n, damping in enumerate(DAMPINGS[least:], start=least):
        step = _step(a, here, reached, damping)
        promised = size - _squares(here + a @ step)
        for share in SHARES:
            at = z + share * step
            found = evaluate(at)
            if found is not None and _squares(found) <= size - ENOUGH * share * promised:
                return at, found, n if share < 1.0 else max(n - 1, 0)
    return None


def _step(a: Array, here: Array, reached: tuple[Array, Array], damping: float) -> Array:
    """The step that minimises the linearised sum of squares within reach, the shortest of several."""
    from scipy.optimize import lsq_linear

    lengths = np.linalg.norm(a, axis=0)
    lengths = np.where(lengths > 0.0, lengths, 1.0)
    rows, goal = a / lengths, -here
    if damping:
        rows = np.vstack([rows, np.sqrt(damping) * np.eye(len(lengths))])
        goal = np.concatenate([goal, np.zeros(len(lengths))])
    low, high = (end * lengths for end in reached)
    step = lsq_linear(rows, goal, (low, high), method="bvls", max_iter=100).x / lengths
    return np.clip(step, *reached)


def _squares(x: Array) -> float:
    return float(x @ x)
