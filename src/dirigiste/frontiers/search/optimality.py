"""First-order conditions of the best instruments for weights on goals.

Instruments z in [0, 1] are best for goal p with weights w on the others if

    dg_p/dz + w . dg/dz - s nu = 0,    nu >= 0

where s is 1 at an upper bound, -1 at a lower one, and nu is 0 elsewhere. Weights and nu solve this by least
squares; what is left, over the size of both terms, says how far from best at any weight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

AT_BOUND: Final = 1e-6
"""Distance from a bound, over the width of bounds, that counts as being there."""

SLIGHT: Final = 1e-9
"""Pressure against a bound, over the size of the gradient, that is none."""


class Conditions(NamedTuple):
    """What first-order conditions say at a point."""

    weights: Array
    """On the other goals, in units of the price goal for each of theirs (M - 1,)."""
    left: Array
    """Gradient that remains at these weights (K,), in units of the price goal."""
    residual: float
    """Its size over that of the gradient of the price goal, at bounds only as far as it leads inside: 0 if
    best, 1 if no weight explains anything."""
    free: NDArray[np.bool_]
    """Instruments that are not at a bound which they press against (K,)."""


def sides(z: Array, low: Array | float = 0.0, high: Array | float = 1.0) -> Array:
    """At which bounds instruments are: 1 at the upper one, -1 at the lower one, else 0 (K,)."""
    return np.where(z > high - AT_BOUND, 1.0, np.where(z < low + AT_BOUND, -1.0, 0.0))


def conditions(
    jacobian: Array, side: Array, price: int, *, positive: bool = True, scale: float = 0.0
) -> Conditions:
    """Weights by least squares.

    Args:
        jacobian: Of goals in scaled instruments (M, K).
        side: At which bounds they are (K,), by `sides`.
        price: Position of the goal that the others cost.
        positive: Whether weights must not be negative.
        scale: Of the price goal: without other goals, what is left is measured by it.
    """
    from scipy.optimize import lsq_linear

    own = jacobian[price]
    others = np.delete(jacobian, price, axis=0)
    bound = np.flatnonzero(side)
    pressing = np.zeros((len(side), len(bound)))
    pressing[bound, np.arange(len(bound))] = -side[bound]
    size = max(float(np.linalg.norm(own)), 1e-300)
    sizes = np.maximum(np.linalg.norm(others, axis=1) / size, 1e-300)
    matrix = np.hstack([(others / sizes[:, None]).T, pressing]) / size
    lowest = np.concatenate([np.full(len(others), 0.0 if positive else -np.inf), np.zeros(len(bound))])
    solved = lsq_linear(matrix, -own / size, bounds=(lowest, np.full(len(lowest), np.inf)), method="bvls")
    found = solved.x
    left = (matrix @ found + own / size) * size
    weights = found[: len(others)] / sizes
    nu = np.zeros(len(side))
    nu[bound] = np.where(found[len(others) :] > SLIGHT, found[len(others) :], 0.0)
    against = scale if scale and not len(others) else float(np.linalg.norm(own[nu <= 0.0]))
    against = max(against, 1e-12 * size)
    residual = float(np.linalg.norm(left)) / against
    return Conditions(weights, left, min(residual, 1.0), nu <= 0.0)


def single(jacobian: Array, price: int, other: int) -> Array:
    """The weight on one goal that each instrument alone would be best for (K,); nan where it does not move
    that goal.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        alone = -jacobian[price] / jacobian[other]
    return np.where(np.isfinite(alone), alone, np.nan)
