"""Scales on which parameters are searched for: as they are, in logs, or in logits of their bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dirigiste.fit.moments.declaration import Transform

FARTHEST = 700.0
"""Largest argument of exp that does not overflow."""


@dataclass(frozen=True)
class Scale:
    """Maps a parameter x within its bounds to z and back."""

    transform: Transform
    low: float
    high: float

    def of(self, x: float) -> float:
        """Z at x; infinite where x is at a bound that the scale cannot reach."""
        match self.transform:
            case "none":
                return x
            case "log":
                return math.log(x) if x > 0.0 else -math.inf
        share = (x - self.low) / (self.high - self.low)
        if share <= 0.0 or share >= 1.0:
            return math.copysign(math.inf, share - 0.5)
        return math.log(share / (1.0 - share))

    def back(self, z: float) -> float:
        """X at z."""
        match self.transform:
            case "none":
                return z
            case "log":
                return math.exp(min(z, FARTHEST))
        return self.low + (self.high - self.low) * _share(z)

    def slope(self, z: float) -> float:
        """dx/dz at z."""
        match self.transform:
            case "none":
                return 1.0
            case "log":
                return math.exp(min(z, FARTHEST))
        return (self.high - self.low) * _share(z) * _share(-z)

    @property
    def bounds(self) -> tuple[float, float]:
        """Bounds of z."""
        return self.of(self.low), self.of(self.high)


def _share(z: float) -> float:
    return 1.0 / (1.0 + math.exp(min(-z, FARTHEST)))
