"""What the certificate of a stationary equilibrium holds; `certificate` fills it. Imports nothing, so that
results can be read without the solver.
"""

from __future__ import annotations

from dataclasses import dataclass

SPLIT = "they split so that markets clear"
"""How the warning ends that owners who are indifferent split between two policies."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """Residuals of all conditions of a stationary equilibrium."""

    hjb: float
    """Largest residual of the value equation (HJB), log points of consumption per year."""
    distribution: float
    """Sum over states of |inflow - outflow| (KFE), share of owners per year."""
    mass: float
    """Total mass less 1, share of owners."""
    labor: float
    """Demand less supply of labour, relative; 0 where the wage is given."""
    capital: float
    """Demand less supply of capital, relative; 0 in an open economy, negative where capital lies idle."""
    budget: float
    """Receipts less transfer and spending, share of output; 0 where spending is a result."""
    quota: float
    """Share of the statuses that a quota names less the share it asks for: positive where the quota does not
    bind, 0 without a quota."""
    walras: float
    """Residual of the goods identity, share of output (of consumption where no firm runs); never used to
    solve."""
    top_mass: float
    """Owners at the last wealth node, share of owners."""
    least_mass: float
    """Smallest mass of any state, share of owners; below 0 by rounding."""
    rounds: int
    """Rounds of Newton on prices."""
    history: tuple[float, ...]
    """Largest gap between foreseen and clearing prices, round by round, relative."""
    warnings: tuple[str, ...]
    """What to know before the numbers are used."""
