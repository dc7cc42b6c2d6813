"""Winners and losers: consumption equivalents by status and wealth quintile, and who gains."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

FEW: Final = 1e-7
"""Groups with a smaller share of owners count as empty."""

LARGE: Final = 1e-3
"""Groups with a smaller share of owners are not named in a title."""

SAME: Final = 5e-7
"""Changes of less than this count as none."""


@dataclass(frozen=True, slots=True)
class Group:
    """Owners of one status, or all. Changes are consumption equivalents (0.01 is 1 %), nan for nobody."""

    status: str
    label: str
    mass: float
    """Share of owners before."""
    cells: tuple[float, ...]
    """Change by wealth quintile."""
    masses: tuple[float, ...]
    """Share of all owners, by wealth quintile."""
    change: float
    gains: float
    """Share of the group that gains."""
    loses: float


@dataclass(frozen=True, slots=True)
class Welfare:
    """Groups in the order of declaration, all owners together last."""

    quintiles: tuple[str, ...]
    groups: tuple[Group, ...]


def equivalent(log_points: float) -> float:
    """Log points of consumption as a relative change; nan for nobody."""
    return math.expm1(log_points) if math.isfinite(log_points) else math.nan
