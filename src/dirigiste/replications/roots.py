"""A root between two bounds, or an error that says what was sought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from dirigiste.errors import NotConverged

if TYPE_CHECKING:
    from collections.abc import Callable


def root(
    function: Callable[[float], float], low: float, high: float, what: str, tolerance: float = 1e-13
) -> float:
    """A root of a continuous function between two bounds, by Brent's method.

    Args:
        function: The function.
        low: Where it has one sign.
        high: Where it has the other.
        what: What is sought, for the message.
        tolerance: How exactly, in the argument: absolute, and relative.

    Raises:
        NotConverged: It has the same sign at both bounds.
    """
    ends = function(low), function(high)
    if not ends[0] * ends[1] <= 0.0:
        raise NotConverged(
            f"no {what} between {low:g} and {high:g}",
            residuals={f"at {low:g}": ends[0], f"at {high:g}": ends[1]},
            advice="the parameters may leave none; try them nearer to the paper's",
        )
    exact = np.float64(max(tolerance, 4.0 * np.finfo(float).eps))
    solution = brentq(function, low, high, xtol=float(exact), rtol=exact)
    assert isinstance(solution, float)  # a tuple only with full_output
    return solution
