"""Broyden's rule (1965): the smallest change of a matrix of derivatives that explains what a step did."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dirigiste.numerics.compiled.programs import jit

Array = NDArray[np.float64]


@jit
def update(matrix: Array, step: Array, gained: Array) -> None:
    """Change `matrix` (n, n) in place so that matrix @ step = gained, both (n,); nothing for a step of 0 or a
    gain that is not finite.
    """
    length, finite = 0.0, True
    for k in range(step.size):
        length += step[k] ** 2
        finite = finite and abs(gained[k]) < np.inf
    if length == 0.0 or not finite:
        return
    for i in range(step.size):
        missed = gained[i]
        for k in range(step.size):
            missed -= matrix[i, k] * step[k]
        for k in range(step.size):
            matrix[i, k] += missed * step[k] / length
