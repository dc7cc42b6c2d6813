"""Anderson acceleration of fixed points (Anderson 1965)."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Anderson:
    """Solves f(x) = 0, where f(x) = F(x) - x is the residual of a fixed-point iteration with the map F.

    It combines the last rounds with the weights that minimise the norm of the combined f, and takes the step
    of that combination. Earlier rounds are dropped where f is 5 times as large as the smallest so far.
    """

    def __init__(self, memory: int, damping: float = 1.0) -> None:
        """Combine `memory` rounds; take the share `damping` of a step."""
        self._past: deque[tuple[Array, Array]] = deque(maxlen=memory)
        self._last: tuple[Array, Array] | None = None
        self._best = np.inf
        self._damping = damping

    def step(self, x: Array, f: Array) -> Array:
        """The change of x, given f(x)."""
        size = float(np.abs(f).max())
        if size > 5.0 * self._best:
            self._past.clear()
            self._last = None
        self._best = min(self._best, size)
        flat = f.ravel()
        if self._last is not None:
            self._past.append((x.ravel() - self._last[0], flat - self._last[1]))
        self._last = x.ravel().copy(), flat.copy()
        change = self._damping * flat
        if self._past:
            dx, df = (np.stack(part, axis=1) for part in zip(*self._past, strict=True))
            weights = np.linalg.lstsq(df, flat, rcond=1e-10)[0]
            change = change - (dx + self._damping * df) @ weights
        return change.reshape(f.shape)
