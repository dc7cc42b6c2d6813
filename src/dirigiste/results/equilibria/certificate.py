"""The certificate of a stationary equilibrium: by how much every condition is missed, and on request how far
the numbers depend on the grid and on where the search began.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from dirigiste.numerics.stationary.certified import Certificate as Residuals

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self


@dataclass(frozen=True, slots=True)
class GridError:
    """This result less that on a second grid with twice the wealth points."""

    points: int
    """Wealth nodes of this result."""
    finer: int
    """Wealth nodes of the second grid."""
    prices: dict[str, float | None]
    """By the names of `measures.PRICES`: wage, transfer and limit factor relative, rates per year."""
    aggregates: dict[str, float | None]
    """By the names of `measures.AGGREGATES`, relative; None where the second grid gives 0."""
    worst: float | None
    """Largest relative difference of an aggregate, in absolute value."""


@dataclass(frozen=True, slots=True)
class OtherStart:
    """Where a search from other prices ends."""

    wage: float
    """Wage that it starts from, goods per year."""
    interest: float
    """Interest rate that it starts from, per year."""
    same: bool | None
    """Whether it ends in the same equilibrium; None if it ends in none."""
    difference: float | None
    """Largest relative difference of output, capital and wage; None if it ends in no equilibrium."""
    message: str
    """Why it ends in no equilibrium; empty where it ends in one."""


@dataclass(frozen=True, slots=True)
class Certificate(Residuals):
    """Residuals of all conditions of a stationary equilibrium (those of the solver, in the units of
    `measures.CERTIFICATE`), and how far the numbers depend on grid and start.
    """

    certified: bool = True
    """Whether every residual is within its tolerance."""
    grid: GridError | None = None
    """Error of the grid; None where `certify` was not asked for."""
    starts: tuple[OtherStart, ...] = ()
    """Searches from other prices; empty where `certify` was not asked for."""

    @property
    def worst(self) -> float:
        """Largest residual of a market, the budget or goods, relative."""
        return max(abs(size) for size in (self.walras, *self.history[-1:]))

    @classmethod
    def of(cls, entries: Mapping[str, Any]) -> Self:
        """The certificate from what `to_json` gives."""
        grid = entries.get("grid")
        return cls(
            **{
                **entries,
                "history": tuple(entries["history"]),
                "warnings": tuple(entries["warnings"]),
                "grid": None if grid is None else GridError(**grid),
                "starts": tuple(OtherStart(**start) for start in entries.get("starts", ())),
            }
        )

    def to_json(self) -> dict[str, Any]:
        """Plain numbers, texts and lists; `grid` and `starts` only where they are known."""
        entries = asdict(self)
        if self.grid is None:
            del entries["grid"]
        if not self.starts:
            del entries["starts"]
        return entries
