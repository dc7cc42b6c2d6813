"""The root of a falling function of one unknown, however steep: a bracket that widens and then closes in."""

from __future__ import annotations

import math

WIDENS, FARTHER = 4.0, 16.0
"""Factor by which a bracket looks further each time, and the largest one more where a secant leads there."""

BEYOND = 1.5
"""Where a bracket looks first, over the distance to the root that the last derivative gives."""


class Bracket:
    """Around the root of a falling function: where it is above 0 and where below.

    Widens until both are known, then the false position of Anderson and Bjorck (1973), and the middle where
    the bracket does not shrink by half in `patience` steps. Steps and ramps do not stop it.
    """

    def __init__(self, step: float, lowest: float, highest: float, patience: int = 2) -> None:
        self.step, self.lowest, self.highest, self.patience = step, lowest, highest, patience
        self.low, self.high = -math.inf, math.inf
        self.at_low = self.at_high = math.nan
        self.slow = self.same = 0

    @property
    def closed(self) -> bool:
        """Both ends are known."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    def take(self, x: float, value: float) -> None:
        """Narrow the bracket with the value at x."""
        before, end = self.high - self.low, 1 if value > 0.0 else -1
        if end == self.same and not self.closed:  # the other end is beyond the root of the secant
            old_x, old = (self.low, self.at_low) if end > 0 else (self.high, self.at_high)
            root = abs(value * (x - old_x) / (old - value)) if abs(old) > abs(value) else math.inf
            self.step = max(self.step, min(BEYOND * root, FARTHER * self.step))
        weight = 1.0
        if end == self.same:  # the end that stays counts less
            weight = 1.0 - value / (self.at_low if end > 0 else self.at_high)
            weight = weight if weight > 0.0 else 0.5
        if end > 0:
            self.low, self.at_low = x, value
            self.at_high *= weight
        else:
            self.high, self.at_high = x, value
            self.at_low *= weight
        self.same = end
        self.slow = self.slow + 1 if self.high - self.low > 0.5 * before else 0

    def next(self) -> float | None:
        """Where to look next; None where there is nothing left to look at."""
        low, high = self.low, self.high
        if not self.closed:
            step = self.step
            self.step *= WIDENS
            x = max(high - step, self.lowest) if math.isinf(low) else min(low + step, self.highest)
            return None if x in (low, high) else x
        middle = 0.5 * (low + high)
        if not low < middle < high:
            return None
        if self.slow >= self.patience:
            self.slow = self.same = 0
            return middle
        x = low + (high - low) * self.at_low / (self.at_low - self.at_high)
        return x if low < x < high else middle
