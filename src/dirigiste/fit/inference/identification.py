"""Which combinations of parameters the moments tell apart, and which not, in words.

The derivatives of the moments, in standard errors, with respect to relative changes of parameters are
decomposed into singular directions. A direction that leaves the moments where they are is not identified by
them; priors do not count here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dirigiste.fit.estimation.search import whitening
from dirigiste.fit.inference.errors import RANK
from dirigiste.numbers import significant

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dirigiste.fit.moments.plan import Plan

    Array = NDArray[np.float64]

MOVE = 0.1
"""Relative change of the parameter that a direction moves most."""

WEAK = 0.1
"""Change of moments, in standard errors, up to which a direction counts as weakly identified."""

SMALL_PART = 0.05
"""Parts of a direction below this share of the largest one are left out."""

NO_SIZE = 0.01
"""A parameter that is 0 moves relative to this share of the width of its bounds."""


@dataclass(frozen=True)
class Direction:
    """A combination of parameters."""

    singular: float
    """Standard errors that moments move by, in all, for a relative change of length 1."""
    moves: dict[str, float]
    """Relative changes of parameters, the largest one of 0.1."""
    effect: float
    """Largest change of a moment along them, in its standard errors."""
    weak: bool
    identified: bool

    @property
    def text(self) -> str:
        """The direction in words."""
        parts = [
            f"`{name}` {'up' if move > 0 else 'down'} by {significant(100 * abs(move), 2)} %"
            for name, move in self.moves.items()
        ]
        moved = " and ".join(parts) if len(parts) < 3 else ", ".join(parts[:-1]) + " and " + parts[-1]
        if not self.identified:
            return f"not identified: {moved} {_leave(parts)} all moments where they are"
        size = significant(self.effect, 2)
        if self.weak:
            return f"weakly identified: {moved} {_leave(parts)} all moments within {size} standard errors"
        return f"{moved} {_move(parts)} moments by up to {size} standard errors"


def _leave(parts: list[str]) -> str:
    return "leave" if len(parts) > 1 else "alone leaves"


def _move(parts: list[str]) -> str:
    return "move" if len(parts) > 1 else "alone moves"


def directions(plan: Plan, x: Array, jacobian: Array) -> list[Direction]:
    """Singular directions of the moments that count, the weakest first."""
    count = len(plan.targeted)
    sizes = np.array([_size(plan, n, float(value)) for n, value in enumerate(x)])
    relative = jacobian[:count] * sizes
    matrix = whitening(plan.covariance) @ relative
    _, s, vt = np.linalg.svd(matrix, full_matrices=True)
    s = np.concatenate([s, np.zeros(len(x) - len(s))])
    se = np.array([target.se for target in plan.targeted])
    found = []
    for singular, row in zip(s[::-1], vt[::-1], strict=True):
        largest = int(np.argmax(np.abs(row)))
        part = np.where(np.abs(row) >= SMALL_PART * abs(row[largest]), row, 0.0)
        moves = part * (MOVE / row[largest])
        identified = bool(singular > RANK * s.max(initial=0.0) and singular > 0.0)
        exact = row * (MOVE / row[largest])
        effect = float(np.abs(relative @ (moves if identified else exact) / se).max())
        weak = bool(np.linalg.norm(matrix @ exact) <= WEAK)
        named = {
            parameter.name: float(move)
            for parameter, move in sorted(
                zip(plan.parameters, moves, strict=True), key=lambda item: -abs(item[1])
            )
            if move
        }
        found.append(Direction(float(singular), named, effect, weak, identified))
    return found


def _size(plan: Plan, n: int, value: float) -> float:
    """What a relative change of a parameter is relative to."""
    if value != 0.0:
        return abs(value)
    scale = plan.parameters[n].scale
    width = scale.high - scale.low
    return NO_SIZE * width if math.isfinite(width) else NO_SIZE
